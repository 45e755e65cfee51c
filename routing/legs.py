"""Which contact a channel of the PBX belongs to, as the events tell it."""

from __future__ import annotations

import asyncio

from callcenter.bus import Subscription
from callcenter.events import DomainEvent, InteractionsMerged, LegEnded, LegStarted

EVENTS = (LegStarted, LegEnded, InteractionsMerged)
PATIENCE = 1.0  # seconds; the two ways from the PBX to us are not of the same length


class Legs:
    """Only legs that are there; forgets each when it ends."""

    def __init__(self) -> None:
        self._interactions: dict[str, str] = {}  # uniqueid -> interaction
        self._uniqueids: dict[str, str] = {}  # leg -> uniqueid
        self._asked: dict[str, asyncio.Event] = {}  # uniqueid -> somebody waits for it

    async def run(self, subscription: Subscription) -> None:
        """Until the bus ends."""
        async for batch in subscription:
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, LegStarted):
            self._interactions[event.uniqueid] = event.interaction
            self._uniqueids[event.party.leg] = event.uniqueid
            waiting = self._asked.pop(event.uniqueid, None)
            if waiting is not None:
                waiting.set()
        elif isinstance(event, LegEnded):
            self._interactions.pop(self._uniqueids.pop(event.leg, ""), None)
        elif isinstance(event, InteractionsMerged):
            for uniqueid, interaction in self._interactions.items():
                if interaction == event.merged:
                    self._interactions[uniqueid] = event.interaction

    async def interaction_of(self, uniqueid: str, patience: float = PATIENCE) -> str | None:
        """None when nobody told of this channel in time, as while the AMI link is down."""
        if uniqueid not in self._interactions:
            told = self._asked.setdefault(uniqueid, asyncio.Event())
            try:
                async with asyncio.timeout(patience):
                    await told.wait()
            except TimeoutError:
                self._asked.pop(uniqueid, None)
        return self._interactions.get(uniqueid)
