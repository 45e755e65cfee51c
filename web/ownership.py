"""Whose interaction it is: one's own phones were in it, or those of one's team."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.tables import Interaction, Leg, Offer
from routing.tables import AgentInterface
from web import keys
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import agents, reach

# Consoles hear of a call before its rows are written, and ask at once. Seconds between looks; a
# busy database takes some hundred milliseconds, one that is away is said elsewhere.
_UNTIL_WRITTEN = (0.05, 0.1, 0.2, 0.4, 0.8)


@dataclass(frozen=True, slots=True)
class Seen:
    """An interaction that may be reached; `id` is the one it was merged into, if it was."""

    id: str
    customer: int | None  # as picked by an agent, else as surely meant


async def check(call: Call, interaction: str, right: Right, *, patient: bool = True) -> Seen:
    """Forbidden without the right; NotFound when there is none, or it is another's.

    The rows of a call that one's own telephone is in are waited for, a second or two, by the
    `patient`.
    """
    scope = reach(call.principal, right)
    waits = patient and takes_part(call, interaction)
    for pause in _UNTIL_WRITTEN if waits else ():
        try:
            return await _check(call, interaction, scope)
        except NotFound:
            await call.db.rollback()  # or SQLite would show the same moment again
            await asyncio.sleep(pause)
    return await _check(call, interaction, scope)


def takes_part(call: Call, interaction: str) -> bool:
    """One's own telephone is in that call now, or rings for it."""
    control, agent = call.request.app[keys.CALL_CONTROL], call.principal.agent
    return control is not None and agent is not None and control.takes_part(agent, interaction)


async def _check(call: Call, interaction: str, scope: Scope) -> Seen:
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
