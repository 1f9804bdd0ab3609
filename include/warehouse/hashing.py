"""Under how many of the installation's keys the hashes of a warehouse file and of a published version are.

A build keeps to the keys that it was opened with, so that what it compares is hashed alike, also where a key
is added while it runs. Readers bring hashes of a version of before under the later keys (`HashKeys.raised`).
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from include.errors import CheckFailed, FixDeclaration
from include.keyed import VARIABLE, HashKeys

FILE = "hash_keys.json"  # in the folder of a version; a version without it has plain hashes
SNAPSHOT_UNDER = "hash_keys"  # in the metadata of the ledger's snapshot: a fingerprint
_REBUILD = "clear open_candidate and what follows (or, for make build, run a night first)"


@dataclass(frozen=True)
class Under:
    """How many keys, and the fingerprint by which these are known."""

    count: int
    fingerprint: str


def note_keys(con: duckdb.DuckDBPyConnection, keys: HashKeys) -> None:
    """Write into a candidate that everything in it is hashed under these keys."""
    under = [keys.count, keys.fingerprint]
    con.execute("create or replace table built_under_keys as select ?::int as count, ? as fingerprint", under)


def noted(con: duckdb.DuckDBPyConnection) -> Under | None:
    """What `note_keys` has written; None in a file of before there were keys."""
    try:
        row = con.execute("select count, fingerprint from main.built_under_keys").fetchone()
    except duckdb.CatalogException:
        return None
    return Under(*row) if row else None


def keys_of_build(warehouse: Path, keys: HashKeys) -> HashKeys:
    """The keys to build a warehouse file with: those that it was opened with; all, where it is empty.

    Raises:
        CheckFailed: it was opened with others, or before there were any.
    """
    with duckdb.connect(str(warehouse)) as con:
        under = noted(con)
        is_empty = not con.execute("select count(*) from information_schema.tables").fetchall()[0][0]
    if under is None and is_empty:
        return keys
    if under is None or not keys.begins_with(under.count, under.fingerprint):
        raise CheckFailed(f"{warehouse.name} was opened with other keys for hashes of addresses: {_REBUILD}")
    return keys.first(under.count)


def require_snapshot(folder: Path, keys: HashKeys) -> None:
    """See that the ledger's snapshot, if there is one, is hashed as what is built.

    Raises:
        CheckFailed: it is not: nobody would be found again who was written to before.
    """
    path = folder / "messages.parquet"
    if not path.exists():
        return
    said = (pq.read_schema(path).metadata or {}).get(SNAPSHOT_UNDER.encode(), b"").decode()
    if (said or HashKeys(()).fingerprint) != keys.fingerprint:
        raise CheckFailed(f"the ledger's snapshot has hashes under other keys than the build: {_REBUILD}")


def write_under(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Say in the folder of a version that is being written what the candidate says."""
    under = noted(con)
    if under is not None:
        (folder / FILE).write_text(json.dumps(asdict(under)) + "\n")


def hashed_under(version: Path, keys: HashKeys) -> int:
    """Under how many of these keys a published version's hashes are.

    Raises:
        FixDeclaration: they are under others.
    """
    path = version / FILE
    if not path.exists():
        return 0
    under = Under(**json.loads(path.read_text()))
    if not keys.begins_with(under.count, under.fingerprint):
        raise FixDeclaration(
            f"{VARIABLE}: the published version {version.name} has hashes under {under.count} keys, and the "
            "list does not begin with these"
        )
    return under.count
