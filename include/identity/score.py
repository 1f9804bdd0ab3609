"""How right the resolution of identity is, against the sandbox's truth, which scoring alone reads."""

from typing import Any

import duckdb
import pyarrow as pa

_PAIRS = """
    with known as (
        select truth.person_id, records.customer_id
        from truth left join records using (channel, stream, record_key)
    ),
    together as (
        select person_id, customer_id, count(*) as n from known where customer_id is not null group by all
    ),
    by_person as (select person_id, sum(n) as n, count(*) as clusters from together group by all),
    by_customer as (select customer_id, sum(n) as n, count(*) as people from together group by all),
    everything as (select person_id, count(*) as n from known group by all)
    select
        (select coalesce(sum(n * (n - 1) // 2), 0) from together) as right_pairs,
        (select coalesce(sum(n * (n - 1) // 2), 0) from by_customer) as joined_pairs,
        (select coalesce(sum(n * (n - 1) // 2), 0) from by_person) as findable_pairs,
        (select coalesce(sum(n * (n - 1) // 2), 0) from everything) as true_pairs,
        (select coalesce(max(people), 0) from by_customer) as worst_cluster_people,
        (select coalesce(avg(clusters), 0) from by_person) as clusters_per_person,
        (select count(*) from everything) as people,
        (select count(*) from by_customer) as customers,
        (select count(*) from by_customer where people > 1) as customers_of_several_people,
        (select count(*) from known) as records,
        (select count(*) from known where customer_id is null) as records_without_customer
"""


def score(customer_records: pa.Table, truth_records: pa.Table) -> dict[str, Any]:
    """Pairwise scores of `customer_records` (channel, stream, record_key, customer_id).

    `truth_records`: channel, stream, record_key, person_id. `precision`: of two records of one customer,
    how often they are one person's. `recall`: of two records of one person that have a customer each, how
    often it is the same; `recall_of_all` counts records without a customer (anonymous ones) too.
    `worst_cluster_people`: most people in one customer. `clusters_per_person`: customers a person became.

    Raises:
        ValueError: the two have no record in common, so there is nothing to score.
    """
    con = duckdb.connect()
    con.register("records", customer_records)
    con.register("truth", truth_records)
    result = con.execute(_PAIRS)
    names = [column[0] for column in result.description or []]
    found = dict(zip(names, result.fetchall()[0], strict=True))
    con.close()
    if not found["customers"]:
        raise ValueError("no record of the customers is in the truth: these are two different worlds")
    right, joined = found.pop("right_pairs"), found.pop("joined_pairs")
    findable, true = found.pop("findable_pairs"), found.pop("true_pairs")
    precision, recall = share(right, joined), share(right, findable)
    return {
        "precision": precision,
        "recall": recall,
        "f1": round(2 * precision * recall / (precision + recall), 4) if precision + recall else 0.0,
        "recall_of_all": share(right, true),
        **{name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()},
    }


def share(part: int, whole: int) -> float:
    """Part of a whole, to four digits; of nothing all is right."""
    return round(part / whole, 4) if whole else 1.0
