"""Meta custom audiences: members as sets, added or removed in batches; e-mail and telephone hashed.

A set bears being told the same twice. So a batch whose fate is unknown is said again, and where the vendor
counts invalid entries without naming them all, parts of the batch are said again until each is found.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from include.connections import Connection
from include.destinations import Destination
from include.errors import FixPayload, OmniError, OutcomeUnknown, RetryLater
from include.failpoints import failpoint
from include.senders.base import AudienceRequest as Request
from include.senders.base import Gone, Receipt, Refused, closing_quietly
from include.senders.parts.hashing import hash_of
from include.senders.parts.isolate import Answer, isolate
from include.senders.parts.members import Member
from include.senders.parts.upload_sessions import alone, of_plan
from include.senders.transports.graph import EXAMPLES, GraphTransport  # noqa: F401  (found by its name)
from include.senders.transports.graph_errors import whole

SCHEMAS = {"add": ["EXTERN_ID", "EMAIL", "PHONE"], "remove": ["EXTERN_ID"]}
AUDIENCES = "customaudiences"
OURS = "Kept by the customer platform"
LARGEST = 10_000
IS_LOOKED_FOR = False

Rows = Mapping[str, list[str]]


class Transport(Protocol):
    """What `send` needs of the vendor."""

    def listed(self, edge: str, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Everything under an edge of the ad account."""

    def create(self, edge: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Make something new under an edge of the ad account."""

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Say something that may be said twice."""

    def delete(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As `post`, by the method DELETE."""


def reference(request: Request) -> str:
    """`<sync>/<session>/<number>`."""
    return f"{request.sync}/{request.session.session_id}/{request.session.number}"


def payload(request: Request) -> dict[str, Any]:
    """Schema and data; equal requests are equal payloads.

    Raises:
        FixPayload: the batch both adds and removes.
    """
    return _payload(_operation(request), _rows(request).values())


def fingerprint(request: Request) -> str:
    """SHA-256 of the payload."""
    told = json.dumps(payload(request), separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def receipt(request: Request, rejected: Mapping[str, str]) -> Receipt:
    """Whoever was not rejected was taken."""
    return Receipt(len(request.members) - len(rejected), rejected, reference(request))


def send(transport: Transport, request: Request) -> Receipt:
    """Add to the audience, or remove from it; an audience that is not there is made for an addition.

    Raises:
        Gone: members were acknowledged, and the audience is not there any more: somebody has deleted it.
        Refused: an audience of that name is not ours (`name_taken`).
        OutcomeUnknown: no answer came, or which entries were invalid could not be learnt: say it again.
    """
    operation, rows = _operation(request), _rows(request)
    missing = [member.customer_id for member in request.members if member.customer_id not in rows]
    rejected = dict.fromkeys(missing, "no_usable_identifier")
    audience = _audience(transport, request, operation == "add") if rows else None
    failpoint("sync.after_audience")
    if audience is not None:
        invalid = _hand_over(
            transport, f"{audience}/users", operation, rows, of_plan(request.session, len(rows))
        )
        rejected |= dict.fromkeys(sorted(invalid), "invalid_entry")
    return receipt(request, rejected)


def arrived(transport: Transport, reference: str, fingerprint: str, step: str | None = None) -> None:
    """Nobody can tell; said again, it changes nothing."""


def erase(transport: Transport, customer_ids: Iterable[str]) -> Receipt:
    """Remove these customers from every custom audience that we made in the ad account."""
    ids = sorted(set(customer_ids))
    batches = [ids[start : start + LARGEST] for start in range(0, len(ids), LARGEST)]
    invalid: set[str] = set()
    for audience in filter(_is_ours, _audiences(transport)):
        for batch in batches:
            rows = {customer_id: [customer_id] for customer_id in batch}
            invalid |= _hand_over(transport, f"{_id(audience)}/users", "remove", rows, alone(batch))
    return Receipt(len(ids) - len(invalid), dict.fromkeys(sorted(invalid), "invalid_entry"), "erasure")


def connect(
    destination: Destination, connection: Connection, timeout: float
) -> AbstractContextManager[GraphTransport]:
    """A session that opens at its first request."""
    return closing_quietly(GraphTransport(destination, connection, timeout))


def _operation(request: Request) -> str:
    operations = {member.operation for member in request.members}
    if len(operations) != 1 or not operations <= SCHEMAS.keys():
        raise FixPayload(f"a batch either adds or removes, not {', '.join(sorted(operations)) or 'neither'}")
    return operations.pop()


def _rows(request: Request) -> Rows:
    """A row for each member that the vendor can be told of."""
    rows = {member.customer_id: _row(member) for member in request.members}
    return {customer_id: row for customer_id, row in rows.items() if row == [customer_id] or any(row[1:])}


def _row(member: Member) -> list[str]:
    if member.operation == "remove":
        return [member.customer_id]
    return [member.customer_id, hash_of(member.identifiers, "email"), hash_of(member.identifiers, "sms")]


def _payload(operation: str, rows: Iterable[list[str]]) -> dict[str, Any]:
    return {"schema": SCHEMAS[operation], "data": list(rows)}


def _audiences(transport: Transport) -> list[dict[str, Any]]:
    return transport.listed(AUDIENCES, {"fields": "id,name,description"})


def _id(audience: Mapping[str, Any]) -> int:
    """The vendor's id of an audience; it becomes part of an address, so nothing but digits will do."""
    known = whole(audience.get("id"))
    if known is None or known < 0:
        raise RetryLater("the vendor shows an audience without a usable id; the next try looks again")
    return known


def _is_ours(audience: Mapping[str, Any]) -> bool:
    return str(audience.get("description")).startswith(OURS)


def description_of(sync: str) -> str:
    """By which our audience is known, whatever people call it."""
    return f"{OURS} as {sync}; changes by hand are lost."


def _audience(transport: Transport, request: Request, is_to_be_made: bool) -> str | None:
    """Id of the audience that we made for the sync. Looked for first, so that a crash never makes two."""
    name, ours, known = request.sync, description_of(request.sync), _audiences(transport)
    if mine := [_id(audience) for audience in known if audience.get("description") == ours]:
        return str(min(mine))
    if any(audience.get("name") == name for audience in known):
        raise Refused("name_taken", f"an audience called {name} is there that we did not make: rename it")
    if request.has_members:
        raise Gone(f"the audience {name} is not there any more")
    if not is_to_be_made:
        return None
    failpoint("sync.before_create")
    source = {"subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}
    made = transport.create(AUDIENCES, {"name": name, "description": ours, **source})
    failpoint("sync.after_create")
    return str(_id(made))


def _hand_over(
    transport: Transport, path: str, operation: str, rows: Rows, session: Mapping[str, Any]
) -> set[str]:
    """Say the rows; the ids of those that the vendor found invalid."""
    call = transport.post if operation == "add" else transport.delete

    def say(ids: Sequence[str], session: Mapping[str, Any]) -> Answer:
        told = {"payload": _payload(operation, [rows[id_] for id_ in ids]), "session": session}
        return _answer(call(path, told), ids)

    ids = list(rows)
    whole = say(ids, session)
    failpoint("sync.after_answer")
    try:
        return isolate(ids, whole, lambda part: say(part, alone(part)))
    except OmniError as error:
        raise OutcomeUnknown(f"taken, but which entries were not is not known: {error}") from error


def _answer(reply: Mapping[str, Any], ids: Sequence[str]) -> Answer:
    """How many were invalid, and who. Only names that we said ourselves are believed."""
    received, invalid = whole(reply.get("num_received")), whole(reply.get("num_invalid_entries"))
    if received is None or invalid is None or min(received, invalid) < 0 or received + invalid < len(ids):
        raise OutcomeUnknown(f"of {len(ids)} entries it received {received}, {invalid} of them invalid")
    samples = reply.get("invalid_entry_samples")
    words = [*samples, *samples.values()] if isinstance(samples, dict) else samples
    named = map(str, words) if isinstance(words, list) else ()
    return Answer(invalid, frozenset(ids).intersection(named))
