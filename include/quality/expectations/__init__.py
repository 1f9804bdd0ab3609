"""Great Expectations suites: one module a channel, and one for the candidate warehouse.

A channel's module has `expectations(stream: str) -> list[Expectation]`. What the contract already says
(rows, freshness) is added by `include.quality.contract`; types, duties and allowed values are the lake's.
Expectations with `mostly` judge shares, so they wait for `include.quality.checks.MANY` rows.
"""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

MOST = 1_000_000


def believable(column: str) -> Expectation:
    """An amount or quantity is at most a million, either way: more is another column, or another unit."""
    return gxe.ExpectColumnValuesToBeBetween(
        column=column, min_value=-MOST, max_value=MOST, severity="critical"
    )


def three_letters(column: str) -> Expectation:
    """A currency, as ISO 4217 writes it."""
    return gxe.ExpectColumnValueLengthsToEqual(column=column, value=3, severity="critical")
