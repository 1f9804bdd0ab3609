"""What `include/retention.yml` may say: days by kind, and days by stream for the lake."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from include.channels import Stream, load_channels
from include.declarations import Declaration, Document, Place, read_document, validate
from include.errors import FixDeclaration
from include.retention.streams import for_ever, shapes_by_stream
from include.warehouse.shapes import PROJECT

RETENTION = Path(__file__).parents[1] / "retention.yml"
# Message events on which a suppression rests: dbt_project/models/marts/contacts/fct_suppressions.sql
SUPPRESSING = frozenset({"bounce", "complaint", "unsubscribe"})
SOLD_TOGETHER = frozenset({"orders", "order_lines"})

# A night reads back over at most 14 days, and what became of a message is learned within days.
MonthOrMore = Annotated[int, Field(ge=30)]
WeekOrMore = Annotated[int, Field(ge=7)]


class StreamRetention(Declaration):
    """Of one stream: `days`; rows with one of the values of a column in `keep` stay for ever."""

    days: MonthOrMore
    keep: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Retention(Declaration):
    """Days by kind; None keeps for ever. `lake` is by `channel/stream`."""

    lake: dict[str, StreamRetention] = Field(default_factory=dict)
    quarantine: MonthOrMore | None = None
    run_log: WeekOrMore | None = None
    check_results: WeekOrMore | None = None
    reports: WeekOrMore | None = None
    task_logs: WeekOrMore | None = None
    ledger_details: MonthOrMore | None = None

    @property
    def kinds(self) -> list[str]:
        """Kinds that are kept for a time only, in the order of the file."""
        return [kind for kind in KINDS if getattr(self, kind)]


KINDS = tuple(Retention.model_fields)


def load_retention(path: Path = RETENTION, project: Path = PROJECT) -> Retention:
    """The declaration.

    Raises:
        FixDeclaration: a value is wrong, or a stream cannot be cut by date; all that is wrong, with its line.
    """
    document = read_document(path)
    found = validate(document, Retention)
    broken = [f"{document.at(place)}: {why}" for place, why in _problems(document, found, project)]
    if broken:
        raise FixDeclaration("\n".join(broken))
    return found


def _problems(document: Document, found: Retention, project: Path) -> Iterator[tuple[Place, str]]:
    streams = {s.label: s for channel in load_channels().values() for s in channel.streams.values()}
    shapes = shapes_by_stream(project) if found.lake else {}
    for label, of in found.lake.items():
        place = ("lake", label)
        if label not in streams:
            yield place, "no such stream is declared; write it as channel/stream"
            continue
        if why := _why_not(streams[label], shapes.get(label, frozenset())):
            yield place, why
            continue
        yield from ((place, why) for why in _rows(streams[label], of, shapes[label], streams))
        yield from ((place, why) for why in _partners(label, found, shapes, streams))


def _why_not(stream: Stream, shapes: frozenset[str]) -> str:
    if stream.nested is not None:
        return f"its rows lie in {stream.channel}/{stream.nested.parent} and go with them: name that one"
    return for_ever(shapes)


def _rows(
    stream: Stream, of: StreamRetention, shapes: frozenset[str], streams: Mapping[str, Stream]
) -> Iterator[str]:
    """What is wrong with the rows that stay."""
    has_nested = any(
        other.nested is not None and other.channel == stream.channel and other.nested.parent == stream.name
        for other in streams.values()
    )
    if of.keep and has_nested:
        yield "keep: other streams are nested in this one, so rows cannot stay one by one"
    if "message_events" in shapes and not of.keep:
        yield f"keep: suppressions rest on some of its rows; say which stay: {', '.join(sorted(SUPPRESSING))}"
    for name, values in of.keep.items():
        if name not in stream.columns or stream.columns[name].type != "string":
            yield f"keep: {name} is no column of texts of this stream"
            continue
        allowed = set(stream.columns[name].allowed)
        if unknown := sorted(set(values) - allowed) if allowed else []:
            yield f"keep: {name} is never {', '.join(unknown)}; there are {', '.join(sorted(allowed))}"
        if "message_events" in shapes and (lost := sorted((allowed & SUPPRESSING) - set(values))):
            yield f"keep: {name} leaves out {', '.join(lost)}, on which suppressions rest"


def _partners(
    label: str, found: Retention, shapes: Mapping[str, frozenset[str]], streams: Mapping[str, Stream]
) -> Iterator[str]:
    """Orders and their lines are kept equally long."""
    if not shapes[label] & SOLD_TOGETHER:
        return
    for other, stream in streams.items():
        is_partner = stream.channel == streams[label].channel and stream.nested is None and other != label
        if is_partner and shapes.get(other, frozenset()) & SOLD_TOGETHER:
            days = found.lake[other].days if other in found.lake else None
            if days != found.lake[label].days:
                yield f"{other} belongs to the same orders: give both the same days"
