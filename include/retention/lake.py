"""Take expired rows out of the lake, and expired files out of quarantine.

A partition whose rows have expired stays as a file without them: it still says when it landed and how many
rows it had, so that no source is ever read from the beginning again and reports of old nights keep their
counts. The newest partition of a stream, and those within its lag, stay whole.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from include.channels import Channel, Stream, find_stream, load_channels
from include.failpoints import failpoint
from include.lake import runlog
from include.lake.manifests import KEY, Manifest, manifests, partitions
from include.lake.parquet import GroupedWriter, read_groups, verify
from include.lake.store import Store, lake, quarantine
from include.ledger.pruning import oldest_open
from include.retention.declaration import StreamRetention
from include.retention.streams import shapes_by_stream
from include.settings import Settings
from include.warehouse import phones

PRUNED = "pruned"
LABEL = "prune/lake"  # in the run log
Keep = Mapping[str, Sequence[str]]


def prune_stream(
    settings: Settings, label: str, of: StreamRetention, business_date: date, dry_run: bool
) -> dict[str, int]:
    """Empty the expired partitions of a stream and of those nested in it; rows that went, by stream.

    Raises:
        RetryLater: the stream is being landed.
        FixDeclaration: the stream is not declared.
    """
    channel, top = find_stream(*label.split("/"))
    before = _before(settings, top, business_date - timedelta(days=of.days))
    streams = _with_nested(channel, top)
    with ExitStack() as stack:
        if not dry_run:
            stack.enter_context(runlog.alone(settings, label))
            begun = {"event": "begun", "counts": {stream.label: 0 for stream in streams}}
            runlog.note(settings, business_date, LABEL, begun)
        counts: dict[str, int] = {
            stream.label: sum(_prune_days(settings, stream, of.keep, before, business_date, dry_run))
            for stream in streams
        }
    gone: int = sum(counts.values())
    if gone and not dry_run:
        phones.forget_unused(settings)
    return counts


def prune_quarantine(settings: Settings, days: int, business_date: date, dry_run: bool) -> dict[str, int]:
    """Remove the expired quarantine files of every declared stream; refused rows that went, by stream."""
    store, counts = quarantine(settings), {}
    for channel in load_channels().values():
        for top in channel.top_streams():
            before = min(business_date - timedelta(days=days), _kept_from(settings, top))
            for stream in _with_nested(channel, top):
                found = [d for d in store.dates(channel.name, stream.name) if d < before]
                paths = [store.path(channel.name, stream.name, d) for d in found]
                counts[stream.label] = sum(pq.read_metadata(store.open(path)).num_rows for path in paths)
                for path in [] if dry_run else paths:
                    store.remove(path)
                    failpoint("prune.quarantine_removed")
    return counts


def largest_expired_share(settings: Settings, since: date, until: date) -> float:
    """The largest share of a stream's rows that went on the business dates `since` to `until`.

    The run log says which streams to look at: no partition is opened where nothing was pruned.
    """
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    events = (
        event for day in days for label, event in runlog.events(settings, day, "prune") if label == LABEL
    )
    shares = [0.0]
    for name in sorted({name for event in events for name in event["counts"]}):
        left = gone = 0
        for manifest in manifests(settings, *name.split("/")).values():
            found: dict[str, Any] = manifest.get(PRUNED, {})
            left += manifest["loaded"] - found.get("rows", 0)
            gone += found.get("rows", 0) if found.get("on", "") >= since.isoformat() else 0
        shares.append(gone / (left + gone) if gone else 0.0)
    return max(shares)


def _with_nested(channel: Channel, top: Stream) -> list[Stream]:
    """Nested streams before their parent, as they land."""
    return [*channel.nested_in(top.name), top]


def _before(settings: Settings, top: Stream, before: date) -> date:
    """`before`, or an earlier day where something still needs the rows."""
    before = min(before, _kept_from(settings, top))
    if "message_events" in shapes_by_stream().get(top.label, ()):
        # what may have left is settled by these events: without them it would count as never sent
        before = min([before, *filter(None, [oldest_open(settings)])])
    return before


def _kept_from(settings: Settings, top: Stream) -> date:
    """The first day that the next night may need, to know which rows it has read already."""
    landed = partitions(settings, top.channel, top.name)
    lag = timedelta(minutes=top.lag_minutes if top.cursor else 0)
    return landed[-1] - lag - timedelta(days=1 if lag else 0) if landed else date.min


def _prune_days(
    settings: Settings, stream: Stream, keep: Keep, before: date, business_date: date, dry_run: bool
) -> Iterator[int]:
    store = lake(settings)
    done = {"keep": {name: sorted(values) for name, values in sorted(keep.items())}}
    for day, manifest in manifests(settings, stream.channel, stream.name).items():
        found: dict[str, Any] = manifest.get(PRUNED, {})
        if day >= before or not manifest["loaded"] or found.get("keep") == done["keep"]:
            continue
        path = store.path(stream.channel, stream.name, day)
        rows = _count(store, path, keep)
        if not dry_run:
            said = done | {"on": business_date.isoformat(), "rows": rows + int(found.get("rows", 0))}
            _rewrite(store, stream, path, {**manifest, PRUNED: said}, keep)
        yield rows


def _count(store: Store, path: str, keep: Keep) -> int:
    """How many rows of a partition are not to be kept."""
    whole = pq.read_metadata(store.open(path)).num_rows
    if not keep:
        return int(whole)
    return int(whole - sum(len(_kept(table, keep)) for table in read_groups(store.open(path), list(keep))))


def _kept(table: pa.Table, keep: Keep) -> pa.Table:
    wanted = pa.array([False] * len(table))
    for name, values in keep.items():
        wanted = pc.or_(wanted, pc.is_in(table[name], value_set=pa.array(list(values), table[name].type)))
    return table.filter(wanted)


def _rewrite(store: Store, stream: Stream, path: str, manifest: Manifest, keep: Keep) -> None:
    """Put a partition of the rows that stay in place of the whole one, in one step.

    A build that is reading holds its inputs still (include/warehouse/inputs.py), and the next one sees by
    the file's stamp that its rows are other ones.
    """
    schema = pq.read_schema(store.open(path)).remove_metadata()
    file = store.fresh_staging(stream.channel, stream.name) / "data.parquet"
    rows = _write_kept(store, path, file, schema, manifest, keep)
    verify(file, rows, schema)
    failpoint("prune.before_put")
    store.put(file, path, partial(failpoint, "prune.renamed"))
    failpoint("prune.after_put")


def _write_kept(
    store: Store, path: str, file: Path, schema: pa.Schema, manifest: Manifest, keep: Keep
) -> int:
    writer = GroupedWriter(file, schema)
    try:
        for table in read_groups(store.open(path)) if keep else ():
            writer.write(_kept(table, keep).replace_schema_metadata(None))
        writer.close({KEY: json.dumps(manifest, sort_keys=True)})
    finally:
        writer.abandon()
    return writer.rows
