"""The steps of a night as Airflow tasks. Each is thin: find the date and the connection, call `include`.

Imports stand inside the functions because Airflow parses the DAG files again for every task.
"""

from typing import Any

from airflow.sdk import get_current_context, task

from omnichannel.house import (
    AUDIENCES_DELIVERED,
    CUSTOMERS_PUBLISHED,
    DESTINATIONS_POOL,
    MESSAGES_DISPATCHED,
    SETTINGS,
    SOURCES_POOL,
    WAREHOUSE_POOL,
    business_date,
)


def today() -> Any:
    """Business date of the run this task belongs to."""
    return business_date(get_current_context())


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
def open_candidate() -> None:
    """Copy the previous version's warehouse and stage what changed since, verified."""
    from include.ledger.history import snapshot
    from include.warehouse.candidate import open_candidate as open_file

    open_file(SETTINGS, today())
    snapshot(SETTINGS, before=today())


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


@task(pool=WAREHOUSE_POOL, outlets=[CUSTOMERS_PUBLISHED])
def publish_version(outlet_events: Any = None) -> str:
    """Move the pointer to the audited version and tell those who wait for it."""
    from include.warehouse.publish import publish

    version = publish(SETTINGS, today())
    outlet_events[CUSTOMERS_PUBLISHED].extra = {"date": today().isoformat(), "version": version}
    return version


@task
def list_syncs() -> list[str]:
    """Names of the audience syncs declared as dbt exposures."""
    from include.ledger.exposures import load_syncs

    return [sync.name for sync in load_syncs()]


@task(pool=DESTINATIONS_POOL, map_index_template="{{ task.op_kwargs['sync'] }}")
def sync_audience(sync: str) -> dict[str, int]:
    """Deliver what changed in one audience since the destination last acknowledged it."""
    from include.ledger.deliveries import apply_sync
    from include.ledger.exposures import find_sync
    from include.ledger.plans import plan_sync
    from omnichannel.hooks.connections import connection

    plan_sync(SETTINGS, sync, today())
    return apply_sync(SETTINGS, sync, today(), connection(find_sync(sync).conn_id))


@task(outlets=[AUDIENCES_DELIVERED])
def announce_audiences(outlet_events: Any = None) -> None:
    """Tell the report that every sync of the date has gone out."""
    outlet_events[AUDIENCES_DELIVERED].extra = {"date": today().isoformat()}


@task(pool=DESTINATIONS_POOL)
def settle_unknown() -> dict[str, int]:
    """Settle sends of unknown outcome from what the receivers reported since."""
    from include.ledger.settle import settle

    return settle(SETTINGS, today())


@task(pool=DESTINATIONS_POOL)
def plan_messages() -> dict[str, int]:
    """Enter the night's decisions into the ledger, each once for ever."""
    from include.ledger.messages import plan

    return plan(SETTINGS, today())


@task(pool=DESTINATIONS_POOL, outlets=[MESSAGES_DISPATCHED])
def dispatch_messages(outlet_events: Any = None) -> dict[str, int]:
    """Send what is due, each message claimed before its socket opens."""
    from include.ledger.dispatch import dispatch
    from omnichannel.hooks.connections import connection

    counts = dispatch(SETTINGS, today(), {"smtp_relay": connection("smtp_relay")})
    outlet_events[MESSAGES_DISPATCHED].extra = {"date": today().isoformat()}
    return counts


@task
def write_report() -> str:
    """Write the nightly report and its figures; returns the page's path under `var`."""
    from include.report import write_report as write

    return str(write(SETTINGS, today()).relative_to(SETTINGS.var))
