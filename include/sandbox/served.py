"""What the company's systems serve, and the key of each: the sandbox's side of the source contract."""

from dataclasses import dataclass

STREAM = tuple[str, str]


@dataclass(frozen=True)
class Nested:
    """Rows of another stream that travel inside a document, under `field`, joined by `by`."""

    stream: str
    field: str
    by: str
    key: tuple[str, ...]


@dataclass(frozen=True)
class Served:
    """One stream as its system serves it; `json_columns` hold JSON text that travels as JSON."""

    key: tuple[str, ...]
    json_columns: tuple[str, ...] = ()
    nested: Nested | None = None


_LINES = Nested("order_lines", "lines", "order_id", ("order_id", "line_number"))
HTTP_STREAMS: dict[STREAM, Served] = {
    ("shop", "customers"): Served(("account_id",)),
    ("shop", "orders"): Served(("order_id",), nested=_LINES),
    ("shop", "carts"): Served(("cart_id",), json_columns=("items",)),
    ("crm", "contacts"): Served(("contact_id",)),
    ("crm", "preferences"): Served(("preference_id",)),
    ("crm", "consents"): Served(("consent_event_id",)),
    ("email", "subscribers"): Served(("subscriber_id",)),
    ("email", "events"): Served(("event_id",)),
}
WEB_EVENTS: STREAM = ("shop", "web_events")
EMAIL_EVENTS: STREAM = ("email", "events")

_TEXT, _TIME, _NUMBER = "text", "timestamptz", "numeric"
_PERSON = dict.fromkeys(("email", "phone", "first_name", "last_name", "street", "postcode", "city"), _TEXT)
STORE_TABLES: dict[str, dict[str, str]] = {
    "receipts": {
        "receipt_id": _TEXT, "store_id": _TEXT, "sold_at": _TIME, "updated_at": _TIME, "loyalty_id": _TEXT,
        **_PERSON, "country": _TEXT, "birth_date": _TEXT, "currency": _TEXT, "total_amount": _NUMBER,
        "payment_method": _TEXT,
    },
    "receipt_lines": {
        "receipt_id": _TEXT, "line_number": "bigint", "updated_at": _TIME, "sku": _TEXT, "description": _TEXT,
        "category": _TEXT, "quantity": "bigint", "unit_price": _NUMBER,
    },
    "returns": {
        "return_id": _TEXT, "receipt_id": _TEXT, "returned_at": _TIME, "updated_at": _TIME, "store_id": _TEXT,
        "sku": _TEXT, "quantity": "bigint", "amount": _NUMBER, "currency": _TEXT, "reason": _TEXT,
        "loyalty_id": _TEXT,
    },
}  # fmt: skip
STORE_KEYS = {
    "receipts": ("receipt_id",),
    "receipt_lines": ("receipt_id", "line_number"),
    "returns": ("return_id",),
}
STORE_AMOUNTS = {"receipts": "total_amount", "receipt_lines": "unit_price", "returns": "amount"}
