"""What a person is told when a task needs one: what, since when, what is held back, what to do.

Nothing personal: names of DAGs, tasks and streams, dates, and the first line of our own errors, which by
house rule hold no value of a row. Of any other error only its kind is told.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from fnmatch import fnmatch

from include.errors import FixRequest, OmniError
from include.settings import Settings

LONGEST = 300
REFUSED = "nothing: the run was refused before it changed anything."
# Tasks that are about all audiences at once.
OF_AUDIENCES = {
    "list_syncs": "every audience of {day}, removals of people who withdrew among them, and the report.",
    "find_retired": "no audience; but whoever withdraws is not removed from where the log says.",
    "list_questions": "odd changes of {day}, which nobody is asked about; all else has gone out.",
    "announce_audiences": "the report of {day}; its audiences have gone out.",
}
# Of a late run, where it is not simply that what comes after it waits.
LATE = {
    "activate_audiences": "what waits for an answer, or for a sync that failed; the report and the next "
    "night go on.",
    "prune_expired": "nothing; something is kept longer than declared.",
}


@dataclass(frozen=True)
class Alert:
    """One alert, the same by mail and by webhook."""

    subject: str
    what: str
    since: str
    held_back: str
    to_do: str
    link: str

    def text(self) -> str:
        """As a mail's body."""
        named = {"What": self.what, "Since": self.since, "Held back": self.held_back, "To do": self.to_do}
        parts = [f"{name}: {said}" for name, said in named.items() if said]
        return "\n\n".join([*parts, self.link]) + "\n"

    def facts(self) -> dict[str, str]:
        """As a webhook's JSON; `text` is what chat systems show."""
        return {**asdict(self), "text": f"{self.subject}\n\n{self.text()}"}


@dataclass(frozen=True)
class Trouble:
    """A task that needs a person. `task` carries its stream or sync; `guide` is its DAG's page."""

    dag_id: str
    task_id: str
    label: str
    day: date
    started: datetime | None
    tries: int
    guide: str
    link: str
    is_optional: bool = False


def of_failure(settings: Settings, trouble: Trouble, error: object) -> Alert:
    """The alert of a failed task."""
    name = f"{trouble.dag_id} · {trouble.task_id}" + (f" [{trouble.label}]" if trouble.label else "")
    started = f"{trouble.started:%Y-%m-%d %H:%M %Z}" if trouble.started else "not known"
    return Alert(
        subject=f"Night of {trouble.day}: {name} needs a person",
        what=f"{name} failed. {describe(error)}",
        since=f"{started} (its try number {trouble.tries}; no further try follows by itself)",
        held_back=REFUSED if isinstance(error, FixRequest) else held_back(settings, trouble),
        to_do=_to_do(trouble, error),
        link=trouble.link,
    )


def of_lateness(settings: Settings, dag_id: str, run_id: str, hours: float, link: str) -> Alert:
    """The alert of a run that has not ended `hours` after it was queued."""
    return Alert(
        subject=f"{dag_id} is late: its run {run_id} has not ended",
        what=f"{dag_id} should have ended {hours:g} hours after it was queued, and has not.",
        since=f"{hours:g} hours ago",
        held_back=f"{LATE.get(dag_id, 'what comes after it waits.')} {_readers(_newest(settings))}",
        to_do="Open the run: what is red, what waits for a person (awaiting input), what waits for a pool? "
        f"{_page(dag_id)}",
        link=link,
    )


def of_question(trouble: Trouble, subject: str, hours: float) -> Alert:
    """The alert of a task that waits for a person's yes or no; `subject` names nobody."""
    return Alert(
        subject=f"Night of {trouble.day}: {trouble.dag_id} asks a person",
        what=subject,
        since=f"now; no answer within {hours:g} hours is a No",
        held_back="what is asked about, and nothing else.",
        to_do=f"Read the question under Required Actions, then approve or reject. {_page(trouble.dag_id)}",
        link=trouble.link,
    )


