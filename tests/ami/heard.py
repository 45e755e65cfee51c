"""An AmiService at work, with what it told kept in order, and a memory such as the store's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from callcenter.ami.connection import Endpoint, Timing
from callcenter.ami.service import AmiService
from callcenter.events import (
    DomainEvent,
    Event,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    LegEnded,
    LegStarted,
)

Kind = TypeVar("Kind", bound=Event)
QUICK = Timing(connect=2.0, ping_every=30.0, ping=2.0, backoff=(0.05, 0.1), refused=30.0)


class Heard:
    """Every event in order. It is its own memory: what it heard survives a service's restart."""

    def __init__(self) -> None:
        self.events: list[DomainEvent] = []
        self._more = asyncio.Event()

    def __call__(self, event: DomainEvent) -> None:
        self.events.append(event)
        self._more.set()

    def all(self, kind: type[Kind], since: int = 0) -> list[Kind]:
        return [event for event in self.events[since:] if isinstance(event, kind)]

    async def first(
        self,
        kind: type[Kind],
        since: int = 0,
        where: Callable[[Kind], bool] = lambda event: True,
        within: float = 15.0,
    ) -> Kind:
        """Wait for the first such event at or after place `since`."""
        async with asyncio.timeout(within):
            while True:
                for event in self.all(kind, since):
                    if where(event):
                        return event
                self._more.clear()
                await self._more.wait()

    # --- the memory of the store ---------------------------------------------------------------

    async def known(self, pbx: str, boot: str) -> dict[str, str]:
        ended = {event.leg for event in self.all(LegEnded)}
        return {
            event.uniqueid: event.interaction
            for event in self.all(LegStarted)
            if event.boot == boot and event.party.leg not in ended
        }

    async def last_known_at(self, pbx: str) -> float | None:
        return None

    async def open_interactions(self, pbx: str) -> list[str]:
        gone = {event.interaction for event in self.all(InteractionEnded)}
        gone |= {event.merged for event in self.all(InteractionsMerged)}
        started = dict.fromkeys(event.interaction for event in self.all(InteractionStarted))
        return [interaction for interaction in started if interaction not in gone]


@asynccontextmanager
async def following(
    heard: Heard,
    endpoint: Endpoint,
    timing: Timing = QUICK,
    publish: Callable[[DomainEvent], object] | None = None,
) -> AsyncIterator[AmiService]:
    """A service that follows the PBX at `endpoint`, stopped like a process that ends. It tells
    `publish`, or else `heard`."""
    service = AmiService("main", endpoint, publish or heard, heard, timing=timing)
    running = asyncio.create_task(service.run())
    try:
        yield service
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
