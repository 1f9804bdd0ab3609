"""Scores on worlds small enough to count by hand."""

import pyarrow as pa
import pytest

from include.identity.score import score


def _truth(*people: str) -> pa.Table:
    return _records("person_id", people)


def _customers(*customers: str | None) -> pa.Table:
    return _records("customer_id", customers).filter(pa.compute.field("customer_id").is_valid())


def _records(name: str, values: tuple[str | None, ...]) -> pa.Table:
    n = len(values)
    keys = [str(i) for i in range(n)]
    return pa.table({"channel": ["shop"] * n, "stream": ["orders"] * n, "record_key": keys, name: values})


def test_a_perfect_resolution_scores_one():
    found = score(_customers("c1", "c1", "c2"), _truth("p1", "p1", "p2"))

    assert (found["precision"], found["recall"], found["f1"]) == (1.0, 1.0, 1.0)
    assert found["worst_cluster_people"] == 1


def test_two_people_in_one_customer_cost_precision():
    found = score(_customers("c1", "c1", "c1"), _truth("p1", "p1", "p2"))

    assert found["precision"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["recall"] == 1.0
    assert found["worst_cluster_people"] == 2
    assert found["customers_of_several_people"] == 1


def test_one_person_in_two_customers_costs_recall():
    found = score(_customers("c1", "c1", "c2"), _truth("p1", "p1", "p1"))

    assert found["precision"] == 1.0
    assert found["recall"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["clusters_per_person"] == 2.0


def test_a_record_without_customer_counts_only_against_the_recall_of_all():
    found = score(_customers("c1", "c1", None), _truth("p1", "p1", "p1"))

    assert found["recall"] == 1.0
    assert found["recall_of_all"] == pytest.approx(1 / 3, abs=1e-4)
    assert found["records_without_customer"] == 1


def test_another_world_s_truth_is_refused():
    other = _truth("p1").set_column(2, "record_key", pa.array(["elsewhere"]))

    with pytest.raises(ValueError, match="two different worlds"):
        score(_customers("c1"), other)
