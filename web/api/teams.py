"""Teams: a tree of who works with whom, by which the scope `team` is measured."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import Forbidden
from web.api.values import Body, RowId, View
from web.auth import teams
from web.auth.rights import Scope
from web.auth.teams import TeamRecord
from web.auth.turns import take_turns
from web.routes import Call

TeamName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]


class NewTeam(Body, frozen=True):
    """`parent`: the team it is a part of."""

    name: TeamName
    parent: RowId | None = None


class TeamChange(Body, frozen=True):
    name: TeamName | UnsetType = UNSET
    parent: RowId | UnsetType | None = UNSET


class TeamView(View, frozen=True):
    """`members` of the team itself, without the teams below it."""

    id: int
    name: str
    parent: int | None
    members: int


class TeamList(View, frozen=True):
    items: list[TeamView]


async def list_teams(call: Call) -> TeamList:
    return TeamList([_view(one) for one in await teams.listing(call.db)])


async def create_team(call: Call, body: NewTeam) -> TeamView:
    await take_turns(call.db)
    id_ = await teams.create(call.db, body.name, body.parent)
    view = _view(await teams.get(call.db, id_))
    await call.audit("team.create", f"team/{id_}", after=view)
    return view


async def change_team(call: Call, id: RowId, body: TeamChange) -> TeamView:
    """What its people see follows at once."""
    await take_turns(call.db)
    before = _view(await teams.get(call.db, id))
    if body.name is not UNSET:
        await teams.rename(call.db, id, body.name)
    if body.parent is not UNSET:
        await _check_reach(call, id, body.parent)
        await teams.move(call.db, id, body.parent)
    view = _view(await teams.get(call.db, id))
    await call.audit("team.change", f"team/{id}", before=before, after=view)
    return view


async def _check_reach(call: Call, team: int, parent: int | None) -> None:
    """Nobody moves a team below their own to see more: who sees all of it already may."""
    who = call.principal
    if parent is None or Scope.TEAM not in who.rights.values():
        return
    gains = await teams.is_below(call.db, parent, who.user)
    if gains and not await teams.is_below(call.db, team, who.user):
        raise Forbidden("your rights would reach a team that they do not reach", field="parent")


async def delete_team(call: Call, id: RowId) -> None:
    """Its people are in no team then; 409 while there are teams below it."""
    await take_turns(call.db)
    before = _view(await teams.get(call.db, id))
    await teams.remove(call.db, id)
    await call.audit("team.delete", f"team/{id}", before=before)


def _view(record: TeamRecord) -> TeamView:
    return TeamView(record.id, record.name, record.parent, record.members)
