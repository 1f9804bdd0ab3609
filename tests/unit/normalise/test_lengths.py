"""However long a value is, reading it ends: what is beyond any honest length is not read."""

import pytest

from include.normalise.countries import country_code
from include.normalise.emails import email_readings
from include.normalise.names import COMPARED, name_key
from include.normalise.phones import readings, to_e164
from include.normalise.text import READ

HUGE = 1_000_000  # characters: a reading whose time grows with the square would take hours


@pytest.mark.parametrize("sign", ["a", "1", "a@", "\u0301", "(", "; ", "\ufdfa", "<a@b.c>", " "])
def test_a_huge_value_is_read_in_bounded_time(sign: str) -> None:
    huge = sign * (HUGE // len(sign))
    assert country_code(huge) is None
    assert to_e164(huge, "GB", "GB") is None
    assert len(email_readings(huge)) <= 1 and len(readings(huge, ["GB", "FR"])) <= READ
    assert len(name_key(huge) or "") <= COMPARED


def test_honest_values_are_read_to_their_end() -> None:
    many = "; ".join(f"anna{n}@mail.example" for n in range(15))
    assert len(email_readings(many)) == 15
    name = "Wolfeschlegelsteinhausenbergerdorff" * 2
    assert name_key(name) == name.lower()
    assert name_key(name * 9) == (name * 9).lower()[:COMPARED] == name_key(name_key(name * 9) or "")
