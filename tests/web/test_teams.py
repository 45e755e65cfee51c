"""Teams are a tree; the scope `team` reaches down it and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update

from callcenter.store.database import Database
from tests.web.conftest import Api, SignedIn
from web.auth.tables import Team
from web.auth.teams import colleagues, teams_of

TEAMS = "/api/v1/teams"


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


async def team(admin: Api, name: str, parent: int | None = None) -> int:
    status, made = await admin.post(TEAMS, {"name": name, "parent": parent})
    assert status == 201, made
    found: int = made["id"]
    return found


async def member(admin: Api, name: str, of: int | None) -> int:
    new = {"username": name, "display_name": name, "roles": ["agent"], "team": of}
    status, made = await admin.post("/api/v1/users", new)
    assert (status, made["user"]["team"]) == (201, of)
    found: int = made["user"]["id"]
    return found


async def reached(database: Database, user: int) -> list[int]:
    async with database.reading() as db:
        return sorted(await db.scalars(colleagues(user)))


async def test_one_reaches_the_own_team_and_those_below(admin: Api, database: Database) -> None:
    sales = await team(admin, "Sales")
    east, west = await team(admin, "East", sales), await team(admin, "West", sales)
    shanghai = await team(admin, "上海", east)
    boss, eve = await member(admin, "boss", sales), await member(admin, "eve", east)
    wu, xu = await member(admin, "wu", west), await member(admin, "xu", shanghai)
    nobody = await member(admin, "nobody", None)
    assert await reached(database, boss) == sorted([boss, eve, wu, xu])
    assert await reached(database, eve) == sorted([eve, xu])
    assert await reached(database, xu) == [xu]
    assert await reached(database, nobody) == [nobody]
    async with database.reading() as db:
        assert sorted(await db.scalars(teams_of(eve))) == sorted([east, shanghai])
    _, listed = await admin.get(TEAMS)
    assert {one["name"]: one["members"] for one in listed["items"]}["East"] == 1


async def test_moving_a_team_moves_what_is_seen(admin: Api, database: Database) -> None:
    east, west = await team(admin, "East"), await team(admin, "West")
    eve, wu = await member(admin, "eve", east), await member(admin, "wu", west)
    assert await reached(database, eve) == [eve]
    status, moved = await admin.call("PATCH", f"{TEAMS}/{west}", {"parent": east})
    assert (status, moved["parent"]) == (200, east)
    assert await reached(database, eve) == sorted([eve, wu])
    await admin.call("PATCH", f"{TEAMS}/{west}", {"parent": None})
    assert await reached(database, eve) == [eve]


async def test_a_circle_is_refused_by_name(admin: Api) -> None:
    top = await team(admin, "Top")
    middle = await team(admin, "Middle", top)
    low = await team(admin, "Low", middle)
    for parent, names in ((low, "Low → Middle → Top → Low"), (top, "Top → Top")):
        status, body = await admin.call("PATCH", f"{TEAMS}/{top}", {"parent": parent})
        assert (status, body["error"]["field"]) == (422, "parent")
        assert names in body["error"]["message"]


async def test_a_circle_that_is_there_all_the_same_ends(admin: Api, database: Database) -> None:
    """Written by hand into the database: the question has an answer, and no team gets stuck."""
    one = await team(admin, "One")
    two = await team(admin, "Two", one)
    li = await member(admin, "li", two)
    async with database.session() as db:
        await db.execute(update(Team).where(Team.id == one).values(parent_id=two))
        await db.commit()
    assert await reached(database, li) == [li]
    assert (await admin.call("PATCH", f"{TEAMS}/{one}", {"parent": None}))[0] == 200


@pytest.mark.parametrize(
    ("wish", "status", "field"),
    [
        ({"name": " EAST "}, 409, "name"),
        ({"name": " "}, 422, "name"),
        ({"name": "x" * 101}, 422, "name"),
        ({"name": "x", "parent": 999}, 422, "parent"),
    ],
)
async def test_a_team_that_cannot_be(
    wish: dict[str, Any], status: int, field: str, admin: Api
) -> None:
    await team(admin, "East")
    found, body = await admin.post(TEAMS, wish)
    assert (found, body["error"]["field"]) == (status, field)


async def test_a_team_with_teams_below_it_stays(admin: Api, database: Database) -> None:
    top = await team(admin, "Top")
    low = await team(admin, "Low", top)
    li = await member(admin, "li", low)
    status, body = await admin.call("DELETE", f"{TEAMS}/{top}")
    assert (status, "Low" in body["error"]["message"]) == (409, True)
    assert (await admin.call("DELETE", f"{TEAMS}/{low}"))[0] == 204
    _, users = await admin.get("/api/v1/users")
    assert [one["team"] for one in users["items"] if one["id"] == li] == [None]
    assert (await admin.call("DELETE", f"{TEAMS}/{top}"))[0] == 204
    async with database.reading() as db:
        assert list(await db.scalars(select(Team.id))) == []


async def test_nobody_is_in_a_team_that_is_not_there(admin: Api) -> None:
    li = await member(admin, "li", None)
    status, body = await admin.call("PATCH", f"/api/v1/users/{li}", {"team": 999})
    assert (status, body["error"]["field"]) == (422, "team")
    assert (await admin.call("PATCH", f"{TEAMS}/999", {"name": "x"}))[0] == 404


LEADS = {"user.manage": "all", "team.manage": "all", "customer.read": "team"}


async def leader(admin: Api, signed_in: SignedIn, of: int) -> Api:
    """Somebody who keeps people, and whose rights reach this team."""
    role = {"name": "leader", "label": "x", "rights": LEADS}
    assert (await admin.post("/api/v1/roles", role))[0] == 201
    lead = await signed_in("leader", "lead")
    status, _ = await admin.call("PATCH", f"/api/v1/users/{me(lead)}", {"team": of})
    assert status == 200
    assert (await lead.sign_in("lead"))[0] == 201
    return lead


def me(api: Api) -> int:
    assert api.session is not None
    return int(api.session["user"]["id"])


async def test_nobody_gets_further_by_a_team_than_their_own_reaches(
    admin: Api, signed_in: SignedIn
) -> None:
    house = await team(admin, "House")
    east, west = await team(admin, "East", house), await team(admin, "West", house)
    shanghai = await team(admin, "上海", east)
    lead = await leader(admin, signed_in, east)
    mine = f"/api/v1/users/{me(lead)}"
    new = {"username": "new", "display_name": "x", "roles": ["leader"]}
    for other in (house, west):
        assert (await lead.call("PATCH", mine, {"team": other}))[0] == 403
        assert (await lead.post("/api/v1/users", {**new, "team": other}))[0] == 403
    status, made = await lead.post("/api/v1/users", {**new, "team": shanghai})
    assert status == 201
    theirs = f"/api/v1/users/{made['user']['id']}"
    assert (await lead.call("PATCH", theirs, {"reset_password": True}))[0] == 200
    assert (await admin.call("PATCH", theirs, {"team": west}))[0] == 200
    assert (await lead.call("PATCH", theirs, {"reset_password": True}))[0] == 403
    assert (await lead.call("DELETE", f"{theirs}/sessions"))[0] == 403


async def test_nobody_moves_teams_below_their_own_to_see_more(
    admin: Api, signed_in: SignedIn
) -> None:
    house = await team(admin, "House")
    east, west = await team(admin, "East", house), await team(admin, "West", house)
    shanghai = await team(admin, "上海", east)
    lead = await leader(admin, signed_in, east)
    for moved, below in ((west, east), (west, shanghai)):
        status, body = await lead.call("PATCH", f"{TEAMS}/{moved}", {"parent": below})
        assert (status, body["error"]["field"]) == (403, "parent")
    assert (await lead.call("PATCH", f"{TEAMS}/{shanghai}", {"parent": west}))[0] == 200
    assert (await admin.call("PATCH", f"{TEAMS}/{west}", {"parent": east}))[0] == 200
