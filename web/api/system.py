"""What machines ask the service about itself."""

from __future__ import annotations

import asyncio
import hmac
from ipaddress import ip_address

import msgspec
from aiohttp import hdrs, web

from callcenter import metrics
from callcenter.errors import Forbidden
from callcenter.health import State
from web import keys
from web.api.values import View
from web.routes import Call


class CheckView(msgspec.Struct, frozen=True, omit_defaults=True):
    """`since` tells since when it is not ok, in seconds since the Unix epoch."""

    state: str
    detail: str = ""
    since: float | None = None


class HealthView(View, frozen=True):
    state: str
    checks: dict[str, CheckView]


async def healthz(call: Call) -> HealthView:
    """503 only when a part does not work at all: a degraded service should not be restarted.

    What is wrong names hosts and users, so it is told only to those who may see the metrics.
    """
    health = call.request.app[keys.HEALTH]
    trusted = _is_trusted(call.request)
    checks = {
        name: CheckView(verdict.state, verdict.detail if trusted else "", verdict.since)
        for name, verdict in health.report().items()
    }
    state = health.overall()
    if state is State.DOWN:
        call.then(lambda response: response.set_status(503))
    return HealthView(state, checks)


async def prometheus(call: Call) -> web.Response:
    """For this machine, or for whoever has the configured token."""
    if not _is_trusted(call.request):
        raise Forbidden("metrics are for this machine, or for the token in [web] metrics_token")
    response = web.Response(body=metrics.exposition())
    response.headers[hdrs.CONTENT_TYPE] = metrics.CONTENT_TYPE
    return response


def _is_trusted(request: web.Request) -> bool:
    """This machine, or who has the token when there is one."""
    token = request.app[keys.SETTINGS].metrics_token
    return _has_token(request, token) if token else _is_local(request)


def _has_token(request: web.Request, token: str) -> bool:
    given = request.headers.get(hdrs.AUTHORIZATION, "")
    wanted = f"Bearer {token}"
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def _is_local(request: web.Request) -> bool:
    """A proxy on this machine is local too, but whom it speaks for is not."""
    forwarded = hdrs.X_FORWARDED_FOR in request.headers or hdrs.FORWARDED in request.headers
    return not forwarded and ip_address(request.remote or "::").is_loopback


async def openapi(call: Call) -> web.Response:
    body = await asyncio.to_thread(call.request.app[keys.OPENAPI])
    return web.Response(body=body, content_type="application/json")
