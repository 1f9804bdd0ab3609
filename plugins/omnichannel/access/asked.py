"""The request that is being answered, for rules that need more of it than method and kind of resource."""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextvars import ContextVar
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 64 * 1024  # bytes: what starts a run, and what logs in, are far smaller

_ASKED: ContextVar[tuple[Scope, bytes] | None] = ContextVar("asked", default=None)


def endpoint() -> str:
    """The name of the function that will answer; empty outside a request."""
    asked = _ASKED.get()
    return str(getattr(asked[0].get("endpoint"), "__name__", "")) if asked else ""


def path_parameter(name: str) -> str | None:
    """A part of the request's path by its name in the route."""
    asked = _ASKED.get()
    return (asked[0].get("path_params") or {}).get(name) if asked else None


def conf() -> Mapping[str, Any]:
    """What a run is to be started with; empty where the body says nothing, or is none."""
    asked = _ASKED.get()
    try:
        body = json.loads(asked[1]) if asked else {}
        found = body.get("conf") or {}
    except (ValueError, AttributeError):
        return {}
    return found if isinstance(found, dict) else {}


class KeepRequest:
    """ASGI middleware: keeps the request, and the body of what starts a run, for the auth manager."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with it kept."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body = b""
        if scope["method"] == "POST" and route(scope).rstrip("/").endswith("/dagRuns"):
            body, receive = await read_ahead(receive)
        token = _ASKED.set((scope, body))
        try:
            return await self._app(scope, receive, send)
        finally:
            _ASKED.reset(token)


def route(scope: Scope) -> str:
    """A request's path within Airflow, which may itself lie below a path of its host."""
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


async def read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The beginning of a request's body, at most `LARGEST_BODY`, and a `receive` that gives it once more.

    A body that is longer comes back empty: no rule is to judge by half of one.
    """
    kept: list[Message] = []
    size, is_whole = 0, False
    while size <= LARGEST_BODY and not is_whole:
        message = await receive()
        kept.append(message)
        size += len(message.get("body", b""))
        is_whole = message["type"] != "http.request" or not message.get("more_body", False)
    body = b"".join(message.get("body", b"") for message in kept) if size <= LARGEST_BODY else b""

    async def again() -> Message:
        return kept.pop(0) if kept else await receive()

    return body, again
