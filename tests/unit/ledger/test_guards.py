"""An odd change of an audience waits for a person; who withdrew never waits."""

import pytest

from include.destinations import Guards
from include.ledger.guards import Change, concerns, question


def some(add=0, remove=0, update=0):
    kinds = [("add", add), ("remove", remove), ("update", update)]
    return [(f"{kind}{n}", kind, "hash") for kind, count in kinds for n in range(count)]


@pytest.mark.parametrize(
    ("held", "wanted", "operations", "found"),
    [
        (0, 500, some(add=500), set()),
        (500, 500, [], set()),
        (500, 600, some(add=100), set()),
        (500, 750, some(add=250), set()),
        (500, 751, some(add=251), {"growth"}),
        (500, 1500, some(add=1000), {"growth"}),
        (500, 400, some(remove=100), set()),
        (500, 399, some(remove=101), {"shrink"}),
        (500, 200, some(remove=300), {"shrink"}),
        (500, 0, some(remove=500), {"shrink", "empty"}),
        (5, 0, some(remove=5), {"empty"}),
        (30, 50, some(add=20), set()),
        (30, 51, some(add=21), {"growth"}),
        (0, 19, some(add=19), {"too_small"}),
        (0, 20, some(add=20), set()),
        (25, 19, some(remove=6), set()),
        (500, 500, some(update=500), set()),
    ],
)
def test_a_change_is_odd_by_its_share_of_what_is_held(held, wanted, operations, found):
    assert concerns(Guards(min_size=20), Change(held, wanted, operations)).keys() == found


def test_a_stale_source_makes_any_change_odd_unless_the_sync_does_not_stand_on_it():
    change = Change(500, 501, some(add=1), stale=("email",))
    assert concerns(Guards(), change) == {"stale_source": "not landed for this date: email"}
    assert concerns(Guards(fresh=("shop", "crm")), change) == {}
    assert concerns(Guards(), Change(500, 500, [], stale=("email",))) == {}


def test_the_words_say_how_many_of_how_many():
    said = concerns(Guards(), Change(1000, 400, some(remove=600)))["shrink"]
    assert said == "600 would leave of 1,000 (60%; 20% pass unasked)"


def test_a_question_is_about_these_operations_and_no_others():
    assert question(some(add=2)) == question(reversed(some(add=2)))
    assert question(some(add=2)) != question(some(add=3))
