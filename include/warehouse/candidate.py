"""The file a night builds on: a copy of the one kept with the version before, or a new one.

The file itself says which partitions it stands on (table `landed_inputs`) and how landed rows were kept
(`built_with`), so that it can never be taken for more than it is: where either is missing or outdated, the
build is a full one, which gives the same marts.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from include import durable
from include.channels import load_channels
from include.clock import Clock
from include.hash_keys import load_keys
from include.keyed import HashKeys
from include.lake.manifests import landed
from include.policies import load_policies
from include.rates import load_rates
from include.settings import ROOT, Settings
from include.warehouse import phones, published, versions
from include.warehouse.contract import contract_columns
from include.warehouse.dbt import company_variables
from include.warehouse.hashing import note_keys
from include.warehouse.inputs import Partition, inputs_folder, stage_inputs
from include.warehouse.memory import stage_memory
from include.warehouse.shapes import PROJECT, load_shapes


def candidate_file(settings: Settings) -> Path:
    """The DuckDB file of the build under way."""
    return settings.warehouse / "candidate.duckdb"


def variables_file(settings: Settings) -> Path:
    """What the build under way was opened with (JSON): the variables that every layer's models get."""
    return settings.warehouse / "candidate.json"


def open_candidate(settings: Settings, business_date: date, full_refresh: bool = False) -> Path:
    """Start the build of a business date: a fresh candidate, and its inputs staged and verified.

    The candidate is a copy of the file kept with the newest version of an *earlier* date; there is none,
    or `full_refresh`: an empty file and all partitions. What an earlier try left is dropped.

    Raises:
        CheckFailed: a landed partition is damaged.
        FixDeclaration: channels, contact policies or exchange rates are declared wrongly, or there are no
        keys.
    """
    load_shapes()
    load_policies()
    load_rates()
    candidate = candidate_file(settings)
    settings.warehouse.mkdir(mode=0o700, parents=True, exist_ok=True)  # rows of persons, as in the lake
    for leftover in settings.warehouse.glob("candidate.*"):
        leftover.unlink()
    shutil.rmtree(settings.warehouse / "results" / str(business_date), ignore_errors=True)
    fingerprint = _fingerprint(settings)
    before = None if full_refresh else _file_before(settings, business_date)
    since = _stands_on(before, fingerprint) if before and phones.lookup_file(settings).exists() else None
    partitions = stage_inputs(settings, business_date, since)
    keys = load_keys(settings)
    stage_memory(settings, business_date, keys)
    if before is not None and since is not None:
        durable.copy_file(before, candidate, "candidate.copy")
    _note(candidate, partitions, fingerprint, keys)
    variables = json.dumps(_variables(settings, business_date), sort_keys=True)
    durable.write_text(variables_file(settings), variables, "candidate.variables")
    return candidate


def _variables(settings: Settings, business_date: date) -> dict[str, Any]:
    channels = load_channels().values()
    return {
        "business_date": str(business_date),
        "now": Clock(settings, business_date).now().isoformat(),
        **company_variables(settings),
        "inputs": str(inputs_folder(settings)),
        "ledger_snapshot": str(settings.warehouse / "ledger"),
        "stale_channels": [c.name for c in channels if not landed(settings, c.name, business_date)],
    }


def _file_before(settings: Settings, business_date: date) -> Path | None:
    version = published.previous(settings, business_date)
    if version is None:
        return None
    kept = versions.warehouse_file(settings, version.name)
    return kept if kept.exists() else None


def _stands_on(file: Path, fingerprint: str) -> dict[str, str] | None:
    """Names and stamps of the partitions in a warehouse file; None if its landed rows were kept otherwise."""
    with duckdb.connect(str(file), read_only=True) as con:
        try:
            if con.execute("select fingerprint from built_with").fetchall() != [(fingerprint,)]:
                return None
            return dict(con.execute("select name, stamp from landed_inputs").fetchall())
        except duckdb.CatalogException:
            return None


def _note(candidate: Path, partitions: Mapping[str, Partition], fingerprint: str, keys: HashKeys) -> None:
    rows = [(p.name, p.channel, p.stream, p.landed_date, p.stamp) for p in partitions.values()]
    with duckdb.connect(str(candidate)) as con:
        con.execute(
            "create or replace table landed_inputs"
            " (name text, channel text, stream text, landed_date date, stamp text)"
        )
        if rows:
            con.executemany("insert into landed_inputs values (?, ?, ?, ?, ?)", rows)
        note_keys(con, keys)
        con.execute("create or replace table built_with as select ? as fingerprint", [fingerprint])


def _fingerprint(settings: Settings) -> str:
    """Of what decides how landed rows are kept. All that is computed from them is rebuilt each night."""
    files = [PROJECT / "macros" / f"{name}.sql" for name in ("landed_versions", "lake", "normalise")]
    files += [
        PROJECT / "seeds" / "identity" / "placeholders.csv",
        *PROJECT.glob("models/staging/*/base/*.sql"),
        *(ROOT / "include" / "normalise" / f"{name}.py" for name in ("placeholders", "text")),
    ]
    contract = json.dumps([contract_columns(), settings.time_zone], sort_keys=True)
    digest = hashlib.sha256(f"{duckdb.__version__} {contract}".encode())
    for file in sorted(files):
        digest.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
