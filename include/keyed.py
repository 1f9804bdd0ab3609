"""Hashes of addresses, numbers and mailboxes as they are kept inside: under the installation's own keys.

A plain hash of a telephone number hides nothing: all numbers of a country are hashed in seconds. So a hash
that stays inside is SHA-256, and then HMAC-SHA256 (RFC 2104) under each key of the installation in turn, the
oldest first. Another key is one HMAC more on top of what is kept, for which no address is needed: so the
plain hashes of before are brought under the first key, and a rotation adds a key at the end of the list.
Only who has every key can try numbers. Hashes for ad platforms are theirs, and plain
(include/senders/parts/hashing.py).
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from include.errors import FixDeclaration

VARIABLE = "OMNI_HASH_KEYS"
BYTES = 32  # of a key, at least: as long as the hash (RFC 2104, 3)
MAKE = 'python -c "import secrets; print(secrets.token_hex(32))"'
_DISTINCT = 16  # different bytes, and steps between bytes, of 32 random ones: about 30; fewer than 16 never
_WORDS = ("change", "secret", "password", "example", "placeholder", "omnichannel")


@dataclass(frozen=True)
class HashKeys:
    """The keys of an installation, oldest first; none: hashes are plain."""

    keys: tuple[bytes, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """How many keys a hash is under."""
        return len(self.keys)

    @property
    def fingerprint(self) -> str:
        """By which these very keys, in this order, are known again; it says nothing about them."""
        return self.keyed("the keys of this installation")

    def first(self, count: int) -> "HashKeys":
        """The keys as they were when there were so many."""
        return HashKeys(self.keys[:count])

    def keyed(self, value: str) -> str:
        """Hash of a value, in lower hex."""
        return self.raised(hashlib.sha256(value.encode()).hexdigest(), 0)

    def raised(self, hashed: str, count: int) -> str:
        """The same for a hash that is under the first `count` keys already."""
        for key in self.keys[count:]:
            hashed = hmac.digest(key, hashed.encode(), "sha256").hex()
        return hashed

    def begins_with(self, count: int, fingerprint: str) -> bool:
        """Whether the first `count` keys are those of that fingerprint."""
        return self.count >= count and hmac.compare_digest(self.first(count).fingerprint, fingerprint)


def read_keys(text: str, place: str = VARIABLE) -> HashKeys:
    """Keys from a text, separated by commas or lines, each in hexadecimal or base64.

    Args:
        place: where the text stands, for an error.

    Raises:
        FixDeclaration: one is no key, too short or guessable, or stands there twice. It is not shown.
    """
    words = [word for word in re.split(r"[,\s]+", text) if word]
    keys = tuple(_key(word, f"{place}: key {number}") for number, word in enumerate(words, 1))
    if not keys:
        raise FixDeclaration(f"{place}: there is no key; make one with: {MAKE}")
    _refuse_doubled(keys, place)
    return HashKeys(keys)


def _key(word: str, place: str) -> bytes:
    is_hex = re.fullmatch(r"[0-9a-fA-F]+", word) is not None
    try:
        key = bytes.fromhex(word) if is_hex else _from_base64(word)
    except (binascii.Error, ValueError):
        raise FixDeclaration(f"{place} is neither hexadecimal nor base64; make one with: {MAKE}") from None
    if len(key) < BYTES:
        raise FixDeclaration(f"{place} has {len(key)} bytes, fewer than {BYTES}; make one with: {MAKE}")
    if _is_guessable(key) or (not is_hex and _is_words(word)):
        raise FixDeclaration(f"{place} is not random (repeated, or words); make one with: {MAKE}")
    return key


def _from_base64(word: str) -> bytes:
    """Of either alphabet, with or without padding."""
    standard = word.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _is_guessable(key: bytes) -> bool:
    steps = {(after - before) % 256 for before, after in pairwise(key)}
    is_text = all(32 <= byte < 127 for byte in key)
    return is_text or min(len(set(key)), len(steps)) < _DISTINCT


def _is_words(word: str) -> bool:
    """Random base64 has capitals and small letters, and none of these words but once in millions."""
    is_one_case = word in (word.lower(), word.upper())
    return is_one_case or any(known in word.lower() for known in _WORDS)


def _refuse_doubled(keys: Sequence[bytes], place: str) -> None:
    for number, key in enumerate(keys, 1):
        if key in keys[: number - 1]:
            first = keys.index(key) + 1
            raise FixDeclaration(f"{place}: key {number} is key {first} once more; a rotation adds a new one")
