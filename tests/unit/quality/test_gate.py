"""The gate on landed data: bad data stops, a broken check is told apart, and no value is kept."""

import json
import logging
from importlib import import_module
from pathlib import Path
from typing import Any

import great_expectations.expectations as gxe
import pyarrow as pa
import pytest

from include.channels import load_channels
from include.errors import CheckFailed, FixDeclaration
from include.lake.runlog import read_checks
from include.quality import gate
from include.quality.checks import MANY, columns_of, run
from include.quality.gate import check_landing
from include.settings import Settings
from tests.unit.lake.landing import DAY, stage, stream
from tests.unit.sources.rows import contact

CONTACTS = stream("crm", "contacts")
EVERY = [(channel.name, name) for channel in load_channels().values() for name in channel.streams]
CANARY = "canary.person@example.com"


def checked(settings: Settings, rows: list[Any], **declared: Any) -> dict[str, bool]:
    found = check_landing(settings, stage(settings, CONTACTS.model_copy(update=declared), rows))
    return {f"{check.expectation} {check.column} {check.severity}": check.passed for check in found}


def test_good_rows_pass_and_their_results_are_kept_as_counts(settings: Settings) -> None:
    outcome = checked(settings, [contact(n, email=CANARY) for n in range(MANY)])
    kept = read_checks(settings, DAY)

    assert all(outcome.values()) and len(outcome) > 4
    assert len(kept["crm/contacts"]) == len(outcome)
    [regex] = [check for check in kept["crm/contacts"] if "regex" in check["expectation"]]
    assert (regex["checked"], regex["failed"], regex["column"]) == (MANY, 0, "email")


def test_an_empty_partition_fails_unless_the_stream_may_be_empty(settings: Settings) -> None:
    with pytest.raises(CheckFailed, match="table_row_count"):
        checked(settings, [], may_be_quiet=False)
    assert all(checked(settings, [], may_be_empty=True).values())


def test_rows_that_stopped_weeks_ago_fail_and_rows_of_yesterday_warn(settings: Settings) -> None:
    strict = {"fresh_days": 7, "may_be_quiet": False}
    with pytest.raises(CheckFailed, match="column_max_to_be_between updated_at"):
        checked(settings, [contact(n, at="2026-03-01T10:00:00Z") for n in range(3)], **strict)
    outcome = checked(settings, [contact(n, at="2026-03-14T10:00:00Z") for n in range(3)], **strict)
    assert [name for name, passed in outcome.items() if not passed] == [
        "expect_column_max_to_be_between updated_at warning"
    ]


def test_a_third_of_the_rows_refused_stops_the_stream_and_says_why(settings: Settings) -> None:
    rows = [contact(n, points="x" if n % 3 == 0 else n) for n in range(30)]
    with pytest.raises(CheckFailed) as caught:
        checked(settings, rows)
    said = str(caught.value)
    first = said.splitlines()[0]
    assert "crm/contacts of 2026-03-15 fails its gate" in first
    assert "quarantined_rows_to_be_few (10 of 30 rows)" in first, "an alert shows the first line alone"
    assert "10 of 30 rows refused, at most 5% may be: bad_type points (first: row 1)" in said
    assert "clear the task" in said


def test_a_few_refused_rows_do_not_stop_a_stream(settings: Settings) -> None:
    assert all(checked(settings, [contact(1, points="x"), contact(2)]).values())
    assert all(checked(settings, [contact(n, points="x" if n < 5 else n) for n in range(100)]).values())


def test_shares_are_only_judged_where_there_are_many_rows(settings: Settings) -> None:
    few, many = ([contact(n, email="none") for n in range(count)] for count in (MANY - 1, MANY))
    assert not [name for name in checked(settings, few) if "regex" in name]
    assert checked(settings, many)["expect_column_values_to_match_regex email warning"] is False


def test_a_check_that_cannot_be_computed_is_the_suites_fault_not_the_datas(settings: Settings) -> None:
    table = pa.table({"a": ["x"]})
    with pytest.raises(FixDeclaration, match="mend the suite: expect_column_max_to_be_between"):
        run(table, [gxe.ExpectColumnMaxToBeBetween(column="nobody", min_value=1)], "crm/contacts")


def test_no_value_is_in_results_errors_or_logs(
    settings: Settings, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = [contact(n, email=CANARY, points="x" if n % 2 else n, first_name=CANARY) for n in range(MANY)]
    with pytest.raises(CheckFailed) as caught:
        checked(settings, rows)
    kept = "".join(file.read_text() for file in (settings.var / "runlog").rglob("*.json"))
    written = capfd.readouterr()
    assert json.loads(kept)
    for text in (str(caught.value), kept, caplog.text, written.out, written.err):
        assert "canary" not in text


def test_nothing_is_written_beside_the_results(settings: Settings, tmp_path: Path) -> None:
    here, temporary = set(Path.cwd().iterdir()), set(tmp_path.parent.iterdir())
    checked(settings, [contact(1)])
    assert set(Path.cwd().iterdir()) == here
    assert set(tmp_path.parent.iterdir()) == temporary


@pytest.mark.parametrize(("channel", "name"), EVERY)
def test_every_stream_has_expectations_on_columns_that_it_has(channel: str, name: str) -> None:
    suite = import_module(f"include.quality.expectations.{channel}").expectations(name)
    assert suite
    assert set(columns_of(suite)) <= set(stream(channel, name).columns)
    assert all(expectation.severity for expectation in suite)


@pytest.mark.parametrize(("channel", "name"), EVERY)
def test_every_suite_can_be_computed_on_rows_of_its_stream(channel: str, name: str) -> None:
    from include.lake.schema import contract_schema

    suite = import_module(f"include.quality.expectations.{channel}").expectations(name)
    table = contract_schema(stream(channel, name)).empty_table()
    for rows in (table, pa.concat_tables([table, _nulls(table.schema, MANY)])):
        assert len(run(rows, suite, name)) <= len(suite)


def _nulls(schema: pa.Schema, count: int) -> pa.Table:
    return pa.table([pa.nulls(count, field.type) for field in schema], schema=schema)


def test_the_gate_reads_only_the_columns_it_judges(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    real = gate.run
    monkeypatch.setattr(
        gate, "run", lambda table, *rest: seen.append(table.column_names) or real(table, *rest)
    )
    checked(settings, [contact(1)])
    assert seen == [["email", "last_name", "points", "updated_at"]]


@pytest.mark.parametrize("ahead", ["2099-01-01T00:00:00Z", "2026-03-16T00:00:00Z"])
def test_a_moment_of_the_future_does_not_make_a_stale_feed_fresh(settings: Settings, ahead: str) -> None:
    rows = [contact(1, at="2026-02-01T10:00:00Z"), contact(2, at=ahead)]
    with pytest.raises(CheckFailed, match="column_max_to_be_between updated_at"):
        checked(settings, rows, fresh_days=7)
    rows.append(contact(3, at="2026-03-15T23:59:59Z"))
    assert all(checked(settings, rows, fresh_days=7).values())
