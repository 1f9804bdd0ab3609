"""What a person may say when starting a run by hand. The schema of each is checked before the run begins."""

from airflow.sdk import Param

DATE = Param(
    None,
    type=["null", "string"],
    format="date",
    title="Business date",
    description="The day this run is about (YYYY-MM-DD). Empty: the day the schedule names; for a run "
    "started by hand, the last one that has ended.",
)

FULL_REFRESH = Param(
    False,
    type="boolean",
    title="Full refresh",
    description="Build from every landed partition instead of from the version before. Slower; the marts "
    "come out the same, so it is for a candidate that you do not trust.",
)

SEND = Param(
    "auto",
    type="string",
    enum=["auto", "no", "yes"],
    values_display={
        "auto": "auto: only if this is the newest date, and no backfill",
        "no": "no: publish only",
        "yes": "yes: for a past date too, after a second question",
    },
    title="Send",
    description="Whether audiences and messages follow once this date is published. A past date asked to "
    "send waits at start_sending until somebody approves it there; unanswered for four hours, it does not.",
)

DRY_RUN = Param(
    False,
    type="boolean",
    title="Dry run",
    description="Plan and show, and let nothing leave: the counts are in the tasks' logs and results.",
)

DRY_RUN_PRUNE = Param(
    False,
    type="boolean",
    title="Dry run",
    description="Count what has expired, and take nothing away: the tasks' logs and results say how much.",
)

ASK_AGAIN = Param(
    False,
    type="boolean",
    title="Ask again",
    description="Ask about the odd changes that were rejected as well: for a rejection that was a mistake.",
)

VERSION = Param(
    type="string",
    maxLength=23,  # a pattern's $ lets a line break follow
    pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{12}$",
    title="Version",
    description="The exact name of the published version to withdraw, such as 2026-03-15-0123456789ab: what "
    "var/published/current says, or the result of publish_version in the run that published it.",
)


def streams(names: list[str]) -> Param:
    """A choice among one channel's streams."""
    return Param(
        None,
        type=["null", "array"],
        items={"type": "string", "enum": names},
        uniqueItems=True,
        examples=names,
        title="Streams",
        description="Read only these, for instance after one of them was mended. Empty: all.",
    )
