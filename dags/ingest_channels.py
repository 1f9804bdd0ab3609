"""Bring one channel's day into the lake: read each stream, check it, land it.

**A red task is one stream of this channel.** Nothing of that stream was landed; what landed before
stays as it is, and every other channel goes on. The last lines of its log name the file, row or
field and say who must act:

- *RetryLater*: the source was down or busy until the retries ran out. Clear the task once it is back.
- *FixConnection*: the source refused our credentials. Mend the connection, clear the task.
- *FixSource*: the source broke its contract (a column missing, renamed or retyped; an empty feed).
  Talk to the channel's owner, or change `include/channels/<channel>.yml`, then clear the task.
- *CheckFailed*: the data arrived but a critical check refused it. The log names the check.

A day that is never mended is not lost: the next good night reads from where the last good one ended.
"""

from airflow.sdk import DAG

from include.channels import load_channels
from omnichannel.house import DEFAULTS, EVERY_DAG, nightly
from omnichannel.tasks import land_stream

for channel in load_channels().values():
    with DAG(
        dag_id=f"ingest_{channel.name}",
        dag_display_name=f"Ingest: {channel.title}",
        description=f"{channel.title} ({channel.mission_row}) into the lake, stream by stream",
        schedule=nightly(),
        doc_md=f"*{channel.description} Owner: {channel.owner}.*\n\n{__doc__}",
        tags=["layer:ingest", "required" if channel.is_required else "optional"],
        **EVERY_DAG | {"default_args": DEFAULTS | {"owner": channel.owner}},
    ) as dag:
        land_stream.partial(channel=channel.name).expand_kwargs(
            [{"stream": s.name, "conn_id": s.connection} for s in channel.top_streams()]
        )
    globals()[dag.dag_id] = dag
