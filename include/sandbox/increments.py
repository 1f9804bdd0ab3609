"""The made-up world on disk: the history and each later day once made, and read ever after.

`world/<part>/<channel>/<stream>.parquet`, a part being `history` or a date; the truth of each part
goes to `truth/parts/`, and all of it to `truth/records.parquet` and `truth/people.parquet`.
"""

import shutil
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.sandbox.parameters import Parameters
from include.settings import Settings

HISTORY = "history"


class Increments:
    """The parts of one world; makes those that are missing."""

    def __init__(self, settings: Settings, parameters: Parameters) -> None:
        self._world = settings.sandbox / "world"
        self._truth = settings.sandbox / "truth"
        self._parameters = parameters

    @cached_property
    def spec(self) -> Any:
        """The parameters as the generator takes them."""
        from include.sandbox.world import WorldSpec

        known = self._parameters
        return WorldSpec(
            people=known.people, seed=known.seed, first_date=known.first_date, time_zone=known.time_zone,
            orders=None if known.orders is None else Path(known.orders), currency=known.currency,
        )  # fmt: skip

    @cached_property
    def people(self) -> pa.Table:
        """The population with its hidden traits."""
        return pq.read_table(self._truth / "people.parquet")

    def days(self, today: date) -> list[str]:
        """Names of the parts that make the world up to `today`."""
        count = (today - self._parameters.first_date).days
        return [HISTORY] + [str(self._parameters.first_date + timedelta(days=n + 1)) for n in range(count)]

    def make_history(self) -> None:
        """Make the history and the population, unless they are there."""
        if (self._world / HISTORY).exists():
            return
        from include.sandbox.world import build_history

        made = build_history(self.spec)
        self._truth.mkdir(parents=True, exist_ok=True)
        _write(self._truth / "people.parquet", _table(made.truth_people))
        self._keep(HISTORY, made.tables, made.truth_records)

    def make_day(self, day: date, messages: Sequence[Mapping[str, Any]]) -> None:
        """Make one later day, unless it is there; `messages` are those received before it ends."""
        if (self._world / str(day)).exists():
            return
        import pandas as pd

        from include.sandbox.world import build_day

        made = build_day(self.spec, self.people, day, pd.DataFrame(list(messages)))
        self._keep(str(day), made.tables, made.truth_records)

    def table(self, channel: str, stream: str, parts: Sequence[str]) -> pa.Table | None:
        """Rows of a stream in all of `parts`, with hidden columns; None if no part has it."""
        files = [self._world / part / channel / f"{stream}.parquet" for part in parts]
        tables = [pq.read_table(file) for file in files if file.exists()]
        return pa.concat_tables(tables, promote_options="permissive") if tables else None

    def respond(self, message: Mapping[str, Any], sent_at: datetime) -> list[dict[str, Any]]:
        """What the recipient of one accepted message does: rows of the e-mail platform's events."""
        from include.sandbox.world import email_response

        kind = message.get("campaign") or "message"
        return _plain(
            email_response(self.spec, self.people, message["recipient"], message["message_id"], sent_at, kind)
        )

    def tell_truth(self, parts: Sequence[str]) -> None:
        """Bring `truth/records.parquet` up to these parts."""
        records = [pq.read_table(self._truth / "parts" / f"{part}.parquet") for part in parts]
        _write(self._truth / "records.parquet", pa.concat_tables(records, promote_options="permissive"))

    def _keep(self, part: str, tables: Mapping[tuple[str, str], pa.Table], truth: Any) -> None:
        """Write a part whole or not at all; its truth first."""
        (self._truth / "parts").mkdir(parents=True, exist_ok=True)
        _write(self._truth / "parts" / f"{part}.parquet", _table(truth))
        partial = self._world / f".{part}"
        shutil.rmtree(partial, ignore_errors=True)
        for (channel, stream), table in tables.items():
            (partial / channel).mkdir(parents=True, exist_ok=True)
            _write(partial / channel / f"{stream}.parquet", table)
        partial.rename(self._world / part)


def _plain(events: Any) -> list[dict[str, Any]]:
    """Events as JSON can hold them: instants in ISO 8601."""
    rows = events.to_pylist() if isinstance(events, pa.Table) else [dict(event) for event in events]
    return [
        {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}
        for row in rows
    ]


def _table(values: Any) -> pa.Table:
    return values if isinstance(values, pa.Table) else pa.Table.from_pandas(values, preserve_index=False)


def _write(path: Path, table: pa.Table) -> None:
    partial = path.with_name(f".{path.name}")
    pq.write_table(table, partial, compression="zstd", compression_level=1)
    partial.replace(path)
