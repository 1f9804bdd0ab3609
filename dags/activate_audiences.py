"""Deliver each audience to its destination once a version has been published.

**A red task of `sync_audience` is one failed sync; the others have gone out.** Clear that task: it goes
on where the ledger says it stopped and sends nothing twice. *FixConnection* names a connection to mend
first; *FixPayload* names what the destination refused.

- `list_syncs`: an exposure is wrong, and until it is mended **no audience goes out**, nor is anybody
  removed who withdrew. The log names file, line and field. Correct it, clear the task *with downstream*, and
  `find_retired`.
- `find_retired`: a destination still holds people of a sync that is declared no more. The log says what
  to do.
- `list_questions`: nobody is asked about odd changes; what was not odd has gone out. Clear it *with
  downstream*.
- `deliver_approved`: the log says whether the change is another by now; then clear `list_questions` *with
  downstream*, and be asked about that one. Else it is a failed sync: clear it. Skipped (pink) is no fault:
  the change was rejected, or nobody answered, and that is recorded.
- `announce_audiences`: all has gone out; the report waits. Clear it.

**A task that waits for input is a question, not a fault**: a change is odd (an audience shrank or grew by
much, is empty or too small, or a source is stale). Its text says what is odd and how many would enter or
leave. *Approve* sends exactly that; *Reject*, or no answer within twelve hours, sends none of it, and the
next night plans again. Rejected by mistake: clear `approve` *with downstream*. Removals of people who
withdrew consent have gone out already: they never wait.
"""

from datetime import timedelta

from airflow.sdk import dag, task_group

from omnichannel import params
from omnichannel.house import CUSTOMERS_PUBLISHED, every_dag, once_a_date
from omnichannel.operators.ask import AskOperator
from omnichannel.tasks import (
    announce_audiences,
    deliver_approved,
    find_retired,
    list_questions,
    list_syncs,
    sync_audience,
)


@task_group(group_id="odd_changes")
def ask(sync: str, question: str, subject: str, body: str) -> None:
    approve = AskOperator(
        task_id="approve",
        question=question,
        subject=subject,
        body=body,
        response_timeout=timedelta(hours=12),
        map_index_template="{{ task.subject.partition(':')[0] }}",
    )
    approve >> deliver_approved(sync, question)


@dag(
    dag_display_name="Activate: audiences",
    description="Each audience to its destination: only what changed since it last acknowledged",
    schedule=once_a_date(CUSTOMERS_PUBLISHED),
    doc_md=__doc__,
    tags=["layer:activate", "required"],
    # a question may still be open when the next night comes
    **every_dag("deliver", {"dry_run": params.DRY_RUN, "ask_again": params.ASK_AGAIN})
    | {"max_active_runs": 3},
)
def activate_audiences() -> None:
    synced = sync_audience.expand(sync=list_syncs())
    synced >> announce_audiences()
    questions = list_questions()
    synced >> questions
    ask.expand_kwargs(questions)
    find_retired()


activate_audiences()
