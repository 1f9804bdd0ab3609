"""Take away what has been kept longer than `include/retention.yml` says: rows, files, logs, ledger details.

It follows the night's report, once that file gives any kind a number of days; until then it never runs by
itself. **A red task means that something is kept longer than declared**, and nothing else: no night waits for
it, and clearing it goes on where it stopped.

- `list_kinds`, *FixDeclaration*: the file is wrong. The log names line and field, and why a stream cannot be
  cut by date. Nothing was taken away: correct it, then clear the task *with downstream*.
- `prune_kind`: one kind. *RetryLater*: a stream is being landed, or the ledger does not answer: clear it
  later. *FixConnection*: the ledger refuses us; see to the database.
- `show_pruned`: the report could not be written again. All that had expired is gone. Clear it.

**What is taken away does not come back.** Try a change of the file first: *Trigger* with *Dry run*, and read
the counts in the log of each `prune_kind`.
"""

from airflow.sdk import dag

from include.errors import FixDeclaration
from omnichannel import params
from omnichannel.house import REPORT_WRITTEN, SETTINGS, every_dag, once_a_date
from omnichannel.tasks import list_kinds, prune_kind, show_pruned


def is_set() -> bool:
    """Whether anything is kept for a time only. Of a file that is wrong the first task says what is."""
    from include.retention.declaration import load_retention

    try:
        return bool(load_retention().kinds)
    except FixDeclaration:
        return True


@dag(
    dag_display_name="Prune: what has expired",
    description="What was kept longer than include/retention.yml says; off until that says so",
    schedule=once_a_date(REPORT_WRITTEN) if SETTINGS.schedules and is_set() else None,
    doc_md=__doc__,
    tags=["layer:retention"],
    **every_dag("report", {"dry_run": params.DRY_RUN_PRUNE}),
)
def prune_expired() -> None:
    prune_kind.expand(kind=list_kinds()) >> show_pruned()


prune_expired()
