"""Whose interaction it is: one's own phones were in it, or those of one's team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.tables import Interaction, Leg, Offer
from routing.tables import AgentInterface
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import agents, reach


@dataclass(frozen=True, slots=True)
class Seen:
    """An interaction that may be reached; `id` is the one it was merged into, if it was."""

    id: str
    customer: int | None  # as picked by an agent, else as surely meant


async def check(call: Call, interaction: str, right: Right) -> Seen:
    """Forbidden without the right; NotFound when there is none, or it is another's."""
    scope = reach(call.principal, right)
    found = await _find(call.db, interaction)
    if found is None:
        raise NotFound("there is no such interaction")
    if scope is Scope.ALL:
        return found
    if not await were_in(call.db, found.id, agents(call.principal, scope)):
        raise NotFound("there is no such interaction")
    return found


async def _find(db: AsyncSession, interaction: str) -> Seen | None:
    """Merged ones point at the last, always."""
    target = select(Interaction.merged_into).where(Interaction.id == interaction).scalar_subquery()
    rows = await db.execute(
        select(Interaction.id, Interaction.customer_id, Interaction.picked_customer_id)
        .where(or_(Interaction.id == target, Interaction.id == interaction))
        .order_by(Interaction.merged_into.is_not(None))
        .limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else Seen(row.id, row.picked_customer_id or row.customer_id)


async def were_in(db: AsyncSession, interaction: str, who: int | Select[Any] | None) -> bool:
    """A phone of one of these agents rang, called or talked in it."""
    if who is None:
        return False
    return bool(await db.scalar(select(_rang(interaction, who).exists())))


def _rang(interaction: str, who: int | Select[Any]) -> Select[str]:
    leg = exists().where(
        Leg.interaction_id == Interaction.id, Leg.interface == AgentInterface.interface
    )
    offer = exists().where(
        Offer.interaction_id == Interaction.id, Offer.interface == AgentInterface.interface
    )
    return _with_phones(interaction, who).where(or_(leg, offer))


def _with_phones(interaction: str, who: int | Select[Any]) -> Select[str]:
    """The interaction beside each phone that these agents have on its PBX."""
    agent = AgentInterface.agent_id
    theirs = agent.in_(who) if isinstance(who, Select) else agent == who
    mine = and_(AgentInterface.pbx == Interaction.pbx, theirs)
    return select(Interaction.id).join(AgentInterface, mine).where(Interaction.id == interaction)
