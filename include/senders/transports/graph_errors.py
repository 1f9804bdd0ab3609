"""What an answer of the Graph API means, by who must act; quoted without secrets and personal data."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NoReturn

import httpx

from include.destinations import ErrorCodes
from include.errors import FixConnection, FixPayload, RetryLater

PERSONAL = re.compile(r"\S+@\S+|\b[0-9a-f]{64}\b|\+?\d[\d ()-]{7,}\d")
USAGE = "X-Business-Use-Case-Usage"
LATER = frozenset({408, 425, 429, 503})  # states that ask for another try, whatever the body says


class Doubt(IntEnum):
    """Whether a request that failed may have changed something all the same."""

    NONE = 0  # it was refused
    STUMBLED = 1  # the vendor failed over it
    LOST = 2  # no answer came that can be read


class Busy(RetryLater):
    """Not now, and how sure it is that nothing was changed."""

    def __init__(self, message: str, doubt: Doubt = Doubt.NONE, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after)
        self.doubt = doubt


@dataclass(frozen=True)
class Replies:
    """Reads answers by the codes that the destination declares."""

    conn_id: str
    codes: ErrorCodes
    secrets: tuple[str, ...] = field(repr=False)

    def read(self, response: httpx.Response) -> Mapping[str, Any]:
        """The answer's body.

        Raises:
            Busy: it asks for patience, or failed.
            FixConnection: token, permission or address are refused.
            FixPayload: it refused what was said, or its uploads into this audience are blocked.
        """
        body = _json(response)
        error = (body or {}).get("error")
        if response.is_success and not isinstance(error, dict):
            if body is not None:
                return body
            said = f"{self.conn_id} answered {response.status_code} with something that is no JSON object"
            raise Busy(said, Doubt.LOST)
        self._refuse(response, error if isinstance(error, dict) else {})

    def _refuse(self, response: httpx.Response, error: Mapping[str, Any]) -> NoReturn:
        status, code, subcode = (
            response.status_code,
            whole(error.get("code")),
            whole(error.get("error_subcode")),
        )
        said = f"{self.conn_id}: {self._quote(status, error)}"
        self._refuse_payload(said, code, subcode)
        if error.get("is_transient") in (True, "true"):
            raise Busy(said, _doubt(status), _wait_asked(response))
        if code in self.codes.connection:
            raise FixConnection(
                f"{said}. Renew the token of this connection, or its permissions; or raise extra.api_version"
            )
        if code in self.codes.retry or status in LATER:
            raise Busy(said, _doubt(status), _wait_asked(response))
        if status in (401, 403):
            raise FixConnection(f"{said}. Renew the token of this connection, or its permissions")
        if status >= 500:
            raise Busy(said, Doubt.STUMBLED)
        if code is None:
            raise FixConnection(f"{said}. Check host and extra.api_version of this connection")
        raise FixPayload(said)

    def _refuse_payload(self, said: str, code: int | None, subcode: int | None) -> None:
        """Raise where what was said is at fault, or the audience is blocked."""
        if subcode in self.codes.blocked_subcodes:
            raise FixPayload(
                f"{said}. Uploads into this audience are blocked: appeal in the vendor's audience manager, "
                "or have its data looked at and a new audience made; then clear the task"
            )
        if subcode in self.codes.payload_subcodes or code in self.codes.payload:
            raise FixPayload(said)

    def _quote(self, status: int, error: Mapping[str, Any]) -> str:
        """Status, code and the vendor's words without secrets, addresses or hashes."""
        if not error:
            return f"answered {status}"
        code, subcode = whole(error.get("code")), whole(error.get("error_subcode"))
        codes = f", code {'unreadable' if code is None else code}" if "code" in error else ", no code"
        codes += "" if subcode is None else f", subcode {subcode}"
        trace = f" (trace {self._clean(error['fbtrace_id'])[:40]})" if error.get("fbtrace_id") else ""
        return f"answered {status}{codes}: {self._clean(error.get('message', ''))[:200]}{trace}"

    def _clean(self, value: Any) -> str:
        text = str(value)
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "…")
        return PERSONAL.sub("…", text)


def _doubt(status: int) -> Doubt:
    return Doubt.STUMBLED if status >= 500 and status != 503 else Doubt.NONE


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _wait_asked(response: httpx.Response) -> float | None:
    """Seconds to wait: `Retry-After`, else the longest of the usage header, which counts minutes."""
    asked = _number(response.headers.get("Retry-After"))
    if asked is not None:
        return asked
    try:
        usage = json.loads(response.headers.get(USAGE, ""))
    except (ValueError, RecursionError):
        return None
    kinds = usage.values() if isinstance(usage, dict) else ()
    uses = [use for kind in kinds if isinstance(kind, list) for use in kind if isinstance(use, dict)]
    minutes = [_number(use.get("estimated_time_to_regain_access")) or 0.0 for use in uses]
    return max(minutes, default=0.0) * 60 or None


def _number(value: Any) -> float | None:
    """A number that is finite and not below zero, also where it came as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def whole(value: Any) -> int | None:
    """A whole number, also where it came as text; None for anything else."""
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
