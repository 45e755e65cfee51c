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
from web.routes import PUBLIC, SAFE_METHODS, Route

CHECKED = [route for route in ROUTES if route.right is not PUBLIC]


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
        missing = isinstance(route.right, Right) and route.right not in BUILT_IN[role]
        if missing:
            assert (status, code) == (403, "forbidden"), route.path
        else:
            assert status in {200, 204, 404, 422}, (route.path, code)


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
