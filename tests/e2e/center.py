"""A house whose calls we distribute ourselves: queues of ours, agents with telephones, no app_queue
in sight until we are away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from callcenter.config import Config
from callcenter.events import AgentState
from callcenter.main import Service
from callcenter.pbx.asterisk import Asterisk
from callcenter.store.database import Database
from routing.staff import Staff
from routing.tables import Agent, AgentQueue, EntryPointRow, Queue
from tests.e2e.house import PBX, House, configured, service
from tests.servers import free_port

WITHIN = 10.0  # seconds


@dataclass(slots=True)
class Center:
    """The house, the running service and who works in it."""

    house: House
    service: Service
    agents: dict[str, int]

    @property
    def staff(self) -> Staff:
        return self.service.distribution.staff

    async def sign_in(self, name: str, telephone: str) -> int:
        """Ready with this telephone, which must be registered."""
        agent = self.agents[name]
        await until(lambda: self._phone(telephone) in {"NOT_INUSE", "UNKNOWN"})
        await self.staff.sign_in(agent, f"PJSIP/{telephone}")
        await self.staff.ready(agent)
        return agent

    def _phone(self, telephone: str) -> str:
        phones = [p for a in self.agents.values() for p in self.staff.phones(a)]
        return next(p.state for p in phones if p.interface == f"PJSIP/{telephone}")

    def state(self, agent: int) -> AgentState | None:
        status = self.staff.status(agent)
        return None if status is None else status.state

    async def until_state(self, agent: int, state: AgentState) -> None:
        await until(lambda: self.state(agent) is state)


async def until(holds: Any, within: float = WITHIN) -> None:
    """Wait for what only can be asked."""
    try:
        async with asyncio.timeout(within):
            while not holds():  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {within} s") from None


async def describe(config: Config, *, entry: str = "8000", **queue: Any) -> dict[str, int]:
    """`support` becomes a queue of ours that everybody serves, reached by `entry`.

    Returns the agents by name.
    """
    database = Database(config.database_url)
    try:
        async with database.session() as session:
            values = {"ours": True, "wrap_up_seconds": 0.0, "announce_every": None, **queue}
            await session.execute(update(Queue).where(Queue.name == "support").values(values))
            queue_id = await session.scalar(select(Queue.id).where(Queue.name == "support"))
            agents = {row.name: row.id for row in await session.scalars(select(Agent))}
            await _serve(agents.values(), queue_id, session)
            row = {"pbx": PBX, "number": entry, "name": "Main", "queue": "support", "rules": []}
            await session.execute(insert(EntryPointRow).values(row))
            await session.commit()
    finally:
        await database.close()
    return agents


async def _serve(agents: Iterable[int], queue: int | None, session: Any) -> None:
    rows = [{"agent_id": agent, "queue_id": queue} for agent in agents]
    await session.execute(insert(AgentQueue), rows)


@asynccontextmanager
async def center(house: House, **queue: Any) -> AsyncIterator[Center]:
    """The service up, on `house`, whose PBX must ask it."""
    agents = await describe(house.config, **queue)
    async with service(house.config) as up:
        yield Center(house, up, agents)


async def asked_house(pbx: Asterisk, folder: Path, url: str) -> House:
    """Furnished; the service is to listen where the PBX asks."""
    port = int(pbx.settings.agi_url.rpartition(":")[2])
    house = House(pbx, configured(pbx, folder, url, port))
    await house.furnish()
    return house


def agi_port() -> int:
    return free_port()
