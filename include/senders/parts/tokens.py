"""Unsubscribe tokens: they name a message, and nobody else can make one."""

import base64
import hashlib
import hmac


def unsubscribe_token(message_key: str, secret: str) -> str:
    """`<message key>.<mac>`; holds no address."""
    mac = hmac.new(secret.encode(), b"unsubscribe:" + message_key.encode(), hashlib.sha256).digest()
    return f"{message_key}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def verify_token(token: str, secret: str) -> str | None:
    """The message key of a token that we made; None for any other."""
    message_key, _, _ = token.partition(".")
    is_ours = hmac.compare_digest(token.encode(), unsubscribe_token(message_key, secret).encode())
    return message_key if is_ours else None
