"""What is known of a recording's stretches, and the rules as administrators change them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.tables import Segment, Transfer
from recording.access import Agents, within
from recording.control_tables import RecordingRule, RecordingSpan
from recording.markers import Happening, Kind, Mark, Stretch, marks, timeline
from recording.tables import Recording

_SPANS: dict[str, Kind] = {"pause": "pause", "gap": "gap"}


async def is_visible(
    session: AsyncSession, recording: str, *, agent: Agents, everything: bool
) -> bool:
    """Whether it is one that these agents' right reaches, whatever became of its file."""
    asked = select(Recording.id).where(Recording.id == recording, *within(agent, everything))
    return await session.scalar(asked) is not None


async def marks_of(session: AsyncSession, recording: str) -> list[Mark]:
    """Whoever asks has made sure that the recording may be seen."""
    row = (
        await session.execute(
            select(
                *(Recording.interaction_id, Recording.leg_id, Recording.started_at),
                Recording.seconds,
            ).where(Recording.id == recording)
        )
    ).one_or_none()
    if row is None or row.interaction_id is None or row.started_at is None:
        return []
    spans = await _spans(session, row.interaction_id, row.leg_id)
    talks = await _talks(session, row.interaction_id, row.leg_id)
    gaps = [one.when for one in spans if one.kind == "gap"]
    line = timeline(row.started_at, talks, gaps, row.seconds)
    others = await _holds(session, row.interaction_id) + await _moves(session, row.interaction_id)
    return marks(line, [*spans, *others])


async def _spans(session: AsyncSession, interaction: str, leg: str | None) -> list[Happening]:
    rows = await session.scalars(
        select(RecordingSpan)
        .where(RecordingSpan.interaction_id == interaction, RecordingSpan.leg_id == leg)
        .where(RecordingSpan.kind.in_(_SPANS))
    )
    return [
        Happening(
            id=row.id,
            kind=_SPANS[row.kind],
            when=Stretch(row.started_at, row.ended_at),
            reasons=tuple(row.reasons),
            by=row.user_id,
            estimated=row.estimated,
        )
        for row in rows
    ]


async def _talks(session: AsyncSession, interaction: str, leg: str | None) -> list[Stretch]:
    rows = await session.execute(
        select(Segment.started_at, Segment.ended_at)
        .where(Segment.interaction_id == interaction, Segment.kind == "talk")
        .where(or_(Segment.leg_id == leg, Segment.other_leg_id == leg))
    )
    return [Stretch(begins, ends) for begins, ends in rows if begins is not None]


async def _holds(session: AsyncSession, interaction: str) -> list[Happening]:
    rows = await session.execute(
        select(Segment.id, Segment.started_at, Segment.ended_at).where(
            Segment.interaction_id == interaction, Segment.kind == "hold"
        )
    )
    return [
        Happening(id, "hold", Stretch(begins, ends))
        for id, begins, ends in rows
        if begins is not None
    ]


async def _moves(session: AsyncSession, interaction: str) -> list[Happening]:
    rows = await session.execute(
        select(Transfer.id, Transfer.at).where(Transfer.interaction_id == interaction)
    )
    return [Happening(id, "transfer", Stretch(at, at)) for id, at in rows if at is not None]


# --- rules ----------------------------------------------------------------------------------------


async def list_rules(session: AsyncSession) -> list[RecordingRule]:
    rows = await session.scalars(
        select(RecordingRule).order_by(RecordingRule.position, RecordingRule.id)
    )
    return list(rows)


async def read_rule(session: AsyncSession, id: int) -> RecordingRule:
    rule = await session.get(RecordingRule, id, with_for_update=True)
    if rule is None:
        raise NotFound("no such rule")
    return rule


async def add_rule(session: AsyncSession, values: dict[str, Any]) -> RecordingRule:
    """Before those that are there, unless it says where."""
    if values.get("position") is None:
        first = await session.scalar(select(func.min(RecordingRule.position)))
        values["position"] = (first or 0) - 10
    rule = RecordingRule(**values)
    session.add(rule)
    await session.flush()
    return rule
