"""Headers of every answer: our own scripts alone, no foreign frames, no guessing of types."""

from omnichannel.access.asked import App, Message, Receive, Scope, Send, route

# Airflow's interface sets styles from scripts (Emotion), shows images that it makes (data:, blob:) and works
# in workers made the same way (the code viewer). Its Security pages, of Flask-AppBuilder, lie in a frame.
STRICT = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "worker-src": "'self' blob:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
# Flask-AppBuilder's pages hold scripts in their text.
BELOW_AUTH = STRICT | {"script-src": "'self' 'unsafe-inline'"}
ALWAYS = {
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
ONE_YEAR = b"max-age=31536000"


class SafeHeaders:
    """ASGI middleware: adds what an answer does not say itself."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with these headers; over TLS alone the browser is asked to stay there."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        added = _headers(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *((name, value) for name, value in added if name not in said),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    is_flask = route(scope).startswith("/auth/")
    policy = "; ".join(f"{name} {value}" for name, value in (BELOW_AUTH if is_flask else STRICT).items())
    said = {"content-security-policy": policy, **ALWAYS}
    found = [(name.encode(), value.encode()) for name, value in said.items()]
    if scope.get("scheme") == "https":
        found.append((b"strict-transport-security", ONE_YEAR))
    return found
