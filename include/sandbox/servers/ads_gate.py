"""What the ad platform does before it answers, and how it says no: token, proof, faults, rate limit."""

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from include.sandbox.faults import FaultBoard
from include.sandbox.servers.gate import RateLimit

SYSTEM = "ad_platform"


@dataclass(frozen=True)
class Account:
    """The one ad account, and what a caller must show. `seed` decides what chance does."""

    account_id: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    seed: int = 0

    @property
    def proof(self) -> str:
        """What only a holder of both secrets can say."""
        return hmac.new(self.secret.encode(), self.token.encode(), hashlib.sha256).hexdigest()


class GraphError(Exception):
    """An answer that says no. `wait`: seconds until asking again makes sense."""

    def __init__(
        self,
        code: int,
        message: str,
        status: int = 400,
        subcode: int | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.subcode, self.wait = code, status, subcode, wait


def entrance(account: Account, faults: FaultBoard) -> Callable[[Request], Awaitable[dict[str, Any]]]:
    """A dependency that gives the body of a request which may pass."""
    limit = RateLimit()

    async def enter(request: Request) -> dict[str, Any]:
        given = request.headers.get("authorization", "").encode()
        is_ours = secrets.compare_digest(given, f"Bearer {account.token}".encode())
        if not is_ours or faults.on(SYSTEM, "token_revoked"):
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        body = await _body(request)
        proof = str(body.pop("appsecret_proof", "") or request.query_params.get("appsecret_proof", ""))
        if not secrets.compare_digest(proof.encode(), account.proof.encode()):
            raise GraphError(190, "Invalid appsecret_proof provided in the API argument")
        _hold_back(faults, account.seed)
        if wait := limit.wait():
            raise GraphError(17, "User request limit reached", 429, wait=max(wait, 1.0))
        return body

    return enter


def refusal(account: Account, error: GraphError) -> JSONResponse:
    """The vendor's form of an error, with the usage of the account where it asks for patience."""
    told = {"message": str(error), "type": "OAuthException", "code": error.code, "fbtrace_id": "Asandbox"}
    if error.subcode is not None:
        told["error_subcode"] = error.subcode
    headers = {}
    if error.wait is not None:
        usage = {"type": "custom_audience", "call_count": 100, "total_cputime": 25, "total_time": 25,
                 "estimated_time_to_regain_access": math.ceil(error.wait / 60)}  # fmt: skip
        headers["X-Business-Use-Case-Usage"] = json.dumps({account.account_id.removeprefix("act_"): [usage]})
        if error.wait < 60:
            headers["Retry-After"] = str(math.ceil(error.wait))
    return JSONResponse({"error": told}, error.status, headers)


def is_drawn(share: float, *of: object) -> bool:
    """Whether chance picks this one; the same one every time."""
    digest = hashlib.sha256("/".join(map(str, of)).encode()).digest()
    return int.from_bytes(digest[:4]) < share * 2**32


async def _body(request: Request) -> dict[str, Any]:
    content = await request.body()
    try:
        body = json.loads(content or b"{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(100, "the body must be a JSON object")
    return body


def _hold_back(faults: FaultBoard, seed: int) -> None:
    """Let faults act that strike before anything is taken."""
    if fault := faults.strikes(SYSTEM, "throttled"):
        raise GraphError(80003, "There have been too many calls to this ad account", wait=fault.seconds)
    if faults.strikes(SYSTEM, "http_429"):
        raise GraphError(17, "User request limit reached", 429, wait=1)
    if faults.strikes(SYSTEM, "http_503"):
        raise GraphError(2, "Service temporarily unavailable", 503)
    if faults.strikes(SYSTEM, "http_500"):
        raise GraphError(1, "An unknown error occurred", 500)
    if (fault := faults.strikes(SYSTEM, "busy")) and is_drawn(fault.share, seed, "busy", fault.asked):
        if is_drawn(0.5, seed, "kind", fault.asked):
            raise GraphError(17, "User request limit reached", 429, wait=1)
        raise GraphError(2, "Service temporarily unavailable", 503)
