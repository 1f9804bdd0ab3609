"""A way back, in short: three failed runs cleared, and a date that has not ended refused.

`tests/drills/runbooks` walks every page; this is what each change is tested with.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.walking import Walked


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    """An installation kept up without schedules; no date has been run."""
    walked = Walked(tmp_path_factory.mktemp("back"), people=150)
    try:
        code, said = walked.up()
        assert code == 0, said
        yield walked
    finally:
        walked.close()


def test_failed_runs_of_three_dags_are_cleared_over_rest_by_command_and_as_the_ui_does(walked):
    day = walked.nights[0]
    report = walked.house.settings.reports / str(day)
    walked.break_source("crm", "http_500", stream="contacts")
    walked.connect("shop_api", password="expired")
    report.parent.mkdir()
    report.write_text("a file stands in the folder's place")
    runs = {
        "ingest_crm": walked.start("ingest_crm", date=str(day), streams=["contacts"]),
        "ingest_shop": walked.start("ingest_shop", date=str(day), streams=["orders"]),
        "report_results": walked.start("report_results", date=str(day)),
    }
    where = "land_stream [contacts]"
    walked.red("ingest_crm", runs["ingest_crm"], where, "source down", "RetryLater", ("RetryLater", "500"))
    where, says = "land_stream [orders]", ("FixConnection", "shop", "401", "connection")
    walked.red("ingest_shop", runs["ingest_shop"], where, "token refused", "FixConnection", says)
    says = ("the log says more", "Held back: nothing")
    walked.red("report_results", runs["report_results"], "write_report", "folder unusable", "disk", says)
    walked.heal_sources()
    walked.connect("shop_api")
    report.unlink()
    for (dag, run), way in zip(runs.items(), ("rest", "cli", "ui"), strict=True):
        walked.clear(dag, run, way)
    for dag, run in runs.items():
        walked.green(dag, run)
    assert (report / "index.html").exists()
    assert {stream.name for stream in (walked.house.var / "lake").glob("*/*")} >= {"contacts", "orders"}


def test_a_date_that_has_not_ended_is_refused_and_the_alert_says_what_to_do(walked):
    day = walked.nights[-1] + timedelta(days=1)
    run = walked.start("send_messages", date=str(day))
    refused = walked.hook.read("send_messages · settle_unknown needs a person")
    for words in ("FixRequest", f"{day} has not ended", "Start it again with other values"):
        assert words in refused["text"]
    assert walked.until("it has ended", lambda: walked.ended_as("send_messages", run)) == "failed"
