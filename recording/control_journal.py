"""Writes down what becomes of recordings, in order and without making a call wait for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words, is_refused
from callcenter.store.tables import Interaction, Leg
from callcenter.unbroken import unbroken
from recording.control_tables import RecordingSpan, Row
from recording.queries import insert_once, table_of
from recording.tables import Recording

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between attempts while the database is away
MOST = 100_000  # entries that wait for it

Entry = Callable[[AsyncSession], Awaitable[Any]]
log = structlog.get_logger(__name__)
_spans = table_of(RecordingSpan)


@dataclass(frozen=True, slots=True)
class Left:
    """What a service that ended has left of a leg: recorded, and perhaps silent."""

    interaction: str
    leg: str
    channel: str
    muted: bool
    until: float | None
    reasons: tuple[str, ...]
    by: int | None


class Journal:
    """`run` for ever; `finish` writes what is left once, if the database is there.

    Of more than `most` entries that wait the oldest are lost, and the log says so.
    """

    def __init__(self, database: Database, *, most: int = MOST) -> None:
        self._database = database
        self._most = most
        self._entries: deque[Entry] = deque()
        self._lost = 0  # since everything was written last
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    # --- what there is to write ---------------------------------------------------------------

    def open(self, row: Row) -> None:
        """A span began; one that is there already, by id, stays."""
        self._add(lambda session: insert_once(session, _spans, [row]))

    def close(self, leg: str, at: float, *, estimated: bool = False) -> None:
        self._add(lambda session: _close(session, RecordingSpan.leg_id == leg, at, estimated))

    def close_call(self, interaction: str, at: float, *, estimated: bool = False) -> None:
        whose = RecordingSpan.interaction_id == interaction
        self._add(lambda session: _close(session, whose, at, estimated))

    def merge(self, kept: str, merged: str) -> None:
        moved = update(_spans).where(_spans.c.interaction_id == merged).values(interaction_id=kept)
        self._add(lambda session: session.execute(moved))

    def extend(self, leg: str, until: float, reasons: list[str]) -> None:
        longer = (
            update(_spans)
            .where(_spans.c.leg_id == leg, _spans.c.kind == "pause", _spans.c.ended_at.is_(None))
            .values(until=until, reasons=reasons)
        )
        self._add(lambda session: session.execute(longer))

    def audit(self, entry: Audited) -> None:
        self._add(lambda session: audit.record(session, entry))

    def _add(self, entry: Entry) -> None:
        if len(self._entries) >= self._most:
            self._entries.popleft()
            if not self._lost:  # once, not for each: how many it were is said at the end
                log.error("recording_spans_overflow", waiting=self._most)
            self._lost += 1
        self._entries.append(entry)
        self._wake.set()

    # --- writing ------------------------------------------------------------------------------

    async def run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_all()
                pause = FIRST_PAUSE
            except Exception as error:  # whatever it is: calls go on, and it is tried again
                log.warning(
                    "recording_spans_not_written", error=in_words(error), waiting=len(self._entries)
                )
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                self._wake.set()

    async def finish(self) -> None:
        """What is left, once, if the database is there."""
        try:
            await self._write_all()
        except Exception as error:
            log.error("recording_spans_not_written", error=in_words(error), lost=len(self._entries))

    async def _write_all(self) -> None:
        async with self._writing:
            while self._entries:
                await self._write_next()
        if self._lost:
            log.error("recording_spans_lost", entries=self._lost)
            self._lost = 0

    @unbroken
    async def _write_next(self) -> None:
        entry = self._entries[0]
        try:
            async with self._database.session() as session:
                await entry(session)
                await session.commit()
        except Exception as error:
            if not is_refused(error):
                raise
            log.error("recording_span_refused", error=in_words(error))
        if self._entries and self._entries[0] is entry:  # else it overflowed meanwhile
            self._entries.popleft()

    # --- after a restart ----------------------------------------------------------------------

    async def left(self, pbx: str) -> list[Left]:
        """The legs that were recorded when we last knew."""
        async with self._database.reading() as session:
            rows = await session.execute(
                select(
                    *(Recording.interaction_id, Recording.leg_id, Recording.channel),
                    *(RecordingSpan.id, RecordingSpan.until, RecordingSpan.reasons),
                    RecordingSpan.user_id,
                )
                .outerjoin(
                    RecordingSpan,
                    (RecordingSpan.leg_id == Recording.leg_id)
                    & (RecordingSpan.kind == "pause")
                    & RecordingSpan.ended_at.is_(None),
                )
                .where(Recording.pbx == pbx, Recording.status == "pending")
                .where(Recording.stopped_at.is_(None), Recording.leg_id.is_not(None))
            )
            return [
                Left(
                    call or "", leg or "", name or "", span is not None, until, tuple(why or ()), by
                )
                for call, leg, name, span, until, why, by in rows
            ]

    async def refusals(self, pbx: str) -> set[str]:
        """Calls that go on and whose customers do not want to be recorded."""
        async with self._database.reading() as session:
            return set(
                await session.scalars(
                    select(RecordingSpan.interaction_id).where(
                        RecordingSpan.pbx == pbx,
                        RecordingSpan.kind == "refused",
                        RecordingSpan.ended_at.is_(None),
                    )
                )
            )

    @unbroken
    async def close_forgotten(self, pbx: str, now: float) -> None:
        """Spans of what ended while nobody looked: they ended with it, as near as is known."""
        async with self._database.session() as session:
            rows = await session.execute(
                select(RecordingSpan.id, Leg.ended_at, Interaction.ended_at)
                .outerjoin(Leg, Leg.id == RecordingSpan.leg_id)
                .outerjoin(Interaction, Interaction.id == RecordingSpan.interaction_id)
                .where(RecordingSpan.pbx == pbx, RecordingSpan.ended_at.is_(None))
                .where(or_(Leg.ended, Interaction.end_reason.is_not(None)))
            )
            for span, leg_end, call_end in rows.all():
                ended = leg_end or call_end or now
                await _close(session, RecordingSpan.id == span, ended, True)
            await session.commit()


async def _close(session: AsyncSession, whose: Any, at: float, estimated: bool) -> None:
    await session.execute(
        update(RecordingSpan)
        .where(whose, RecordingSpan.ended_at.is_(None))
        .values(ended_at=at, estimated=estimated)
        .execution_options(synchronize_session=False)
    )
