"""The stores: what their rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the stores, beyond its contract."""
    return {"receipts": _receipts, "receipt_lines": _receipt_lines, "returns": _returns}[stream]()


def _receipts() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="loyalty_id", mostly=0.2, severity="warning"),
    ]


def _receipt_lines() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(column="quantity", min_value=1, mostly=0.5, severity="warning"),
        gxe.ExpectColumnValuesToNotBeNull(column="category", mostly=0.5, severity="warning"),
    ]


def _returns() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0, mostly=0.5, severity="warning"),
    ]
