"""Keep the ledger's hashes under all keys of the installation: at opening, in one transaction.

The table `hash_keys` says how many keys the hashes are under and by which fingerprint these are known. A
list that begins otherwise is another installation's, or has lost a key: with it no address would be found
again.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, Row, Table, bindparam, delete, insert, select, tuple_, update

from include.errors import FixDeclaration, RetryLater
from include.failpoints import failpoint
from include.hash_keys import add_key, find_keys, keys_file
from include.keyed import VARIABLE, HashKeys
from include.ledger.models import AudienceMember, AudienceOperation, HashedUnder, Message
from include.settings import Settings

# Everything that is a hash of an address, alone or with what is beside it.
KEPT: Sequence[tuple[Any, tuple[str, ...]]] = (
    (Message, ("address_hash", "contact_point_id")),
    (AudienceOperation, ("payload_hash",)),
    (AudienceMember, ("payload_hash",)),
)
OPTION = "hash_keys"
LOCK = "hash keys"
CHUNK = 1000


def keys_of(engine: Engine) -> HashKeys:
    """The keys that an open ledger's hashes are under."""
    return cast(HashKeys, engine.get_execution_options()[OPTION])


def is_present(db: Connection, keys: HashKeys | None) -> bool:
    """Whether the hashes are under exactly these keys."""
    state = db.execute(select(HashedUnder.count_keys, HashedUnder.fingerprint)).one_or_none()
    if state is None or keys is None:
        return False
    return (state.count_keys, state.fingerprint) == (keys.count, keys.fingerprint)


def require_present(db: Connection, keys: HashKeys) -> None:
    """See that no other process has added a key since the ledger was opened, in a transaction that compares
    or adds hashes.

    Raises:
        RetryLater: one has; the next try opens the ledger again.
    """
    if not is_present(db, keys):
        raise RetryLater(f"{VARIABLE}: a key was added meanwhile; the next try goes on with it")


def bring_up(db: Connection, settings: Settings) -> HashKeys:
    """Bring all hashes under the keys that there are now; in a transaction that nobody else writes beside.

    Raises:
        FixDeclaration: there are no keys though the ledger was written with some, or others than those.
    """
    state = db.execute(select(HashedUnder.count_keys, HashedUnder.fingerprint)).one_or_none()
    keys = find_keys(settings)
    if keys is None and state is None:
        keys = add_key(settings)  # a new installation, or one of before: the ledger's hashes are plain
    count, fingerprint = (state.count_keys, state.fingerprint) if state else (0, HashKeys(()).fingerprint)
    if keys is None:
        raise FixDeclaration(
            f"the ledger was written with {count} keys for hashes of addresses, and {keys_file(settings)} is "
            f"gone: bring it back from a backup, or set {VARIABLE} to these keys"
        )
    if not keys.begins_with(count, fingerprint):
        raise FixDeclaration(
            f"{VARIABLE} (or {keys_file(settings)}): the ledger was written with {count} keys, and the list "
            "does not begin with these; keep every key, in its order, and add new ones at the end"
        )
    if keys.count > count or state is None:
        _raise_all(db, keys, count)
    return keys


def _raise_all(db: Connection, keys: HashKeys, count: int) -> None:
    for model, names in KEPT:
        for rows in _chunks(db, model.__table__, names):
            _write(db, model.__table__, names, rows, keys, count)
    failpoint("hash_keys.before_commit")
    db.execute(delete(HashedUnder))
    row = {"count_keys": keys.count, "fingerprint": keys.fingerprint, "since": datetime.now(UTC)}
    db.execute(insert(HashedUnder).values(**row))


def _chunks(db: Connection, table: Table, names: Sequence[str]) -> Iterator[Sequence[Row[Any]]]:
    """All rows of a table in the order of its key, some at a time: the hashes themselves change meanwhile."""
    key = list(table.primary_key.columns)
    columns = [*key, *(table.c[name] for name in names)]
    found = select(*columns).order_by(*key).limit(CHUNK)
    rows = db.execute(found).all()
    while rows:
        yield rows
        last = tuple(rows[-1])[: len(key)]
        rows = db.execute(found.where(tuple_(*key) > tuple_(*last))).all()


def _write(
    db: Connection, table: Table, names: Sequence[str], rows: Sequence[Row[Any]], keys: HashKeys, count: int
) -> None:
    key = [column.name for column in table.primary_key.columns]
    one = update(table).where(*(table.c[name] == bindparam(f"of_{name}") for name in key))
    changed = one.values({name: bindparam(f"to_{name}") for name in names})
    lines = [
        {f"of_{name}": getattr(row, name) for name in key}
        | {f"to_{name}": keys.raised(getattr(row, name), count) for name in names}
        for row in rows
    ]
    db.execute(changed, lines)
