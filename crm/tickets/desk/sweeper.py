"""Clears away files that no ticket has: of transactions that failed with the machine, of tickets
that are gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import islice

import structlog

from callcenter.store.database import Database, in_words, is_away
from crm.tickets.desk import attachments
from crm.tickets.desk.shelf import Shelf

EVERY = 6 * 3600.0  # seconds
YOUNG = 3600.0  # seconds a file may be there before its row is
AT_ONCE = 500

log = structlog.get_logger(__name__)


class Sweeper:
    def __init__(
        self, database: Database, shelf: Shelf, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception as error:
                log.warning("attachments_not_swept", error=in_words(error), away=is_away(error))
            await asyncio.sleep(EVERY)

    async def sweep(self) -> int:
        """How many were cleared away."""
        found = self._shelf.older_than(self._clock() - YOUNG)
        gone = 0
        while some := await asyncio.to_thread(lambda: list(islice(found, AT_ONCE))):
            async with self._database.reading() as session:
                unknown = await attachments.unknown(session, some)
            for id_ in unknown:
                await asyncio.to_thread(self._shelf.drop, id_)
            gone += len(unknown)
        if gone:
            log.info("attachments_swept", count=gone)
        return gone
