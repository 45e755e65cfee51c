"""Everything that is known of one recording, for the page about it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from recording.library import AGENTS, CUSTOMERS
from recording.tables import Recording, RecordingAgent


class RecordingDetail(msgspec.Struct, frozen=True):
    """Everything that is known of a recording. `agents`: all who spoke in its call."""

    id: str
    interaction: str | None
    leg: str | None
    started_at: float | None
    seconds: float | None
    size: int | None  # bytes
    channels: int | None
    codec: str | None
    status: str
    problem: str | None
    missing_at: float | None
    direction: str | None
    number: str | None
    queue: str | None
    agent: int | None
    agent_name: str | None
    customer: int | None
    customer_name: str | None
    disposition: str | None
    satisfaction: int | None
    agents: list[str]


async def detail(
    session: AsyncSession, recording: str, *within: ColumnElement[bool]
) -> RecordingDetail:
    """NotFound also for what is not `within`."""
    found = await session.execute(
        select(
            *(
                Recording.id,
                Recording.interaction_id,
                Recording.leg_id,
                Recording.started_at,
                Recording.seconds,
                Recording.size,
            ),
            *(
                Recording.channels,
                Recording.codec,
                Recording.status,
                Recording.problem,
                Recording.missing_at,
                Recording.direction,
            ),
            *(
                Recording.number,
                Recording.queue,
                Recording.agent_id,
                AGENTS.c.name,
                Recording.customer_id,
            ),
            *(CUSTOMERS.c.name.label("customer"), Recording.disposition, Recording.satisfaction),
        )
        .select_from(Recording)
        .outerjoin(AGENTS, AGENTS.c.id == Recording.agent_id)
        .outerjoin(CUSTOMERS, CUSTOMERS.c.id == Recording.customer_id)
        .where(Recording.id == recording, *within)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("no such recording")
    spoke = (
        select(AGENTS.c.name)
        .join(RecordingAgent, RecordingAgent.agent_id == AGENTS.c.id)
        .where(RecordingAgent.recording_id == recording)
        .order_by(AGENTS.c.name)
    )
    agents = list(await session.scalars(spoke))
    told: tuple[Any, ...] = (*row, agents)
    return RecordingDetail(*told)
