"""Every code the platform gives has plain words, and words read well for one, many and none."""

import csv
from pathlib import Path

import pytest

from include.lake.reasons import Reason
from include.ledger import rules
from include.report import words

ROOT = Path(__file__).parents[3]
AT_SENDING = [
    rules.NO_CONTACT_POINT,
    rules.CONSENT_WITHDRAWN,
    rules.IS_SUPPRESSED,
    rules.IS_EXPIRED,
    rules.QUIET,
]


def decision_codes() -> list[str]:
    (seed,) = (ROOT / "dbt_project" / "seeds").rglob("decision_reasons.csv")
    with seed.open(encoding="utf-8") as file:
        return [row["reason"] for row in csv.DictReader(file)]


def test_every_reason_of_a_decision_has_words():
    codes = decision_codes()
    assert codes
    assert [code for code in [*codes, *AT_SENDING] if not words.meaning(code)] == []


def test_every_reason_of_a_refused_row_has_words():
    assert len(Reason) > 3
    assert [code for code in Reason if not words.meaning(code)] == []


def test_an_unknown_code_is_shown_readable():
    assert words.reason("some_new_code") == "some new code"


@pytest.mark.parametrize(
    ("n", "said"), [(0, "no people"), (1, "1 person"), (2, "2 people"), (12345, "12,345 people")]
)
def test_counts_agree_with_their_noun(n, said):
    assert words.count(n, "person", "people") == said


def test_lists_read_as_spoken():
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"]) == "a, b and c"


def test_names_read_as_titles():
    assert words.plain("vip_customers") == "VIP customers"
    assert words.plain("lapsed_buyers") == "Lapsed buyers"
