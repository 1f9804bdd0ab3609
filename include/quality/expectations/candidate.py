"""The candidate warehouse: what must hold of the marts before anyone sees them.

A suite is a query and what is expected of its rows. dbt's own tests look at one model each; these look
across models and back at the version before. Queries give ids, flags and counts, never personal data.
"""

from collections.abc import Collection, Iterator

from include.quality.suite import Before, Suite, between, compared

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
# A mart that may have no row where no channel gives the shape on which it rests.
RESTS_ON = {
    "dim_customers": "identifiers",
    "dim_contact_points": "identifiers",
    "customer_records": "identifiers",
    "fct_orders": "orders",
    "fct_order_lines": "order_lines",
    "fct_interactions": "interactions",
}
PRICED = ("fct_orders", "fct_returns", "fct_carts")


def suites(
    before: Before, audiences: list[str], reasons: list[str], absent: Collection[str] = ()
) -> Iterator[Suite]:
    """Every suite of a night. `absent`: canonical shapes that no channel gives."""
    yield from (_keys(model, columns, RESTS_ON[model] in absent) for model, columns in KEYS.items())
    yield from (compared(model, rows, before) for model, rows in before.rows.items() if rows)
    yield _priced()
    yield from (_no_personal_data("dim_customers"), _addresses())
    yield from (_orphans("fct_orders"), _orphans("fct_interactions"), _orphans("dim_contact_points"))
    yield from (_members(), _audiences(audiences), _decisions(reasons), _sends(), _channels())


def _keys(model: str, columns: list[str], may_be_empty: bool) -> Suite:
    nulls = ", ".join(f"count(*) - count({column}) as null_{column}" for column in columns)
    return Suite(
        model,
        "rows and their ids",
        f"select count(*) as rows, {nulls} from {model}",
        (
            between("rows", 0 if may_be_empty else 1, None),
            *(between(f"null_{column}", 0, 0) for column in columns),
        ),
    )


def _priced() -> Suite:
    """What has no rate is in no sum: somebody adds the rate to the seed, or knows why there is none."""
    columns = {mart: f"{mart.removeprefix('fct_')}_without_a_rate" for mart in PRICED}
    counts = [
        f"(select count(*) from {mart} where company_amount is null) as {column}"
        for mart, column in columns.items()
    ]
    return Suite(
        "exchange_rates",
        "every currency has a rate on its day",
        f"select {', '.join(counts)}",
        tuple(between(column, 0, 0, severity="warning") for column in columns.values()),
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
        (between("personal_columns", 0, 0), between("rows_with_an_address", 0, 0)),
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
        tuple(between(name, 0, 0) for name in ("preferred_twice", "odd_emails", "odd_phones")),
    )


def _orphans(model: str) -> Suite:
    return Suite(
        model,
        "every customer it names exists",
        f"select count(*) as orphans from {model} as m anti join dim_customers as c using (customer_id)"
        " where m.customer_id is not null",
        (between("orphans", 0, 0),),
    )


def _members() -> Suite:
    return Suite(
        "fct_audience_membership",
        "members exist, and entered by now",
        "select count(*) filter (where c.customer_id is null) as unknown_members,"
        " count(*) filter (where m.entered_date > (select max(business_date) from rpt_channel_freshness))"
        " as future_members"
        " from fct_audience_membership as m left join dim_customers as c using (customer_id)",
        (between("unknown_members", 0, 0), between("future_members", 0, 0)),
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
            between("audiences", len(audiences), len(audiences)),
            between("empty_audiences", 0, 0, severity="warning"),
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
        (between("unexplained", 0, 0), between("sent_with_a_reason", 0, 0)),
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
            between(name, 0, 0)
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
            between("channels", 1, None),
            between("stale_required", 0, 0),
            between("stale_optional", 0, 0, severity="warning"),
        ),
    )


def _texts(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
