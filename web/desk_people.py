"""People of the sign-in room as the tickets' desk knows them: whose things are theirs to use."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from crm.tickets.desk.filters import Eye
from crm.tickets.desk.sharing import Viewer
from web.auth.principal import Principal
from web.auth.rights import Right
from web.auth.tables import Team, TeamMember
from web.auth.teams import teams_of


async def viewer_of(session: AsyncSession, who: Principal) -> Viewer:
    """What is shared in a team is for its people and those of the teams below it."""
    mine = select(TeamMember.team_id).where(TeamMember.user_id == who.user)
    above = select(Team.id, Team.parent_id).where(Team.id.in_(mine))
    way = above.cte("way", recursive=True)
    parent = aliased(Team)
    way = way.union(select(parent.id, parent.parent_id).join(way, parent.id == way.c.parent_id))
    teams = await session.scalars(select(way.c.id))
    return Viewer(who.user, frozenset(teams), who.may(Right.TICKET_CONFIGURE))


async def eye_of(session: AsyncSession, who: Principal, now: float) -> Eye:
    """`mine` is one's team and the teams below it."""
    return Eye(who.user, frozenset(await session.scalars(teams_of(who.user))), now)
