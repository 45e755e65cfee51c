"""A link under test: it remembers what it told, and leaves nothing behind when it is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from callcenter.ami.connection import AmiConnection, Endpoint, Timing
from callcenter.ami.messages import Message
from callcenter.ami.protocol import Quarantined
from tests.ami.peer import SECRET, USER, Peer

QUICK = Timing(connect=0.3, ping_every=0.05, ping=0.15, backoff=(0.01,), refused=30.0)
CALM = replace(QUICK, ping_every=30.0)  # no pings among what is looked at
WITHIN = 5.0  # seconds in which a test must have seen what it waits for


class Link(AmiConnection):
    """An AmiConnection that remembers what it told."""

    def __init__(self, port: int, timing: Timing, *, secret: str = SECRET) -> None:
        self.messages: list[Message] = []
        self.quarantined: list[Quarantined] = []
        self.told: asyncio.Queue[str] = asyncio.Queue()
        endpoint = Endpoint("127.0.0.1", port, USER, secret)
        super().__init__(
            endpoint,
            self._heard,
            self._came_up,
            lambda: self.told.put_nowait("down"),
            self.quarantined.append,
            timing=timing,
        )

    def _heard(self, events: list[Message]) -> None:
        self.messages += events
        for event in events:
            self.told.put_nowait(event.name)

    async def _came_up(self) -> None:
        self.told.put_nowait("up")

    async def until(self, what: str) -> None:
        """Wait until it has told this; what it told before is forgotten."""
        async with asyncio.timeout(WITHIN):
            while await self.told.get() != what:
                pass


@asynccontextmanager
async def link(peer: Peer, timing: Timing = CALM, *, secret: str = SECRET) -> AsyncIterator[Link]:
    """A running link; when it is stopped nothing of it may be left."""
    before = asyncio.all_tasks()
    connection = Link(peer.port, timing, secret=secret)
    running = asyncio.create_task(connection.run())
    try:
        yield connection
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    left = asyncio.all_tasks() - before
    assert [task for task in left if "callcenter/ami/" in repr(task.get_coro())] == []
