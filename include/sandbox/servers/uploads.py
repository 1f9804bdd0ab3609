"""Checks of an upload into a custom audience, as the vendor's documentation tells them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LARGEST = 10_000
SAMPLES = 5
KEYS = ("EXTERN_ID", "EMAIL", "PHONE")
HASH = re.compile(r"[0-9a-f]{64}")


class Malformed(ValueError):
    """The request as a whole cannot be taken."""


@dataclass
class Upload:
    """Entries of one request: those that are good, by the advertiser's id, and why the others are not."""

    received: int
    good: dict[str, tuple[str, ...]] = field(default_factory=dict)
    invalid: dict[str, str] = field(default_factory=dict)

    def spoil(self, entries: Sequence[str]) -> None:
        """Find these good entries invalid after all."""
        for entry in entries:
            del self.good[entry]
            self.invalid[entry] = "not accepted"

    def answer(self) -> dict[str, Any]:
        """Counts, and at most five invalid entries by name."""
        return {
            "num_received": self.received,
            "num_invalid_entries": len(self.invalid),
            "invalid_entry_samples": dict(list(self.invalid.items())[:SAMPLES]),
        }


def read_upload(operation: str, payload: Any) -> Upload:
    """The entries of a payload.

    Raises:
        Malformed: no schema that is known, no entries, or more than the vendor takes at once.
    """
    schema, data = _parts(payload)
    upload = Upload(len(data))
    for place, row in enumerate(data):
        name, complaint = _check(operation, schema, row)
        if complaint is None:
            upload.good[name] = tuple(str(value) for value in row[1:])
        else:
            upload.invalid[name or f"entry {place}"] = complaint
    return upload


def check_session(session: Any) -> dict[str, Any]:
    """The session of an upload.

    Raises:
        Malformed: it is missing or not one.
    """
    if not isinstance(session, dict):
        raise Malformed("session is required")
    for name, largest in (("session_id", 2**63 - 1), ("batch_seq", 2**63 - 1)):
        value = session.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= largest:
            raise Malformed(f"session.{name} must be a positive 64-bit integer")
    if not isinstance(session.get("last_batch_flag"), bool):
        raise Malformed("session.last_batch_flag must be true or false")
    return session


def _parts(payload: Any) -> tuple[list[str], list[Any]]:
    if not isinstance(payload, Mapping):
        raise Malformed("payload is required")
    schema, data = payload.get("schema"), payload.get("data")
    if not isinstance(schema, list) or schema[:1] != ["EXTERN_ID"] or not set(schema) <= set(KEYS):
        raise Malformed(f"payload.schema must begin with EXTERN_ID and hold keys of {', '.join(KEYS)}")
    if not isinstance(data, list) or not data:
        raise Malformed("payload.data must be a list of entries")
    if len(data) > LARGEST:
        raise Malformed(f"at most {LARGEST} entries are taken at once")
    return schema, data


def _check(operation: str, schema: Sequence[str], row: Any) -> tuple[str, str | None]:
    """Name of an entry and what is wrong with it."""
    if not isinstance(row, list) or len(row) != len(schema) or not all(isinstance(v, str) for v in row):
        return "", "does not fit the schema"
    name, hashes = row[0], row[1:]
    if not name:
        return "", "EXTERN_ID is empty"
    if any(value and not HASH.fullmatch(value) for value in hashes):
        return name, "not a SHA-256 in lower hex"
    if operation == "add" and not any(hashes):
        return name, "nothing to match by"
    return name, None
