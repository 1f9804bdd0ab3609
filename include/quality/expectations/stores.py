"""The stores: what their rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from include.quality.expectations import believable, three_letters


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the stores, beyond its contract."""
    return {"receipts": _receipts, "receipt_lines": _receipt_lines, "returns": _returns}[stream]()


def _receipts() -> list[Expectation]:
    return [
        believable("total_amount"),
        three_letters("currency"),
        gxe.ExpectColumnValuesToNotBeNull(column="loyalty_id", mostly=0.2, severity="warning"),
    ]


def _receipt_lines() -> list[Expectation]:
    return [
        believable("quantity"),
        believable("unit_price"),
        gxe.ExpectColumnValuesToBeBetween(column="line_number", min_value=1, severity="critical"),
    ]


def _returns() -> list[Expectation]:
    return [
        believable("amount"),
        three_letters("currency"),
    ]
