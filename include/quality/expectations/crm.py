"""The CRM: what its rows look like on every honest night."""

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation


def expectations(stream: str) -> list[Expectation]:
    """Expectations on one stream of the CRM, beyond its contract."""
    return {"contacts": _contacts, "preferences": _preferences, "consents": _consents}[stream]()


def _contacts() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToMatchRegex(column="email", regex="@", mostly=0.9, severity="warning"),
        gxe.ExpectColumnValuesToNotBeNull(column="last_name", mostly=0.5, severity="warning"),
        gxe.ExpectColumnValuesToBeBetween(column="points", min_value=0, mostly=0.99, severity="warning"),
    ]


def _preferences() -> list[Expectation]:
    return [gxe.ExpectColumnValueLengthsToBeBetween(column="value", max_value=500, severity="warning")]


def _consents() -> list[Expectation]:
    return [
        gxe.ExpectColumnValuesToNotBeNull(column="text_version", mostly=0.5, severity="warning"),
    ]
