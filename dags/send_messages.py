"""Write to customers: settle what was unknown, plan the night's messages, send those that are due.

**A red task never means that a message may have gone twice.** The ledger holds each message's state;
clear the red task and it goes on from there. A message whose outcome could not be learned stays
`unknown`, is not sent again, and is settled from the e-mail platform's own events on a later night.

- *FixDeclaration*: a template is wrong, or breaks the brand guide. The message names file, line and word:
  correct it and clear the task. No message is rejected for it.
- *FixConnection*: the relay refused our login, or the connection is missing or incomplete; nothing further
  was tried. Correct the connection that the message names and clear the task.
- *RetryLater*: the relay was busy, or the process that renders templates was killed; what was not accepted
  is planned again. Clear the task once the cause has passed.
"""

from airflow.sdk import chain, dag

from omnichannel import params
from omnichannel.house import CUSTOMERS_PUBLISHED, every_dag, once_a_date
from omnichannel.tasks import dispatch_messages, plan_messages, settle_unknown


@dag(
    dag_display_name="Send: messages",
    description="The messages of a business date: planned once, claimed, sent, settled",
    schedule=once_a_date(CUSTOMERS_PUBLISHED),
    doc_md=__doc__,
    tags=["layer:activate", "required"],
    **every_dag("deliver", {"dry_run": params.DRY_RUN}),
)
def send_messages() -> None:
    chain(settle_unknown(), plan_messages(), dispatch_messages())


send_messages()
