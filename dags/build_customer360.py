"""Build the one customer profile of a business date, audit it, and publish it whole.

**A red task before `publish_version` means that nothing of this night is visible**: readers keep the
previous version, and no audience or message leaves on the new one.

- `await_channels`: a required channel did not land. Mend and clear its ingest DAG, then clear this task.
- `open_candidate`: a landed partition is damaged, or the ledger cannot be opened; the log says which. A
  damaged one: delete its file, clear that date's ingest run, then clear this task.
- `build_*`: a model or one of its critical tests failed; the log names it. Mend the model, then clear
  `open_candidate` with everything downstream: a build always starts from a fresh candidate.
- `audit_candidate`: the profile as a whole failed a check; the log says which and on which model. Correct
  the data, the model or the rule, then clear `open_candidate` with everything downstream.
- `publish_version`: clear it; publishing goes on where it stopped and is atomic.
- `start_sending`: the version is published, and nothing of it leaves yet; clear it. Skipped (pink) is no
  fault: a past date or a backfill is published without being sent. Waiting for input: somebody asked to
  send a past date; approve or reject under *Required actions*. No answer in four hours is a no.

Clearing the whole run is always safe: the same date publishes the same version again.
"""

from datetime import timedelta

from airflow.sdk import chain, dag

from include.channels import channel_files
from omnichannel import params
from omnichannel.house import SETTINGS, channel_landed, every_dag, nightly
from omnichannel.operators.start_sending import StartSendingOperator
from omnichannel.sensors.candidate_opened import CandidateOpenedSensor
from omnichannel.sensors.channels_landed import ChannelsLandedSensor
from omnichannel.tasks import audit_candidate, build_layer, publish_version

LAYERS = ("staging", "identity", "profile", "audiences", "journeys", "measurement")


@dag(
    dag_display_name="Build: customer 360",
    description="One customer profile of a business date: built, audited, published whole",
    schedule=nightly(),
    doc_md=__doc__,
    tags=["layer:build", "required"],
    **every_dag("build", {"full_refresh": params.FULL_REFRESH, "send": params.SEND}),
)
def build_customer360() -> None:
    await_channels = ChannelsLandedSensor(
        task_id="await_channels",
        inlets=[channel_landed(file.stem) for file in channel_files()],
        poke_interval=60 if SETTINGS.clock == "wall" else 1,
        timeout=timedelta(hours=12).total_seconds(),
        execution_timeout=timedelta(hours=13),
        mode="reschedule" if SETTINGS.clock == "wall" else "poke",
    )
    open_candidate = CandidateOpenedSensor(task_id="open_candidate")
    layers = [build_layer.override(task_id=f"build_{layer}")(layer) for layer in LAYERS]
    start_sending = StartSendingOperator(task_id="start_sending")
    chain(await_channels, open_candidate, *layers, audit_candidate(), publish_version(), start_sending)


build_customer360()
