"""The candidate warehouse: what must hold of the marts before anyone sees them.

A suite is a query and what is expected of its rows. dbt's own tests look at one model each; these look
across models and back at the version before. Queries give ids, flags and counts, never personal data.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import Expectation

PERSONAL = [
    *("email", "phone", "address", "first_name", "last_name", "greeting_name", "birth_date"),
    *("street", "postcode", "city", "cookie_id", "device_id", "loyalty_id"),
]
KEYS = {
    "dim_customers": ["customer_id"],
    "dim_contact_points": ["contact_point_id", "customer_id"],
    "customer_records": ["customer_id", "record_key"],
    "fct_orders": ["order_key"],
    "fct_order_lines": ["order_key"],
    "fct_interactions": ["interaction_key", "month"],
}


@dataclass(frozen=True)
class Suite:
    """What is asked of one model. `title` names it in findings."""

    model: str
    title: str
    query: str
    expectations: tuple[Expectation, ...]


def suites(before: dict[str, int], audiences: list[str], reasons: list[str]) -> Iterator[Suite]:
    """Every suite of a night. `before`: rows by mart of the version before (empty on the first night)."""
    yield from (_keys(model, columns) for model, columns in KEYS.items())
    yield from (_compared(model, rows) for model, rows in before.items())
    yield from (_no_personal_data("dim_customers"), _addresses())
    yield from (_orphans("fct_orders"), _orphans("fct_interactions"), _orphans("dim_contact_points"))
    yield from (_members(), _audiences(audiences), _decisions(reasons), _sends(), _channels())


def _keys(model: str, columns: list[str]) -> Suite:
    nulls = ", ".join(f"count(*) - count({column}) as null_{column}" for column in columns)
    return Suite(
        model,
        "rows and their ids",
        f"select count(*) as rows, {nulls} from {model}",
        (
            _between("rows", 1, None),
            *(_between(f"null_{column}", 0, 0) for column in columns),
        ),
    )


def _compared(model: str, rows: int) -> Suite:
    """Customers and orders come and go slowly: a jump is a broken source or a broken rule."""
    return Suite(
        model,
        "size against the version before",
        f"select count(*) / {max(rows, 1)}.0 as ratio from {model}",
        (_between("ratio", 0.8, 2.0), _between("ratio", 0.95, 1.2, severity="warning")),
    )


def _no_personal_data(model: str) -> Suite:
    """Neither by a column's name nor by what stands in it."""
    return Suite(
        model,
        "no personal data",
        f"select (select count(*) from information_schema.columns where table_name = '{model}'"
        f" and column_name in ({_texts(PERSONAL)})) as personal_columns,"
        f" count(*) filter (where regexp_matches(cast({model} as varchar), '[a-z0-9]@[a-z0-9]'))"
        f" as rows_with_an_address from {model}",
        (_between("personal_columns", 0, 0), _between("rows_with_an_address", 0, 0)),
    )


def _addresses() -> Suite:
    return Suite(
        "dim_contact_points",
        "one preferred address, and the shape of addresses",
        "select count(*) filter (where is_preferred) - count(distinct customer_id || channel)"
        " as preferred_twice,"
        " count(*) filter (where channel = 'email' and address not like '%_@_%._%') as odd_emails,"
        " count(*) filter (where channel = 'sms' and not regexp_matches(address, '^[+][0-9]{6,15}$'))"
        " as odd_phones"
        " from dim_contact_points",
        tuple(_between(name, 0, 0) for name in ("preferred_twice", "odd_emails", "odd_phones")),
    )


def _orphans(model: str) -> Suite:
    return Suite(
        model,
        "every customer it names exists",
        f"select count(*) as orphans from {model} as m anti join dim_customers as c using (customer_id)"
        " where m.customer_id is not null",
        (_between("orphans", 0, 0),),
    )


def _members() -> Suite:
    return Suite(
        "fct_audience_membership",
        "members exist, and entered by now",
        "select count(*) filter (where c.customer_id is null) as unknown_members,"
        " count(*) filter (where m.entered_date > (select max(business_date) from rpt_channel_freshness))"
        " as future_members"
        " from fct_audience_membership as m left join dim_customers as c using (customer_id)",
        (_between("unknown_members", 0, 0), _between("future_members", 0, 0)),
    )


def _audiences(audiences: list[str]) -> Suite:
    names = ", ".join(f"('{name}')" for name in audiences)
    return Suite(
        "fct_audience_membership",
        "no audience is empty",
        "select count(*) filter (where members = 0) as empty_audiences, count(*) as audiences from"
        " (select a.audience, count(m.customer_id) as members"
        f" from (values {names}) as a (audience)"
        " left join fct_audience_membership as m using (audience) group by a.audience)",
        (
            _between("audiences", len(audiences), len(audiences)),
            _between("empty_audiences", 0, 0, severity="warning"),
        ),
    )


def _decisions(reasons: list[str]) -> Suite:
    known = _texts(reasons)
    return Suite(
        "fct_message_decisions",
        "every refusal has a known reason, and nothing else has one",
        f"select count(*) filter (where decision = 'refuse' and (reason is null or reason not in ({known})))"
        " as unexplained,"
        " count(*) filter (where decision = 'send' and reason is not null) as sent_with_a_reason"
        " from fct_message_decisions",
        (_between("unexplained", 0, 0), _between("sent_with_a_reason", 0, 0)),
    )


def _sends() -> Suite:
    """The last look before anything can leave: consent, suppression, and never twice."""
    return Suite(
        "fct_message_decisions",
        "whom it sends to has agreed, is not blocked, and was not told",
        "select count(*) filter (where d.purpose = 'marketing' and p.has_marketing_consent is not true)"
        " as without_consent, count(*) filter (where p.is_suppressed is not false) as to_suppressed,"
        " count(*) filter (where m.message_key is not null) as told_before,"
        " count(*) - count(distinct (d.journey, d.step, d.trigger_id)) as twice_tonight"
        " from fct_message_decisions as d"
        " left join dim_contact_points as p using (contact_point_id)"
        " left join int_messages__told as m on d.message_key = m.message_key"
        " where d.decision = 'send'",
        tuple(
            _between(name, 0, 0)
            for name in ("without_consent", "to_suppressed", "told_before", "twice_tonight")
        ),
    )


def _channels() -> Suite:
    return Suite(
        "rpt_channel_freshness",
        "channels are fresh",
        "select count(*) as channels,"
        " count(*) filter (where is_required and days_stale is distinct from 0) as stale_required,"
        " count(*) filter (where not is_required and days_stale is distinct from 0) as stale_optional"
        " from rpt_channel_freshness",
        (
            _between("channels", 1, None),
            _between("stale_required", 0, 0),
            _between("stale_optional", 0, 0, severity="warning"),
        ),
    )


def _between(column: str, low: float | None, high: float | None, severity: str = "critical") -> Expectation:
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=low, max_value=high, severity=severity)


def _texts(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
