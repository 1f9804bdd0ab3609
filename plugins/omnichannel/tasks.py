"""The steps of a night as Airflow tasks. Each is thin: find the date and the connection, call `include`.

Imports stand inside the functions because Airflow parses the DAG files again for every task.
"""

import logging
from typing import Any, NoReturn

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from include.errors import FixRequest
from omnichannel.house import (
    AUDIENCES_DELIVERED,
    CUSTOMERS_PUBLISHED,
    DESTINATIONS_POOL,
    MESSAGES_DISPATCHED,
    REPORT_WRITTEN,
    SETTINGS,
    SOURCES_POOL,
    WAREHOUSE_POOL,
    announce,
    business_date,
)

log = logging.getLogger(__name__)

APPROVAL = "odd_changes.approve"
ASK_AGAIN = "clear list_questions with downstream to be asked about it"


def today() -> Any:
    """Business date of the run this task belongs to."""
    return business_date(get_current_context())


def is_dry_run() -> bool:
    """Whether this run was asked to let nothing leave."""
    return bool(get_current_context()["params"].get("dry_run"))


def skip(why: str) -> NoReturn:
    """End the task as skipped, with the reason in its log: Airflow folds its own line about it away."""
    log.info("Skipped: %s", why)
    raise AirflowSkipException(why)


def refuse_past() -> None:
    """Skip a delivery of a past date unless the version that now stands for it has started this run.

    What somebody approved at `start_sending` goes on, whenever it is cleared; what was started by hand, or
    by a version that was rebuilt since, does not. A dry run lets nothing leave, so it may look at any date.
    """
    from include.sending import refuse_past as why_not

    if not is_dry_run() and (why := why_not(SETTINGS, today(), _announced())):
        skip(why)


def _announced() -> set[str]:
    """Versions whose announcements started this run; an event posted by hand names no source."""
    events = get_current_context()["triggering_asset_events"].get(CUSTOMERS_PUBLISHED, [])
    return {str(event.extra.get("version")) for event in events if event.source_dag_id}


@task(pool=SOURCES_POOL, map_index_template="{{ task.op_kwargs['stream'] }}")
def land_stream(channel: str, stream: str, conn_id: str) -> list[dict[str, Any]]:
    """Read one stream of the business date, check it, land it. Returns its manifests."""
    from include.sources.land import land_stream as land
    from omnichannel.hooks.connections import connection

    return land(channel, stream, today(), connection(conn_id), SETTINGS)


@task
def refuse_declaration(complaint: str) -> None:
    """Fail with what is wrong in a declaration: file, line and field."""
    from include.errors import FixDeclaration

    raise FixDeclaration(complaint)


@task(pool=WAREHOUSE_POOL)
def build_layer(layer: str) -> dict[str, int]:
    """Build and test one layer of models on the candidate. Returns counts by status."""
    from include.warehouse.layers import run_layer

    return run_layer(SETTINGS, layer, today()).counts


@task(pool=WAREHOUSE_POOL)
def audit_candidate() -> dict[str, int]:
    """Read the layers' results and check the candidate; critical findings stop the night here."""
    from include.warehouse.audit import audit

    return audit(SETTINGS, today()).counts


@task(pool=WAREHOUSE_POOL)
def publish_version() -> str:
    """Move the pointer to the audited version. Returns its name."""
    from include.warehouse.publish import publish
    from include.warehouse.turn import end_turn

    version = publish(SETTINGS, today())
    end_turn(SETTINGS, get_current_context()["dag_run"].run_id)
    return version


@task(pool=WAREHOUSE_POOL)
def withdraw() -> dict[str, Any]:
    """Withdraw the version that the run names; readers see the newest one that remains."""
    from include.warehouse.withdraw import withdraw as take_back

    done = take_back(SETTINGS, get_current_context()["params"]["version"])
    log.info("%s", done)
    return {"version": done.version, "readers_see": done.readers_see, **done.void}


@task
def list_syncs() -> list[str]:
    """Names of the audience syncs declared as dbt exposures."""
    from include.ledger.exposures import load_syncs
    from include.sending import is_past
    from include.warehouse.published import require_version

    day = today()  # what cannot be is refused here, once, and not by each sync
    if not is_past(SETTINGS, day):
        require_version(SETTINGS, day)
    return [sync.name for sync in load_syncs()]


@task
def find_retired() -> None:
    """Fail while a destination holds people of a sync that is declared no more."""
    from include.ledger.retired import refuse_retired

    refuse_retired(SETTINGS)


@task(pool=DESTINATIONS_POOL, map_index_template="{{ task.op_kwargs['sync'] }}")
def sync_audience(sync: str) -> dict[str, int]:
    """Deliver what changed in one audience since the destination last acknowledged it, or only plan it."""
    from include.ledger.deliveries import apply_sync
    from include.ledger.exposures import find_sync
    from include.ledger.plans import plan_sync, preview_sync
    from omnichannel.hooks.connections import connection

    refuse_past()
    if is_dry_run():
        return preview_sync(SETTINGS, sync, today())
    plan_sync(SETTINGS, sync, today())
    return apply_sync(SETTINGS, sync, today(), connection(find_sync(sync).conn_id))


@task(trigger_rule="all_done")
def list_questions() -> list[dict[str, str]]:
    """What waits for a person's answer, also where another sync has failed; a dry run asks nothing."""
    from include.ledger.approvals import open_questions

    if is_dry_run():
        return []
    try:
        refuse_past()
    except FixRequest as refused:
        skip(f"{refused} list_syncs has refused it, and alerts.")
    ask_again = bool(get_current_context()["params"].get("ask_again"))
    return [
        {"sync": q.sync, "question": q.question, "subject": q.subject, "body": q.body}
        for q in open_questions(SETTINGS, today(), ask_again)
    ]


