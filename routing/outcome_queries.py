"""How contacts were decided and how they came out: decisions, dispositions, satisfaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.events import RoutingDecided, SatisfactionGiven
from callcenter.ids import stable_id
from callcenter.store.tables import Interaction, Segment
from routing.statements import Link, insert_once, table_of
from routing.tables import Agent, Disposition, Queue
from routing.work_tables import DecisionRow, InteractionDisposition, Satisfaction

CODE = 64  # characters of a step, an outcome, a reason

_decisions = table_of(DecisionRow)
_dispositions = table_of(InteractionDisposition)


class DecisionView(msgspec.Struct, frozen=True):
    """One step on the way to an agent. `facts` is what the text names: hostile text."""

    at: float
    step: str
    outcome: str
    reason: str
    facts: dict[str, str]


class DispositionView(msgspec.Struct, frozen=True):
    """How an agent says that a contact came out."""

    interaction: str
    agent: int
    agent_name: str
    disposition: str
    note: str | None
    at: float


async def record_decisions(link: Link, events: Collection[RoutingDecided]) -> None:
    rows = [row for event in events for row in _rows(event)]
    if rows:
        unique = {row["id"]: row for row in rows}
        await link.execute(insert_once(link, DecisionRow, list(unique.values())))


def _rows(event: RoutingDecided) -> list[dict[str, Any]]:
    return [
        {
            "id": stable_id(
                *(event.interaction, repr(one.at), one.step, one.outcome, one.reason),
                *(f"{name}={value}" for name, value in sorted(one.facts.items())),
            ),
            "interaction_id": event.interaction,
            "at": one.at,
            "place": place,
            "step": one.step[:CODE],
            "outcome": one.outcome[:CODE],
            "reason": one.reason[:CODE],
            "facts": one.facts,
        }
        for place, one in enumerate(event.decisions)
    ]


async def decisions_of(session: AsyncSession, interaction: str) -> list[DecisionView]:
    """In the order in which they were taken; of the calls that became part of it too."""
    parts = select(Interaction.id).where(Interaction.merged_into == interaction)
    rows = await session.execute(
        select(
            *(_decisions.c.at, _decisions.c.step, _decisions.c.outcome, _decisions.c.reason),
            _decisions.c.facts,
        )
        .where(
            or_(_decisions.c.interaction_id == interaction, _decisions.c.interaction_id.in_(parts))
        )
        .order_by(_decisions.c.at, _decisions.c.place, _decisions.c.id)
    )
    return [DecisionView(*row) for row in rows]


async def record_satisfaction(link: Link, event: SatisfactionGiven, at: float) -> None:
    """The first answer stands."""
    if 1 <= event.score <= 5:
        row = {"agent_id": event.agent, "queue": event.queue, "score": event.score, "at": at}
        await link.execute(
            insert_once(link, Satisfaction, {"interaction_id": event.interaction, **row})
        )


async def merge_outcomes(link: Link, target: str, source: str) -> None:
    """Two calls were one contact: what was said of the one is said of the other."""
    for model in (InteractionDisposition, Satisfaction):
        await _move(link, model, target, source)


async def _move(link: Link, model: type[Any], target: str, source: str) -> None:
    """What the target has already stays."""
    rows = table_of(model)
    found = await link.execute(select(rows).where(rows.c.interaction_id == source))
    moved = [{**row._mapping, "interaction_id": target} for row in found]
    if moved:
        await link.execute(insert_once(link, model, moved))
        await link.execute(delete(rows).where(rows.c.interaction_id == source))


async def put_disposition(
    session: AsyncSession,
    interaction: str,
    *,
    agent: int,
    disposition: str,
    note: str | None,
    now: float,
) -> DispositionView:
    """The agent's word for how it came out; said again, it replaces what was said.

    InvalidInput for one that the call's queue does not offer.
    """
    if disposition not in await offered_dispositions(session, interaction):
        raise InvalidInput("not among the dispositions of this queue", field="disposition")
    key = _dispositions.c.interaction_id == interaction, _dispositions.c.agent_id == agent
    await session.execute(delete(_dispositions).where(*key))
    values = {"disposition": disposition, "note": note, "at": now}
    await session.execute(
        insert(_dispositions).values(interaction_id=interaction, agent_id=agent, **values)
    )
    found = await dispositions_of(session, interaction)
    return next(one for one in found if one.agent == agent)


async def dispositions_of(session: AsyncSession, interaction: str) -> list[DispositionView]:
    """Of each agent who said one, in order of time."""
    rows = await session.execute(
        select(
            *(_dispositions.c.interaction_id, _dispositions.c.agent_id, Agent.name),
            *(_dispositions.c.disposition, _dispositions.c.note, _dispositions.c.at),
        )
        .join(Agent, Agent.id == _dispositions.c.agent_id)
        .where(_dispositions.c.interaction_id == interaction)
        .order_by(_dispositions.c.at, _dispositions.c.agent_id)
    )
    return [DispositionView(*row) for row in rows]


async def offered_dispositions(session: AsyncSession, interaction: str) -> list[str]:
    """What the last queue of the contact lets choose from; without a list of its own, all."""
    queue = await session.execute(
        select(Queue.dispositions)
        .join(Segment, Segment.queue == Queue.name)
        .where(Segment.interaction_id == interaction, Segment.kind == "queue")
        .order_by(Segment.started_at.desc())
        .limit(1)
    )
    own = queue.scalar_one_or_none()
    if own:
        return [str(name) for name in own]
    rows = await session.scalars(
        select(Disposition.name).where(Disposition.active).order_by(Disposition.position)
    )
    return list(rows)
