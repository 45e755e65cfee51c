"""Whose phone an interface is and what a queue is measured by, answered from memory."""

from __future__ import annotations

import asyncio

import structlog

from callcenter.store.database import Database, in_words, is_away
from routing.queries import AgentEntry, QueueEntry, load_directory, load_queues

AGAIN = 5.0  # seconds until a database that was away is asked again
EVERY = 60.0  # seconds until changes made by somebody else are seen

log = structlog.get_logger(__name__)


class Directory:
    """Empty until the first load; keeps what it knows while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._agents: dict[tuple[str, str], AgentEntry] = {}
        self._queues: dict[tuple[str, str], QueueEntry] = {}
        self._stale = asyncio.Event()

    def agent_of(self, pbx: str, interface: str) -> int | None:
        entry = self._agents.get((pbx, interface))
        return None if entry is None else entry.id

    def thresholds(self) -> dict[tuple[str, str], float]:
        """(pbx, queue) → seconds of its service level."""
        return {key: queue.service_level for key, queue in self._queues.items()}

    def reload(self) -> None:
        """Something was changed: load again soon."""
        self._stale.set()

    async def load(self) -> None:
        """Raises what the database raises."""
        async with self._database.reading() as session:
            agents, queues = await load_directory(session), await load_queues(session)
        self._agents, self._queues = agents, queues

    async def run(self) -> None:
        """Keep it fresh until cancelled."""
        pause = EVERY
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._stale.wait()
            except TimeoutError:
                pass  # time to look again anyway
            self._stale.clear()
            try:
                await self.load()
                pause = EVERY
            except (
                Exception
            ) as error:  # whatever it is, what is known stays, and later is asked again
                log.warning("directory_not_loaded", error=in_words(error), away=is_away(error))
                pause = AGAIN
