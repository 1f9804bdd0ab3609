"""Send by day what was not yet due at night: a morning's welcome, and what a relay refused for the moment.

**A red task never means that a message may have gone twice.** Each message is claimed in the ledger before
it leaves, so this may run beside `send_messages`. The next run, a quarter of an hour later, goes on.

- *FixDeclaration*: a template is wrong, or breaks the brand guide. The message names file, line and word:
  correct it; the next run sends. No message is rejected for it.
- *FixConnection*: the relay refused our login, or the connection is missing or incomplete; nothing further
  was tried. Each run fails with it until the connection is corrected, or the DAG is paused.
- *RetryLater*: the relay was busy, or the process that renders templates was killed; what was not accepted
  is planned again.
"""

from airflow.sdk import dag

from omnichannel.house import SETTINGS, every_dag
from omnichannel.tasks import dispatch_due

# A sandbox moves its clock on while it dispatches: there, nothing is left for the day.
BY_DAY = "*/15 * * * *" if SETTINGS.schedules and SETTINGS.clock == "wall" else None


@dag(
    dag_display_name="Send: messages due by day",
    description="Every quarter of an hour: what has become due of the nights' messages",
    schedule=BY_DAY,
    doc_md=__doc__,
    tags=["layer:activate", "required"],
    **every_dag("deliver") | {"params": {}},  # it is about now, not about a date
)
def send_due_messages() -> None:
    dispatch_due()


send_due_messages()
