"""The API is a table of routes; one wrapper does for each what must never be forgotten.

A handler's signature is its contract: parameters named in the path, `body`, `query` and the
return type are read from it, checked, and written into the OpenAPI document.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, get_type_hints

import msgspec
from aiohttp import hdrs, web
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Forbidden, NotFound, Unauthenticated
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database
from web import decode, keys, origins
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.errors import CsrfFailed, ForeignOrigin
from web.spool import Spooled, spool

CSRF_HEADER = "X-CSRF-Token"
STORE_SECONDS = 8.0  # then a store that hangs is unavailable, and people are told
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Access(Enum):
    """For the few routes that ask for no right."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    PAYMENT_PAGE = "payment page"  # with a token that is good for nothing else


PUBLIC, SIGNED_IN, PAYMENT_PAGE = Access.PUBLIC, Access.SIGNED_IN, Access.PAYMENT_PAGE

Later = Callable[[web.StreamResponse], object]
Handler = Callable[..., Awaitable[Any]]

_ENCODER = msgspec.json.Encoder()
_IN_PATH = re.compile(r"\{(\w+)\}")


@dataclass(slots=True)
class Call:
    """What a handler is given beside its typed arguments.

    `db` is one transaction, committed when the handler returns; that of a GET only reads.
    `scope` is how far the route's right reaches for this person.
    """

    request: web.Request
    db: AsyncSession
    scope: Scope
    signed_in: Principal | None
    undo: ExitStack = field(default_factory=ExitStack)
    _later: list[Later] = field(default_factory=list)
    _audited: list[Audited] = field(default_factory=list)

    async def audit(
        self,
        action: str,
        object: str,
        *,
        before: Mapping[str, Any] | msgspec.Struct | None = None,
        after: Mapping[str, Any] | msgspec.Struct | None = None,
    ) -> None:
        """Write `action` on `object` ("customer/17") down, committed with what was done.

        Given both sides only what differs is kept, and nothing at all when nothing does.
        """
        old, new = _values(before), _values(after)
        if old is not None and new is not None:
            old, new = audit.difference(old, new)
            if not old and not new:
                return
        actor = self.signed_in.user if self.signed_in else None
        address = origins.address(self.request)
        self._audited.append(Audited(time.time(), actor, action, object, old, new, address))

    async def write_audit(self, db: AsyncSession) -> None:
        """Last in the transaction: from the first row on, everybody else who records waits."""
        for entry in self._audited:
            await audit.record(db, entry)
        self._audited.clear()

    @property
    def audits(self) -> bool:
        """Something is still to be written down."""
        return bool(self._audited)

    def then(self, later: Later) -> None:
        """`later(response)` once the transaction is committed, before anything is sent."""
        self._later.append(later)

    def otherwise(self, undo: Callable[[], object]) -> None:
        """`undo()` when it comes to nothing: for what a transaction cannot take back."""
        self.undo.callback(undo)

    def finish(self, response: web.StreamResponse) -> None:
        for later in self._later:
            later(response)

    @property
    def principal(self) -> Principal:
        if self.signed_in is None:
            raise Unauthenticated("sign in first")
        return self.signed_in


@dataclass(frozen=True, slots=True)
class Shape:
    """What a handler's signature says."""

    path: dict[str, Any]
    body: Any
    query: Any
    returns: Any


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    handler: Handler
    right: Right | Access  # no default: a route without a decision cannot be built
    summary: str
    beside: tuple[Right, ...] = ()  # asked for as well; how far they reach is the handler's to see
    status: int = 200
    produces: str = "application/json"
    consumes: str = "application/json"
    writes: bool = False  # a GET that leaves a trace
    also: tuple[int, ...] = ()  # statuses of failures that its shape does not tell
    shape: Shape = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.right, (Right, Access)):
            raise TypeError(f"{self.method} {self.path} names no right and is not PUBLIC")
        object.__setattr__(self, "shape", shape_of(self.handler, self.path))

    @property
    def name(self) -> str:
        return str(self.handler.__name__)


def shape_of(handler: Handler, path: str) -> Shape:
    hints = get_type_hints(handler, include_extras=True)
    returns = hints.pop("return")
    named = set(inspect.signature(handler).parameters) - {"call", "body", "query"}
    if named != set(_IN_PATH.findall(path)):
        raise TypeError(f"{handler!r} does not take the parameters of {path}")
    return Shape(
        path={name: hints[name] for name in sorted(named)},
        body=hints.get("body"),
        query=hints.get("query"),
        returns=None if returns is type(None) else returns,
    )


