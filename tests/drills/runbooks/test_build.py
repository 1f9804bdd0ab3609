"""`docs/runbooks/build_customer360.md`, walked: one date meets five faults and is published and sent once."""

from tests.walking import BUILD

MODEL = "dbt_project/models/marts/customers/dim_customers.sql"
CHECKS = "include/quality/expectations/candidate.py"


def test_a_date_that_meets_a_fault_at_each_step_is_published_and_sent_once(walked):
    day = walked.nights[1]
    walked.break_source("shop", "http_500", stream="orders")
    walked.break_source("stores", "missing_amounts", share=1)
    run = walked.start_night(day)
    says = ("RetryLater", "500", f"nothing of {day} is published")
    walked.red("ingest_shop", run, "land_stream [orders]", "the source answers 500", "RetryLater", says)
    says = ("CheckFailed", "stores/receipts", "The log names the check")
    fault = "receipts without amounts"
    walked.red("ingest_stores", run, "land_stream [receipts]", fault, "CheckFailed", says)
    says = ("FixSource", "Required channels", "ingest_shop", "ingest_stores", "then clear this task")
    walked.red(BUILD, run, "await_channels", "required channels failed", "await_channels", says)
    walked.heal_sources()
    walked.did("source corrected by its owner")
    walked.clear("ingest_shop", run, "cli")
    walked.clear("ingest_stores", run, "ui", "land_stream", only_failed=True)
    walked.green("ingest_shop", run)
    walked.green("ingest_stores", run)
    damaged(walked, run, day)
    broken_model(walked, run, day)
    failed_audit(walked, run, day)
    unusable_folder(walked, run, day)
    walked.green(BUILD, run)
    for dag in ("activate_audiences", "send_messages"):
        walked.green_of(dag, day)
    walked.green("report_results", walked.start("report_results", date=str(day)))
    assert walked.house.version().startswith(str(day))
    walked.assert_nothing_twice()


def damaged(walked, run, day):
    """A landed partition cannot be read: its file is deleted, and it lands again."""
    file = next((walked.house.var / "lake" / "crm" / "contacts").glob(f"date={day}/data.parquet"))
    content = bytearray(file.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 64] = bytes(64)
    file.write_bytes(content)
    walked.clear(BUILD, run, "rest", "await_channels")
    says = ("CheckFailed", f"crm/contacts/{day}", "To do: `open_candidate`", "delete its file")
    walked.red(BUILD, run, "open_candidate", "a landed partition is damaged", "open_candidate", says)
    file.unlink()
    again = walked.start("ingest_crm", by="cli", date=str(day), streams=["contacts"])
    walked.green("ingest_crm", again)
    walked.did("file deleted, crm/contacts landed again")


def broken_model(walked, run, day):
    """A column is misspelt; nothing of the date is visible."""
    put_back = walked.edit(MODEL, "select", "select no_such_column,")
    before = walked.house.version()
    walked.clear(BUILD, run, "ui")
    says = ("CheckFailed", "layer profile", f"nothing of {day} is published", "the log names it")
    walked.red(BUILD, run, "build_profile", "a model names a column that is not there", "build_staging", says)
    assert walked.house.version() == before
    put_back()
    walked.did("model corrected")


def failed_audit(walked, run, day):
    """A check's bound is wrong."""
    put_back = walked.edit(CHECKS, '_between("ratio", 0.8, 2.0)', '_between("ratio", 1.9, 2.0)')
    walked.clear(BUILD, run, "rest", "open_candidate")
    says = ("CheckFailed", f"the audit of {day} found 4 faults", "on which model", "`open_candidate`")
    walked.red(BUILD, run, "audit_candidate", "a check's bound is wrong", "audit_candidate", says)
    put_back()
    walked.did("rule corrected")


def unusable_folder(walked, run, day):
    """Something stands where the version is to be written."""
    stray = walked.house.var / "published" / f".{day}.tmp"
    stray.write_text("")
    walked.clear(BUILD, run, "ui", "open_candidate")
    says = ("the log says more", "publishing goes on where it stopped")
    walked.red(BUILD, run, "publish_version", "a file stands in the folder's place", "publish_version", says)
    stray.unlink()
    walked.did("stray file removed")
    walked.clear(BUILD, run, "cli")
