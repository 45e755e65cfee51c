"""The product's own way from AMI bytes to a frame, as a process: link, calls, lookup, gateway."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Mapping

import structlog
import uvloop

from callcenter import collector
from callcenter.ami.login import Endpoint
from callcenter.ami.service import AmiService
from callcenter.bus import MemoryBus
from callcenter.store.database import Database
from crm.card import CardSource
from crm.identify import Identifier
from screenpop.gateway import Gateway, Settings
from screenpop.pops import EVENTS, Pops
from tests.bench.rig import PBX, Seats, agent_of


class NoMemory:
    """A store that remembers no calls from before."""

    async def known(self, pbx: str, boot: str) -> Mapping[str, str]:
        return {}

    async def last_known_at(self, pbx: str) -> float | None:
        return None

    async def open_interactions(self, pbx: str) -> list[str]:
        return []


async def main(ami: int, url: str) -> None:
    # Standard output is how we say where we listen; below an error there is nothing to tell.
    errors = structlog.make_filtering_bound_logger(logging.ERROR)
    structlog.configure(
        wrapper_class=errors, logger_factory=structlog.PrintLoggerFactory(sys.stderr)
    )
    cards = CardSource(Database(url))
    await cards.start()
    collector.set_aside()
    bus = MemoryBus()
    identifier = Identifier(bus, cards)
    pops = Pops(agent_of, started_at=time.time())
    gateway = Gateway(Settings(port=0), pops=pops, authenticator=Seats())
    endpoint = Endpoint("127.0.0.1", ami, "bench", "bench")
    service = AmiService(PBX, endpoint, bus.publish, NoMemory())
    async with gateway, asyncio.TaskGroup() as tasks:
        tasks.create_task(identifier.run())
        tasks.create_task(gateway.consume(bus.subscribe("screens", types=EVENTS)))
        tasks.create_task(service.run())
        sys.stdout.write(f"{gateway.port}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2]))
