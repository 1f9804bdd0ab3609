"""What a person asks for and cannot have, and a version that is taken back, as the pages say."""

from datetime import timedelta

import pytest

from tests.walking import BUILD

WITHDRAW = "withdraw_version"
REFUSED_BY = {
    "ingest_shop": "choose_streams",
    BUILD: "await_channels",
    "activate_audiences": "list_syncs",
    "send_messages": "settle_unknown",
    "report_results": "write_report",
}


@pytest.mark.parametrize("dag", REFUSED_BY)
def test_a_date_that_has_not_ended_is_refused_before_anything_has_changed(walked, dag):
    day, version = walked.nights[-1] + timedelta(days=1), walked.house.version()
    run = walked.start(dag, by="cli", date=str(day))
    refused = walked.hook.read(f"Night of {day}: {dag} · {REFUSED_BY[dag]}")
    for words in ("FixRequest", f"{day} has not ended", "Start it again with other values", "nothing"):
        assert words in refused["text"], refused
    assert walked.until("it has ended", lambda: walked.ended_as(dag, run)) == "failed"
    assert walked.house.version() == version
    assert walked.hook.unread() == [], "one alert is enough"


def test_a_run_without_a_date_is_about_the_last_one_that_has_ended(walked):
    walked.green("ingest_crm", walked.start("ingest_crm", by="cli"))
    assert list((walked.house.var / "lake" / "crm").rglob(f"date={walked.nights[-1]}/data.parquet"))


def test_a_version_that_is_not_there_is_refused_and_a_wrong_one_is_taken_back(walked):
    day = walked.nights[-1]
    run = str(day)
    if walked.api().run_of(BUILD, day):  # a channel may have landed since
        walked.clear(BUILD, run, "rest", only_failed=False)
    else:
        walked.start_night(day)
    walked.green(BUILD, run)
    for dag in ("activate_audiences", "send_messages"):
        walked.green_of(dag, day)
    wrong = walked.house.version()
    refused = walked.start(WITHDRAW, by="cli", version=f"{day}-000000000000")
    says = ("FixRequest", wrong, "Start it again with other values", "nothing")
    walked.red(WITHDRAW, refused, "withdraw", "no such version", "FixRequest", says)
    walked.did("triggered with a name that the alert lists")
    walked.green(WITHDRAW, walked.start(WITHDRAW, version=wrong))
    assert walked.house.version() < wrong
    walked.walks[-1].end("readers see the version before")
    walked.clear(BUILD, run, "ui", only_failed=False)
    walked.green(BUILD, run)
    assert walked.house.version() == wrong
    for dag in ("activate_audiences", "send_messages"):
        walked.green_of(dag, day)
    walked.assert_nothing_twice()
