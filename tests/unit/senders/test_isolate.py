"""Invalid entries are found although the vendor names a few of them only."""

from hypothesis import given
from hypothesis import strategies as st

from include.senders.parts.isolate import Answer, isolate


class Vendor:
    """Names at most `samples` of the invalid entries of a request."""

    def __init__(self, bad: set[str], samples: int) -> None:
        self.bad, self.samples, self.asked = bad, samples, 0

    def say(self, entries) -> Answer:
        self.asked += 1
        invalid = [entry for entry in entries if entry in self.bad]
        return Answer(len(invalid), frozenset(invalid[: self.samples]))


@given(st.integers(1, 200), st.sets(st.integers(0, 199)), st.integers(0, 5))
def test_exactly_the_invalid_ones_are_found(size, bad, samples):
    entries = [f"c{n}" for n in range(size)]
    vendor = Vendor({f"c{n}" for n in bad}, samples)
    assert isolate(entries, vendor.say(entries), vendor.say) == vendor.bad & set(entries)


def test_five_of_ten_thousand_cost_no_further_request_and_one_in_twenty_stays_affordable():
    entries = [f"c{n}" for n in range(10_000)]
    for bad, most in ((set(entries[::2000]), 1), (set(entries[::20]), 260), (set(entries), 1)):
        vendor = Vendor(bad, 5)
        assert isolate(entries, vendor.say(entries), vendor.say) == bad
        assert vendor.asked <= most


def test_a_name_that_was_never_said_is_not_believed():
    assert isolate(["a", "b"], Answer(0, frozenset({"z"})), lambda part: Answer(0)) == set()
