"""Keeps the live board supplied: with the directory, with today so far, and with what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Collection
from typing import Protocol

import structlog

from callcenter.events import DomainEvent
from callcenter.store.database import Database, is_away
from routing.callback_queries import open_callbacks
from routing.queries import agents_of_our_queues, load_directory, load_queues
from routing.work_changes import open_work
from web.board import LiveBoard
from web.board_agents import BoardAgent, Phone
from web.board_queries import entries_between, scores_since
from web.board_queues import Terms

log = structlog.get_logger(__name__)

AGAIN = 5.0  # seconds until a database that was away is asked again


class Batch(Protocol):
    """What the bus hands over; `missed` events were lost before these."""

    @property
    def missed(self) -> int: ...
    @property
    def events(self) -> Collection[tuple[int, DomainEvent]]: ...


class BoardFeed:
    """`run` until the bus ends; `reload` whenever agents, phones or queues have changed."""

    def __init__(self, board: LiveBoard, database: Database, *, started_at: float) -> None:
        self._board = board
        self._database = database
        self._started_at = started_at
        self._stale = asyncio.Event()
        self._stale.set()

    async def run(self, batches: AsyncIterable[Batch]) -> None:
        directory = asyncio.create_task(self._keep_directory())
        try:
            async for batch in batches:
                if batch.missed:
                    log.error("board_missed_events", count=batch.missed)
                    self._board.lose_track()
                    self._stale.set()
                for _, event in batch.events:
                    self._board.apply(event)
        finally:
            directory.cancel()
            await asyncio.gather(directory, return_exceptions=True)

    def reload(self) -> None:
        self._stale.set()

    async def _keep_directory(self) -> None:
        seeded = False
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                terms = await self._load()
                await self._seed_owed()
                if not seeded:
                    await self._seed(terms)
                    seeded = True
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(AGAIN)
                self._stale.set()

    async def _load(self) -> dict[str, Terms]:
        async with self._database.reading() as session:
            phones = await load_directory(session)
            queues = await load_queues(session)
            ours = await agents_of_our_queues(session)
        owned: dict[tuple[int, str], list[Phone]] = {}
        for phone, agent in sorted(phones.items()):
            owned.setdefault((agent.id, agent.name), []).append(phone)
        agents = [
            BoardAgent(id_, name, tuple(own), id_ in ours) for (id_, name), own in owned.items()
        ]
        terms = {q.name: Terms(q.service_level, q.short_abandon) for q in queues.values()}
        self._board.configure(agents, terms)
        return terms

    async def _seed(self, terms: dict[str, Terms]) -> None:
        async with self._database.reading() as session:
            since, until = self._board.day_start, self._started_at
            self._board.seed(await entries_between(session, since, until, terms))
            self._board.seed_scores(await scores_since(session, since))

    async def _seed_owed(self) -> None:
        """At every look: it is little, and heals what lost events left wrong."""
        self._board.begin_owed()
        async with self._database.reading() as session:
            found = [*await open_work(session), *await open_callbacks(session)]
        self._board.seed_owed(found)
