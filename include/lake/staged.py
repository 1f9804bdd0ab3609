"""A sealed partition that is not yet in the lake, and its commit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from include.channels import Stream
from include.lake.manifests import Manifest
from include.lake.points import point
from include.lake.store import Store

Cursor = dict[str, str | None]


@dataclass(frozen=True)
class Staged:
    """One stream's finished files. `first` says, per reason and field, where it was met first.

    `causes`: refused rows by reason and field.
    `has_landed`: the lake holds an earlier read of this date, with a quarantine of its own.
    """

    stream: Stream
    data: Path
    refused: Path
    manifest: Manifest
    first: dict[str, str]
    has_landed: bool
    causes: Mapping[tuple[str, str], int] = field(default_factory=dict)


def as_text(manifest: Manifest) -> str:
    """The manifest as it stands in the file."""
    return json.dumps(manifest, sort_keys=True)


def unite_cursors(new: Cursor, old: Cursor | None) -> Cursor:
    """The interval that both reads cover; `from` null means from the beginning."""
    if old is None:
        return new
    starts = [cursor["from"] for cursor in (new, old)]
    start = None if None in starts else min(start for start in starts if start is not None)
    return {"from": start, "to": max(str(new["to"]), str(old["to"]))}


def commit(staged: Sequence[Staged], lake: Store, quarantine: Store) -> None:
    """Bring sealed partitions into the lake, in order: of each the quarantine first, the data last.

    A crash in between leaves partitions that the rerun unites with itself; the last one in
    `staged` (the parent of nested streams) is what says that all have landed.
    """
    for one in staged:
        name = one.stream.name
        keep_refused(one, quarantine)
        _put_data(one, lake)
        point("after_commit", name)


def commit_repair(one: Staged, lake: Store, quarantine: Store) -> None:
    """Commit a partition that rows return to from quarantine: data first, so that they are never in neither.

    After a crash in between, the quarantine's own record of repairs shows that it lags behind.
    """
    _put_data(one, lake)
    keep_refused(one, quarantine)


def _put_data(one: Staged, lake: Store) -> None:
    point("before_data", one.stream.name)
    lake.put(one.data, _path(lake, one), partial(point, "data_renamed", one.stream.name))
    point("after_data", one.stream.name)


def keep_refused(one: Staged, quarantine: Store) -> None:
    """Put the refused rows where a person finds them; a file is written only if there are, or were, some."""
    path, name = _path(quarantine, one), one.stream.name
    if not one.manifest["quarantined"] and not quarantine.exists(path):
        return
    point("before_quarantine", name)
    quarantine.put(one.refused, path, partial(point, "quarantine_renamed", name))
    point("after_quarantine", name)


def _path(store: Store, one: Staged) -> str:
    return store.path(one.stream.channel, one.stream.name, _day(one))


def _day(one: Staged) -> date:
    return date.fromisoformat(one.manifest["date"])
