"""Decides by the rows who may hear what, and writes down that it was heard."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.tables import Segment
from recording.queries import AGENT_INTERFACES, table_of
from recording.tables import Recording, RecordingAccess, RecordingAgent, RecordingPeaks


class Action(StrEnum):
    LISTEN = "listen"
    PEAKS = "peaks"
    DOWNLOAD = "download"


class RecordingView(msgspec.Struct, frozen=True):
    """A recording as the API shows it; the file's name stays inside."""

    id: str
    interaction: str | None
    leg: str | None
    agent: int | None
    customer: int | None
    started_at: float | None
    seconds: float | None
    size: int | None  # bytes
    channels: int | None
    codec: str | None
    status: str  # pending, ready, silent, missing
    problem: str | None


class Playable(msgspec.Struct, frozen=True):
    """What the player needs: `file` is for `Folder.path_of`, never for the client."""

    recording: RecordingView
    file: str
    peaks: list[int]  # lowest, highest, lowest, highest ... from -128 to 127


def _view() -> tuple[Any, ...]:
    r = Recording
    return (
        *(r.id, r.interaction_id, r.leg_id, r.agent_id, r.customer_id, r.started_at, r.seconds),
        *(r.size, r.channels, r.codec, r.status, r.problem),
    )


Agents = int | Select[Any] | None  # one agent, or a query that gives the ids of some


def within(agent: Agents, everything: bool) -> list[ColumnElement[bool]]:
    """`everything`, or only calls in which one of these agents spoke; without any nothing.

    Whose telephone it was then is written down when the file was looked at; before that, and for
    telephones that were given to agents later, it is whose they are now.
    """
    if everything:
        return []
    speaker = AGENT_INTERFACES.c.agent_id
    mine = (
        select(Segment.id)
        .join(
            AGENT_INTERFACES,
            or_(
                AGENT_INTERFACES.c.interface == Segment.interface,
                AGENT_INTERFACES.c.interface == Segment.other_interface,
            ),
        )
        .where(Segment.interaction_id == Recording.interaction_id, Segment.kind == "talk")
        .where(AGENT_INTERFACES.c.pbx == Recording.pbx)
        .where(speaker.in_(agent) if isinstance(agent, Select) else speaker == agent)
    )
    whose = RecordingAgent.agent_id
    then = select(RecordingAgent.recording_id).where(
        RecordingAgent.recording_id == Recording.id,
        whose.in_(agent) if isinstance(agent, Select) else whose == agent,
    )
    return [or_(then.exists(), mine.exists())]


async def playable(
    session: AsyncSession, recording: str, *, agent: Agents, everything: bool
) -> Playable:
    """A recording that can be heard now. NotFound also for one that is not this agent's."""
    query: Select[Any] = (
        select(*_view(), Recording.file, RecordingPeaks.peaks)
        .outerjoin(RecordingPeaks, RecordingPeaks.recording_id == Recording.id)
        .where(Recording.id == recording, Recording.status == "ready")
        .where(*within(agent, everything))
    )
    row = (await session.execute(query)).one_or_none()
    if row is None or row.file is None:
        raise NotFound("no such recording")
    *view, file, peaks = row
    return Playable(RecordingView(*view), file, list(memoryview(peaks or b"").cast("b")))


async def audible(
    session: AsyncSession, recordings: Collection[str], *, agent: Agents, everything: bool
) -> set[str]:
    """Those of `recordings` that can be heard, so that no others are offered."""
    if everything or not recordings:
        return set(recordings)
    rows = await session.scalars(
        select(Recording.id).where(Recording.id.in_(recordings), *within(agent, everything))
    )
    return set(rows)


async def recordings_of(
    session: AsyncSession, interaction: str, *, agent: Agents, everything: bool
) -> list[RecordingView]:
    """All files of a call, oldest first; those without audio say so in `status`."""
    rows = await session.execute(
        select(*_view())
        .where(Recording.interaction_id == interaction, *within(agent, everything))
        .order_by(Recording.started_at, Recording.id)
    )
    return [RecordingView(*row) for row in rows]


async def log_access(
    session: AsyncSession, recording: str, *, user: int | None, action: Action, now: float
) -> None:
    """Who heard it; in the transaction that allowed it, so nothing is heard unseen."""
    row = {"at": now, "user_id": user, "recording_id": recording, "action": action.value}
    await session.execute(insert(table_of(RecordingAccess)), row)
