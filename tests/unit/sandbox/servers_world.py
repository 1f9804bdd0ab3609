"""A hand-made world, small enough to know by heart: 25 orders, one of them doubled, one corrected."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FIRST = date(2026, 3, 15)
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
MOMENT = pa.timestamp("us", "UTC")
HIDDEN = {"_copies": 1, "_broken": None}
NEXT_DAY = datetime(2026, 3, 16, 10, tzinfo=UTC)


def table(rows: list[dict[str, Any]], **kinds: pa.DataType) -> pa.Table:
    """Rows as the generator would give them; instants are found by their name."""
    filled = [HIDDEN | row for row in rows]
    names = list(dict.fromkeys(name for row in filled for name in row))
    fields = []
    for name in names:
        kind = kinds.get(name, pa.string())
        if name.endswith("_at"):
            kind = MOMENT
        if name in ("_copies", "line_number", "quantity"):
            kind = pa.int64()
        fields.append(pa.field(name, kind))
    return pa.Table.from_pylist(filled, schema=pa.schema(fields))


def order(number: int, at: datetime, **values: Any) -> dict[str, Any]:
    """One order; five orders share each instant, so that page boundaries fall among equals."""
    return {
        "order_id": f"o{number:03d}", "ordered_at": at, "updated_at": at, "_visible_at": at, "status": "paid",
        "account_id": None, "email": f"p{number}@example.com", "currency": "GBP", "total_amount": "5.10",
    } | values  # fmt: skip


def lines(number: int, at: datetime) -> list[dict[str, Any]]:
    """Two equal lines at different positions of one order."""
    line = {"sku": "s1", "description": "Mug", "category": "home", "quantity": 1, "unit_price": "2.55"}
    return [{"order_id": f"o{number:03d}", "line_number": n, "_visible_at": at, **line} for n in (1, 2)]


def history() -> dict[tuple[str, str], pa.Table]:
    """What stands there on the first night."""
    at = {n: START + timedelta(hours=n // 5) for n in range(25)}
    orders = [order(n, at[n], _copies=2 if n == 7 else 1) for n in range(25)]
    orders.append(order(3, START + timedelta(hours=9), status="shipped"))
    orders.append(order(99, NEXT_DAY))
    money = pa.decimal128(12, 2)
    receipts = [receipt(n, at[n], _copies=2 if n == 4 else 1) for n in range(12)]
    events = [event(n, START + timedelta(days=n), _copies=2 if n == 1 else 1) for n in range(14)]
    cart = {
        "cart_id": "c1",
        "updated_at": START,
        "_visible_at": START,
        "items": '[{"sku": "s1", "quantity": 2}]',
    }
    return {
        ("shop", "orders"): table(orders),
        ("shop", "order_lines"): table(
            [line for n in range(25) for line in lines(n, at[n])] + lines(99, NEXT_DAY)
        ),
        ("shop", "carts"): table([cart]),
        ("shop", "web_events"): table(events),
        ("stores", "receipts"): table(receipts, total_amount=money),
        ("crm", "contacts"): table([contact("k1"), contact(None, email="a"), contact(None, email="b")]),
    }


def contact(key: str | None, **values: Any) -> dict[str, Any]:
    """One contact; without a key it is broken."""
    return {"contact_id": key, "email": None, "updated_at": START, "_visible_at": START} | values


def receipt(number: int, at: datetime, **values: Any) -> dict[str, Any]:
    """One store receipt."""
    return {
        "receipt_id": f"r{number}", "store_id": "1", "sold_at": at, "updated_at": at, "_visible_at": at,
        "currency": "GBP", "total_amount": 12,
    } | values  # fmt: skip


def event(number: int, at: datetime, **values: Any) -> dict[str, Any]:
    """One web event."""
    return {
        "event_id": f"e{number}", "occurred_at": at, "session_id": "s", "cookie_id": "c",
        "event_type": "search", "_visible_at": at,
    } | values  # fmt: skip


def next_day() -> dict[tuple[str, str], pa.Table]:
    """What the day after adds: a new receipt, a corrected one, an event."""
    money = pa.decimal128(12, 2)
    receipts = [receipt(50, NEXT_DAY), receipt(2, NEXT_DAY, total_amount=99)]
    return {
        ("stores", "receipts"): table(receipts, total_amount=money),
        ("shop", "web_events"): table([event(90, NEXT_DAY)]),
    }


def lay_down(sandbox: Path) -> None:
    """Write the world to where a start finds it."""
    records = {"channel": ["shop"], "stream": ["orders"], "record_key": ["o001"], "person_id": ["p1"]}
    for part, tables in {"history": history(), "2026-03-16": next_day()}.items():
        for (channel, stream), rows in tables.items():
            folder = sandbox / "world" / part / channel
            folder.mkdir(parents=True, exist_ok=True)
            pq.write_table(rows, folder / f"{stream}.parquet")
        truth = sandbox / "truth" / "parts" / part
        truth.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(records), truth / "records.parquet")
        pq.write_table(pa.table({"person_id": ["p1"]}), truth / "people.parquet")
