"""Bring one channel's day into the lake: read each stream, check it, land it.

**A red task is one stream of this channel.** Nothing of that stream was landed; what landed before
stays as it is, and every other channel goes on. The last lines of its log name the file, row or
field and say who must act:

- *RetryLater*: the source was down or busy until the retries ran out. Clear the task once it is back.
- *FixConnection*: the source refused our credentials, or the connection is missing. Correct or add it,
  clear the task.
- *FixSource*: the source broke its contract (a column missing, renamed or retyped; an empty feed).
  Talk to the channel's owner, or change `include/channels/<channel>.yml`, then clear the task.
- *FixDeclaration*: the YAML itself is wrong; file, line and field are named. Mend it, clear the task.
- *CheckFailed*: the data arrived but a critical check refused it. The log names the check.

A day that is never mended is not lost: the next good night reads from where the last good one ended.
"""

from airflow.sdk import DAG

from include.channels import Channel, channel_files, load_channel
from include.errors import FixDeclaration
from omnichannel import params
from omnichannel.house import STAGES, channel_landed, every_dag, nightly
from omnichannel.sensors.streams_chosen import StreamsChosenSensor
from omnichannel.tasks import land_stream, refuse_declaration


def channel_dag(channel: Channel) -> DAG:
    streams = [{"stream": s.name, "conn_id": s.connection} for s in channel.top_streams()]
    with DAG(
        dag_id=f"ingest_{channel.name}",
        dag_display_name=f"Ingest: {channel.title}",
        description=f"{channel.title} ({channel.mission_row}) into the lake, stream by stream",
        doc_md=f"*{channel.description} Owner: {channel.owner}.*\n\n{__doc__}",
        schedule=nightly(),
        tags=["layer:ingest", "required" if channel.is_required else "optional"],
        **every_dag(
            "ingest",
            {"streams": params.streams([one["stream"] for one in streams])},
            owner=channel.owner,
            # what the night cannot do without comes first
            priority_weight=STAGES["ingest"].priority - (0 if channel.is_required else 5),
        ),
    ) as dag:
        land = land_stream.override(outlets=[channel_landed(channel.name)])
        choose = StreamsChosenSensor(task_id="choose_streams", streams=streams)
        land.partial(channel=channel.name).expand_kwargs(choose.output)
    return dag


def undeclared_dag(name: str, complaint: str) -> DAG:
    """Stands for a channel whose YAML is wrong, so that it goes red by itself and no other goes missing."""
    with DAG(
        dag_id=f"ingest_{name}",
        dag_display_name=f"Ingest: {name} (its declaration is wrong)",
        description=f"include/channels/{name}.yml is wrong: nothing of this channel is read",
        doc_md=f"**The declaration is wrong:**\n\n```\n{complaint}\n```\n\n{__doc__}",
        schedule=nightly(),
        tags=["layer:ingest", "wrong declaration"],
        **every_dag("ingest"),
    ) as dag:
        refuse_declaration(complaint)
    return dag


for file in channel_files():
    try:
        dag = channel_dag(load_channel(file))
    except FixDeclaration as error:
        dag = undeclared_dag(file.stem, str(error))
    globals()[dag.dag_id] = dag
