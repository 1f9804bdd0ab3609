"""Where the keys of kept hashes are: in `OMNI_HASH_KEYS`, else in a file of the installation, made once.

The ledger says how many keys its hashes are under, and which: another list is refused
(include/ledger/hashes.py).
"""

import secrets
from pathlib import Path

from include import durable
from include.errors import FixDeclaration
from include.keyed import BYTES, VARIABLE, HashKeys, read_keys
from include.settings import Settings


def keys_file(settings: Settings) -> Path:
    """The file that holds the keys where the environment does not."""
    return settings.var / "secrets" / "hash_keys"


def find_keys(settings: Settings) -> HashKeys | None:
    """The keys; None where neither the variable nor the file is there.

    Raises:
        FixDeclaration: a key is no good, the file is empty, or others may read it.
    """
    if given := settings.hash_keys.get_secret_value():
        return read_keys(given)
    path = keys_file(settings)
    if not path.exists():
        return None
    if path.stat().st_mode & 0o077:
        raise FixDeclaration(f"{path} can be read by others than its owner: chmod 600 it")
    text = path.read_text()
    if not text.strip():
        raise FixDeclaration(f"{path} is empty: bring its keys back from a backup, or set {VARIABLE} to them")
    return read_keys(text, str(path))


def load_keys(settings: Settings) -> HashKeys:
    """The keys.

    Raises:
        FixDeclaration: as `find_keys`, or there are none.
    """
    keys = find_keys(settings)
    if keys is None:
        raise FixDeclaration(
            f"no keys for hashes of addresses: {VARIABLE} is not set, and there is no {keys_file(settings)}; "
            "`python -m include.ledger` makes them for a new installation; where there is a ledger, "
            "bring them back from a backup"
        )
    return keys


def add_key(settings: Settings) -> HashKeys:
    """Write a new key at the end of the file's list; the file is made where there is none.

    Raises:
        FixDeclaration: the keys stand in the environment, where only a person can add one.
    """
    if settings.hash_keys.get_secret_value():
        raise FixDeclaration(f"the keys stand in {VARIABLE}: add a new one at its end, after a comma")
    before = find_keys(settings)
    lines = [key.hex() for key in before.keys] if before else []
    path = keys_file(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = "".join(f"{line}\n" for line in [*lines, secrets.token_hex(BYTES)])
    durable.write_text(path, text, mode=0o600)
    return load_keys(settings)
