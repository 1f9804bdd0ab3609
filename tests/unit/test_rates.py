"""Exchange rates as analysts keep them: a wrong one is named before a build reads it."""

from datetime import date
from decimal import Decimal

import pytest

from include.errors import FixDeclaration
from include.rates import Rate, load_rates
from include.settings import Settings

GOOD = "valid_from,currency,rate\n2025-01-01,JPY,0.0052\n2026-01-01, jpy ,0.005\n"


def load(tmp_path, text):
    file = tmp_path / "exchange_rates.csv"
    file.write_text(text, encoding="utf-8")
    return load_rates(file)


def test_rates_are_read_in_their_order(tmp_path):
    assert load(tmp_path, GOOD) == [
        Rate(date(2025, 1, 1), "JPY", Decimal("0.0052")),
        Rate(date(2026, 1, 1), "JPY", Decimal("0.005")),
    ]


def test_a_company_with_one_currency_needs_no_rate(tmp_path):
    assert load(tmp_path, "valid_from,currency,rate\n") == []


def test_the_rates_that_are_here_begin_before_the_sandbox_s_history_and_leave_out_the_company_s_currency():
    rates = load_rates()
    assert min(rate.valid_from for rate in rates) <= date(2025, 3, 1)
    currencies = {rate.currency for rate in rates}
    assert {"EUR", "USD", "JPY"} <= currencies and Settings().currency not in currencies
    assert {rate.currency for rate in rates if rate.valid_from == date(2025, 1, 1)} == currencies


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-02-30,JPY,1", "valid_from: '2026-02-30' is no date"),
        (",JPY,1", "valid_from: '' is no date"),
        ("2026-02-01,,1", "currency: '' is no currency"),
        ("2026-02-01,YEN,1", "currency: 'YEN' is no currency"),
        ("2026-02-01,JPY,0", "rate: '0' is no number above 0"),
        ("2026-02-01,JPY,-1", "rate: '-1' is no number above 0"),
        ('2026-02-01,JPY,"0,005"', "rate: '0,005' is no number above 0"),
        ("2026-02-01,JPY,NaN", "rate: 'NaN' is no number above 0"),
        ("2026-02-01,JPY", "rate: '' is no number above 0"),
        ("2026-01-01,JPY,0.006", "JPY has two rates of 2026-01-01"),
    ],
)
def test_nonsense_is_named_by_line_and_field(tmp_path, line, said):
    with pytest.raises(FixDeclaration, match=f"exchange_rates.csv, line 4: {said}"):
        load(tmp_path, f"{GOOD}{line}\n")
