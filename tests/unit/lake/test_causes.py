"""When refused rows stop a stream: for what its source did, not for what somebody typed into it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from include.channels import load_channels
from include.errors import CheckFailed
from include.lake.causes import has_changed
from include.lake.reasons import ColumnRetyped
from include.lake.runlog import read_checks
from include.quality.gate import check_landing
from include.sandbox.hostile import documents
from include.settings import Settings
from tests.unit.lake.landing import DAY, stage, stream
from tests.unit.lake.test_validate import shape
from tests.unit.sources.rows import contact, event

DOCUMENTS = [s for c in load_channels().values() if c.name != "stores" for s in c.top_streams()]
CONTACTS, EVENTS = stream("crm", "contacts"), stream("shop", "web_events")


def stops(*causes: tuple[str, str, int], rows: int, declared: Any = CONTACTS) -> bool:
    return has_changed(declared, {(reason, field): count for reason, field, count in causes}, rows)


@pytest.mark.parametrize(
    ("cause", "rows"),
    [
        (("bad_text", "first_name", 2), 2),
        (("bad_type", "birth_date", 2), 2),
        (("too_large", "last_name", 900), 1900),
        (("out_of_range", "points", 10), 20),
        (("missing_required", "email", 15), 15),
        (("bad_type", "birth_date", 300), 300),
        (("out_of_range", "points", 300), 300),
        (("bad_type", "_extra", 10), 20),
        (("bad_type", "points", 9), 9),
        (("bad_type", "points", 10), 200),
    ],
)
def test_what_people_type_or_a_few_odd_rows_stop_nothing(cause: tuple[str, str, int], rows: int) -> None:
    assert not stops(cause, rows=rows)


@pytest.mark.parametrize(
    ("causes", "rows"),
    [
        ([("bad_type", "points", 10)], 10),
        ([("missing_column", "email", 10)], 100),
        ([("bad_type", "email", 10)], 100),  # a text that became an object: no input does that
        ([("not_allowed", "tier", 11)], 200),
        ([("not_json", "", 11)], 200),
        ([("bad_type", name, 40) for name in ("points", "created_at", "updated_at")], 2000),
    ],
)
def test_a_source_that_has_changed_stops_its_stream(causes: list[Any], rows: int) -> None:
    assert stops(*causes, rows=rows)


def test_rows_that_visitors_write_never_stop_their_stream(settings: Settings) -> None:
    assert EVENTS.max_quarantined_share == 1
    rows = [event(n, event_type="hack", occurred_at="never") for n in range(300)]
    found = check_landing(settings, stage(settings, EVENTS, [event(1000), *rows]))
    assert not [check for check in found if check.severity == "critical" and not check.passed]


def test_two_sign_ups_with_a_nul_are_refused_and_the_night_goes_on(settings: Settings) -> None:
    staged = stage(settings, CONTACTS, [contact(n, first_name="A\0nn") for n in range(2)])
    check_landing(settings, staged)
    assert (staged.manifest["quarantined"], staged.manifest["reasons"]) == (2, {"bad_text": 2})
    [warned] = [check for check in read_checks(settings, DAY)["crm/contacts"] if not check["passed"]]
    assert (warned["severity"], warned["failed"], warned["checked"]) == ("warning", 2, 2)


def test_the_same_rows_twice_over_still_stop_where_the_system_broke(settings: Settings) -> None:
    rows = [
        contact(n, points="many" if n % 3 == 0 else n, first_name="A\0nn" if n % 5 == 1 else "Ann")
        for n in range(60)
    ]
    with pytest.raises(CheckFailed, match="bad_type points"):
        check_landing(settings, stage(settings, CONTACTS, rows))


def test_birthdays_that_are_none_stop_nothing_however_many_people_type_them() -> None:
    shape([contact(n, birth_date="15/03/1980") for n in range(100)])
    with pytest.raises(ColumnRetyped, match=r"created_at .* 100 of 100 values are no timestamp"):
        shape([contact(n, created_at="15/03/1980") for n in range(100)])


@pytest.mark.parametrize("declared", DOCUMENTS, ids=lambda declared: declared.label)
def test_no_rows_of_strangers_stop_a_stream_on_any_day(settings: Settings, declared: Any) -> None:
    refused = 0
    for day in range(30):
        until = datetime(2026, 3, 16, tzinfo=UTC) + timedelta(days=day)
        rows = [json.loads(text) for text in documents(declared.channel, declared.name, 42, until)]
        staged = stage(settings, declared, rows)
        refused += staged.manifest["quarantined"]
        assert not has_changed(declared, staged.causes, staged.manifest["rows_in"]), (until, staged.causes)
    assert refused > 30
