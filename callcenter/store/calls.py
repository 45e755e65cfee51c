"""Questions about calls: what was open when we went away, and the story of one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.errors import NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Gap, Interaction, Leg, Offer, Segment, Transfer

Row = TypeVar("Row", Leg, Segment, Offer, Transfer)
RECENT = 100  # interactions looked at to tell when we last knew something


@dataclass(frozen=True, slots=True)
class Story:
    """One interaction with all that belongs to it, each in the order in which it began."""

    interaction: Interaction
    legs: Sequence[Leg]
    segments: Sequence[Segment]
    offers: Sequence[Offer]
    transfers: Sequence[Transfer]


class CallMemory:
    """What the rows remember of calls from before a restart, for whoever follows the PBX."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, pbx: str, boot: str) -> dict[str, str]:
        """uniqueid → interaction id, of the channels that this run of the PBX may still have."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(Leg.uniqueid, Leg.interaction_id).where(
                    Leg.pbx == pbx, Leg.boot == boot, ~Leg.ended
                )
            )
            return {row.uniqueid: row.interaction_id for row in rows}

    async def open_interactions(self, pbx: str) -> list[str]:
        """The interactions whose end was never written; it may still be on its way."""
        async with self._database.reading() as session:
            rows = await session.scalars(
                select(Interaction.id).where(
                    Interaction.pbx == pbx,
                    Interaction.end_reason.is_(None),
                    Interaction.merged_into.is_(None),
                )
            )
            return list(rows)

    async def last_known_at(self, pbx: str) -> float | None:
        async with self._database.reading() as session:
            return await last_known_at(session, pbx)


async def last_known_at(session: AsyncSession, pbx: str) -> float | None:
    """The latest moment of which rows tell; when we last knew may be later, never earlier."""
    recent = (
        select(Interaction.started_at, Interaction.ended_at)
        .where(Interaction.pbx == pbx, Interaction.started_at.is_not(None))
        .order_by(Interaction.started_at.desc())
        .limit(RECENT)
        .subquery()
    )
    calls = select(func.max(recent.c.started_at), func.max(recent.c.ended_at))
    # Where a gap began or ended we were there to see it.
    gaps = select(func.max(Gap.began_at), func.max(Gap.ended_at)).where(Gap.pbx == pbx)
    moments = [*(await session.execute(calls)).one(), *(await session.execute(gaps)).one()]
    return max((moment for moment in moments if moment is not None), default=None)


async def resolve(session: AsyncSession, interaction: str) -> Interaction:
    """The interaction that this id means now: itself, or what it was merged into. NotFound."""
    row = await session.get(Interaction, interaction)
    if row is not None and row.merged_into is not None:
        row = await session.get(Interaction, row.merged_into)
    if row is None:
        raise NotFound(f"no interaction {interaction!r}")
    return row


async def story(session: AsyncSession, interaction: str) -> Story:
    """One call with its legs, segments, offers and transfers; an old id of a merge will do."""
    call = await resolve(session, interaction)

    return Story(
        call,
        legs=await _of(session, Leg, call.id, Leg.started_at),
        segments=await _of(session, Segment, call.id, Segment.started_at),
        offers=await _of(session, Offer, call.id, Offer.started_at),
        transfers=await _of(session, Transfer, call.id, Transfer.at),
    )


async def _of(
    session: AsyncSession, kind: type[Row], interaction: str, began: InstrumentedAttribute[Any]
) -> Sequence[Row]:
    rows = await session.scalars(
        select(kind).where(kind.interaction_id == interaction).order_by(began, kind.id)
    )
    return rows.all()
