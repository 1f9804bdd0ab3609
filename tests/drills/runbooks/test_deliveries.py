"""The runbooks of the deliveries and of the report, walked on one date that meets their faults in turn."""

import sqlite3
import time
from contextlib import closing

import pytest

from include.sandbox.adplatform import members
from tests.walking import ASKS, BUILD

EXPOSURE = "dbt_project/models/audiences/aud_lapsed_buyers.yml"
TEMPLATE = "include/templates/welcome/email.html.j2"
ACTIVATE, SEND, DUE, REPORT = "activate_audiences", "send_messages", "send_due_messages", "report_results"
MODEL = "dbt_project/models/audiences/aud_lapsed_buyers.sql"
SYNC = "new_customers_to_mailhouse"
ODD = ("lapsed_buyers_to_mailhouse", "lapsed_buyers_to_meta_ads")
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"


@pytest.fixture(scope="module")
def date_at_fault(walked):
    """The last date: a channel is missing, an audience odd, an exposure and a template wrong."""
    day = walked.nights[2]
    walked.break_source("email", "http_500")
    walked.edit(MODEL, "days_before=90", "days_before=10")  # an audience that grows by much: a question
    exposure = walked.edit(EXPOSURE, "destination: mailhouse", "destination: mailhous")
    template = walked.edit(TEMPLATE, "words.lead", "words.laed")
    run = walked.start_night(day)
    for stream in ("subscribers", "events"):
        says = ("RetryLater", "the night goes on without this channel")
        fault = "an optional source answers 500"
        walked.red("ingest_email", run, f"land_stream [{stream}]", fault, "RetryLater", says)
    walked.green(BUILD, run)
    walked.heal_sources()
    walked.did("source corrected by its owner")
    walked.clear("ingest_email", run, "cli")
    walked.green("ingest_email", run)
    runs = {
        dag: walked.until(f"{dag} has begun", lambda dag=dag: walked.api().run_of(dag, day))["dag_run_id"]
        for dag in (ACTIVATE, SEND)
    }
    return {"exposure": exposure, "template": template, **runs}


def answer(walked, run, word):
    """Answer every question of the run, each of which was sent."""
    asked = [walked.hook.read(f"{ACTIVATE} asks a person")["text"] for _ in ODD]
    assert all("Required Actions" in text for text in asked)
    assert [sync for sync in ODD if not any(sync in text for text in asked)] == []
    walked.until("all are asked", lambda: walked.states(ACTIVATE, run, "odd_changes.approve") == [ASKS] * 2)
    time.sleep(3)  # as one reads: an answer that comes before the scheduler has noted the question fails it
    for index in range(len(ODD)):
        path = f"/dags/{ACTIVATE}/dagRuns/{run}/taskInstances/odd_changes.approve/{index}/hitlDetails"
        walked.api()._call("PATCH", path, json={"chosen_options": [word], "params_input": {}})


def at_the_platform(walked):
    """Who stands at the ad platform."""
    return set(members(walked.house.settings.sandbox, ODD[1]))


def test_a_wrong_exposure_stops_all_audiences_until_it_is_corrected(walked, date_at_fault):
    run = date_at_fault[ACTIVATE]
    says = ("FixDeclaration", "aud_lapsed_buyers.yml", "mailhous", "every audience of", "with downstream")
    walked.red(ACTIVATE, run, "list_syncs", "an exposure is wrong", "list_syncs", says)
    says = ("FixDeclaration", "mailhous")
    walked.red(ACTIVATE, run, "find_retired", "an exposure is wrong", "find_retired", says)
    date_at_fault["exposure"]()
    walked.did("YAML corrected")
    closed_port(walked, "mailhouse_sftp")
    walked.clear(ACTIVATE, run, "ui", "list_syncs")
    walked.clear(ACTIVATE, run, "rest", "find_retired")


def test_a_sync_that_failed_goes_on_where_it_stopped(walked, date_at_fault):
    run = date_at_fault[ACTIVATE]
    task = f"sync_audience [{SYNC}]"
    says = ("RetryLater", "mailhouse_sftp", "this audience alone")
    walked.red(ACTIVATE, run, task, "the mail house's server is down", "RetryLater", says)
    walked.hook.read_rest("sync_audience")
    walked.connect("mailhouse_sftp", extra={"host_key": OTHER_KEY})
    walked.did("the server is back")
    walked.clear(ACTIVATE, run, "cli")
    says = ("FixConnection", "mailhouse_sftp", "host key")
    walked.red(ACTIVATE, run, task, "the server shows another host key", "FixConnection", says)
    walked.hook.read_rest("sync_audience")
    walked.connect("mailhouse_sftp")
    walked.did("host key confirmed with the vendor, connection corrected")
    walked.clear(ACTIVATE, run, "rest", "sync_audience", only_failed=True)
    walked.until("it is delivered", lambda: set(walked.states(ACTIVATE, run, "sync_audience")) == {"success"})
    walked.assert_nothing_twice()


