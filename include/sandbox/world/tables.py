"""The columns of each source stream, and the step from rows to Arrow tables."""

import numpy as np
import pyarrow as pa

from include.sandbox.world.spec import Array, Rows

UTC = pa.timestamp("us", tz="UTC")
TECHNICAL = "_visible_at:ts _copies:int _broken"

# (channel, stream): columns in contract order; without a suffix a column is text.
SCHEMAS: dict[tuple[str, str], str] = {
    (
        "shop",
        "customers",
    ): "account_id created_at:ts updated_at:ts email phone first_name last_name street postcode"
    " city country birth_date loyalty_id cookie_id device_id",
    (
        "shop",
        "orders",
    ): "order_id ordered_at:ts updated_at:ts status account_id email phone first_name last_name"
    " country cookie_id device_type currency total_amount",
    ("shop", "order_lines"): "order_id line_number:int sku description category quantity:int unit_price",
    (
        "shop",
        "carts",
    ): "cart_id created_at:ts updated_at:ts status account_id cookie_id email currency total_amount items",
    (
        "shop",
        "web_events",
    ): "event_id occurred_at:ts session_id cookie_id device_id device_type account_id email"
    " loyalty_id event_type page sku category referrer",
    (
        "stores",
        "receipts",
    ): "receipt_id store_id sold_at:ts updated_at:ts loyalty_id email phone first_name last_name"
    " street postcode city country birth_date currency total_amount:money payment_method",
    (
        "stores",
        "receipt_lines",
    ): "receipt_id line_number:int updated_at:ts sku description category quantity:int unit_price:money",
    (
        "stores",
        "returns",
    ): "return_id receipt_id returned_at:ts updated_at:ts store_id sku quantity:int amount:money"
    " currency reason loyalty_id",
    (
        "crm",
        "contacts",
    ): "contact_id loyalty_id created_at:ts updated_at:ts email phone first_name last_name gender"
    " birth_date street postcode city country language time_zone points:int tier",
    ("crm", "preferences"): "preference_id contact_id updated_at:ts topic value",
    ("crm", "consents"): "consent_event_id contact_id subscriber_id email phone purpose channel status"
    " occurred_at:ts updated_at:ts jurisdiction text_version source",
    (
        "email",
        "subscribers",
    ): "subscriber_id email created_at:ts updated_at:ts status cookie_id device_id first_name last_name",
    (
        "email",
        "events",
    ): "event_id event_type occurred_at:ts updated_at:ts message_id recipient campaign url reason"
    " device_type",
}
TYPES = {"": pa.string(), "ts": UTC, "int": pa.int64(), "money": pa.decimal128(12, 2)}


def columns(stream: tuple[str, str]) -> list[tuple[str, pa.DataType]]:
    """Names and types of a stream's columns, the technical ones last."""
    words = f"{SCHEMAS[stream]} {TECHNICAL}".split()
    return [(name, TYPES[kind]) for name, _, kind in (word.partition(":") for word in words)]


def to_table(stream: tuple[str, str], rows: Rows) -> pa.Table:
    """Rows as the stream's table; a column nobody gave is null.

    Money comes as text (see `money`): it stays so for HTTP systems and becomes decimal for SQL.
    """
    length = len(rows["_visible_at"])
    arrays = [_array(rows.get(name), kind, length) for name, kind in columns(stream)]
    return pa.table(arrays, schema=pa.schema(columns(stream)))


def _array(values: Array | None, kind: pa.DataType, length: int) -> pa.Array:
    if values is None:
        return pa.nulls(length, kind)
    if pa.types.is_decimal(kind):
        return pa.array(values, pa.string()).cast(kind)
    if pa.types.is_timestamp(kind):
        return pa.array(values.astype("datetime64[us]"), pa.timestamp("us")).cast(kind)
    return pa.array(values, kind)


def money(cents: Array) -> Array:
    """Whole cents as exact text, "-2.55" for -255."""
    kinds, places = np.unique(cents, return_inverse=True)
    words = np.array(
        [f"{'-' if c < 0 else ''}{abs(c) // 100}.{abs(c) % 100:02d}" for c in kinds.tolist()], object
    )
    return words[places] if len(kinds) else np.empty(0, object)


def stack(parts: list[Rows]) -> Rows:
    """Rows one after another; a column missing from a part is null there."""
    parts = [part for part in parts if part]
    names = list(dict.fromkeys(name for part in parts for name in part))
    lengths = [len(next(iter(part.values()))) for part in parts]
    return {
        name: np.concatenate(
            [
                part[name] if name in part else np.full(n, None, object)
                for part, n in zip(parts, lengths, strict=True)
            ]
        )
        for name in names
    }


def take(rows: Rows, index: Array) -> Rows:
    """Rows at an index or mask."""
    return {name: values[index] for name, values in rows.items()}
