"""`docs/runbooks/ingest_channels.md`, walked: a stream is red, its alert says why, it lands once cleared."""

import json

import pytest

EMAIL = "include/channels/email.yml"
CASES = {
    "the source answers 500": (
        *("ingest_shop", "orders", ("RetryLater", "shop/orders", "500", "Clear the task once it is back")),
        *("RetryLater", {"system": "shop", "kind": "http_500", "stream": "orders"}, "rest"),
    ),
    "a column is renamed": (
        *("ingest_crm", "contacts", ("FixSource", "crm/contacts", "email", "Talk to the channel's owner")),
        *("FixSource", {"system": "crm", "kind": "rename_column", "stream": "contacts"}, "ui"),
    ),
}


@pytest.mark.parametrize("fault", CASES)
def test_a_stream_whose_source_is_at_fault_lands_once_the_source_is_well(walked, fault):
    dag, stream, says, row, wrong, by = CASES[fault]
    columns = {"column": "email", "to": "e_mail"} if wrong["kind"] == "rename_column" else {}
    walked.break_source(**wrong, **columns)
    run = walked.start(dag, date=str(walked.nights[0]), streams=[stream])
    walked.red(dag, run, f"land_stream [{stream}]", fault, row, says)
    walked.heal_sources()
    walked.did("source corrected by its owner")
    walked.clear(dag, run, by, "land_stream")
    walked.green(dag, run)


def test_a_refused_login_is_over_once_the_connection_is_corrected(walked):
    walked.connect("crm_api", password="expired")
    run = walked.start("ingest_crm", by="cli", date=str(walked.nights[0]), streams=["contacts"])
    says = ("FixConnection", "crm", "401", "connection")
    walked.red("ingest_crm", run, "land_stream [contacts]", "token refused", "FixConnection", says)
    walked.connect("crm_api")
    walked.did("connection crm_api corrected")
    walked.clear("ingest_crm", run, "cli")
    walked.green("ingest_crm", run)


def test_a_connection_that_is_missing_is_named_and_added_by_command(walked):
    put_back = walked.edit(EMAIL, "connection: email_api", "connection: email_platform")
    run = walked.start("ingest_email", date=str(walked.nights[0]), streams=["subscribers"])
    says = ("FixConnection", "email_platform")
    walked.red("ingest_email", run, "land_stream [subscribers]", "connection missing", "FixConnection", says)
    given = json.loads((walked.house.settings.sandbox / "connections.json").read_text())["email_api"]
    walked.airflow("connections", "add", "email_platform", "--conn-json", json.dumps(given))
    walked.did("airflow connections add email_platform")
    walked.clear("ingest_email", run, "cli")
    walked.green("ingest_email", run)
    put_back()


def test_a_wrong_declaration_turns_its_own_channel_red_and_is_cleared_once_corrected(walked):
    put_back = walked.edit(EMAIL, "page_size: 5000", "page_sise: 5000")
    walked.until("Airflow reads the file", lambda: walked.has_task("ingest_email", "refuse_declaration"))
    run = walked.start("ingest_email", date=str(walked.nights[0]))
    says = ("FixDeclaration", "email.yml", "page_sise", "file, line and field")
    walked.red("ingest_email", run, "refuse_declaration", "a key is misspelt", "FixDeclaration", says)
    put_back()
    walked.did("YAML corrected")
    walked.until("Airflow reads the file", lambda: not walked.has_task("ingest_email", "refuse_declaration"))
    walked.clear("ingest_email", run, "ui")
    walked.green("ingest_email", run)
    assert walked.states("ingest_email", run, "land_stream") == ["success", "success"]
