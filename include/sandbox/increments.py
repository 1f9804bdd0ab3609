"""The made-up world on disk: the history and each later day once made, and read ever after.

`world/<part>/<channel>/<stream>.parquet`, a part being `history` or a date; the truth of each part
goes to `truth/parts/<part>/`, and all of it to `truth/records.parquet` and `truth/people.parquet`.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.sandbox.parameters import Parameters
from include.settings import Settings

if TYPE_CHECKING:
    from include.sandbox.world import World, WorldSpec

HISTORY = "history"


class Increments:
    """The parts of one world; makes those that are missing."""

    def __init__(self, settings: Settings, parameters: Parameters) -> None:
        self._world = settings.sandbox / "world"
        self._truth = settings.sandbox / "truth"
        self._parameters = parameters

    @cached_property
    def spec(self) -> "WorldSpec":
        """What the generator is asked for."""
        from include.sandbox.world import WorldSpec

        known = self._parameters
        return WorldSpec(
            people=known.people, seed=known.seed, first_date=known.first_date, time_zone=known.time_zone,
            orders=None if known.orders is None else Path(known.orders), currency=known.currency,
        )  # fmt: skip

    def days(self, today: date) -> list[str]:
        """Names of the parts that make the world up to `today`."""
        count = (today - self._parameters.first_date).days
        return [HISTORY] + [str(self._parameters.first_date + timedelta(days=n + 1)) for n in range(count)]

    def make_history(self) -> None:
        """Make the history and the population, unless they are there."""
        if (self._world / HISTORY).exists():
            return
        from include.sandbox.world import build_history

        self._keep(HISTORY, build_history(self.spec))

    def make_day(self, day: date, messages: Sequence[Mapping[str, Any]]) -> None:
        """Make one later day, unless it is there; `messages` are those received before it ends."""
        if (self._world / str(day)).exists():
            return
        import pandas as pd

        from include.sandbox.world import build_day

        names = ("recipient", "sent_at", "message_id", "campaign")
        told = pd.DataFrame({name: [message[name] for message in messages] for name in names})
        self._keep(str(day), build_day(self.spec, None, day, told))

    def table(self, channel: str, stream: str, parts: Sequence[str]) -> pa.Table | None:
        """Rows of a stream in all of `parts`, with hidden columns; None if no part has it."""
        files = [self._world / part / channel / f"{stream}.parquet" for part in parts]
        tables = [pq.read_table(file) for file in files if file.exists()]
        return pa.concat_tables(tables, promote_options="permissive") if tables else None

    def respond(self, message: Mapping[str, Any], sent_at: datetime) -> list[dict[str, Any]]:
        """What the recipient of one accepted message does: rows of the e-mail platform's events."""
        from include.sandbox.world import email_response

        told = email_response(
            self.spec,
            None,
            str(message["recipient"]),
            str(message["message_id"]),
            sent_at,
            str(message.get("campaign") or "message"),
        )
        return [{name: _plain(value) for name, value in event.items()} for event in told]

    def tell_truth(self, parts: Sequence[str]) -> None:
        """Bring `truth/records.parquet` and `truth/people.parquet` up to these parts."""
        for name in ("records", "people"):
            told = [pq.read_table(self._truth / "parts" / part / f"{name}.parquet") for part in parts]
            _write(self._truth / f"{name}.parquet", pa.concat_tables(told, promote_options="permissive"))

    def _keep(self, part: str, made: "World") -> None:
        """Write a part whole or not at all; its truth first."""
        truth = self._truth / "parts" / part
        _write(truth / "records.parquet", made.truth_records)
        _write(truth / "people.parquet", made.truth_people)
        partial = self._world / f".{part}"
        shutil.rmtree(partial, ignore_errors=True)
        for (channel, stream), table in made.tables.items():
            _write(partial / channel / f"{stream}.parquet", table)
        partial.rename(self._world / part)


def _plain(value: Any) -> Any:
    """An instant as JSON can hold it."""
    return value.isoformat() if isinstance(value, datetime) else value


def _write(path: Path, table: pa.Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    pq.write_table(table, partial, compression="zstd", compression_level=1)
    partial.replace(path)
