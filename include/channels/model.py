"""What a channel declares: its streams, their columns, keys and cursors. The contract of the lake."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from include.declarations import Declaration

Type = Literal["string", "int64", "decimal", "timestamp", "date", "bool", "json"]
Pii = Literal["email", "phone", "name", "address", "birth_date", "id", "none"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

# The greatest length of a text, in characters, by what stands in it: RFC 5321 (64 + @ + 255) for e-mail.
LENGTHS: dict[Pii, int] = {
    "email": 320,
    "phone": 64,
    "name": 200,
    "address": 300,
    "birth_date": 64,
    "id": 255,
    "none": 4096,
}
_TYPED_BY_PEOPLE: frozenset[Pii] = frozenset({"email", "phone", "name", "address", "birth_date"})


class Column(Declaration):
    """One column. `time_zone` gives naive times a meaning; without it they are refused.

    A moment or day lies in the past when it arrives, unless it `may_be_future`: an expiry, an appointment.
    A row is refused whose text is longer than `max_length` characters (by default as `LENGTHS` says) or does
    not fit `pattern` as a whole (RE2 syntax), or whose number is below `minimum` or above `maximum`.
    """

    name: str = ""
    type: Type
    required: bool = False
    pii: Pii = "none"
    allowed: tuple[str, ...] = ()
    time_zone: str | None = None
    may_be_future: bool = False
    max_length: int | None = Field(None, ge=1, le=65536)
    pattern: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    description: str = ""

    @property
    def longest(self) -> int:
        """The greatest length of its text, in characters."""
        return self.max_length or LENGTHS[self.pii]

    @property
    def is_typed_by_people(self) -> bool:
        """Whether people type it about themselves: then it says nothing of the source's health."""
        return self.pii in _TYPED_BY_PEOPLE

    @property
    def happened(self) -> bool:
        """Whether it says when something happened: nothing happens after it arrived."""
        return self.type in {"timestamp", "date"} and not self.may_be_future


class RestSource(Declaration):
    """A list of an HTTP API: `GET <base_url>/<path>`, cursor pages cut by `updated_at`.

    `path` may have a query of its own. `total` says how it shows that nothing is missing: the API's total
    counts distinct `keys` (a row that is listed twice counts once), or `rows`, of which several may share
    a key; or it promises `none`, and a list is whole when its last page (without next_cursor) is reached.
    """

    kind: Literal["rest"]
    path: str
    page_size: int = Field(1000, ge=1, le=5000)
    total: Literal["keys", "rows", "none"] = "keys"


class SqlSource(Declaration):
    """A table of a database, read in one snapshot."""

    kind: Literal["sql"]
    table: str
    table_schema: str = "public"


class FilesSource(Declaration):
    """One object a day in a folder or bucket; `{date}` in the path is the day."""

    kind: Literal["files"]
    path: Annotated[str, StringConstraints(pattern=r"^[^{}]*\{date\}[^{}]*$")]
    format: Literal["ndjson", "csv"]
    compression: Literal["gzip", "none"] = "none"
    delimiter: Annotated[str, StringConstraints(pattern=r'^[^"\r\n]$')] = ","
    may_be_missing: bool = False


class Nested(Declaration):
    """Where the rows of a nested stream lie: in the list `field` of each row of `parent`.

    `inherit` fills columns of the line from columns of its parent; `position` is filled with the
    line's place in the list, from 1. A value that the line brings itself wins.
    """

    parent: str
    field: str
    inherit: dict[str, str]
    position: str | None = None


Source = Annotated[RestSource | SqlSource | FilesSource, Field(discriminator="kind")]


class Stream(Declaration):
    """One kind of row of a channel, and its contract.

    A stream has either `connection` and `source`, or lies `nested` in another one (`connection` and
    `source` are then its parent's). `cursor` is the column by which intervals are cut; each night reads back
    over `lag_minutes`, within which the source may show rows late (a transaction that ends after the
    read, a replica that is behind). A row that comes later than that is missed. `sparse`
    sources leave out keys that are null; all others must carry every declared key in every row.
    `may_be_empty` streams may have nothing at all. Of a `may_be_quiet` one a night may bring nothing,
    as long as the source still shows the rows it had; after `fresh_days` of quiet it stands still.
    The newest value of `fresh_by` may be `fresh_days` old, too. A stream of which more than
    `max_quarantined_share` is refused stops, for causes that `include.lake.causes` names; it is 1 where
    visitors write the rows, who must not be able to stop it. `has_versions` follows from where it stands:
    other streams are nested in it, or it is nested itself.
    """

    name: str = ""
    channel: str = ""
    has_versions: bool = False
    connection: str = ""
    source: Source | None = None
    nested: Nested | None = None
    key: tuple[str, ...] = Field(min_length=1)
    cursor: str | None = None
    lag_minutes: int = Field(6 * 60, ge=0, le=14 * 24 * 60)
    fresh_by: str | None = None
    fresh_days: int = Field(7, ge=1)
    may_be_empty: bool = False
    may_be_quiet: bool = False
    sparse: bool = False
    max_quarantined_share: float = Field(0.05, ge=0, le=1)
    columns: dict[Name, Column] = Field(min_length=1)

    @property
    def text(self) -> bool:
        """Whether the source has no types, so that numbers and flags are read from text."""
        return isinstance(self.source, FilesSource) and self.source.format == "csv"

    @property
    def label(self) -> str:
        """`channel/stream`, as it is called in messages."""
        return f"{self.channel}/{self.name}"


class Channel(Declaration):
    """A place where customers meet us. `deadline`: how long an optional one is waited for."""

    name: str = ""
    title: str
    mission_row: Annotated[str, StringConstraints(pattern=r"^C\d+$")]
    owner: str
    is_required: bool
    deadline: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "06:00"
    description: str = ""
    streams: dict[Name, Stream] = Field(min_length=1)

    def top_streams(self) -> list[Stream]:
        """Streams that are read by themselves: one landing task each."""
        return [stream for stream in self.streams.values() if stream.nested is None]

    def nested_in(self, parent: str) -> list[Stream]:
        """Streams that lie in the rows of `parent` and land with it."""
        return [s for s in self.streams.values() if s.nested is not None and s.nested.parent == parent]
