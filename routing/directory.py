"""Whose phone an interface is and what a queue is measured by, answered from memory."""

from __future__ import annotations

from callcenter.store.database import Database
from routing.fresh import Fresh
from routing.queries import AgentEntry, QueueEntry, load_directory, load_queues


class Directory(Fresh):
    """Empty until the first load; keeps what it knows while the database is away."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._agents: dict[tuple[str, str], AgentEntry] = {}
        self._queues: dict[tuple[str, str], QueueEntry] = {}

    def agent_of(self, pbx: str, interface: str) -> int | None:
        entry = self._agents.get((pbx, interface))
        return None if entry is None else entry.id

    def thresholds(self) -> dict[tuple[str, str], float]:
        """(pbx, queue) → seconds of its service level."""
        return {key: queue.service_level for key, queue in self._queues.items()}

    def short_thresholds(self) -> dict[tuple[str, str], float]:
        """(pbx, queue) → seconds up to which an abandon counts apart."""
        return {key: queue.short_abandon for key, queue in self._queues.items()}

    async def load(self) -> None:
        """Raises what the database raises."""
        async with self._database.reading() as session:
            agents, queues = await load_directory(session), await load_queues(session)
        self._agents, self._queues = agents, queues
