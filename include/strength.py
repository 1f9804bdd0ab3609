"""Whether secrets and passwords can be guessed. What is wrong is said of a name, never with the value.

`python -m include.strength`: check those of an installation, before anything opens a door. Length follows
NIST SP 800-63B (passwords) and RFC 7518 3.2 (a key that signs is no shorter than its hash; HS512: 64 bytes).
"""

import base64
import binascii
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import unquote, urlsplit

from include.errors import FixDeclaration, FixRequest

LEAST_PASSWORD = 12  # characters of a person's password
LEAST_OF_DATABASE = 16
KEY_BYTES = 32
WELL_KNOWN = re.findall(
    r"\S+",
    """
    password passwort motdepasse contrase secret changeme change_me admin airflow postgres omnichannel ledger
    default example letmein welcome qwerty azerty abc123 test1234 12345678 0123456789 iloveyou
    """,
)


@dataclass(frozen=True)
class Secret:
    """One setting that holds a secret: its variable, and the fewest bytes it may have."""

    variable: str
    least: int
    form: str = "text"


INSTALLATION = (
    Secret("AIRFLOW__CORE__FERNET_KEY", KEY_BYTES, "fernet"),
    Secret("AIRFLOW__API_AUTH__JWT_SECRET", 64),
    Secret("AIRFLOW__API__SECRET_KEY", 32),
    Secret("OMNI_UNSUBSCRIBE_SECRET", 32),
    Secret("OMNI_HASH_KEYS", KEY_BYTES, "keys"),
    Secret("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", LEAST_OF_DATABASE, "url"),
    Secret("OMNI_LEDGER_URL", LEAST_OF_DATABASE, "url"),
    Secret("AIRFLOW_ADMIN_PASSWORD", LEAST_PASSWORD),
)


def weakness(value: str, least: int) -> str:
    """Why a text can be guessed, in words; empty if it cannot. `least`: bytes."""
    if len(value.encode()) < least:
        return f"is shorter than {least} characters"
    bare = value.casefold()
    for word in WELL_KNOWN:
        bare = bare.replace(word, "")
    if len(bare) < least * 3 // 4:
        return "is made of well-known words"
    if len(set(value)) < 8 or max(Counter(value).values()) * 3 > len(value) or _is_periodic(value):
        return "repeats itself"
    steps = [abs(ord(a) - ord(b)) <= 1 for a, b in pairwise(value)]
    return "is a row of neighbouring characters" if sum(steps) * 2 > len(steps) else ""


def refuse_password(password: str, of: str = "the password") -> None:
    """See that a person's password is one.

    Raises:
        FixRequest: it can be guessed; says why, never what it is.
    """
    if why := weakness(password, LEAST_PASSWORD):
        raise FixRequest(f"{of} {why}: take at least {LEAST_PASSWORD} characters that nobody can guess.")


def check(environment: Mapping[str, str]) -> None:
    """Check every secret of an installation that its environment names; a blank one is none.

    Raises:
        FixDeclaration: one or more can be guessed, or two are the same; names each.
    """
    given = [secret for secret in INSTALLATION if secret.variable in environment]
    parts = {secret.variable: _parts(secret, environment[secret.variable]) for secret in given}
    wrong = [f"{s.variable} {why}" for s in given if (why := _complain(s, environment[s.variable]))]
    holders: dict[str, list[str]] = {}
    for variable, values in parts.items():
        for value in filter(None, values):
            holders.setdefault(value, []).append(variable)
    wrong += [f"{' and '.join(names)} hold the same" for names in holders.values() if len(names) > 1]
    if wrong:
        raise FixDeclaration("\n".join([*wrong, "How to make each is written in .env.example."]))


def _complain(secret: Secret, value: str) -> str:
    if not value.strip():
        return "is empty"
    parts = _parts(secret, value)
    if secret.form == "url":  # a file has no password, and needs none
        found = [weakness(part, secret.least) for part in parts]
        return next((f"has a password that {why}" for why in found if why), "")
    if secret.form == "text":
        return weakness(value, secret.least)
    keys = [_decoded(part, secret.form) for part in parts]
    if not keys or min(map(len, keys)) < secret.least:
        return f"is no list of keys of {secret.least} random bytes each"
    return "repeats itself" if any(len(set(key)) < 16 for key in keys) else ""


def _parts(secret: Secret, value: str) -> list[str]:
    """The secrets that a setting holds: itself, the keys of a list, the password of a URL."""
    if secret.form == "url":
        password = None if value.startswith("sqlite") else urlsplit(value).password or ""
        return [] if password is None else [unquote(password)]
    return [part.strip() for part in value.split(",")] if secret.form != "text" else [value]


def _decoded(key: str, form: str) -> bytes:
    """The bytes of a key in hexadecimal or base64; none where it is neither."""
    if form == "keys" and re.fullmatch(r"(?:[0-9a-fA-F]{2})+", key):
        return bytes.fromhex(key)
    try:
        found = base64.b64decode(key.translate(str.maketrans("-_", "+/")), validate=True)
    except (ValueError, binascii.Error):
        return b""
    return found if form != "fernet" or len(found) == KEY_BYTES else b""


def _is_periodic(value: str) -> bool:
    """Whether a text is a shorter one over and over."""
    return value in (value + value)[1:-1] or any(
        (value[:n] * (len(value) // n + 1))[: len(value)] == value for n in range(1, len(value) // 2 + 1)
    )


def main() -> int:
    """0 where every secret is one, 2 where a person must act."""
    try:
        check(os.environ)
    except FixDeclaration as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
