"""Send one claimed message and write down what became of it."""

import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from include.errors import FixConnection, FixDeclaration, OmniError, OutcomeUnknown, RetryLater
from include.failpoints import failpoint
from include.keyed import HashKeys
from include.ledger import states
from include.ledger.engine import writing
from include.ledger.letters import Claim, Desk, write_letter
from include.ledger.states import Held, Run, move
from include.senders.base import NotNow, Refused, Sender
from include.templates.renderer import NotRendered


@dataclass(frozen=True)
class Outcome:
    """What to write. `error` is about the destination, not the message: raised once written."""

    to: str
    why: str
    reason: str | None = None
    values: dict[str, Any] = field(default_factory=dict)
    error: OmniError | None = None


def attempt(sender: Sender, transport: Any, desk: Desk, claim: Claim, run: Run, timeout: float) -> Outcome:
    """Write and send one message. Never raises what is about the message: it is in the outcome."""
    try:
        request = write_letter(desk, claim, run)
        _check_address(claim, desk.keys)
        if claim.lease_until - time.monotonic() < timeout:
            raise RetryLater("too little of the claim's lease was left to send")
        failpoint("dispatch.before_send")
        receipt = sender.send(transport, request)
        failpoint("dispatch.after_send")
    except OutcomeUnknown as error:
        return Outcome(states.UNKNOWN, str(error), "no_reply", {"sent_at": run.now})
    except Refused as error:
        return Outcome(states.REJECTED, str(error), error.reason, {"settled_at": run.now})
    except NotNow as error:
        return put_back(error, desk, claim, run)
    except (FixConnection, FixDeclaration, RetryLater) as error:
        return Outcome(states.PLANNED, f"not handed over: {error}", _why_planned(error), error=error)
    settled = {"sent_at": run.now, "settled_at": run.now}
    return Outcome(states.CONFIRMED, f"accepted: {receipt.reference}", None, settled)


def _why_planned(error: OmniError) -> str:
    """The reason of a message that was not handed over, and that another run sends."""
    if isinstance(error, FixConnection):
        return "connection"
    return "not_rendered" if isinstance(error, FixDeclaration | NotRendered) else "unreachable"


def put_back(error: NotNow, desk: Desk, claim: Claim, run: Run) -> Outcome:
    """Plan again for later, with growing waits; after the last try it counts as rejected."""
    limits, attempts = desk.destination.limits, claim.attempts + 1
    if attempts >= limits.tries:
        settled = {"attempts": attempts, "settled_at": run.now}
        return Outcome(states.REJECTED, f"try {attempts} of {limits.tries}: {error}", error.reason, settled)
    minutes = limits.retry_minutes[min(attempts, len(limits.retry_minutes)) - 1]
    due_at = run.now + max(timedelta(minutes=minutes), timedelta(seconds=error.retry_after or 0))
    later = {"attempts": attempts, "due_at": due_at}
    return Outcome(states.PLANNED, f"try {attempts} of {limits.tries}: {error}", error.reason, later)


def write_outcome(engine: Engine, claim: Claim, outcome: Outcome, run: Run) -> None:
    """Write it under the claim's fence.

    Raises:
        ClaimLost: the lease ran out meanwhile and someone else has decided.
    """
    claimed = Held(claim.message_key, states.CLAIMED, claim.fence)
    with writing(engine) as db:
        move(db, run, claimed, outcome.to, why=outcome.why, reason=outcome.reason, **outcome.values)
        failpoint("dispatch.before_outcome")
    failpoint("dispatch.after_outcome")


def _check_address(claim: Claim, keys: HashKeys) -> None:
    """The address that is published now must be the one that was planned."""
    if keys.keyed(claim.point.address) != claim.address_hash:
        raise Refused("wrong_address", "the published address does not match the planned one")
