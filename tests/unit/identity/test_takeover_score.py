"""How far strangers get: what is counted, and what is no harm."""

import pyarrow as pa
import pytest

from include.identity.takeover import takeover


def records(**customers):
    """customer_records: record key → customer."""
    return pa.Table.from_pylist(
        [{"channel": "shop", "stream": "x", "record_key": k, "customer_id": c} for k, c in customers.items()]
    )


def whose(**people):
    """Record key → person."""
    return pa.Table.from_pylist(
        [{"channel": "shop", "stream": "x", "record_key": k, "person_id": p} for k, p in people.items()]
    )


def points(*rows):
    """(customer, mailbox, is preferred, has consent, is suppressed)."""
    names = ("customer_id", "mailbox_hash", "is_preferred", "has_marketing_consent", "is_suppressed")
    return pa.Table.from_pylist([{"channel": "email", **dict(zip(names, row, strict=True))} for row in rows])


BEFORE = (
    records(a="ca", b="cb", c="cc"),
    points(("ca", "a", True, True, False), ("cb", "b", True, True, False), ("cc", "c", True, False, False)),
)
VICTIMS, ATTACKERS = whose(a="A", b="B", c="C"), whose(x="A", y="B", z="C")


def test_a_replaced_address_and_a_lost_consent_are_harm_and_a_merge_is_none():
    merged = records(a="old", x="old", b="cb", y="cb", c="cc", z="cz")
    after = points(
        ("old", "a", False, True, False), ("old", "s", True, True, False),  # replaced, still written to
        ("cb", "b", True, True, True), ("cb", "t", False, True, False),  # silenced, still preferred
        ("cc", "c", True, False, False), ("cz", "u", True, True, False),  # nothing joined
    )  # fmt: skip
    assert takeover(BEFORE, (merged, after), VICTIMS, ATTACKERS) == {
        "victims": 3, "joined": 2, "replaced": 1, "silenced": 1, "whom": ["A", "B"],
        "replaced_share": 0.3333, "silenced_share": 0.3333,
    }  # fmt: skip


def test_an_address_that_is_gone_is_both():
    after = points(("cb", "b", True, True, False), ("cc", "c", True, False, False))
    found = takeover(BEFORE, (BEFORE[0], after), VICTIMS, ATTACKERS)
    assert (found["replaced"], found["silenced"], found["whom"]) == (1, 1, ["A"])


def test_victims_of_another_world_are_an_error():
    with pytest.raises(ValueError, match="two different worlds"):
        takeover(BEFORE, BEFORE, whose(q="Q"), ATTACKERS)
