"""The difference between what a destination is known to hold and what it should."""

from include.ledger.exposures import find_sync
from include.ledger.held import HELD, REFUSED, UNCERTAIN, Known
from include.ledger.members import as_supported, diff


def test_a_diff_is_the_shortest_way_from_acknowledged_to_wanted():
    wanted = {"same": "1", "changed": "2", "new": "3"}
    had = {"same": Known("1"), "changed": Known("1"), "gone": Known("1")}
    assert diff(wanted, had) == [("gone", "remove", "1"), ("changed", "update", "2"), ("new", "add", "3")]
    assert diff(wanted, {member: Known(told) for member, told in wanted.items()}) == []


def test_who_was_refused_is_told_again_only_when_there_is_something_else_to_tell():
    known = {"same": Known("1", REFUSED), "mended": Known("1", REFUSED), "gone": Known("1", REFUSED)}
    assert diff({"same": "1", "mended": "2"}, known) == [("mended", "add", "2")]


def test_who_is_uncertain_is_told_again_whichever_way():
    doubtful = dict.fromkeys(("stays", "leaves", "changes"), Known("1", UNCERTAIN))
    wanted = {"stays": "1", "sure": "1", "changes": "2"}
    assert diff(wanted, {**doubtful, "sure": Known("1", HELD)}) == [
        *(("leaves", "remove", "1"), ("changes", "update", "2"), ("stays", "add", "1")),
    ]


def test_where_nothing_can_be_updated_what_was_told_before_is_removed_first():
    sync = find_sync("lapsed_buyers_to_meta_ads")
    known = {"changed": Known("1"), "gone": Known("1")}
    operations = diff({"changed": "2", "new": "3"}, known)
    assert as_supported(sync, operations, known) == [
        *(("gone", "remove", "1"), ("changed", "remove", "1"), ("changed", "add", "2"), ("new", "add", "3")),
    ]
