"""Everything that is known of one recording, for the page about it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from recording.known import AGENTS, KNOWN, Known, with_names
from recording.queries import table_of
from recording.tables import Recording, RecordingAgent

_r = table_of(Recording).c


class RecordingDetail(Known, frozen=True):
    """Everything that is known of a recording. `agents`: all who spoke in its call."""

    leg: str | None
    started_at: float | None
    size: int | None  # bytes
    channels: int | None
    codec: str | None
    missing_at: float | None
    agents: list[str]


async def detail(
    session: AsyncSession, recording: str, *within: ColumnElement[bool]
) -> RecordingDetail:
    """NotFound also for what is not `within`."""
    found = await session.execute(
        select(*KNOWN, _r.leg_id, _r.started_at, _r.size, _r.channels, _r.codec, _r.missing_at)
        .select_from(with_names(table_of(Recording)))
        .where(_r.id == recording, *within)
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
