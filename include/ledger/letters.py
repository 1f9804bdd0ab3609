"""Write one claimed message: its words, its looks, its way out."""

import os
from dataclasses import dataclass, field

from include.brand import Brand
from include.connections import Connection
from include.destinations import Destination
from include.errors import FixConnection
from include.keyed import HashKeys
from include.ledger.contacts import ContactPoint
from include.ledger.states import Run
from include.senders.base import Refused
from include.senders.parts.tokens import unsubscribe_token
from include.senders.smtp_email import Request
from include.templates.context import Reader, build_context
from include.templates.renderer import Renderer, Unrenderable

SECRET = "OMNI_UNSUBSCRIBE_SECRET"


@dataclass(frozen=True)
class Claim:
    """A message that this process may send until `lease_until` (monotonic seconds)."""

    message_key: str
    fence: int
    message_id: str
    journey: str
    step: str
    purpose: str
    address_hash: str
    attempts: int
    point: ContactPoint
    lease_until: float


@dataclass(frozen=True)
class Desk:
    """All that is needed to write: brand, destination, renderer, the secret of unsubscribe links, and the
    keys that claimed addresses are hashed under."""

    brand: Brand
    destination: Destination
    renderer: Renderer
    secret: str = field(repr=False)
    keys: HashKeys


def unsubscribe_secret(connection: Connection) -> str:
    """The key of unsubscribe tokens: extra `unsubscribe_secret`, else `OMNI_UNSUBSCRIBE_SECRET`.

    Raises:
        FixConnection: neither is set, or it is too short to keep anyone out.
    """
    secret = str(connection.extra.get("unsubscribe_secret") or os.environ.get(SECRET, ""))
    if len(secret) < 16:
        raise FixConnection(
            f"{connection.conn_id}: set extra.unsubscribe_secret (or {SECRET}) to 16 characters or more; "
            "it must outlive the links in messages already sent"
        )
    return secret


def write_letter(desk: Desk, claim: Claim, run: Run) -> Request:
    """One e-mail, from its template and the reader's contact point.

    Raises:
        Refused: this one cannot be written (`unrenderable`, `no_sender`).
        NotRendered, FixDeclaration: nothing is known about this one; it stays planned.
    """
    brand, point = desk.brand, claim.point
    identity = brand.senders.get(claim.purpose)
    if identity is None:
        raise Refused("no_sender", f"brand.yml names no sender for the purpose {claim.purpose}")
    language = brand.language(point.language)
    url = f"{desk.destination.unsubscribe_url}?token={unsubscribe_token(claim.message_key, desk.secret)}"
    parts = _render(desk, claim, language, url)
    return Request(
        message_id=claim.message_id,
        sender_name=identity.name,
        sender_address=identity.address,
        reply_to=identity.reply_to,
        recipient=point.address,
        subject=parts["subject"],
        text=parts["txt"],
        html=parts["html"],
        campaign=f"{claim.journey}/{claim.step}",
        language=language,
        date=run.now,
        unsubscribe_url=url,
        max_bytes=desk.destination.limits.message_bytes,
    )


def _render(desk: Desk, claim: Claim, language: str, url: str) -> dict[str, str]:
    """Subject, txt and html. The day of consent is told where the message rests on it."""
    point = claim.point
    consented = point.marketing_consent_at if claim.purpose == "marketing" else None
    reader = Reader(language, point.greeting_name, consented.date() if consented else None)
    context = build_context(desk.brand, claim.journey, reader, url)
    try:
        return desk.renderer.render(claim.journey, claim.step, point.channel, context)
    except Unrenderable as error:
        raise Refused("unrenderable", str(error)) from error
