"""Whether a whole read keeps the contract: what no single row can say."""

from difflib import get_close_matches

from include.channels import Stream
from include.lake.causes import FEWEST, is_parsed_input
from include.lake.field_names import shown
from include.lake.reasons import ColumnMissing, ColumnRetyped, EmptyFeed
from include.lake.validate import Tally


def check_shape(stream: Stream, tally: Tally, may_be_empty: bool, source: str) -> None:
    """Refuse a read that is empty, lacks a column, or has one of another type.

    Raises:
        EmptyFeed: no row, though the stream always has some.
        ColumnMissing: a declared column is in no row; the message names fields that look like it.
        ColumnRetyped: more than half of a column's values are not of its type; not where people type it, or
            visitors write the rows (`max_quarantined_share: 1`), for they could make it so.
    """
    if not tally.new_rows:
        if not may_be_empty:
            hint = "" if stream.may_be_quiet else "; if it may be empty, declare may_be_empty: true"
            raise EmptyFeed(
                f"{stream.label}: {source} answered without a single row. Nothing was landed. "
                f"Ask the owner whether the feed stands still{hint}."
            )
        return
    names = [name for name, count in tally.columns.items() if count.absent == tally.readable]
    if tally.readable and names:
        raise ColumnMissing(_missing(stream, names, tally.undeclared, source))
    systems_own = [name for name in tally.columns if not is_parsed_input(stream, name)]
    for name in systems_own if stream.max_quarantined_share < 1 else ():
        count = tally.columns[name]
        if count.mistyped >= FEWEST and 2 * count.mistyped > count.filled:
            raise ColumnRetyped(
                f"{stream.label}: column {name} of {source} was retyped: {count.mistyped} of {count.filled} "
                f"values are no {_type(stream, name)}. Nothing was landed. {_advice(stream)}"
            )


def check_columns(stream: Stream, present: list[str], source: str) -> None:
    """Refuse a table that lacks declared columns, before its rows are read.

    Raises:
        ColumnMissing: as above.
    """
    names = [name for name in stream.columns if name not in present]
    if names:
        raise ColumnMissing(_missing(stream, names, set(present) - set(stream.columns), source))


def _type(stream: Stream, name: str) -> str:
    return stream.columns[name].type if name in stream.columns else "list of rows"


def _missing(stream: Stream, names: list[str], undeclared: set[str], source: str) -> str:
    parts, fields = [], shown(undeclared)
    for name in names:
        close = get_close_matches(name, fields, n=1, cutoff=0.5)
        parts.append(f"{name} (renamed to {close[0]}?)" if close else name)
    new = f" New fields there: {', '.join(fields)}." if fields else ""
    what = "columns" if len(names) > 1 else "column"
    return (
        f"{stream.label}: {source} no longer has the declared {what} {', '.join(parts)}.{new} "
        f"Nothing was landed. {_advice(stream)}"
    )


def _advice(stream: Stream) -> str:
    return (
        f"Agree it with the channel's owner, or change include/channels/{stream.channel}.yml and the models "
        f"that read the column; then clear the task."
    )
