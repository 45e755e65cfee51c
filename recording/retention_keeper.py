"""Deletes what policies say is over, some at a time, each written down in the audit log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from callcenter.metrics import RECORDINGS_DELETED
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words
from callcenter.unbroken import unbroken
from recording import retention

EVERY = 3600.0  # seconds

log = structlog.get_logger(__name__)


class RetentionKeeper:
    def __init__(
        self, database: Database, *, every: float = EVERY, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._every = every
        self._clock = clock

    async def run(self) -> None:
        while True:
            more = 0
            try:
                more = await self.turn()
            except Exception as error:
                log.warning("retention_waits", error=in_words(error))
            await asyncio.sleep(0 if more else self._every)  # the rest waits its turn, no longer

    @unbroken
    async def turn(self) -> int:
        """How many went; 0 when nothing is left to go."""
        async with self._database.session() as session:
            gone = await retention.apply(session, self._clock())
            for one in gone:
                said = {"why": "retention", "policy": one.policy, "started_at": one.started_at}
                entry = Audited(
                    self._clock(), None, "recording.delete", f"recording/{one.id}", said, None
                )
                await audit.record(session, entry)
            await session.commit()
        if gone:
            RECORDINGS_DELETED.labels("retention").inc(len(gone))
            log.info("recordings_deleted", count=len(gone), why="retention")
        return len(gone)
