"""Before every way to log in: who guesses must wait (see `guesses`)."""

import json
import math
from urllib.parse import parse_qs

from omnichannel.access.asked import App, Message, Receive, Scope, Send, read_ahead, route
from omnichannel.access.guesses import Guesses

# Flask-AppBuilder's form, Airflow's tokens, and their variants: whatever below /auth takes a password.
DOORS = ("/auth/token", "/auth/login", "/auth/api/v1/security/login")
GUESSES = Guesses()


class SlowGuesses:
    """ASGI middleware: answers 429 with `Retry-After` in place of looking at a password too soon."""

    def __init__(self, app: App, guesses: Guesses = GUESSES) -> None:
        self._app, self._guesses = app, guesses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; only what logs in is looked at."""
        if scope["type"] != "http" or scope["method"] != "POST" or not route(scope).startswith(DOORS):
            return await self._app(scope, receive, send)
        body, receive = await read_ahead(receive)
        client, user = (scope.get("client") or ("", 0))[0], _user(body)
        if wait := self._guesses.wait(client, user):
            return await _refuse(send, math.ceil(wait))
        self._guesses.count(client, user)

        async def look(message: Message) -> None:
            if message["type"] == "http.response.start" and _has_logged_in(message):
                self._guesses.right(client, user)
            await send(message)

        return await self._app(scope, receive, look)


def _user(body: bytes) -> str:
    """Whose password is guessed at; a body that names nobody is counted as nobody's."""
    try:
        found = json.loads(body)
        return str(found.get("username", "")).strip() if isinstance(found, dict) else ""
    except ValueError:
        return parse_qs(body.decode("utf-8", "replace")).get("username", [""])[0].strip()


def _has_logged_in(answer: Message) -> bool:
    """A token was made, or the form leads on to another page than itself."""
    if answer["status"] in (200, 302, 303):
        headers = dict(answer.get("headers", []))
        onward = headers.get(b"location", b"/login")
        return answer["status"] != 200 and b"/login" not in onward
    return bool(answer["status"] == 201)


async def _refuse(send: Send, seconds: int) -> None:
    body = json.dumps({"detail": f"Too many wrong passwords: try again in {seconds} seconds."}).encode()
    headers = [(b"content-type", b"application/json"), (b"retry-after", str(seconds).encode())]
    await send({"type": "http.response.start", "status": 429, "headers": headers})
    await send({"type": "http.response.body", "body": body})
