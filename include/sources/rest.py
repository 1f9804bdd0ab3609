"""Lists of an HTTP API, page by page; a page set that does not add up is rejected whole."""

from collections.abc import Iterator, Mapping
from typing import Any

from include.channels import RestSource, Stream
from include.connections import Connection
from include.errors import FixSource, RetryLater
from include.lake.validate import Item
from include.sources.http import client, get_json
from include.sources.interval import Interval, iso

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
    query: dict[str, Any] = {"updated_to": iso(interval.end), "limit": source.page_size}
    if interval.start is not None:
        query["updated_from"] = iso(interval.start)
    with client(connection) as session:
        yield from _pages(lambda more: get_json(session, url, {**query, **more}, label), label)


def _pages(get: Any, label: str) -> Iterator[list[Item]]:
    """Follow the cursors and keep the books: every promised row once, no cursor twice."""
    count, promised, cursor, used = 0, None, None, set[str]()
    while True:
        rows, cursor_after, total = _page(get({"cursor": cursor} if cursor else {}), label)
        if promised is not None and total != promised:
            raise RetryLater(f"{label} changed from {promised} to {total} rows while it was read")
        promised, count = total, count + len(rows)
        if count > promised:
            raise FixSource(f"{label} promised {promised} rows and gave {count}: its paging is broken")
        if rows:
            yield rows
        if cursor_after is None:
            break
        if cursor_after in used or not rows:
            raise FixSource(f"{label} repeats a cursor or gives pages without rows: its paging is broken")
        used.add(cursor_after)
        cursor = cursor_after
    if count != promised:
        raise RetryLater(f"{label} promised {promised} rows and gave {count}; nothing was landed")


def _page(reply: Any, label: str) -> tuple[list[Item], str | None, int]:
    if isinstance(reply, Mapping):
        rows, cursor, total = reply.get("data"), reply.get("next_cursor"), reply.get("total")
        shaped = isinstance(rows, list) and isinstance(total, int) and not isinstance(total, bool)
        if shaped and "next_cursor" in reply and (cursor is None or (isinstance(cursor, str) and cursor)):
            return rows, cursor, total  # type: ignore[return-value]
    raise FixSource(f"{label} answered without data, next_cursor and total as agreed")
