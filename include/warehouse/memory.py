"""What a night is told besides landed rows: how far each channel is, and what the version before published.

It stands among the inputs as Parquet, so that models read it like any source. Because memory comes from
what was published and not from the warehouse file, a full rebuild remembers as much as a nightly build.
"""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from include.channels import load_channels
from include.keyed import HashKeys
from include.lake.manifests import last_landed
from include.settings import Settings
from include.warehouse import published
from include.warehouse.hashing import hashed_under

_CHANNELS = pa.schema(
    [("channel", pa.string()), ("is_required", pa.bool_()), ("last_landed_date", pa.date32())]
)
_REMEMBERED = {
    "customer_records": pa.schema(
        [(name, pa.string()) for name in ("customer_id", "channel", "stream", "record_key")]
    ),
    "fct_audience_membership": pa.schema(
        [("audience", pa.string()), ("customer_id", pa.string()), ("entered_date", pa.date32())]
    ),
    "fct_identity_changes": pa.schema(
        [("business_date", pa.date32())]
        + [(name, pa.string()) for name in ("change", "customer_id", "previous_customer_id")]
    ),
    "dim_contact_points": pa.schema(
        [(name, pa.string()) for name in ("contact_point_id", "customer_id", "channel", "mailbox_hash")]
        + [("is_preferred", pa.bool_())]
    ),
    "fct_address_changes": pa.schema(
        [("business_date", pa.date32())]
        + [(name, pa.string()) for name in ("customer_id", "channel", "status")]
        + [(name, pa.string()) for name in ("previous_contact_point_id", "contact_point_id", "linked_by")]
        + [("known_since", pa.timestamp("us", "UTC"))]
    ),
}


# Hashes under the installation's keys, which the build compares with its own.
_HASHED = frozenset({"contact_point_id", "previous_contact_point_id", "mailbox_hash"})


def stage_memory(settings: Settings, business_date: date, keys: HashKeys) -> None:
    """Write `channels` and `previous_<mart>` into the inputs folder; empty on the first night.

    Hashes of a version from before a key was added come under the build's `keys`, so that nothing seems to
    have changed.

    Raises:
        OSError: a mart of the version before is damaged.
        FixDeclaration: its hashes are under other keys.
    """
    folder = settings.warehouse / "inputs"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(_channels(settings, business_date), folder / "channels.parquet")
    before = published.previous(settings, business_date)
    for mart, schema in _REMEMBERED.items():
        name = f"previous_{mart.removeprefix('fct_').removeprefix('dim_')}.parquet"
        pq.write_table(_remembered(before, mart, schema, keys), folder / name)


def _channels(settings: Settings, business_date: date) -> pa.Table:
    rows = [
        {
            "channel": channel.name,
            "is_required": channel.is_required,
            "last_landed_date": last_landed(settings, channel.name, business_date),
        }
        for channel in load_channels().values()
    ]
    return pa.Table.from_pylist(rows, schema=_CHANNELS)


def _remembered(before: Path | None, mart: str, schema: pa.Schema, keys: HashKeys) -> pa.Table:
    if before is None or mart not in published.list_marts(before):
        return schema.empty_table()
    table = published.read_mart(before, mart, schema.names).cast(schema)
    count = hashed_under(before, keys)
    for place, name in enumerate(schema.names if count < keys.count else ()):
        if name in _HASHED:
            hashes = [value and keys.raised(value, count) for value in table[name].to_pylist()]
            table = table.set_column(place, name, pa.array(hashes, pa.string()))
    return table
