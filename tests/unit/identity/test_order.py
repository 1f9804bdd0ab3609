"""Which part of a customer was known first."""

from hypothesis import given
from hypothesis import strategies as st

from include.identity.order import known_first

VICTIM, STRANGER, ORDER, OTHER = 1, 2, 3, 4
NUMBER, MAILBOX, CARD = 10, 20, 30


def test_who_had_the_shared_value_first_comes_first():
    assert known_first([VICTIM, STRANGER], [NUMBER, NUMBER]) == [VICTIM, STRANGER]
    assert known_first([STRANGER, VICTIM], [NUMBER, NUMBER]) == [STRANGER, VICTIM]


def test_a_stranger_s_older_records_do_not_bring_the_stranger_forward():
    cores = [STRANGER, ORDER, VICTIM, ORDER]
    assert known_first(cores, [MAILBOX, MAILBOX, NUMBER, NUMBER]) == [VICTIM, STRANGER, ORDER]


def test_what_a_browser_shows_of_two_brings_neither_behind_the_other():
    cores, values = [STRANGER, VICTIM, ORDER, ORDER], [MAILBOX, NUMBER, NUMBER, MAILBOX]
    forged = [False, False, True, True]
    assert known_first(cores, values, forged, [2, 1, 3, 3]) == [VICTIM, ORDER, STRANGER]
    assert known_first(cores, values, forged, [1, 2, 3, 3]) == [STRANGER, VICTIM, ORDER]


def test_a_value_shown_again_changes_nothing():
    cores = [VICTIM, STRANGER, STRANGER, VICTIM, OTHER]
    assert known_first(cores, [NUMBER, NUMBER, CARD, CARD, CARD]) == [VICTIM, STRANGER, OTHER]


def test_nothing_shared_is_no_order():
    assert known_first([], []) == []


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6)), max_size=40))
def test_every_core_has_one_place_and_the_very_first_to_show_a_value_of_all_leads_its_group(sightings):
    cores, values = [c for c, _ in sightings], [v for _, v in sightings]
    found = known_first(cores, values)
    assert sorted(found) == sorted(set(cores))
    if len(set(values)) == 1:
        assert found[0] == cores[0]