def test_a_rejected_question_is_skipped_and_asked_again_when_it_was_a_mistake(walked, date_at_fault):
    run, held = date_at_fault[ACTIVATE], at_the_platform(walked)
    answer(walked, run, "Reject")
    walked.green(ACTIVATE, run)
    assert walked.states(ACTIVATE, run, "odd_changes.deliver_approved") == ["skipped"] * 2
    assert at_the_platform(walked) == held
    walked.clear(ACTIVATE, run, "ui", "odd_changes.approve")
    answer(walked, run, "Approve")
    walked.green(ACTIVATE, run)
    assert walked.states(ACTIVATE, run, "odd_changes.deliver_approved") == ["success"] * 2
    assert at_the_platform(walked) > held
    with closing(sqlite3.connect(walked.house.var / "ledger.sqlite")) as db:
        found = db.execute("select answer, answered_by from audience_plans where answer is not null")
        assert found.fetchall() == [("approved", "admin")] * 2


def test_a_message_that_met_three_faults_leaves_once(walked, date_at_fault):
    run = date_at_fault[SEND]
    says = ("FixDeclaration", "welcome/email.html.j2", "laed", "stay planned")
    walked.red(SEND, run, "dispatch_messages", "a word in a template is misspelt", "FixDeclaration", says)
    by_day(walked, "FixDeclaration", "a word in a template is misspelt", ("laed",))
    date_at_fault["template"]()
    walked.did("template corrected")
    closed_port(walked, "smtp_relay")
    walked.clear(SEND, run, "rest", "dispatch_messages")
    says = ("RetryLater", "smtp_relay", "none goes twice")
    walked.red(SEND, run, "dispatch_messages", "the relay is down", "RetryLater", says)
    by_day(walked, "RetryLater", "the relay is down", ("smtp_relay",))
    walked.connect("smtp_relay", password="expired")
    walked.did("the relay is back")
    walked.clear(SEND, run, "cli")
    says = ("FixConnection", "smtp_relay", "login refused")
    walked.red(SEND, run, "dispatch_messages", "the relay refuses our login", "FixConnection", says)
    by_day(walked, "FixConnection", "the relay refuses our login", ("smtp_relay", "login refused"))
    walked.connect("smtp_relay")
    walked.did("connection corrected")
    before = len(walked.house.received("smtp"))
    walked.green(DUE, walked.start(DUE))
    assert len(walked.house.received("smtp")) > before, "the next run by day goes on"
    for walk in walked.walks:
        if walk.dag == DUE:
            walk.end("the next run went on")
    walked.clear(SEND, run, "ui")
    walked.green(SEND, run)
    walked.green(REPORT, walked.start(REPORT, date=str(walked.nights[2])))
    walked.assert_nothing_twice()


def by_day(walked, error, fault, says):
    """The same fault by day: red, and left to the next run."""
    run = walked.start(DUE, by="cli")
    walked.red(DUE, run, "dispatch_due", fault, f"`{error}`", (error, *says))


def closed_port(walked, conn_id):
    """Let the connection lead where nobody listens."""
    walked.connect(conn_id, host="127.0.0.1", port=9)


def test_a_sync_that_is_declared_no_more_is_found_until_it_is_declared_again(walked, date_at_fault):
    run = date_at_fault[ACTIVATE]
    text = (walked.house.root / EXPOSURE).read_text()
    start = text.index(f"  - name: {ODD[0]}")
    put_back = walked.edit(EXPOSURE, text[start : text.index(f"  - name: {ODD[1]}")], "")
    walked.clear(ACTIVATE, run, "rest", "find_retired")
    says = ("FixDeclaration", ODD[0], "retired: true")
    walked.red(ACTIVATE, run, "find_retired", "an exposure was deleted", "find_retired", says)
    put_back()
    walked.did("declared again")
    walked.clear(ACTIVATE, run, "cli")
    walked.green(ACTIVATE, run)


def test_a_report_whose_folder_cannot_be_written_is_written_once_it_can(walked):
    folder, day = walked.house.settings.reports / str(walked.nights[0]), walked.nights[0]
    away = folder.rename(folder.with_name("away"))
    folder.write_text("")
    run = walked.start(REPORT, by="cli", date=str(day))
    says = ("the log says more", "Held back: nothing")
    walked.red(REPORT, run, "write_report", "a file stands in the folder's place", "disk", says)
    folder.unlink()
    away.rename(folder)
    walked.did("the folder is usable")
    walked.clear(REPORT, run, "rest")
    walked.green(REPORT, run)