def serve(route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of a route."""
    reads = route.method in SAFE_METHODS and not route.writes

    async def served(request: web.Request) -> web.StreamResponse:
        async with asyncio.timeout(STORE_SECONDS):
            principal, scope = await admit(route, request)
        arguments = await _arguments(route.shape, request)
        database = request.app[keys.DATABASE]
        with _dropping(arguments), ExitStack() as undo:
            async with (
                asyncio.timeout(STORE_SECONDS),
                database.reading() if reads else database.session() as db,
            ):
                call = Call(request, db, scope, principal, undo)
                result = await route.handler(call, **arguments)
                if not reads:
                    await call.write_audit(db)
                await db.commit()
            undo.pop_all()
        if call.audits:  # the transaction of a GET only reads
            await _audit_apart(call, database)
        response = _response(route, result)
        call.finish(response)
        return response

    return served


@contextmanager
def _dropping(arguments: dict[str, Any]) -> Iterator[None]:
    """What was uploaded to the disk and nobody took is deleted."""
    body = arguments.get("body")
    try:
        yield
    finally:
        if isinstance(body, Spooled):
            body.drop()


async def _audit_apart(call: Call, database: Database) -> None:
    async with asyncio.timeout(STORE_SECONDS), database.session() as db:
        await call.write_audit(db)
        await db.commit()


def _values(sent: Mapping[str, Any] | msgspec.Struct | None) -> Mapping[str, Any] | None:
    """As JSON has it, so that what was read and what was sent can be compared."""
    values: Mapping[str, Any] | None = msgspec.to_builtins(sent, str_keys=True)
    return values


async def admit(route: Route, request: web.Request) -> tuple[Principal | None, Scope]:
    """Session, then forgery, then right. Raises what is missing."""
    unsafe = request.method not in SAFE_METHODS
    if unsafe and not origins.same(request):
        raise ForeignOrigin("this origin may not do that")
    if route.right is PUBLIC:
        return None, Scope.ALL
    pages = request.app[keys.PAYMENT_PAGES]
    if route.right is PAYMENT_PAGE:  # no browser sends the token by itself: nothing to forge
        request[keys.PAYMENT_PAGE] = await pages.admit(request)
        return None, Scope.ALL
    cookie = request.headers.get(hdrs.COOKIE)
    principal = await request.app[keys.AUTHENTICATOR].principal_for_cookie(cookie)
    if principal is None:
        await pages.refuse(request)
        raise Unauthenticated("sign in first")
    request[keys.PRINCIPAL] = principal
    if unsafe and not principal.csrf_matches(request.headers.get(CSRF_HEADER)):
        raise CsrfFailed(f"the {CSRF_HEADER} header does not belong to this session")
    return principal, _scope(route, principal)


def _scope(route: Route, principal: Principal) -> Scope:
    if not isinstance(route.right, Right):
        return Scope.OWN
    for right in (route.right, *route.beside):
        if right not in principal.rights:
            raise Forbidden(f"this needs the right {right}")
    return principal.rights[route.right]


async def _arguments(shape: Shape, request: web.Request) -> dict[str, Any]:
    arguments = {name: _path_value(request, name, kind) for name, kind in shape.path.items()}
    if shape.query is not None:
        arguments["query"] = decode.query_of(request.query, shape.query)
    if shape.body is decode.Upload:
        arguments["body"] = await decode.upload_of(request)
    elif shape.body is Spooled:
        arguments["body"] = await spool(request, request.app[keys.SETTINGS].imports)
    elif shape.body is not None:
        arguments["body"] = await decode.body_of(request, shape.body)
    return arguments


def _path_value(request: web.Request, name: str, kind: Any) -> Any:
    """An id that cannot be one is the id of nothing."""
    try:
        return msgspec.convert(request.match_info[name], kind, strict=False)
    except msgspec.ValidationError:
        raise NotFound("there is no such thing") from None


def _response(route: Route, result: Any) -> web.StreamResponse:
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204)
    return web.Response(
        status=route.status, body=_ENCODER.encode(result), content_type=route.produces
    )


def add(app: web.Application, table: tuple[Route, ...]) -> None:
    """Two routes for the same method and address are a mistake that aiohttp would hide."""
    seen: set[tuple[str, str]] = set()
    for route in table:
        key = (route.method, _IN_PATH.sub("{}", route.path))
        if key in seen:
            raise ValueError(f"{route.method} {route.path} is there twice")
        seen.add(key)
        methods = ("GET", "HEAD") if route.method == "GET" else (route.method,)
        resource = app.router.add_resource(route.path)
        for method in methods:
            resource.add_route(method, serve(route))
