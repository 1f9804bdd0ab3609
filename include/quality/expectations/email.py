"""The e-mail platform: what its rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the e-mail platform, beyond its contract."""
    return {"subscribers": _subscribers, "events": _events}[stream]()


def _subscribers() -> list[Expectation]:
    return [gxe.ExpectColumnValuesToMatchRegex(column="email", regex="@", mostly=0.9, severity="warning")]


def _events() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToMatchRegex(column="recipient", regex="@", mostly=0.9, severity="warning"),
    ]
