"""Teams as a tree, and who is in whose reach by it. The caller owns the transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CTE, Select, delete, func, insert, literal, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import Conflict, InvalidInput, NotFound
from web.auth.tables import Team, TeamMember


@dataclass(frozen=True, slots=True)
class TeamRecord:
    id: int
    name: str
    parent: int | None
    members: int  # of the team itself, without the teams below it


def colleagues(user: int) -> Select[Any]:
    """The ids of the people in this person's team and the teams below it; the person too."""
    members = select(TeamMember.user_id).where(TeamMember.team_id.in_(teams_of(user)))
    return select(union(select(literal(user)), members).subquery().c[0])


def teams_of(user: int) -> Select[Any]:
    """The ids of this person's team and the teams below it."""
    mine = _below(select(TeamMember.team_id).where(TeamMember.user_id == user))
    return select(mine.c.id)


def _below(roots: Select[Any]) -> CTE:
    """These teams and all that are parts of them. UNION ends circles, should there be one."""
    tree = select(Team.id).where(Team.id.in_(roots)).cte(recursive=True)
    part = aliased(Team)
    return tree.union(select(part.id).join(tree, part.parent_id == tree.c.id))


async def is_below(db: AsyncSession, team: int | None, user: int) -> bool:
    """Whether it is this person's team or one below it; no team reaches nobody, so it is."""
    found = select(Team.id).where(Team.id == team, Team.id.in_(teams_of(user)))
    return team is None or await db.scalar(found) is not None


async def listing(db: AsyncSession, *, only: int | None = None) -> list[TeamRecord]:
    """All of them, by name."""
    size = func.count().label("size")
    members = select(TeamMember.team_id, size).group_by(TeamMember.team_id)
    counted = {row.team_id: row.size for row in await db.execute(members)}
    teams = select(Team.id, Team.name, Team.parent_id).order_by(Team.name_key)
    if only is not None:
        teams = teams.where(Team.id == only)
    return [
        TeamRecord(id_, name, parent, counted.get(id_, 0))
        for id_, name, parent in await db.execute(teams)
    ]


async def get(db: AsyncSession, team: int) -> TeamRecord:
    found = await listing(db, only=team)
    if not found:
        raise NotFound("there is no such team")
    return found[0]


async def create(db: AsyncSession, name: str, parent: int | None) -> int:
    """Conflict when the name is taken, InvalidInput when there is no such parent."""
    name = name.strip()
    await _refuse_taken(db, name, beside=None)
    await check_parent(db, None, parent)
    made = await db.execute(
        insert(Team)
        .values(name=name, name_key=name.casefold(), parent_id=parent, created_at=time.time())
        .returning(Team.id)
    )
    return int(made.scalar_one())


async def rename(db: AsyncSession, team: int, name: str) -> None:
    name = name.strip()
    await _refuse_taken(db, name, beside=team)
    await db.execute(
        update(Team).where(Team.id == team).values(name=name, name_key=name.casefold())
    )


async def move(db: AsyncSession, team: int, parent: int | None) -> None:
    """InvalidInput for a parent that is not there, or is below the team itself."""
    await check_parent(db, team, parent)
    await db.execute(update(Team).where(Team.id == team).values(parent_id=parent))


async def check_parent(db: AsyncSession, team: int | None, parent: int | None) -> None:
    if parent is None:
        return
    teams = {one.id: one for one in await listing(db)}
    if parent not in teams:
        raise InvalidInput("there is no such team", field="parent")
    way = [parent]
    while (above := teams[way[-1]].parent) is not None and above not in way:
        way.append(above)
    if team is not None and team in way:
        circle = (*way[: way.index(team) + 1], parent)
        names = " → ".join(teams[one].name for one in circle)
        raise InvalidInput(f"teams would go in a circle: {names}", field="parent")


async def remove(db: AsyncSession, team: int) -> None:
    """Its people are in no team then. Conflict while there are teams below it."""
    below = (await db.scalars(select(Team.name).where(Team.parent_id == team))).all()
    if below:
        raise Conflict(f"there are teams below it: {', '.join(sorted(below))}", field="team")
    await db.execute(delete(Team).where(Team.id == team))


async def put_into(db: AsyncSession, user: int, team: int | None) -> None:
    """The person is in this team only. InvalidInput when there is none."""
    known = team is None or await db.scalar(select(Team.id).where(Team.id == team))
    if known is None:
        raise InvalidInput("there is no such team", field="team")
    await db.execute(delete(TeamMember).where(TeamMember.user_id == user))
    if team is not None:
        await db.execute(insert(TeamMember).values(user_id=user, team_id=team))


async def _refuse_taken(db: AsyncSession, name: str, *, beside: int | None) -> None:
    holder = await db.scalar(select(Team.id).where(Team.name_key == name.casefold()))
    if holder is not None and holder != beside:
        raise Conflict(f"there is a team {name!r} already", field="name")
