"""Deliver each audience to its destination once a version has been published.

**A red task is one failed sync; the others have gone out.** Clear that task: it goes on where the
ledger says it stopped and sends nothing twice. *FixConnection* names a connection to mend first;
*FixPayload* names what the destination refused.
"""

from airflow.sdk import dag

from omnichannel.house import CUSTOMERS_PUBLISHED, EVERY_DAG
from omnichannel.tasks import announce_audiences, list_syncs, sync_audience


@dag(
    dag_display_name="Activate: audiences",
    description="Each audience to its destination: only what changed since it last acknowledged",
    schedule=[CUSTOMERS_PUBLISHED],
    doc_md=__doc__,
    tags=["layer:activate", "required"],
    **EVERY_DAG,
)
def activate_audiences() -> None:
    sync_audience.expand(sync=list_syncs()) >> announce_audiences()


activate_audiences()
