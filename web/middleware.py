"""What happens around every request: its id, its log line, its figures, its errors, its headers."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import hdrs, web
from structlog.contextvars import bound_contextvars

from callcenter.ids import new_id
from callcenter.metrics import HTTP_SECONDS
from web import keys, origins
from web.errors import problem_of, response_of

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
REQUEST_ID_HEADER = "X-Request-Id"
CONSOLE_ROUTE = "console"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CUSTOMERS = "/feedback/"  # what follows is a secret that one customer knows
NOT_CONSOLE = ("/api/", "/healthz", "/metrics", CUSTOMERS)

# Scripts only from our own files: text from outside can never become code. Styles may be inline
# because Element Plus positions its pop-ups by style attributes, which no nonce can cover.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self' {links}; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=31536000"


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost: whatever happens inside has an id, a line in the log, a place in the figures."""
    request_id = request[keys.REQUEST_ID] = new_id()
    began = time.monotonic()
    if request.transport is not None:
        request.app[keys.HEARD].add(request.transport)
    with bound_contextvars(request_id=request_id):
        response = await handler(request)
        seconds = time.monotonic() - began
        route = _route_of(request)
        method = request.method if request.method in METHODS else "other"
        HTTP_SECONDS.labels(method, route, response.status).observe(seconds)
        principal = request.get(keys.PRINCIPAL)
        log.info(
            "http",
            method=request.method,
            path=_shown(request),
            status=response.status,
            ms=round(seconds * 1000, 1),
            user=principal.user if principal else None,
            address=origins.address(request),
        )
    return response


@web.middleware
async def as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one place where errors become responses, aiohttp's own among them."""
    try:
        return await handler(request)
    except Exception as error:
        problem = problem_of(error)
        if problem.code == "store_unavailable":  # the store says so itself, once, with the reason
            log.warning("http_failed", code=problem.code, path=_shown(request))
        elif problem.unexpected:
            log.exception("http_failed", code=problem.code, path=_shown(request))
        return response_of(problem, request[keys.REQUEST_ID])


@web.middleware
async def console(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Addresses no route knows are the console's, unless they are the API's."""
    unknown = isinstance(request.match_info.http_exception, web.HTTPNotFound)
    if unknown and request.method in {"GET", "HEAD"} and not request.path.startswith(NOT_CONSOLE):
        answer = await request.app[keys.CONSOLE].answer(request)
        if answer is not None:
            return answer
    return await handler(request)


async def headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every response just before it is sent, files and streams included."""
    links = (origins.gateway_url(request), request.app[keys.SETTINGS].phone_socket)
    policy = POLICY.format(links=" ".join(_origin(url) for url in links if url))
    response.headers.setdefault("Content-Security-Policy", policy)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[keys.SETTINGS].secure:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if request.path.startswith(NOT_CONSOLE):
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
    response.headers[hdrs.SERVER] = "callcenter"  # which versions are inside is nobody's business
    if keys.REQUEST_ID in request:
        response.headers.setdefault(REQUEST_ID_HEADER, request[keys.REQUEST_ID])


def _shown(request: web.Request) -> str:
    """The path for the log: without the query, because what people search for is nobody's business,
    and without the secret of a customer's link."""
    return f"{CUSTOMERS}…" if request.path.startswith(CUSTOMERS) else request.path


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _route_of(request: web.Request) -> str:
    """The route's pattern; addresses people make up must not become labels."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else CONSOLE_ROUTE
