"""Lists of an HTTP API, page by page; a page set that does not add up is rejected whole."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from include.answers import TooMuch
from include.channels import RestSource, Stream
from include.connections import Connection
from include.errors import FixSource
from include.lake.reasons import Unreadable
from include.lake.validate import Item
from include.sources.books import Books, Counts
from include.sources.http import client, get_json
from include.sources.interval import Interval, iso
from include.sources.json_rows import as_row

# What its connection must look like; `base_path` and `timeout` may be left out.
EXAMPLES = (
    {
        "conn_type": "http",
        "host": "https://api.shop.example",
        "password": "<token>",
        "extra": {"base_path": "/v1", "timeout": 30},
    },
)


def read(stream: Stream, connection: Connection, interval: Interval) -> Iterator[list[Item]]:
    """The rows of `interval`, one list a page, in the order of the source.

    Raises:
        RetryLater: the list changed while it was read, or fell short of what it promised.
        FixSource: pages that cannot be right: a cursor that comes back, more rows than promised.
        and what `include.sources.http.get_json` raises.
    """
    source = stream.source
    assert isinstance(source, RestSource)
    label = f"{stream.label}: {connection.conn_id}"
    url = f"{connection.base_url.rstrip('/')}/{source.path.lstrip('/')}"
    query: dict[str, Any] = {"updated_to": iso(interval.end)}
    if interval.start is not None:
        query["updated_from"] = iso(interval.start)
    with client(connection) as session:
        ask = _asker(lambda more: get_json(session, url, {**query, **more}, label), source)
        for rows in _pages(ask, label, stream.key, source.total):
            yield [as_row(row, stream) for row in rows]


def _asker(get: Any, source: RestSource) -> Any:
    """`get` by pages of the declared size, or fewer rows where they hold too much for one answer.

    So nobody stops a stream by many sign-ups with long names. Where the API gives no total, nothing would
    show that its cursors count pages of one size: there it stays.
    """
    size = source.page_size

    def ask(more: Mapping[str, Any]) -> Any:
        nonlocal size
        while True:
            try:
                reply = get({"limit": size, **more})
            except TooMuch:
                if size == 1 or source.total == "none":
                    raise
                size = max(1, size // 8)
            else:
                size = min(source.page_size, 2 * size)
                return reply

    return ask


def _pages(get: Any, label: str, key: Sequence[str] = (), counts: Counts = "keys") -> Iterator[list[Item]]:
    """Follow the cursors and keep the books: all that was promised, no cursor twice."""
    books = Books(key, counts, label)
    cursor, used = None, set[str]()
    while True:
        reply = get({"cursor": cursor} if cursor else {})
        rows, cursor_after, total = _page(reply, label, has_total=counts != "none")
        books.add(rows, total)
        if rows:
            yield rows
        if cursor_after is None:
            break
        if cursor_after in used or not rows:
            raise FixSource(f"{label} repeats a cursor or gives pages without rows: its paging is broken")
        used.add(cursor_after)
        cursor = cursor_after
    books.close()


def _page(reply: Any, label: str, has_total: bool) -> tuple[list[Item], str | None, int | None]:
    if isinstance(reply, Unreadable):
        raise FixSource(f"{label} answered with an object that names a key twice: nothing was landed")
    if isinstance(reply, Mapping):
        rows, cursor, total = reply.get("data"), reply.get("next_cursor"), reply.get("total")
        is_total = isinstance(total, int) and not isinstance(total, bool)
        shaped = isinstance(rows, list) and (is_total or not has_total)
        if shaped and "next_cursor" in reply and (cursor is None or (isinstance(cursor, str) and cursor)):
            return rows, cursor, total if is_total else None  # type: ignore[return-value]
    agreed = "data, next_cursor and total" if has_total else "data and next_cursor"
    raise FixSource(f"{label} answered without {agreed} as agreed")
