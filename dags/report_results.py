"""Write the nightly report: what came in, who is in which audience, what was sent, held back, and why.

**A red task here harms nothing**: data and sends are as the other DAGs left them. Clear it to write
the page again. It starts when audiences and messages have both been dealt with, or by hand with a date.

- `await_deliveries`: waits while a delivery has its last step before it. Skipped (pink) after two hours: the
  page is written without it, and a delivery is paused or takes very long.
"""

from airflow.sdk import chain, dag

from omnichannel.house import AUDIENCES_DELIVERED, MESSAGES_DISPATCHED, SETTINGS, every_dag, once_a_date
from omnichannel.sensors.deliveries_ended import DeliveriesEndedSensor
from omnichannel.tasks import write_report


@dag(
    dag_display_name="Report: results of the night",
    description="The page and the figures of a business date",
    schedule=once_a_date(AUDIENCES_DELIVERED, MESSAGES_DISPATCHED) if SETTINGS.schedules else None,
    doc_md=__doc__,
    tags=["layer:report"],
    **every_dag("report"),
)
def report_results() -> None:
    chain(DeliveriesEndedSensor(task_id="await_deliveries"), write_report())


report_results()
