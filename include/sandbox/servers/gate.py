"""What every HTTP system does before it answers: token, faults, rate limit."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

from fastapi import HTTPException, Request

from include.sandbox.faults import Fault, FaultBoard

REQUESTS_PER_SECOND = 50.0
BURST = 100.0


class RateLimit:
    """A token bucket: `burst` requests at once, then `per_second`."""

    def __init__(self, per_second: float = REQUESTS_PER_SECOND, burst: float = BURST) -> None:
        self._per_second, self._burst = per_second, burst
        self._left, self._at = burst, time.monotonic()

    def wait(self) -> float:
        """Take one token: 0.0 if there was one, else the seconds until there is."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return (1 - self._left) / self._per_second
        self._left -= 1
        return 0.0


def bearer(token: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that answers 401 unless the request carries `token`."""

    async def check(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "missing or wrong bearer token", {"WWW-Authenticate": "Bearer"})

    return check


def gate(system: str, faults: FaultBoard) -> Callable[[Request], Awaitable[None]]:
    """A dependency that lets faults act and keeps callers to the rate limit."""
    limit = RateLimit()

    async def pass_through(request: Request) -> None:
        stream = request.path_params.get("stream")
        if fault := faults.strikes(system, "stall", stream):
            await _stall(request, fault, faults)
        if faults.strikes(system, "http_500", stream):
            raise HTTPException(500, f"{system} is out of order")
        if faults.strikes(system, "http_429", stream):
            raise HTTPException(429, "too many requests", {"Retry-After": "1"})
        if wait := limit.wait():
            raise HTTPException(429, "too many requests", {"Retry-After": str(max(1, round(wait)))})

    return pass_through


async def _stall(request: Request, fault: Fault, faults: FaultBoard) -> None:
    """Say nothing until the fault is cleared, its time is over, or the caller has gone."""
    end = time.monotonic() + fault.seconds
    while time.monotonic() < end and faults.on(fault.system, "stall", fault.stream):
        if await request.is_disconnected():
            return
        await asyncio.sleep(0.1)
