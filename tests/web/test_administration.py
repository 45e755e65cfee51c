"""Users, roles and agents, kept by an administrator."""

from __future__ import annotations

import pytest

from callcenter.store.database import Database
from tests.web.conftest import Api, Browser, SignedIn
from web.auth.authenticator import Authenticator
from web.auth.bootstrap import first_administrator
from web.auth.passwords import Passwords
from web.auth.rights import BUILT_IN, Right, Role, Scope
from web.auth.tables import RoleRight


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


NEW = {"username": "Li.Wei", "display_name": "李伟", "roles": ["agent"]}


async def test_the_first_administrator_is_made_once(
    database: Database, hasher: Passwords, api: Api
) -> None:
    made = await first_administrator(database, hasher)
    assert made is not None and made.password is not None
    assert made.password not in repr(made)
    assert (await api.sign_in(made.username, made.password))[0] == 201
    assert await first_administrator(database, hasher) is None


async def test_the_built_in_roles_are_as_the_code_says(database: Database) -> None:
    from sqlalchemy import select

    async with database.reading() as db:
        rows = await db.execute(select(RoleRight.role, RoleRight.right, RoleRight.scope))
        found: dict[Role, dict[Right, Scope]] = {}
        for role, right, scope in rows:
            found.setdefault(Role(role), {})[Right(right)] = Scope(scope)
    assert found == BUILT_IN


async def test_a_new_user_signs_in_with_the_password_shown_once(admin: Api, api: Api) -> None:
    status, made = await admin.post("/api/v1/users", NEW)
    assert status == 201
    assert made["user"]["roles"] == ["agent"]
    assert (await api.sign_in("li.wei", made["password"]))[0] == 201
    _, listed = await admin.get("/api/v1/users")
    assert made["password"] not in str(listed)
    assert "hash" not in str(listed)


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"username": "ROOT"}, 409, "username"),
        ({"username": "a b"}, 422, "username"),
        ({"username": "abc\n"}, 422, "username"),
        ({"username": "李伟"}, 422, "username"),
        ({"roles": ["emperor"]}, 422, "roles"),
        ({"roles": "agent"}, 422, "roles"),
        ({"display_name": "   "}, 422, "display_name"),
        ({"password": "mine, mine"}, 422, "password"),
    ],
)
async def test_a_user_that_cannot_be(
    change: dict[str, object], status: int, field: str, admin: Api
) -> None:
    found, body = await admin.post("/api/v1/users", NEW | change)
    assert (found, body["error"]["field"]) == (status, field)


async def test_new_roles_work_at_once_and_close_what_is_open(
    admin: Api, signed_in: SignedIn, authenticator: Authenticator
) -> None:
    api = await signed_in("agent")
    assert api.session is not None
    closed: list[frozenset[str]] = []
    authenticator.on_revoked(closed.append)
    path = f"/api/v1/users/{api.session['user']['id']}"
    status, body = await admin.call("PATCH", path, {"roles": ["supervisor"]})
    assert (status, body["user"]["roles"], body["password"]) == (200, ["supervisor"], None)
    assert len(closed) == 1
    _, session = await api.get("/api/v1/session")
    assert "board.read" in session["user"]["rights"]


@pytest.mark.parametrize("change", [{"active": False}, {"reset_password": True}])
async def test_taking_access_away_signs_out(
    change: dict[str, bool], admin: Api, signed_in: SignedIn, browser: Browser
) -> None:
    api = await signed_in("agent")
    assert api.session is not None
    path = f"/api/v1/users/{api.session['user']['id']}"
    status, body = await admin.call("PATCH", path, change)
    assert status == 200
    assert (await api.get("/api/v1/session"))[0] == 401
    assert (await api.sign_in("agent"))[0] == 401
    if body["password"]:
        assert (await (await browser()).sign_in("agent", body["password"]))[0] == 201


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["agent"]}])
async def test_the_last_administrator_stays(change: dict[str, object], admin: Api) -> None:
    assert admin.session is not None
    path = f"/api/v1/users/{admin.session['user']['id']}"
    status, body = await admin.call("PATCH", path, change)
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert (await admin.get("/api/v1/users"))[0] == 200


