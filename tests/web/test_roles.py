"""Roles as administrators make them: nobody gives what they do not have, and somebody stays."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callcenter.store.database import Database
from tests.web.conftest import Api, SignedIn
from web.auth.authenticator import Authenticator
from web.auth.bootstrap import make_user
from web.auth.granting import beyond, together, widened
from web.auth.passwords import Passwords
from web.auth.rights import SCOPED, Right, Scope

ROLES = "/api/v1/roles"
LEAD = {"label": "组长", "name": "team_lead", "rights": {"ticket.read": "team"}}


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


async def made(admin: Api, **values: Any) -> dict[str, Any]:
    status, role = await admin.post(ROLES, {**LEAD, **values})
    assert status == 201, role
    found: dict[str, Any] = role
    return found


async def in_role(signed_in: SignedIn, admin: Api, role: str, name: str) -> Api:
    """Somebody who has this role only."""
    api = await signed_in("agent", name)
    await admin.call("PATCH", f"/api/v1/users/{id_of(api)}", {"roles": [role]})
    return api


def id_of(api: Api) -> int:
    assert api.session is not None
    found: int = api.session["user"]["id"]
    return found


def test_several_roles_together_reach_as_far_as_the_widest() -> None:
    own, team = {Right.TICKET_READ: Scope.OWN}, {Right.TICKET_READ: Scope.TEAM}
    both = together([team, own, {Right.GAP_READ: Scope.ALL}])
    assert both == {Right.TICKET_READ: Scope.TEAM, Right.GAP_READ: Scope.ALL}
    assert beyond(own, team) == [Right.TICKET_READ]
    assert beyond(team, own) == []
    assert widened(team, both) == {Right.GAP_READ: Scope.ALL}


async def test_a_role_of_ones_own(admin: Api) -> None:
    role = await made(admin)
    assert role == {**LEAD, "built_in": False, "users": 0}
    status, changed = await admin.call(
        "PATCH", f"{ROLES}/team_lead", {"rights": {"ticket.read": "all", "ticket.assign": "own"}}
    )
    assert (status, changed["rights"]) == (200, {"ticket.assign": "own", "ticket.read": "all"})
    _, listed = await admin.get(ROLES)
    assert changed in listed["items"]
    assert {one["right"] for one in listed["rights"]} == set(Right)
    assert (await admin.call("DELETE", f"{ROLES}/team_lead"))[0] == 204
    assert (await admin.call("DELETE", f"{ROLES}/team_lead"))[0] == 404


async def test_without_a_name_one_is_made_up(admin: Api) -> None:
    status, role = await admin.post(ROLES, {"label": "组长", "rights": {}})
    assert status == 201
    assert role["name"].startswith("role_")


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"name": "agent"}, 409, "name"),
        ({"name": "Team Lead"}, 422, "name"),
        ({"name": ""}, 422, "name"),
        ({"name": "x\n"}, 422, "name"),
        ({"label": " "}, 422, "label"),
        ({"rights": {"ticket.fly": "all"}}, 422, "rights"),
        ({"rights": {"ticket.read": "some"}}, 422, "rights[...]"),
        ({"rights": {"queue.manage": "team"}}, 422, "rights.queue.manage"),
        ({"rights": {"audit.read": "own"}}, 422, "rights.audit.read"),
    ],
)
async def test_a_role_that_cannot_be(
    change: dict[str, Any], status: int, field: str, admin: Api
) -> None:
    found, body = await admin.post(ROLES, {**LEAD, **change})
    assert (found, body["error"]["field"]) == (status, field)


async def test_what_is_for_all_or_not_at_all_says_so(admin: Api) -> None:
    _, listed = await admin.get(ROLES)
    for one in listed["rights"]:
        expected = ["own", "team", "all"] if Right(one["right"]) in SCOPED else ["all"]
        assert one["scopes"] == expected


async def test_built_in_roles_change_but_stay(admin: Api) -> None:
    status, _ = await admin.call("DELETE", f"{ROLES}/executive")
    assert status == 409
    status, role = await admin.call(
        "PATCH", f"{ROLES}/executive", {"rights": {"directory.read": "all", "gap.read": "all"}}
    )
    assert (status, role["built_in"]) == (200, True)
    assert role["rights"] == {"directory.read": "all", "gap.read": "all"}


async def test_a_role_that_somebody_has_stays(admin: Api, signed_in: SignedIn) -> None:
    await made(admin)
    await in_role(signed_in, admin, "team_lead", "li")
    status, body = await admin.call("DELETE", f"{ROLES}/team_lead")
    assert (status, body["error"]["code"]) == (409, "conflict")


async def test_nobody_gives_a_right_they_do_not_have(admin: Api, signed_in: SignedIn) -> None:
    rights = {"role.manage": "all", "user.manage": "all", "ticket.read": "team"}
    await made(admin, rights=rights)
    lead = await in_role(signed_in, admin, "team_lead", "li")
    for wish in ({"audit.read": "all"}, {"ticket.read": "all"}):
        status, body = await lead.post(ROLES, {"label": "x", "rights": wish})
        assert (status, body["error"]["field"]) == (403, "rights"), wish
        more = {"rights": {**rights, **wish}}
        status, body = await lead.call("PATCH", f"{ROLES}/team_lead", more)
        assert (status, body["error"]["code"]) == (403, "forbidden"), wish
    status, _ = await lead.post(ROLES, {"label": "x", "rights": {"ticket.read": "own"}})
    assert status == 201


async def test_nobody_hands_out_a_role_above_their_own(admin: Api, signed_in: SignedIn) -> None:
    await made(admin, rights={"user.manage": "all", "ticket.read": "all"})
    lead = await in_role(signed_in, admin, "team_lead", "li")
    new = {"username": "new", "display_name": "x", "roles": ["administrator"]}
    status, body = await lead.post("/api/v1/users", new)
    assert (status, body["error"]["field"]) == (403, "roles")
    me = f"/api/v1/users/{id_of(lead)}"
    status, _ = await lead.call("PATCH", me, {"roles": ["team_lead", "administrator"]})
    assert status == 403
    assert (await lead.post("/api/v1/users", {**new, "roles": ["team_lead"]}))[0] == 201


@pytest.mark.parametrize(
    "change", [{"reset_password": True}, {"reset_codes": True}, {"active": False}, {"roles": []}]
)
async def test_nobody_takes_over_who_may_do_more(
    change: dict[str, Any], admin: Api, signed_in: SignedIn
) -> None:
    await made(admin, rights={"user.manage": "all"})
    lead = await in_role(signed_in, admin, "team_lead", "li")
    root = f"/api/v1/users/{id_of(admin)}"
    assert (await lead.call("PATCH", root, change))[0] == 403
    assert (await lead.call("DELETE", f"{root}/sessions"))[0] == 403
    assert (await admin.get("/api/v1/session"))[0] == 200


@pytest.mark.parametrize("right", ["role.manage", "user.manage"])
async def test_the_last_who_can_give_rights_keeps_them(right: str, admin: Api) -> None:
    _, listed = await admin.get(ROLES)
    rights = next(one for one in listed["items"] if one["name"] == "administrator")["rights"]
    rights.pop(right)
    status, body = await admin.call("PATCH", f"{ROLES}/administrator", {"rights": rights})
    assert (status, body["error"]["field"]) == (409, "rights")
    assert right in body["error"]["message"]
    assert (await admin.get("/api/v1/users"))[0] == 200


@pytest.mark.parametrize("right", ["audit.read", "ticket.read"])
async def test_administrators_keep_what_nobody_could_give_them_again(
    right: str, admin: Api
) -> None:
    _, listed = await admin.get(ROLES)
    rights = next(one for one in listed["items"] if one["name"] == "administrator")["rights"]
    for fewer in ({**rights, "ticket.read": "own"}, {k: rights[k] for k in rights if k != right}):
        status, body = await admin.call("PATCH", f"{ROLES}/administrator", {"rights": fewer})
        assert (status, body["error"]["field"]) == (409, "rights")


async def test_nobody_takes_away_what_they_do_not_have(admin: Api, signed_in: SignedIn) -> None:
    await made(admin, rights={"role.manage": "all", "user.manage": "all", "ticket.read": "team"})
    lead = await in_role(signed_in, admin, "team_lead", "li")
    for role in ("administrator", "supervisor"):
        path = f"{ROLES}/{role}"
        status, body = await lead.call("PATCH", path, {"rights": {"role.manage": "all"}})
        assert (status, body["error"]["field"]) == (403, "rights"), role


async def test_with_a_successor_the_last_administrator_may_go(
    admin: Api, signed_in: SignedIn
) -> None:
    await made(admin, rights={"role.manage": "all", "user.manage": "all"})
    await in_role(signed_in, admin, "team_lead", "li")
    me = f"/api/v1/users/{id_of(admin)}"
    assert (await admin.call("PATCH", me, {"roles": ["agent"]}))[0] == 200
    assert (await admin.get("/api/v1/users"))[0] == 403


async def test_two_who_put_each_other_out_leave_one(
    signed_in: SignedIn, database: Database
) -> None:
    one, two = (
        await signed_in("administrator", "one"),
        await signed_in("administrator", "two"),
    )
    answers = await asyncio.gather(
        one.call("PATCH", f"/api/v1/users/{id_of(two)}", {"active": False}),
        two.call("PATCH", f"/api/v1/users/{id_of(one)}", {"active": False}),
    )
    assert sorted(status for status, _ in answers) in ([200, 401], [200, 409])


async def test_rights_change_at_once_and_connections_are_made_anew(
    admin: Api, signed_in: SignedIn, authenticator: Authenticator
) -> None:
    await made(admin)
    li = await in_role(signed_in, admin, "team_lead", "li")
    closed: list[frozenset[str]] = []
    authenticator.on_revoked(closed.append)
    assert (await li.get("/api/v1/tickets"))[0] == 200
    assert (await li.get("/api/v1/gaps"))[0] == 403
    rights = {"rights": {"gap.read": "all"}}
    assert (await admin.call("PATCH", f"{ROLES}/team_lead", rights))[0] == 200
    assert (await li.get("/api/v1/tickets"))[0] == 403
    assert (await li.get("/api/v1/gaps"))[0] == 200
    assert [len(one) for one in closed] == [1]


async def test_several_roles_count_together(
    admin: Api, signed_in: SignedIn, database: Database, hasher: Passwords
) -> None:
    li = await signed_in("executive", "li")
    assert (await li.get("/api/v1/tickets"))[0] == 403
    path = f"/api/v1/users/{id_of(li)}"
    await admin.call("PATCH", path, {"roles": ["executive", "account_manager"]})
    assert (await li.get("/api/v1/tickets"))[0] == 200
    _, session = await li.get("/api/v1/session")
    assert session["user"]["roles"] == ["account_manager", "executive"]
    assert "board.read" in session["user"]["rights"]


async def test_others_sessions_are_seen_and_ended(
    admin: Api, signed_in: SignedIn, authenticator: Authenticator
) -> None:
    first, second = await signed_in("agent", "li"), await signed_in("agent", "wang")
    closed: list[frozenset[str]] = []
    authenticator.on_revoked(closed.append)
    path = f"/api/v1/users/{id_of(first)}/sessions"
    _, listed = await admin.get(path)
    (session,) = listed["items"]
    assert session["current"] is False
    others = f"/api/v1/users/{id_of(second)}/sessions/{session['id']}"
    assert (await admin.call("DELETE", others))[0] == 404, "it is not theirs"
    assert (await admin.call("DELETE", f"{path}/{session['id']}"))[0] == 204
    assert closed == [frozenset({session["id"]})]
    assert (await first.get("/api/v1/session"))[0] == 401
    assert (await second.get("/api/v1/session"))[0] == 200
    assert (await admin.call("DELETE", f"/api/v1/users/{id_of(second)}/sessions"))[0] == 204
    assert (await second.get("/api/v1/session"))[0] == 401
    assert (await admin.get("/api/v1/users/999/sessions"))[0] == 404


async def test_a_user_made_on_the_command_line_is_written_down(
    database: Database, hasher: Passwords, admin: Api
) -> None:
    await make_user(database, hasher, username="li", display_name="李", roles=["agent"])
    _, found = await admin.get("/api/v1/audit", params={"action": "user.create"})
    assert found["items"][0]["after"] == {"username": "li", "roles": ["agent"]}
    assert found["items"][0]["actor"] is None
