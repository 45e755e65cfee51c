"""Writes down who listened to whom, from when to when, in a table and in the audit log.

Listening neither waits for the database nor fails with it: what is to be written waits here, in
order, until it can be.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

import structlog
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words
from callcenter.unbroken import unbroken
from routing.monitoring import Use
from web.supervision_tables import MonitorUseRow

AGAIN = 5.0  # seconds until a database that was away is tried again

log = structlog.get_logger(__name__)


class MonitorLog:
    """`run` until cancelled; `finish` writes what is left once, if the database is there."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._waiting: deque[tuple[Use, float | None, bool]] = deque()  # use, seconds, over
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    def began(self, use: Use) -> None:
        self._waiting.append((use, None, False))
        self._wake.set()

    def ended(self, use: Use, seconds: float | None) -> None:
        self._waiting.append((use, seconds, True))
        self._wake.set()

    async def run(self) -> None:
        """What an earlier run left open is closed first: it is over, nobody knows since when."""
        left_open = True
        while True:
            try:
                if left_open:
                    await self._close()
                    left_open = False
                await self._write_all()
                await self._wake.wait()
            except Exception as error:  # whatever it is: supervisors go on, and it is tried again
                log.warning("monitoring_not_written", error=in_words(error))
                await asyncio.sleep(AGAIN)
            self._wake.clear()

    async def finish(self) -> None:
        try:
            await self._write_all()
        except Exception as error:
            log.error("monitoring_not_written", error=in_words(error), lost=len(self._waiting))

    @unbroken
    async def _close(self) -> None:
        async with self._database.session() as db:
            open_ = update(MonitorUseRow).where(MonitorUseRow.ended_at.is_(None))
            await db.execute(open_.values(ended_at=self._clock(), estimated=True))
            await db.commit()

    async def _write_all(self) -> None:
        async with self._writing:
            await self._write_in_order()

    async def _write_in_order(self) -> None:
        while self._waiting:
            await self._write_next()

    @unbroken
    async def _write_next(self) -> None:
        use, seconds, over = self._waiting[0]
        async with self._database.session() as db:
            if over:
                await _end(db, use, seconds, self._clock())
            else:
                await _begin(db, use)
            await db.commit()
        self._waiting.popleft()


async def _begin(db: AsyncSession, use: Use) -> None:
    await db.execute(
        insert(MonitorUseRow).values(
            monitor=use.monitor,
            user_id=use.user,
            agent_id=use.agent,
            interaction_id=use.interaction,
            mode=use.mode,
            started_at=use.at,
        )
    )
    await audit.record(db, _audited(use, use.at, "begin", None))


async def _end(db: AsyncSession, use: Use, seconds: float | None, now: float) -> None:
    ended_at = now if seconds is None else use.at + seconds
    running = (
        MonitorUseRow.monitor == use.monitor,
        MonitorUseRow.started_at == use.at,
        MonitorUseRow.ended_at.is_(None),
    )
    await db.execute(update(MonitorUseRow).where(*running).values(ended_at=ended_at))
    await audit.record(db, _audited(use, ended_at, "end", seconds))


def _audited(use: Use, at: float, which: str, seconds: float | None) -> Audited:
    told = {"interaction": use.interaction, "which": which}
    after = told if seconds is None else {**told, "seconds": round(seconds, 1)}
    return Audited(at, use.user, f"call.{use.mode}", f"agent/{use.agent}", None, after)
