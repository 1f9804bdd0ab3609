"""The page says the night in plain words, stands alone, and lets nothing in it run."""

import re
from html.parser import HTMLParser

import pytest

from include.report.catalogue import Catalogue
from include.report.page import render

EVIL = "<img src=x onerror=alert(1)>\"'&{{7*7}}"


class Elements(HTMLParser):
    """Names and attributes of every element of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def text(page: str) -> str:
    return " ".join(Elements(page).text.split())


def test_every_element_is_closed(night):
    assert Elements(render(night(), Catalogue())).open == []


def test_the_page_needs_nothing_from_elsewhere(night):
    page = render(night(), Catalogue())
    tags = Elements(page).tags
    assert len(tags) > 100
    assert {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "form"} == set()
    assert [a["href"] for tag, a in tags if tag == "a"] == ["summary.json"]
    assert "url(" not in page and "@import" not in page and "http" not in page


@pytest.mark.parametrize(
    "evil",
    [
        {"version": EVIL},
        {
            "channels": {
                EVIL: {
                    EVIL: {
                        "rows_in": 1,
                        "loaded": 0,
                        "duplicate": 0,
                        "quarantined": {EVIL: 1},
                        "new_columns": [EVIL],
                    }
                }
            }
        },
        {"stale": [{"channel": EVIL, "days": 1}]},
        {"audiences": {EVIL: {"size": 1, "entered": 1, "left": 0}}},
        {
            "syncs": {
                EVIL: {
                    "audience": "vip_customers",
                    "destination": EVIL,
                    "members": 1,
                    "planned": 1,
                    "sent": 1,
                    "confirmed": 1,
                    "rejected": 0,
                    "unknown": 0,
                    "held_back": {EVIL: 1},
                }
            }
        },
        {
            "destinations": {
                EVIL: {
                    "planned": 1,
                    "sent": 1,
                    "confirmed": 1,
                    "rejected": 0,
                    "unknown": 0,
                    "held_back": {EVIL: 1},
                }
            }
        },
        {
            "messages": {
                EVIL: {
                    EVIL: {
                        "candidates": 1,
                        "carried": 0,
                        "send": 0,
                        "refused": {EVIL: 1},
                        "states": {},
                        "held_back": {EVIL: 1},
                    }
                }
            }
        },
        {
            "checks": {
                "passed": 0,
                "warnings": 0,
                "failed": 1,
                "findings": [{"check": EVIL, "severity": EVIL, "failures": 1}],
            }
        },
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_markup_in_any_name_is_shown_not_run(night, evil):
    harmless = Elements(render(night(), Catalogue()))
    page = render(night(**evil), Catalogue())
    seen = Elements(page)
    assert "onerror=alert(1)" in page.lower()
    assert {tag for tag, _ in seen.tags} <= {tag for tag, _ in harmless.tags} | {"dl", "dt", "dd"}
    assert not any(name.startswith("on") for _, attributes in seen.tags for name in attributes)
    assert "{{7*7}}" in page


def test_markup_in_descriptions_and_brand_is_shown_not_run(night):
    said = Catalogue(audiences={"vip_customers": EVIL}, journeys={"welcome__email": EVIL}, brand=EVIL)
    assert not any(tag == "img" for tag, _ in Elements(render(night(), said)).tags)


def test_the_first_sentence_says_what_went_out_and_why_some_were_left_alone(night):
    said = text(render(night(), Catalogue()))
    assert (
        "12 welcome messages went out; 9 people were not written to: no consent on record (6), "
        "already told (2) and withdrew consent just before sending (1)." in said
    )


def test_each_audience_shows_its_question_its_size_and_where_it_went(night):
    said = text(render(night(), Catalogue(audiences={"lapsed_buyers": "Who has been silent?"})))
    assert "Lapsed buyers Who has been silent? 640 people +12 came in, −3 left" in said
    assert "15 of 15 changes confirmed" in said


def test_a_late_channel_is_flagged_with_its_age(night):
    assert "2 days behind" in text(render(night(), Catalogue()))


def test_every_reason_used_is_explained(night):
    page = render(night(), Catalogue())
    terms = re.findall(r"<dt>(.*?)</dt>", page)
    assert {"no consent on record", "a required value is missing", "no usable address"} <= set(terms)


def test_a_night_that_published_nothing_says_so_first(night):
    silent = night(version=None, customers={}, audiences={}, syncs={}, destinations={}, messages={})
    said = text(render(silent, Catalogue()))
    assert "Nothing new was published for Sunday 15 March 2026" in said
    assert "What came in" in said


def test_a_first_night_counts_no_entries(night):
    said = text(render(night(previous_version=None), Catalogue()))
    assert "6 audiences were built for the first time." in said
    assert "came in," not in said


def test_equal_nights_give_equal_pages_however_long_they_took(night):
    assert render(night(seconds={"ingest": 1.0}), Catalogue()) == render(night(), Catalogue())
