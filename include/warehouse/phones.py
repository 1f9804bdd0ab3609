"""Telephone numbers to E.164, by the library, each distinct spelling once.

The library reads 70 thousand numbers a second, SQL twenty times as many, but SQL agrees with it on 95 %
only. So each night reads the spellings it has not met, and dbt joins the kept table.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import duckdb
import phonenumbers
import pyarrow as pa
import pyarrow.parquet as pq

from include import durable
from include.channels import Stream, load_channels
from include.lake.clean import clean
from include.lake.parquet import read_table
from include.lake.store import Store, lake
from include.normalise.countries import country_code
from include.normalise.phones import to_e164
from include.settings import Settings

RULE = "3"  # of include/normalise/phones.py; a new one reads the kept spellings again
COUNTRIES = ("country", "jurisdiction")  # columns that say where a number is dialled, the first that is there
_SCHEMA = pa.schema([("lookup_key", pa.string()), ("e164", pa.string())])


def lookup_file(settings: Settings) -> Path:
    """The kept table. It can be deleted: then the next build is a full one, which makes it anew."""
    return settings.warehouse / "phone_numbers.parquet"


def update_lookup(settings: Settings, streams: Sequence[Stream]) -> None:
    """Add the spellings of the staged inputs to the kept table, and copy it among the inputs."""
    kept = lookup_file(settings)
    inputs = settings.warehouse / "inputs"
    made_with = {"phonenumbers": phonenumbers.__version__, "country": settings.country, "rule": RULE}
    known = _read(kept, made_with)
    keys = _spellings(inputs, streams) | known.keys()
    fresh = {key: _number(key, settings.country) for key in keys - known.keys()}
    if fresh or not kept.exists():
        _write({**known, **fresh}, kept, made_with)
    durable.copy_file(kept, inputs / kept.name, "phones")


def forget_unused(settings: Settings) -> int:
    """Drop the kept spellings that no landed row has any more; how many.

    Called once rows have expired. A build under way has a copy of the table among its inputs.
    """
    kept = lookup_file(settings)
    if not kept.exists():
        return 0
    made_with = {"phonenumbers": phonenumbers.__version__, "country": settings.country, "rule": RULE}
    known, used = _read(kept, made_with), set(_in_lake(lake(settings)))
    if gone := known.keys() - used:
        _write({key: number for key, number in known.items() if key in used}, kept, made_with)
    return len(gone)


def _in_lake(store: Store) -> Iterator[str]:
    """Keys of every spelling in the lake, as `_distinct` makes them."""
    for stream in (s for channel in load_channels().values() for s in channel.streams.values()):
        country = next((name for name in COUNTRIES if name in stream.columns), "")
        for column in (c.name for c in stream.columns.values() if c.pii == "phone"):
            for day in store.dates(stream.channel, stream.name):
                path = store.path(stream.channel, stream.name, day)
                yield from _keys(store, path, column, country)


def _keys(store: Store, path: str, column: str, country: str) -> Iterator[str]:
    there = pq.read_schema(store.open(path)).names
    wanted = [name for name in (column, country) if name in there]
    if column not in wanted:
        return
    pairs = read_table(store.open(path), wanted).group_by(wanted).aggregate([]).to_pylist()
    for pair in pairs:
        number, given = (
            clean(pa.array([pair.get(name)], pa.string()))[0].as_py() for name in (column, country)
        )
        if number is not None:
            yield f"{number}|{(given and country_code(given)) or ''}"


def _number(key: str, home: str) -> str | None:
    """Read as dialled in the country that was given with it, else in the company's."""
    number, country = key.rsplit("|", 1)
    return to_e164(number, country or None, home)


def _spellings(inputs: Path, streams: Sequence[Stream]) -> set[str]:
    found: set[str] = set()
    with duckdb.connect() as con:
        for stream in streams:
            files = f"{inputs}/{stream.channel}/{stream.name}/*.parquet"
            country = next((name for name in COUNTRIES if name in stream.columns), "null")
            for column in (c.name for c in stream.columns.values() if c.pii == "phone"):
                found.update(_distinct(con, files, column, country))
    return found


def _distinct(con: duckdb.DuckDBPyConnection, files: str, column: str, country: str) -> Iterable[str]:
    """The same key as the macro `phone_lookup_key` makes."""
    query = f"""
        select distinct trim("{column}"), {country}
        from read_parquet(?, union_by_name = true) where "{column}" is not null
    """
    for number, given in con.execute(query, [files]).fetchall():
        yield f"{number}|{(given and country_code(given)) or ''}"


def _read(kept: Path, made_with: dict[str, str]) -> dict[str, str | None]:
    if not kept.exists():
        return {}
    table = read_table(kept)
    metadata = {k.decode(): v.decode() for k, v in (table.schema.metadata or {}).items()}
    keys = table["lookup_key"].to_pylist()
    if metadata != made_with:
        return {key: _number(key, made_with["country"]) for key in keys}
    return dict(zip(keys, table["e164"].to_pylist(), strict=True))


def _write(numbers: dict[str, str | None], kept: Path, made_with: dict[str, str]) -> None:
    keys = sorted(numbers)
    columns = [pa.array(keys, pa.string()), pa.array([numbers[k] for k in keys], pa.string())]
    table = pa.Table.from_arrays(columns, schema=_SCHEMA.with_metadata(made_with))
    temporary = kept.with_suffix(".tmp")
    pq.write_table(table, temporary, write_page_checksum=True)
    durable.sync(temporary)
    temporary.replace(kept)
