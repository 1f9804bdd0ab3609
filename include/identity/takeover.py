"""How far strangers get who know a name and a number, against what a customer was before they came."""

from typing import Any

import duckdb
import pyarrow as pa

from include.identity.score import share

_FOUND = """
    with named as (
        select v.person_id, r.customer_id
        from victims as v join {records} as r using (channel, stream, record_key)
    )
    select
        n.person_id,
        p.channel,
        p.mailbox_hash,
        bool_or(p.is_preferred) as is_preferred,
        bool_or(p.has_marketing_consent and not p.is_suppressed) as can_be_written_to
    from (select distinct * from named) as n join {points} as p using (customer_id)
    group by all
"""
_SCORE = """
    with lost as (
        select
            b.person_id,
            bool_or(b.is_preferred and not coalesce(a.is_preferred, false)) as is_replaced,
            bool_or(b.can_be_written_to and not coalesce(a.can_be_written_to, false)) as is_silenced
        from found_before as b
        left join found_after as a using (person_id, channel, mailbox_hash)
        group by b.person_id
    ),
    joined as (
        select distinct v.person_id
        from victims as v
        join records_after as r using (channel, stream, record_key)
        join attackers as t on v.person_id = t.person_id
        join records_after as s
            on s.customer_id = r.customer_id
            and (s.channel, s.stream, s.record_key) = (t.channel, t.stream, t.record_key)
    )
    select
        (select count(distinct person_id) from victims) as victims,
        (select count(*) from joined) as joined,
        (select count(*) from lost where is_replaced) as replaced,
        (select count(*) from lost where is_silenced) as silenced,
        (select coalesce(list(person_id order by person_id), []) from lost where is_replaced or is_silenced)
            as whom
"""


def takeover(
    before: tuple[pa.Table, pa.Table],
    after: tuple[pa.Table, pa.Table],
    victims: pa.Table,
    attackers: pa.Table,
) -> dict[str, Any]:
    """Shares of victims whose preferred address was replaced, or who can no longer be written to.

    Args:
        before: customer_records and dim_contact_points of a night before the attack.
        after: the same of a night after it.
        victims: channel, stream, record_key, person_id: whose records they are.
        attackers: the same of the attackers' records; person_id is whom they attack.

    `joined`: victims whose customer holds a record of their attacker; without any, nothing was tried.
    `whom`: victims with harm.

    Raises:
        ValueError: no victim is a customer, so there is nothing to score.
    """
    con = duckdb.connect()
    try:
        tables = {"victims": victims, "attackers": attackers}
        tables |= {"records_before": before[0], "points_before": before[1]}
        tables |= {"records_after": after[0], "points_after": after[1]}
        for name, table in tables.items():
            con.register(name, table)
        for night in ("before", "after"):
            found = _FOUND.format(records=f"records_{night}", points=f"points_{night}")
            con.execute(f"create temp table found_{night} as {found}")
        result = con.execute(_SCORE)
        names = [column[0] for column in result.description or []]
        scores = dict(zip(names, result.fetchall()[0], strict=True))
        reached = con.execute("select count(distinct person_id) from found_before").fetchall()[0][0]
    finally:
        con.close()
    if not reached:
        raise ValueError("no victim has an address before the attack: these are two different worlds")
    shares = {f"{name}_share": share(scores[name], scores["victims"]) for name in ("replaced", "silenced")}
    return {**scores, **shares}
