"""The stores: what their rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

MOST_MONEY = 1_000_000


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the stores, beyond its contract."""
    return {"receipts": _receipts, "receipt_lines": _receipt_lines, "returns": _returns}[stream]()


def _receipts() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="total_amount", min_value=-MOST_MONEY, max_value=MOST_MONEY, severity="critical"
        ),
        gxe.ExpectColumnValueLengthsToEqual(column="currency", value=3, severity="critical"),
        gxe.ExpectColumnValuesToNotBeNull(column="loyalty_id", mostly=0.2, severity="warning"),
    ]


def _receipt_lines() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="quantity", min_value=-MOST_MONEY, max_value=MOST_MONEY, severity="critical"
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="unit_price", min_value=-MOST_MONEY, max_value=MOST_MONEY, severity="critical"
        ),
        gxe.ExpectColumnValuesToBeBetween(column="line_number", min_value=1, severity="critical"),
    ]


def _returns() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(
            column="amount", min_value=-MOST_MONEY, max_value=MOST_MONEY, severity="critical"
        ),
        gxe.ExpectColumnValueLengthsToEqual(column="currency", value=3, severity="critical"),
    ]
