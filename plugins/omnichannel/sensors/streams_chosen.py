"""Open a channel's day: which streams are read, and in the sandbox, that the day has been lived."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseSensorOperator, PokeReturnValue

from omnichannel.house import LOOK_AGAIN, SETTINGS, business_date

Streams = Sequence[dict[str, str]]


class StreamsChosenSensor(BaseSensorOperator):
    """Gives the streams that this run reads: all, or those it was asked for.

    On the wall clock it never waits. In the sandbox it waits until the night before is over, then lets the
    company live through the business date.
    """

    def __init__(self, *, streams: Streams, **kwargs: Any) -> None:
        waiting = timedelta(hours=2)
        # a night lasts a minute or more, and each look costs a process
        seldom = 2 * LOOK_AGAIN
        super().__init__(mode="reschedule", poke_interval=seldom, timeout=waiting.total_seconds(), **kwargs)
        self.streams = streams

    def poke(self, context: Any) -> PokeReturnValue:
        """Look once."""
        if SETTINGS.clock == "sandbox":
            from include import sandbox
            from omnichannel import night_before

            if SETTINGS.schedules and night_before.is_under_way(context):
                return PokeReturnValue(is_done=False)
            sandbox.advance(SETTINGS, business_date(context))
        asked = context["params"].get("streams") or [one["stream"] for one in self.streams]
        chosen = [one for one in self.streams if one["stream"] in asked]
        return PokeReturnValue(is_done=True, xcom_value=chosen)
