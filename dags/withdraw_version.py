"""Take a wrong published version back: readers see the newest one that remains.

Started by hand alone, with the exact name of the version. It waits in the pool `warehouse` while a task of a
build is at work. **A red task means that the withdrawal is not complete, and readers may still see the wrong
version**: clear it. It goes on where it stopped, and a version that is withdrawn already is green.

- *FixRequest*: nothing has changed. No such version stands (the log lists those that do), or it is the only
  one, without which readers would see nothing: correct and build a date first.
- *FixConnection*, *RetryLater*: readers see the version before, but the ledger cannot be opened, so what was
  planned on the withdrawn version still counts there. See to the database, clear the task.

**It calls nothing back**: what has left stays where it is. Correct the model or the data, then clear the
run of `build_customer360` of that date: it is published and sent as any night. A build that had begun on the
withdrawn version is red at its next task; clear `open_candidate` there *with downstream*.
"""

from airflow.sdk import dag

from omnichannel import params
from omnichannel.house import every_dag
from omnichannel.tasks import withdraw


@dag(
    dag_display_name="Withdraw: a published version",
    description="Take a wrong version back: readers see the newest one that remains",
    schedule=None,
    doc_md=__doc__,
    tags=["layer:build"],
    **every_dag("build") | {"params": {"version": params.VERSION}},  # it is about a version, not about a date
)
def withdraw_version() -> None:
    withdraw()


withdraw_version()
