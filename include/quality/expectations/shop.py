"""The web shop: what its rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the shop, beyond its contract."""
    return {
        "customers": _customers,
        "orders": _orders,
        "order_lines": _order_lines,
        "carts": _carts,
        "web_events": _web_events,
    }[stream]()


def _customers() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToMatchRegex(column="email", regex="@", mostly=0.9, severity="warning"),
        gxe.ExpectColumnValuesToNotBeNull(column="last_name", mostly=0.5, severity="warning"),
        gxe.ExpectColumnValueLengthsToEqual(column="country", value=2, mostly=0.95, severity="warning"),
    ]


def _orders() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="account_id", mostly=0.3, severity="warning"),
        gxe.ExpectColumnValuesToNotBeNull(column="email", mostly=0.3, severity="warning"),
    ]


def _order_lines() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(column="quantity", min_value=1, mostly=0.5, severity="warning"),
        gxe.ExpectColumnValuesToNotBeNull(column="description", mostly=0.5, severity="warning"),
    ]


def _carts() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="total_amount", min_value=0, mostly=0.99, severity="warning"
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="items", mostly=0.5, severity="warning"),
    ]


def _web_events() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeInSet(
            column="device_type", value_set=["desktop", "mobile", "tablet"], mostly=0.9, severity="warning"
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="page", mostly=0.1, severity="warning"),
    ]
