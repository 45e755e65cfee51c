"""Each route with each role, from the table of routes itself: nobody is let in by accident."""

from __future__ import annotations

import re

import pytest
from aiohttp.web import Application
from pytest_aiohttp import AiohttpClient

from callcenter.store.database import Database
from tests.web.conftest import PASSWORD, Api
from web.api.table import ROUTES
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.rights import BUILT_IN, Right, Role
from web.routes import PAYMENT_PAGE, PUBLIC, SAFE_METHODS, SIGNED_IN, Route, add

CHECKED = [route for route in ROUTES if route.right not in {PUBLIC, PAYMENT_PAGE}]
# Whoever adds one has to say so here: these are open to everybody who finds the address.
OPEN = {
    ("POST", "/api/v1/session"),
    ("GET", "/feedback/{token}"),
    ("POST", "/feedback/{token}"),
    ("GET", "/healthz"),
    ("GET", "/metrics"),
    ("GET", "/api/openapi.json"),
}
# These ask for a token that is good for nothing else; their own tests try them.
BY_TOKEN = {
    ("POST", "/api/v1/payment/recording/pause"),
    ("POST", "/api/v1/payment/recording/resume"),
}
# What people do with themselves needs no right but to be signed in; what a link leads to, the link.
PERSONAL = ("/api/v1/session", "/api/v1/me", "/api/v1/shared-recordings/{token}")
# Nor do the words that forms are made of, and a search that asks for each kind's own right.
EVERYBODYS = ("/api/v1/fields", "/api/v1/dictionary/{kind}", "/api/v1/search")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Who may do what does not depend on the database."""
    return sqlite_url


def example(route: Route) -> str:
    """An address that the route takes, of something that is not there."""
    return re.sub(r"\{\w+\}", "7", route.path)


async def answer(api: Api, route: Route) -> tuple[int, str]:
    body = {"nonsense": 1} if route.method not in SAFE_METHODS else None
    status, answered = await api.call(route.method, example(route), body)
    return status, answered["error"]["code"] if status >= 400 else ""


def test_every_route_declares_what_it_asks_for() -> None:
    for route in ROUTES:
        where = (route.method, route.path)
        if route.right is PUBLIC:
            assert where in OPEN, f"{where} is open to everybody"
        elif route.right is PAYMENT_PAGE:
            assert where in BY_TOKEN, f"{where} asks for nobody's session"
        elif route.right is SIGNED_IN:
            mine = route.path.startswith(PERSONAL) or route.path in EVERYBODYS
            assert mine, f"{where} asks for no right"
        else:
            assert isinstance(route.right, Right), where


def test_a_route_without_a_right_cannot_be_built() -> None:
    with pytest.raises(TypeError, match="names no right"):
        Route("GET", "/api/v1/x", ROUTES[0].handler, None, "x")  # type: ignore[arg-type]


async def test_the_server_knows_no_other_routes(app: Application) -> None:
    """Whatever answers under /api came through the table."""
    served = {
        (route.method, resource.canonical)
        for resource in app.router.resources()
        for route in resource
        if route.method != "HEAD"
    }
    assert served == {(route.method, route.path) for route in ROUTES}


def test_the_same_address_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="there twice"):
        add(Application(), (ROUTES[0], ROUTES[0]))


async def test_without_sign_in_every_route_refuses(api: Api) -> None:
    for route in CHECKED:
        assert await answer(api, route) == (401, "unauthenticated"), route.path


async def test_what_changes_something_needs_the_token(
    app: Application, aiohttp_client: AiohttpClient, database: Database, hasher: Passwords
) -> None:
    api = await _somebody(app, aiohttp_client, database, hasher, Role.ADMINISTRATOR)
    api.csrf = ""
    for route in CHECKED:
        if route.method not in SAFE_METHODS:
            assert await answer(api, route) == (403, "csrf_failed"), route.path


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_do_what_its_rights_say(
    role: Role,
    app: Application,
    aiohttp_client: AiohttpClient,
    database: Database,
    hasher: Passwords,
) -> None:
    api = await _somebody(app, aiohttp_client, database, hasher, role)
    for route in sorted(CHECKED, key=lambda route: route.name == "sign_out"):
        status, code = await answer(api, route)
        asked = {route.right, *route.beside} - {SIGNED_IN}
        missing = bool(asked - BUILT_IN[role].keys())
        if missing:
            assert (status, code) == (403, "forbidden"), route.path
        else:
            assert status in {200, 202, 204, 404, 409, 415, 422}, (route.path, code)


async def _somebody(
    app: Application,
    aiohttp_client: AiohttpClient,
    database: Database,
    hasher: Passwords,
    role: Role,
) -> Api:
    api = Api(await aiohttp_client(app))
    await make_user(
        database, hasher, username="somebody", display_name="x", roles=[role], password=PASSWORD
    )
    assert (await api.sign_in("somebody"))[0] == 201
    return api