async def test_colleagues_are_known_by_name_while_they_can_sign_in(
    admin: Api, signed_in: SignedIn
) -> None:
    _, made = await admin.post("/api/v1/users", NEW)
    agent = await signed_in("agent", "zhang")
    _, found = await agent.get("/api/v1/people")
    assert {"id": made["user"]["id"], "name": "李伟", "team": None} in found["items"]
    await admin.call("PATCH", f"/api/v1/users/{made['user']['id']}", {"active": False})
    _, found = await agent.get("/api/v1/people")
    assert "李伟" not in str(found)


async def test_nobody_else_is_not_found(admin: Api) -> None:
    for path in ("/api/v1/users/999", "/api/v1/users/0", "/api/v1/users/x", "/api/v1/agents/999"):
        assert (await admin.call("PATCH", path, {"active": True}))[0] == 404
    huge = f"/api/v1/users/{10**30}"
    assert (await admin.call("PATCH", huge, {"active": True}))[0] == 404


PHONE = {"pbx": "pbx", "interface": "PJSIP/1001"}


async def test_an_agent_with_a_phone(admin: Api, signed_in: SignedIn) -> None:
    person = await signed_in("agent")
    assert person.session is not None
    user = person.session["user"]["id"]
    wish = {"name": "李伟", "user": user, "interfaces": [PHONE]}
    status, made = await admin.post("/api/v1/agents", wish)
    assert (status, made["interfaces"]) == (201, [PHONE])
    _, session = await person.get("/api/v1/session")
    assert session["agent"] == {"id": made["id"], "name": "李伟", "interfaces": ["PJSIP/1001"]}
    path = f"/api/v1/agents/{made['id']}"
    other = {"pbx": "pbx", "interface": "PJSIP/1002"}
    status, changed = await admin.call("PATCH", path, {"interfaces": [other], "name": "Li"})
    assert (status, changed["interfaces"], changed["name"]) == (200, [other], "Li")
    assert (await person.get("/api/v1/agents"))[1] == {"items": [changed]}
    _, changed = await admin.call("PATCH", path, {"user": None})
    assert changed["user"] is None
    assert (await person.get("/api/v1/session"))[1]["agent"] is None


async def test_a_phone_is_one_of_the_pbx_that_is_followed_unless_another_is_named(
    admin: Api,
) -> None:
    wish = {"name": "李伟", "interfaces": [{"interface": "PJSIP/1001"}]}
    status, made = await admin.post("/api/v1/agents", wish)
    assert (status, made["interfaces"]) == (201, [PHONE])
    path, second = f"/api/v1/agents/{made['id']}", {"interface": "PJSIP/1002"}
    body = {"interfaces": [{"interface": "PJSIP/1001"}, second]}
    status, changed = await admin.call("PATCH", path, body)
    assert (status, changed["interfaces"]) == (200, [PHONE, second | {"pbx": "pbx"}])


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({"name": "x", "interfaces": [PHONE]}, 409, "interfaces[0]"),
        ({"name": "x", "interfaces": [{"pbx": "a", "interface": "1001"}]}, 422, None),
        ({"name": "x", "interfaces": [{"pbx": "a", "interface": "SIP/1\r\nX: y"}]}, 422, None),
        ({"name": "x", "interfaces": [{"pbx": "a", "interface": "SIP/1\n"}]}, 422, None),
        (
            {"name": "x", "interfaces": [{"pbx": "a\n", "interface": "SIP/1"}]},
            *(422, "interfaces[0].pbx"),
        ),
        ({"name": "x", "user": 999}, 422, "user"),
        ({"name": "x", "user": 1}, 409, "user"),
    ],
)
async def test_an_agent_that_cannot_be(
    wish: dict[str, object], status: int, field: str | None, admin: Api
) -> None:
    first = {"name": "first", "user": 1, "interfaces": [PHONE]}
    assert (await admin.post("/api/v1/agents", first))[0] == 201
    found, body = await admin.post("/api/v1/agents", wish)
    assert found == status
    assert body["error"]["field"] == (field or "interfaces[0].interface")
    assert len((await admin.get("/api/v1/agents"))[1]["items"]) == 1
