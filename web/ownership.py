"""Whose interaction it is: the scope `own` reaches only those that one's own phones were in."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Forbidden, NotFound
from callcenter.store.tables import Interaction, Leg, Offer
from routing.tables import AgentInterface
from web.auth.rights import Right, Scope
from web.routes import Call


@dataclass(frozen=True, slots=True)
class Seen:
    """An interaction that may be reached; `id` is the one it was merged into, if it was."""

    id: str
    customer: int | None  # as picked by an agent, else as surely meant


async def check(call: Call, interaction: str, right: Right) -> Seen:
    """Forbidden without the right; NotFound when there is none, or it is another's."""
    scope = call.principal.rights.get(right)
    if scope is None:
        raise Forbidden(f"this needs the right {right}")
    found = await _find(call.db, interaction)
    if found is None:
        raise NotFound("there is no such interaction")
    if scope is not Scope.ALL and not await was_in(call.db, found.id, call.principal.agent):
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


async def was_in(db: AsyncSession, interaction: str, agent: int | None) -> bool:
    """A phone of this agent rang, called or talked in it."""
    if agent is None:
        return False
    return bool(await db.scalar(select(_rang(interaction, agent).exists())))


def _rang(interaction: str, agent: int) -> Select[str]:
    leg = exists().where(
        Leg.interaction_id == Interaction.id, Leg.interface == AgentInterface.interface
    )
    offer = exists().where(
        Offer.interaction_id == Interaction.id, Offer.interface == AgentInterface.interface
    )
    return _with_phones(interaction, agent).where(or_(leg, offer))


def _with_phones(interaction: str, agent: int) -> Select[str]:
    """The interaction beside each phone that this agent has on its PBX."""
    mine = and_(AgentInterface.pbx == Interaction.pbx, AgentInterface.agent_id == agent)
    return select(Interaction.id).join(AgentInterface, mine).where(Interaction.id == interaction)
