"""Decides before the upgrade who may connect, so that strangers never get a socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Iterable
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.datastructures import MultipleValuesError
from websockets.http11 import Request, Response

BOARD_READ = "board.read"  # the right to the board
WORK_HANDLE = "work.handle"  # the right to missed calls and callbacks
TICKET_READ = "ticket.read"  # the right to tickets

log = structlog.get_logger(__name__)


class Principal(Protocol):
    """What the gateway has to know of a signed-in person."""

    @property
    def user(self) -> int: ...
    @property
    def agent(self) -> int | None: ...
    @property
    def display_name(self) -> str: ...
    @property
    def session(self) -> str: ...
    @property
    def expires_at(self) -> float: ...
    @property
    def rights(self) -> Container[str]: ...


class Authenticator(Protocol):
    """Who sent this Cookie header; None when nobody who is signed in."""

    def principal_for_cookie(self, cookie_header: str | None, /) -> Awaitable[Principal | None]: ...


Admit = Callable[[ServerConnection, Principal, str], None]  # connection, who, Cookie header


class Door:
    """`process_request` of the server: Origin first (cheap), then the session."""

    def __init__(self, authenticator: Authenticator, origins: Iterable[str], admit: Admit) -> None:
        self._authenticator = authenticator
        self._origins = frozenset(origin.rstrip("/").lower() for origin in origins)
        self._admit = admit

    async def __call__(self, connection: ServerConnection, request: Request) -> Response | None:
        try:
            origin = request.headers.get("Origin")
            host = request.headers.get("Host", "")
            cookie = request.headers.get("Cookie")
        except MultipleValuesError:
            return refusal(connection, HTTPStatus.BAD_REQUEST, "bad_request", "a header came twice")
        if not self._from_us(origin, host):
            return refusal(
                connection, HTTPStatus.FORBIDDEN, "foreign_origin", "another site's page"
            )
        return await self._check(connection, cookie)

    async def _check(self, connection: ServerConnection, cookie: str | None) -> Response | None:
        try:
            principal = await self._authenticator.principal_for_cookie(cookie)
        except Exception:
            # Whatever keeps us from knowing who it is: nobody comes in, and the client may retry.
            log.exception("gateway_authentication_failed")
            return refusal(
                connection, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "try again later"
            )
        if principal is None or cookie is None:
            return refusal(connection, HTTPStatus.UNAUTHORIZED, "unauthenticated", "sign in first")
        self._admit(connection, principal, cookie)
        return None

    def _from_us(self, origin: str | None, host: str) -> bool:
        """Browsers always say where the page is from; other clients hold no stolen cookie jar.

        The page and the gateway have different ports, so the same host name is us.
        """
        if origin is None or origin.lower() in self._origins:
            return True
        try:
            page, here = urlsplit(origin.lower()), urlsplit(f"//{host.lower()}")
            return page.scheme in {"http", "https"} and page.hostname == here.hostname is not None
        except ValueError:
            return False


def refusal(connection: ServerConnection, status: HTTPStatus, code: str, message: str) -> Response:
    """The one JSON error shape, as the API has it."""
    body = msgspec.json.encode({"error": {"code": code, "message": message}}).decode()
    response = connection.respond(status, body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    return response
