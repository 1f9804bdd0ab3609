"""States of a message, and the one place where they change.

planned → claimed → confirmed | rejected | unknown; unknown is settled later. A claim may be put
back (planned), and what may not leave becomes suppressed or expired. Ends stay ends.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, insert, select, update

from include.errors import OmniError
from include.ledger.models import Message, MessageTransition

PLANNED = "planned"
CLAIMED = "claimed"
CONFIRMED = "confirmed"
REJECTED = "rejected"
UNKNOWN = "unknown"
SUPPRESSED = "suppressed"
EXPIRED = "expired"

# The reason of a message whose deciding version was withdrawn. It stays where one that is under way comes
# back: planned with this reason waits until a run decides it again.
VERSION_WITHDRAWN = "version_withdrawn"

LEGAL: dict[str | None, frozenset[str]] = {
    None: frozenset({PLANNED}),
    PLANNED: frozenset({PLANNED, CLAIMED, SUPPRESSED, EXPIRED}),
    CLAIMED: frozenset({PLANNED, CONFIRMED, REJECTED, UNKNOWN}),
    UNKNOWN: frozenset({PLANNED, CONFIRMED, REJECTED}),
    CONFIRMED: frozenset(),
    REJECTED: frozenset(),
    SUPPRESSED: frozenset(),
    EXPIRED: frozenset(),
}
UNDER_WAY = (CLAIMED, UNKNOWN)
TERMINAL = frozenset(state for state, after in LEGAL.items() if state and not after)


class IllegalTransition(OmniError):
    """Code asked for a change that no message may make: a fault of ours."""


class ClaimLost(OmniError):
    """Someone else has changed the message since: whoever holds an older fence writes nothing."""


@dataclass(frozen=True)
class Run:
    """Who changes something: the run of this business date, at this business time."""

    business_date: date
    now: datetime


@dataclass(frozen=True)
class Held:
    """A message as its holder last saw it: key, state and fence. All three must still be so."""

    message_key: str
    state: str
    fence: int


def move(db: Connection, run: Run, held: Held, to: str, *, why: str, **values: Any) -> Held:
    """Change the state of one message and write down why.

    Args:
        values: other columns to set, among them `reason` (None clears it). Of a message that comes back
            from under way, `VERSION_WITHDRAWN` stays.

    Raises:
        IllegalTransition: no message may go from that state to this one.
        ClaimLost: the message is no longer as `held` says.
    """
    if to not in LEGAL[held.state]:
        raise IllegalTransition(f"message {held.message_key}: {held.state} may not become {to}")
    fence = held.fence + 1 if to == CLAIMED else held.fence
    lease = {} if to == CLAIMED else {"lease_until": None}
    reason = values.pop("reason", None)
    if held.state in UNDER_WAY and to in (PLANNED, UNKNOWN):
        stays = Message.reason == VERSION_WITHDRAWN
        reason = case((stays, VERSION_WITHDRAWN), else_=reason)
    done = db.execute(
        update(Message)
        .where(
            Message.message_key == held.message_key,
            Message.state == held.state,
            Message.fence == held.fence,
        )
        .values({**lease, **values, "reason": reason, "state": to, "fence": fence})
        .returning(Message.reason)
    ).one_or_none()
    if done is None:
        raise ClaimLost(f"message {held.message_key}: no longer {held.state} under fence {held.fence}")
    record(db, run, [held.message_key], (held.state, to), why, done.reason, fence)
    return Held(held.message_key, to, fence)


def mark_under_way(db: Connection, reason: str | None, *which: ColumnElement[bool]) -> None:
    """Set the reason of messages that are claimed or unknown; their state and their holders stay.

    Args:
        which: conditions on `Message`.
    """
    under_way = update(Message).where(Message.state.in_(UNDER_WAY), *which)
    db.execute(under_way.values(reason=reason))


def record(
    db: Connection,
    run: Run,
    keys: list[str],
    change: tuple[str | None, str],
    why: str,
    reason: str | None = None,
    fence: int = 0,
) -> None:
    """Add one line of history per message."""
    if change[1] not in LEGAL[change[0]]:
        raise IllegalTransition(f"{change[0]} may not become {change[1]}")
    line = {
        "from_state": change[0],
        "to_state": change[1],
        "reason": reason,
        "why": why[:500],
        "fence": fence,
        "run_date": run.business_date,
        "at": run.now,
        "recorded_at": datetime.now(UTC),
    }
    if keys:
        db.execute(insert(MessageTransition), [{"message_key": key, **line} for key in keys])


def held(db: Connection, message_key: str) -> Held:
    """The message as it is now."""
    row = db.execute(
        select(Message.message_key, Message.state, Message.fence).where(Message.message_key == message_key)
    ).one()
    return Held(row.message_key, row.state, row.fence)
