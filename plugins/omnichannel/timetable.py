"""When nights are run: at the company's midnight, from the first scheduled night on."""

from datetime import date
from typing import Any

import pendulum
from airflow.timetables.base import DataInterval
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.utils.types import DagRunType
from pendulum import DateTime

MIDNIGHT = "0 0 * * *"


class BusinessNights(CronDataIntervalTimetable):
    """One run a business date, when it has ended in the company's zone.

    With a first night, every night from it on is run: after an outage the missed ones follow in order.
    Without, only the latest. A backfill may ask for any date: `first_night` does not bound it.
    """

    def __init__(self, time_zone: str, first_night: date | None = None) -> None:
        super().__init__(MIDNIGHT, timezone=time_zone)
        self._first_night = first_night
        since = f", each night from {first_night} on" if first_night else ""
        self.description = f"At midnight in {time_zone}{since}"

    @property
    def summary(self) -> str:
        """What the list of DAGs shows."""
        return "each midnight"

    def _skip_to_latest(self, earliest: DateTime | None) -> DateTime:
        # The scheduler asks this of a DAG without `catchup`, and a backfill never does: so a DAG of the
        # house has none, its start date lies before any data, and both find what they look for.
        if self._first_night is None:
            return super()._skip_to_latest(earliest)
        first = self._first_night
        return pendulum.datetime(first.year, first.month, first.day, tz=self._timezone).in_timezone("UTC")

    def generate_run_id(
        self, *, run_type: DagRunType, run_after: DateTime, data_interval: DataInterval | None, **extra: Any
    ) -> str:
        """`scheduled__<business date>`: Airflow's own would name the midnight at which it ended."""
        if data_interval is None or run_type not in (DagRunType.SCHEDULED, DagRunType.BACKFILL_JOB):
            return super().generate_run_id(
                run_type=run_type, run_after=run_after, data_interval=data_interval, **extra
            )
        night = data_interval.start.in_timezone(self._timezone).date()
        return f"{run_type.value}__{night}"

    def serialize(self) -> dict[str, Any]:
        """As JSON, for the scheduler."""
        first = self._first_night.isoformat() if self._first_night else None
        return {"timezone": super().serialize()["timezone"], "first_night": first}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "BusinessNights":
        """From what `serialize` gave."""
        first = data["first_night"]
        return cls(data["timezone"], date.fromisoformat(first) if first else None)
