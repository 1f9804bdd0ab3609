"""Deliver each audience to its destination once a version has been published.

**A red task is one failed sync; the others have gone out.** Clear that task: it goes on where the
ledger says it stopped and sends nothing twice. *FixConnection* names a connection to mend first;
*FixPayload* names what the destination refused.
"""

from airflow.sdk import dag

from omnichannel.house import CUSTOMERS_PUBLISHED, DATE_PARAM, DEFAULTS, START_DATE, on_asset
from omnichannel.tasks import announce_audiences, list_syncs, sync_audience


@dag(
    dag_display_name="Activate: audiences",
    schedule=on_asset(CUSTOMERS_PUBLISHED),
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params=DATE_PARAM,
    tags=["layer:activate", "required"],
    default_args=DEFAULTS,
)
def activate_audiences() -> None:
    sync_audience.expand(sync=list_syncs()) >> announce_audiences()


activate_audiences()
