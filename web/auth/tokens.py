"""The secret in the cookie, what is derived from it, and the cookie itself."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from aiohttp import web

COOKIE = "callcenter_session"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits


def new_token() -> str:
    return secrets.token_urlsafe(32)


def session_id(token: str) -> str:
    """What the database knows of a token. It is random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """Tied to the session and kept nowhere: only who holds the cookie's secret can make it."""
    return hmac.new(token.encode(), b"callcenter csrf", hashlib.sha256).hexdigest()


def token_of(cookie_header: str | None) -> str | None:
    """The token in a Cookie header. Other cookies may be as odd as they like."""
    for pair in (cookie_header or "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and _TOKEN.fullmatch(value):
            return value
    return None


def set_cookie(response: web.StreamResponse, token: str, *, secure: bool, lifetime: float) -> None:
    """Without a Domain it stays with this host, yet reaches the gateway's other port."""
    response.set_cookie(
        COOKIE,
        token,
        path="/",
        max_age=int(lifetime),
        httponly=True,
        samesite="Lax",
        secure=secure,
    )


def clear_cookie(response: web.StreamResponse, *, secure: bool) -> None:
    response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax", secure=secure)