def describe(error: object) -> str:
    """An error in one line that holds nothing personal."""
    if isinstance(error, OmniError):
        first = (str(error).splitlines() or [""])[0]
        return f"{_kind(error)}: {first[:LONGEST]}"
    kind = type(error).__name__ if isinstance(error, BaseException) else "its process ended"
    return f"Unexpected ({kind}): the log says more."


def _kind(error: OmniError) -> str:
    """The kind of error as the runbooks name it: one of `include.errors`, if it is one."""
    named = [kind for kind in type(error).__mro__ if kind.__module__ == OmniError.__module__]
    return named[0].__name__ if named[0] is not OmniError else type(error).__name__


def held_back(settings: Settings, trouble: Trouble) -> str:
    """What does not happen because of it."""
    day = trouble.day
    if trouble.task_id == "start_sending":
        return f"{day} is published; no audience and no message of it leaves yet."
    if trouble.dag_id == "build_customer360" or trouble.dag_id.startswith("ingest_"):
        return _unpublished(settings, trouble)
    if said := OF_AUDIENCES.get(trouble.task_id):
        return said.format(day=day)
    of_others = {
        "activate_audiences": f"this audience alone, as of {day}; the others have gone out.",
        "send_messages": f"messages of {day} that have not left; they stay planned, and none goes twice.",
        "send_due_messages": "messages that are due by now; they stay planned, and none goes twice.",
        "prune_expired": "nothing; something is kept longer than declared.",
        "withdraw_version": "the rest of the withdrawal: readers may still see the wrong version.",
    }
    return of_others.get(trouble.dag_id, "nothing: data and deliveries are as the other DAGs left them.")


def _unpublished(settings: Settings, trouble: Trouble) -> str:
    if trouble.is_optional:
        return "nothing: the night goes on without this channel and calls it stale."
    newest = _newest(settings)
    if newest and newest >= trouble.day:
        return f"nothing: what is published stays as it is. {_readers(newest)}"
    return (
        f"nothing of {trouble.day} is published, and no audience or message of it leaves. {_readers(newest)}"
    )


def advice(guide: str, *names: str) -> str:
    """The line of a DAG's page about one of these names (an error, a task), or its first paragraph."""
    for head, said in _entries(guide):
        told_of = re.findall(r"`([\w*]+)`|\*(\w+)\*", head)
        if any(fnmatch(name, task or error) for name in names for task, error in told_of):
            return said
    paragraphs = [_flat(p) for p in guide.split("\n\n") if p.startswith("**")]
    return paragraphs[0] if paragraphs else ""


def _entries(guide: str) -> Iterator[tuple[str, str]]:
    """The list items of a page: what stands before the colon, and the whole."""
    for item in re.findall(r"^- (.*(?:\n  .*)*)", guide, re.MULTILINE):
        yield item.partition(":")[0], _flat(item)


def _flat(text: str) -> str:
    """One line without Markdown's emphasis; what stands in backticks, such as `build_*`, stays as it is."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = [re.sub(r"\*\*|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", part) for part in parts[::2]]
    return "`".join(parts)


def _to_do(trouble: Trouble, error: object) -> str:
    if isinstance(error, FixRequest):
        return "Start it again with other values, as the message says."
    kinds = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, OmniError)]
    said = advice(trouble.guide, *kinds, trouble.task_id)
    return f"{said} {_page(trouble.dag_id)}".strip()


def _newest(settings: Settings) -> date | None:
    from include.warehouse.published import current  # heavy, and DAG files import this module
    from include.warehouse.versions import date_of

    version = current(settings)
    return date_of(version.name) if version else None


def _readers(newest: date | None) -> str:
    return f"Readers see {newest}." if newest else "Readers see nothing yet."


def _page(dag_id: str) -> str:
    page = "ingest_channels" if dag_id.startswith("ingest_") else dag_id
    return f"All of it: docs/runbooks/{page}.md"
