"""Rows as the channels' systems would give them."""

from typing import Any


def contact(number: int, at: str = "2026-03-15T10:00:00+00:00", **values: Any) -> dict[str, Any]:
    """A CRM contact, every declared key in place."""
    empty = dict.fromkeys(
        ("email", "phone", "first_name", "last_name", "gender", "birth_date", "street", "postcode", "city",
         "country", "language", "time_zone", "points", "tier")
    )  # fmt: skip
    known = {"contact_id": f"c{number}", "loyalty_id": f"L{number}", "created_at": at, "updated_at": at}
    return {
        **known,
        **empty,
        "first_name": "Ana",
        "last_name": "Lee",
        "birth_date": "1980-02-29",
        "points": number,
        **values,
    }


def order(
    number: int, lines: int = 2, at: str = "2026-03-15T10:00:00+00:00", **values: Any
) -> dict[str, Any]:
    """A shop order with its lines (two equal ones, if there are two: they are different lines)."""
    empty = dict.fromkeys(("account_id", "phone", "first_name", "last_name", "country", "cookie_id"))
    found = [
        {"sku": "85123A", "description": "LANTERN", "category": None, "quantity": 6, "unit_price": "2.55"}
        for _ in range(lines)
    ]
    return {
        "order_id": f"o{number}", "ordered_at": at, "updated_at": at, "status": "paid", **empty,
        "email": f"p{number}@example.com", "device_type": "mobile", "currency": "GBP",
        "total_amount": "15.30", "lines": found, **values,
    }  # fmt: skip


def event(number: int, at: str = "2026-03-15T10:00:00+00:00", **values: Any) -> dict[str, Any]:
    """A web event."""
    empty = dict.fromkeys(
        (
            "device_id",
            "device_type",
            "account_id",
            "email",
            "loyalty_id",
            "page",
            "sku",
            "category",
            "referrer",
        )
    )
    known = {"event_id": f"e{number}", "occurred_at": at, "session_id": "s1", "cookie_id": "k1"}
    return {**known, **empty, "event_type": "page_view", **values}
