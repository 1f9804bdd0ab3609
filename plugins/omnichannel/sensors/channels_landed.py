"""Wait until the night's channels are in, without letting a late optional one hold it up."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator

from include.channels import Channel, load_channels
from include.clock import Clock
from include.errors import FixSource
from include.lake.manifests import landed
from omnichannel.house import SETTINGS, business_date


class ChannelsLandedSensor(BaseSensorOperator):
    """Succeeds when every required channel has landed the date and every optional one has, or will not.

    An optional channel will not land when its run of the same run id has ended without, or its
    deadline has passed. A required channel whose run has failed turns this task red at once. While a
    channel's run of the same run id goes on (a rerun reads again what had landed), this waits for it.
    """

    def poke(self, context: Any) -> bool:
        """Look once at the manifests and at the channels' own runs."""
        day = business_date(context)
        channels = load_channels().values()
        awaited = [c.name for c in channels if c.is_required or not self._is_given_up(c, set(), day)]
        if running := [name for name in awaited if self._has_run(context, name, "queued", "running")]:
            self.log.info("Waiting for the runs of %s to end", ", ".join(running))
            return False
        missing = [c for c in channels if not landed(SETTINGS, c.name, day)]
        ended = {c.name for c in missing if self._has_run(context, c.name, "failed", "success")}
        self._refuse_failed([c for c in missing if c.is_required and c.name in ended], day)
        waiting = [c.name for c in missing if c.is_required or not self._is_given_up(c, ended, day)]
        if waiting:
            self.log.info("Waiting for %s to land %s", ", ".join(waiting), day)
            return False
        if context["ti"].get_dr_count(dag_id="send_messages", states=["running"]):
            # it decides on what has left; a queued run is not waited for, its DAG may be paused
            self.log.info("Waiting for the messages of an earlier night to be dealt with")
            return False
        for channel in missing:
            self.log.warning("Going on without %s: it is stale for %s", channel.name, day)
        return True

    def _has_run(self, context: Any, channel: str, *states: str) -> bool:
        """Whether the channel's run of the same run id is in one of these states."""
        run_id = context["dag_run"].run_id
        found = context["ti"].get_dr_count(dag_id=f"ingest_{channel}", run_ids=[run_id], states=list(states))
        return bool(found)

    def _is_given_up(self, channel: Channel, ended: set[str], day: date) -> bool:
        if channel.name in ended:
            return True
        clock = Clock(SETTINGS, day)
        deadline = datetime.combine(
            day + timedelta(days=1), time.fromisoformat(channel.deadline), SETTINGS.zone
        )
        return clock.is_wall and clock.now() > deadline

    def _refuse_failed(self, channels: Sequence[Channel], day: date) -> None:
        # A run may have committed its last stream between the two looks: look again before refusing.
        names = [c.name for c in channels if not landed(SETTINGS, c.name, day)]
        if names:
            listed = ", ".join(f"ingest_{name}" for name in names)
            raise FixSource(
                f"Required channels did not land {day}: {listed}. Their red tasks say why. "
                "Mend the source, clear those tasks, then clear this one."
            )
