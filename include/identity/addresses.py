"""Whose the preferred addresses are, against the sandbox's truth, which scoring alone reads."""

from typing import Any

import duckdb
import pyarrow as pa

from include.identity.score import share
from include.normalise.emails import normal_email
from include.normalise.providers import provider_mailbox

_OWN = {"email": ("email", "second_email", "family_email"), "sms": ("phone", "new_phone", "home_phone")}
_SCORE = """
    with people as (
        select distinct r.customer_id, t.person_id
        from records as r join truth as t using (channel, stream, record_key)
    ),
    judged as (
        select p.customer_id, p.channel, bool_or(o.value is not null) as is_own
        from preferred as p
        join people using (customer_id)
        left join own as o on o.person_id = people.person_id and o.channel = p.channel and o.value = p.value
        group by all
    )
    select channel, count(*) as preferred, count(*) filter (where not is_own) as of_nobody_there
    from judged group by channel order by channel
"""


def score_addresses(
    records: pa.Table, points: pa.Table, truth_records: pa.Table, truth_people: pa.Table
) -> dict[str, dict[str, Any]]:
    """Contact channel → preferred addresses, and how many are of none of the customer's people.

    `records`, `points`: customer_records and dim_contact_points. `truth_records`: whose each record is;
    `truth_people`: their addresses and numbers. What is not theirs was mistyped, or is a stranger's.
    """
    con = duckdb.connect()
    try:
        con.register("records", records)
        con.register("truth", truth_records)
        con.register("own", _table(_own(truth_people)))
        con.register("preferred", _table(_preferred(points)))
        found = con.execute(_SCORE).fetchall()
    finally:
        con.close()
    return {
        channel: {"preferred": n, "of_nobody_there": wrong, "share": share(wrong, n)}
        for channel, n, wrong in found
    }


def _own(people: pa.Table) -> list[dict[str, Any]]:
    return [
        {"person_id": row["person_id"], "channel": channel, "value": _compared(channel, row[name])}
        for row in people.to_pylist()
        for channel, names in _OWN.items()
        for name in names
        if row[name]
    ]


def _preferred(points: pa.Table) -> list[dict[str, Any]]:
    return [
        {
            "customer_id": row["customer_id"],
            "channel": row["channel"],
            "value": _compared(row["channel"], row["address"]),
        }
        for row in points.select(["customer_id", "channel", "address", "is_preferred"]).to_pylist()
        if row["is_preferred"]
    ]


def _compared(channel: str, address: str) -> str | None:
    return provider_mailbox(normal_email(address) or address) if channel == "email" else address


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows)
