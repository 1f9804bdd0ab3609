"""Upload sessions as ad platforms count them: batches numbered from 1, the last one marked."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from include.senders.base import Session


def of_plan(session: Session, size: int) -> dict[str, Any]:
    """One batch of a plan's session; equal plans are equal sessions."""
    return _described(session.session_id, session.number, session.of, size)


def alone(entries: Sequence[str]) -> dict[str, Any]:
    """A session of one batch, for what is said beside a plan."""
    return _described(hashlib.sha256(json.dumps(entries).encode()).hexdigest(), 1, 1, len(entries))


def _described(hexadecimal: str, number: int, of: int, size: int) -> dict[str, Any]:
    """The vendor wants a positive number of 64 bits with a sign."""
    return {
        "session_id": int(hexadecimal, 16) % (2**63 - 1) + 1,
        "batch_seq": number,
        "last_batch_flag": number == of,
        "estimated_num_total": size * of,
    }
