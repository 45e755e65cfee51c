"""Keeps the live figures of what is owed supplied: with what is open, and with what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Collection
from typing import Protocol

import structlog

from callcenter.events import DomainEvent
from callcenter.store.database import Database, in_words, is_away
from routing.callback_queries import open_callbacks
from routing.work_changes import open_work
from web.work_board import WorkBoard

log = structlog.get_logger(__name__)

AGAIN = 5.0  # seconds until a database that was away is asked again


class Batch(Protocol):
    """What the bus hands over; `missed` events were lost before these."""

    @property
    def missed(self) -> int: ...
    @property
    def events(self) -> Collection[tuple[int, DomainEvent]]: ...


class WorkFeed:
    """`run` until the bus ends."""

    def __init__(self, board: WorkBoard, database: Database) -> None:
        self._board = board
        self._database = database
        self._stale = asyncio.Event()
        self._stale.set()

    async def run(self, batches: AsyncIterable[Batch]) -> None:
        seeding = asyncio.create_task(self._seed())
        try:
            async for batch in batches:
                for _, event in batch.events:
                    self._board.apply(event)
                if batch.missed:
                    log.error("work_missed_events", count=batch.missed)
                    self._stale.set()
        finally:
            seeding.cancel()
            await asyncio.gather(seeding, return_exceptions=True)

    async def _seed(self) -> None:
        """At the start, and whenever events were lost."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            self._board.begin_seed()
            try:
                async with self._database.reading() as session:
                    found = [*await open_work(session), *await open_callbacks(session)]
            except Exception as error:
                log.warning("work_not_loaded", error=in_words(error), away=is_away(error))
                await asyncio.sleep(AGAIN)
                self._stale.set()
            else:
                self._board.seed(found)
