"""A company may lack any channel: what rests on an absent shape is empty, and everything else goes on."""

from itertools import combinations

import pytest

from tests.warehouse.fewer_channels import CHANNELS, copy_with, remove, run

SUBSETS = ["+".join(kept) for size in range(1, 5) for kept in combinations(CHANNELS, size)]
BUILT = {
    "stores": ("consents", "preferences", "memberships", "carts", "message_events"),
    "shop+email": ("preferences", "memberships", "returns"),
    "email": ("orders", "order_lines", "preferences", "memberships", "returns", "carts"),
}
FACTS = {
    "orders": "fct_orders",
    "order_lines": "fct_order_lines",
    "returns": "fct_returns",
    "carts": "fct_carts",
}
NO_ORDERS = "No channel gives orders: order marts and the audiences that rest on them are empty."
NO_LOYALTY = "No channel gives memberships: loyalty tiers and points are not known."


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    """A copy for each subset of the channels."""
    folder = tmp_path_factory.mktemp("houses")
    return {subset: copy_with(subset.split("+"), folder / subset) for subset in SUBSETS}


def test_every_subset_parses(houses):
    others = [str(houses[subset]) for subset in SUBSETS if subset not in BUILT]
    said = run(houses["shop+stores+crm+email"], "parse", *others)
    assert len(houses) == 15 and len(said) == 12
    assert {house: error for house, error in said.items() if error} == {}


@pytest.mark.parametrize("subset", BUILT)
def test_nights_are_built_audited_published_and_told_of(houses, subset):
    night = run(houses[subset], "nights", *("01" if subset == "email" else "0"))
    absent = BUILT[subset]
    assert tuple(night["absent"]) == absent
    assert {s: night["rows"][mart] > 0 for s, mart in FACTS.items()} == {s: s not in absent for s in FACTS}
    assert night["rows"]["dim_customers"] > 20
    assert (NO_ORDERS in night["table"], NO_ORDERS in night["page"]) == ("orders" in absent,) * 2
    assert NO_LOYALTY in night["table"] and NO_LOYALTY in night["page"]


def test_channels_are_removed_from_a_house_that_has_published(tmp_path):
    house = copy_with(CHANNELS, tmp_path / "house")
    before = run(house, "nights", "0")
    for channel in ("stores", "crm", "email"):
        remove(house, channel)
    after = run(house, "nights", "1")
    assert before["absent"] == [] and before["warned"] == []
    assert 0 < after["rows"]["fct_orders"] < 0.8 * before["rows"]["fct_orders"]
    assert "fct_orders: size against the version before (ratio)" in after["warned"]
    assert after["absent"] == ["consents", "preferences", "memberships", "returns", "message_events"]
    assert NO_ORDERS not in after["table"] and NO_LOYALTY in after["table"]
