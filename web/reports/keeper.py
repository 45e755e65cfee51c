"""Keeps the roll-ups: what is marked, the hour that is running, and late ones once more each day.

Each hour is one transaction with the marks that it answers, so what dies in the middle is done
again, and what is done twice is the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.store.database import Database, in_words, is_away
from callcenter.store.tables import Segment
from callcenter.unbroken import unbroken
from routing.tables import AgentStateLogRow
from web.reports.columns import FCR_DAYS
from web.reports.rollup import roll_up
from web.reports.sql import hour as hour_of
from web.reports.tables import ReportMark, ReportProgress

EVERY = 15.0  # seconds between looks
AFTER_FAILURE = 10.0
HOUR = 3600
ONE_ROW = 1
LATE = FCR_DAYS * 24 + 24  # hours that are computed once more each day, marked or not
MARKS = 50_000  # read at once

log = structlog.get_logger(__name__)


class ReportKeeper:
    """`run` until cancelled."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
            except Exception as error:
                log.warning("reports_not_kept", error=in_words(error), away=is_away(error))
                await asyncio.sleep(AFTER_FAILURE)
            await asyncio.sleep(EVERY)

    async def turn(self) -> int:
        """Compute what is to be computed; how many hours that were."""
        now = self._clock()
        current = int(now // HOUR)
        async with self._database.reading() as session:
            marks = (
                await session.execute(
                    select(ReportMark.id, ReportMark.hour, ReportMark.onward)
                    .order_by(ReportMark.id)
                    .limit(MARKS)
                )
            ).all()
            progress = await session.get(ReportProgress, ONE_ROW)
            first = progress.hour if progress else await _beginning(await session.connection())
        since = current if first is None else first
        answers: dict[int, list[int]] = {}
        for mark, hour, _ in marks:
            answers.setdefault(hour, []).append(mark)
        hours = set(range(since, current + 1)) | {h for h in answers if h <= current}
        onward = [hour for _, hour, on in marks if on and hour < current]
        if onward:  # a state that was heard of late lasts until the one after it
            hours |= set(range(min(onward), current + 1))
        checked = progress.checked_day if progress else None
        if checked is not None and checked != current // 24:
            hours |= set(range(current - LATE, current + 1))
        await self._compute(sorted(hours), answers, onward, now)
        await self._finished(current, current // 24, answers, now)
        return len(hours)

    async def _compute(
        self, hours: Iterable[int], answers: dict[int, list[int]], onward: list[int], now: float
    ) -> None:
        """Marks that reach onward stay until the last of their hours is done."""
        late = min(onward, default=None)
        for hour in hours:
            marks = [] if late is not None and hour >= late else answers.pop(hour, [])
            await self._compute_one(hour, marks, now)

    @unbroken
    async def _compute_one(self, hour: int, marks: list[int], now: float) -> None:
        async with self._database.engine.begin() as connection:
            await roll_up(connection, hour, until=now)
            await _forget(connection, marks)

    @unbroken
    async def _finished(
        self, current: int, day: int, answers: dict[int, list[int]], now: float
    ) -> None:
        left = [mark for hour, marks in answers.items() if hour <= current for mark in marks]
        values = {"hour": current, "checked_day": day}
        async with self._database.engine.begin() as connection:
            await _forget(connection, left)
            done = await connection.execute(
                update(ReportProgress).where(ReportProgress.id == ONE_ROW).values(values)
            )
            if not done.rowcount:
                await connection.execute(insert(ReportProgress).values(id=ONE_ROW, **values))


async def _beginning(connection: AsyncConnection) -> int | None:
    """The first hour of which there are rows, where nothing was computed yet."""
    found = [
        await connection.scalar(select(hour_of(func.min(moment))))
        for moment in (Segment.started_at, AgentStateLogRow.at)
    ]
    return min((hour for hour in found if hour is not None), default=None)


async def _forget(connection: AsyncConnection, marks: list[int]) -> None:
    for first in range(0, len(marks), 500):
        some = marks[first : first + 500]
        await connection.execute(delete(ReportMark).where(ReportMark.id.in_(some)))


async def recompute(database: Database, first: int, last: int, *, until: float) -> None:
    """Every hour from `first` up to `last`, whatever is marked."""
    for hour in range(first, last):
        async with database.engine.begin() as connection:
            await roll_up(connection, hour, until=until)
