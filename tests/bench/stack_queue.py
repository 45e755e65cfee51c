"""The whole service as a process, with one queue of ours whose agents are all ready.

Started as `python -m tests.bench.stack_queue CONFIG NUMBER TELEPHONE...`; it says `ready` when a
call to NUMBER would be distributed, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
import uvloop
from sqlalchemy import insert

from callcenter.config import Config, load
from callcenter.main import Service
from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from routing.queries import Phone, create_agent
from routing.tables import AgentQueue, EntryPointRow, Queue
from tests.e2e.center import until
from tests.e2e.house import PBX, service

QUEUE = "support"


async def main(config: Config, number: str, telephones: Sequence[str]) -> None:
    # Standard output is how we say that we are ready; below an error there is nothing to tell.
    errors = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(
        wrapper_class=errors, logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    await upgrade(config.database.url)
    agents = await _describe(config.database.url, number, telephones)
    async with service(config) as up:
        for agent, telephone in zip(agents, telephones, strict=True):
            await _ready(up, agent, telephone)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _describe(url: str, number: str, telephones: Sequence[str]) -> list[int]:
    """What administrators would have described; the queue is as the PBX's own where both can."""
    database = Database(url)
    queue = {"pbx": PBX, "name": QUEUE, "ours": True, "wrap_up_seconds": 0.0}
    entry = {"pbx": PBX, "number": number, "name": "Main", "queue": QUEUE, "rules": []}
    try:
        async with database.session() as session:
            made = insert(Queue).values(**queue, announce_every=None).returning(Queue.id)
            serves = (await session.execute(made)).scalar_one()
            agents = [
                await create_agent(
                    session, name=f"Agent {n}", user=None, phones=[Phone(PBX, f"PJSIP/{n}")]
                )
                for n in telephones
            ]
            rows = [{"agent_id": agent, "queue_id": serves} for agent in agents]
            await session.execute(insert(AgentQueue), rows)
            await session.execute(insert(EntryPointRow).values(entry))
            await session.commit()
    finally:
        await database.close()
    return agents


async def _ready(up: Service, agent: int, telephone: str) -> None:
    staff = up.distribution.staff
    await until(lambda: staff.phones(agent)[0].state == "NOT_INUSE")
    await staff.sign_in(agent, f"PJSIP/{telephone}")
    await staff.ready(agent)


if __name__ == "__main__":
    uvloop.run(main(load(Path(sys.argv[1])), sys.argv[2], sys.argv[3:]))
