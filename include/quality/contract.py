"""Expectations that follow from a stream's contract: that there are rows, and that they are fresh."""

from datetime import date, timedelta

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

from include.channels import Stream
from include.settings import Settings


def contract_expectations(
    stream: Stream, settings: Settings, business_date: date, rows: int
) -> list[Expectation]:
    """Rows (unless the stream may be empty) and, where there are rows, freshness.

    The newest row may be `fresh_days` old; one that is not of the business date itself is a warning.
    """
    found: list[Expectation] = []
    if not (stream.may_be_empty or stream.may_be_quiet):  # a quiet night has been asked about by then
        found.append(gxe.ExpectTableRowCountToBeBetween(min_value=1, severity="critical"))
    if stream.fresh_by is not None and rows:
        limits = [(stream.fresh_days, "critical"), *([] if stream.may_be_quiet else [(1, "warning")])]
        for days, severity in limits:
            oldest = settings.day_start(business_date - timedelta(days=days - 1))
            found.append(
                gxe.ExpectColumnMaxToBeBetween(column=stream.fresh_by, min_value=oldest, severity=severity)
            )
    return found