@task(pool=DESTINATIONS_POOL, map_index_template="{{ task.op_args[0] }}")
def deliver_approved(sync: str, question: str) -> dict[str, int]:
    """Record the answer, and deliver what a person has approved, and nothing else."""
    from include.errors import FixPayload
    from include.ledger import approvals
    from include.ledger.deliveries import apply_sync
    from include.ledger.exposures import find_sync
    from omnichannel.hooks.connections import connection

    refuse_past()
    given, by = _answer(sync, question)
    try:
        approvals.answer(SETTINGS, sync, today(), question, given, *by)
    except FixPayload as overtaken:
        if given == approvals.APPROVED:
            raise
        skip(f"{overtaken} It was rejected by {by[0]} in any case.")  # a No asks nothing of anybody
    if given == approvals.REJECTED:
        skip(f"{sync}: rejected by {by[0]}: nothing of it is sent.")
    counts = apply_sync(SETTINGS, sync, today(), connection(find_sync(sync).conn_id))
    if any(name.startswith("waiting:") for name in counts):
        raise FixPayload(f"{sync}: the change is another by now: {ASK_AGAIN}")
    if not counts["batches"]:
        approvals.refuse_overtaken(SETTINGS, sync, today())
    return counts


def _answer(sync: str, question: str) -> tuple[str, tuple[str, Any]]:
    """What was answered to this question (`approved` or `rejected`), by whom and when."""
    from include.errors import FixPayload
    from include.ledger import approvals
    from omnichannel.operators.ask import AskOperator

    ti = get_current_context()["ti"]
    given = ti.xcom_pull(task_ids=APPROVAL, map_indexes=ti.map_index)
    if not given or given.get("question") != question:
        raise FixPayload(
            f"{sync}: no answer to this question is recorded; marking it success is not an answer: "
            f"{ASK_AGAIN}"
        )
    is_approved = given["chosen_options"] == [AskOperator.APPROVE]
    user = given["responded_by_user"]
    by = user["name"] if user else "nobody (no answer in time)"
    return approvals.APPROVED if is_approved else approvals.REJECTED, (by, given["responded_at"])


@task(outlets=[AUDIENCES_DELIVERED])
def announce_audiences() -> None:
    """Tell the report that every sync of the date has gone out."""
    if is_dry_run():
        skip("A dry run: nothing went out.")
    announce(AUDIENCES_DELIVERED, get_current_context())


@task(pool=DESTINATIONS_POOL)
def settle_unknown() -> dict[str, int]:
    """Settle sends of unknown outcome from what the receivers reported since."""
    from include.ledger.settle import settle

    refuse_past()
    return {} if is_dry_run() else settle(SETTINGS, today())


@task(pool=DESTINATIONS_POOL)
def plan_messages() -> dict[str, int]:
    """Enter the night's decisions into the ledger, each once for ever; a dry run counts them."""
    from include.ledger.messages import plan, preview

    refuse_past()
    return preview(SETTINGS, today()) if is_dry_run() else plan(SETTINGS, today())


@task(pool=DESTINATIONS_POOL, outlets=[MESSAGES_DISPATCHED])
def dispatch_messages() -> dict[str, int]:
    """Send what is due, each message claimed before its socket opens."""
    from include.ledger.dispatch import dispatch
    from omnichannel.hooks.connections import connections_of_messages

    if is_dry_run():
        skip("A dry run: nothing is sent.")
    refuse_past()
    counts = dispatch(SETTINGS, today(), connections_of_messages())
    announce(MESSAGES_DISPATCHED, get_current_context())
    return counts


@task(pool=DESTINATIONS_POOL)
def dispatch_due() -> dict[str, int]:
    """Send what has become due since the night, and bring its report up to date."""
    from include.by_day import send_due
    from omnichannel.hooks.connections import connections_of_messages

    return send_due(SETTINGS, connections_of_messages)


@task(trigger_rule="none_failed", outlets=[REPORT_WRITTEN])
def write_report() -> str:
    """Write the nightly report and its figures; returns the page's path under `var`."""
    from include.report import write_report as write

    page = str(write(SETTINGS, today()).relative_to(SETTINGS.var))
    announce(REPORT_WRITTEN, get_current_context())
    return page


@task
def list_kinds() -> list[str]:
    """Kinds of state that are kept for a time only, as `include/retention.yml` says; none is a green run."""
    from include.retention.declaration import load_retention

    return load_retention().kinds


@task(pool=WAREHOUSE_POOL, map_index_template="{{ task.op_kwargs['kind'] }}")
def prune_kind(kind: str) -> dict[str, int]:
    """Take away what of one kind has expired on the business date, or only count it."""
    from include.retention.prune import prune

    counts = prune(SETTINGS, kind, today(), is_dry_run())
    log.info("%s: %s%s", kind, counts or "nothing has expired", " (a dry run)" if is_dry_run() else "")
    return counts


@task(trigger_rule="none_failed")
def show_pruned() -> dict[str, dict[str, int]]:
    """Write the date's report again, if it has been written, with what was taken away; returns that."""
    from include.report import write_report as write
    from include.retention.prune import pruned

    if is_dry_run():
        skip("A dry run: nothing was taken away.")
    if (SETTINGS.reports / str(today()) / "summary.json").exists():
        write(SETTINGS, today())
    return pruned(SETTINGS, today())
