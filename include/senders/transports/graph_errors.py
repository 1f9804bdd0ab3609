"""What an answer of the Graph API means, by who must act; quoted without secrets and personal data."""

import json
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
        if response.status_code == 200 and body is not None:
            return body
        if response.status_code == 200:
            raise Busy(f"{self.conn_id} answered 200 with something that is no JSON", Doubt.LOST)
        error = (body or {}).get("error")
        self._refuse(response, error if isinstance(error, dict) else {})

    def _refuse(self, response: httpx.Response, error: Mapping[str, Any]) -> NoReturn:
        status, code = response.status_code, error.get("code")
        said = f"{self.conn_id}: {self._quote(status, error)}"
        if error.get("error_subcode") in self.codes.blocked_subcodes:
            raise FixPayload(
                f"{said}. Uploads into this audience are blocked: appeal in the vendor's audience manager, "
                "or have its data looked at and a new audience made; then clear the task"
            )
        if code in self.codes.connection or (code is None and status in (401, 403)):
            raise FixConnection(f"{said}. Renew the token of this connection, or its permissions")
        if code in self.codes.retry or status in (429, 503):
            raise Busy(said, _doubt(status), _wait_asked(response))
        if code in self.codes.payload:
            raise FixPayload(said)
        if status >= 500:
            raise Busy(said, Doubt.STUMBLED)
        if code is None:
            raise FixConnection(f"{said}. Check host and extra.api_version of this connection")
        raise FixPayload(said)

    def _quote(self, status: int, error: Mapping[str, Any]) -> str:
        """Status, code and the vendor's words without secrets, addresses or hashes."""
        if "code" not in error:
            return f"answered {status}"
        text = str(error.get("message", ""))
        for secret in filter(None, self.secrets):
            text = text.replace(secret, "…")
        subcode = f", subcode {error['error_subcode']}" if error.get("error_subcode") else ""
        trace = f" (trace {error['fbtrace_id']})" if error.get("fbtrace_id") else ""
        return f"answered {status}, code {error['code']}{subcode}: {PERSONAL.sub('…', text)[:200]}{trace}"


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
    try:
        return max(0.0, float(response.headers["Retry-After"]))
    except (KeyError, ValueError):
        pass
    try:
        usage = json.loads(response.headers[USAGE])
        minutes = [use["estimated_time_to_regain_access"] for uses in usage.values() for use in uses]
        return max(minutes, default=0) * 60.0 or None
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
