"""Write the nightly report: what came in, who is in which audience, what was sent, held back, and why.

**A red task here harms nothing**: data and sends are as the other DAGs left them. Clear it to write
the page again. It starts when audiences and messages have both been dealt with, or by hand with a date.
"""

from airflow.sdk import dag

from omnichannel.house import (
    AUDIENCES_DELIVERED,
    DATE_PARAM,
    DEFAULTS,
    MESSAGES_DISPATCHED,
    SETTINGS,
    START_DATE,
    on_asset,
)
from omnichannel.tasks import write_report


@dag(
    dag_display_name="Report: results of the night",
    schedule=on_asset(AUDIENCES_DELIVERED, MESSAGES_DISPATCHED) if SETTINGS.schedules else None,
    start_date=START_DATE,
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params=DATE_PARAM,
    tags=["layer:report"],
    default_args=DEFAULTS,
)
def report_results() -> None:
    write_report()


report_results()
