"""The one place that says how often people hear from us, and what a wrong number there comes to."""

from decimal import Decimal

import pytest

from include.destinations import Limits, load_destinations
from include.errors import FixDeclaration
from include.policies import SEED, load_policies

TEXT = SEED.read_text(encoding="utf-8")


def test_the_seed_is_read():
    found = load_policies()
    assert (found.cap_messages, found.cap_days, found.control_group_share) == (3, 7, Decimal("0.05"))


def test_a_number_with_decimals_that_are_nought_is_a_whole_one(tmp_path):
    file = tmp_path / "contact_policies.csv"
    file.write_text(TEXT.replace("frequency_cap_messages,3,", "frequency_cap_messages, 5.0000 ,"))
    assert load_policies(file).cap_messages == 5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cap_messages,3,", "cap_messages,0,", "line 3: frequency_cap_messages: '0' is no whole"),
        ("cap_messages,3,", "cap_messages,three,", "line 3: frequency_cap_messages: 'three' is no whole"),
        ("cap_messages,3,", "cap_messages,,", "line 3: frequency_cap_messages: '' is no whole"),
        ("cap_messages,3,", "cap_messages,2.5,", "line 3: frequency_cap_messages: '2.5' is no whole"),
        ("cap_days,7,", "cap_days,-7,", "line 4: frequency_cap_days: '-7' is no whole"),
        ("cap_days,7,", "cap_days,NaN,", "line 4: frequency_cap_days: 'NaN' is no whole"),
        ("cap_days,7,", "cap_days,Infinity,", "line 4: frequency_cap_days: 'Infinity' is no whole"),
        ("share,0.05,", "share,5,", "line 2: control_group_share: '5' is no share from 0 to 1"),
        ("frequency_cap_days", "frequency_cap_weeks", "line 4: policy: 'frequency_cap_weeks' is none"),
        ("frequency_cap_days", "frequency_cap_messages", "line 4: policy: frequency_cap_messages is there"),
        ("frequency_cap_days,7,Days over which messages are counted for the cap\n", "",
         "there is no row for frequency_cap_days"),
    ],
)  # fmt: skip
def test_nonsense_is_named_by_line_and_field(tmp_path, old, new, said):
    assert old in TEXT
    file = tmp_path / "contact_policies.csv"
    file.write_text(TEXT.replace(old, new))
    with pytest.raises(FixDeclaration, match=said) as caught:
        load_policies(file)
    assert str(caught.value).startswith("contact_policies.csv")


def test_no_destination_has_a_cap_of_its_own(tmp_path):
    assert "per_recipient" not in Limits.model_fields
    relay = load_destinations.__defaults__[0] / "email_relay.yml"
    text = relay.read_text(encoding="utf-8")
    (tmp_path / relay.name).write_text(
        text.replace("limits:\n", "limits:\n  per_recipient: {messages: 9, days: 1}\n")
    )
    with pytest.raises(FixDeclaration, match=r"limits.per_recipient: unknown field"):
        load_destinations(tmp_path)
