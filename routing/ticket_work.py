"""Gives tickets that nobody looks after to agents who are ready for them (R12 beside the calls).

The crew decides, here it is fed: with how the agents are, with what waits, with how much each has.
What was decided is written down by the tickets' own room, which may refuse: then somebody was
faster, and all is looked at again. Calls come first: nobody who is in one is given a ticket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from callcenter.bus import Subscription
from callcenter.events import AgentChanged, AgentState, DomainEvent, TicketChanged
from callcenter.store.database import in_words, is_away
from routing.setup import Setup
from routing.ticket_crew import Given, Hand, TicketCrew, Waiting
from routing.ticket_queues import TicketSetup

EVENTS = (AgentChanged, TicketChanged)
PERIOD = 0.5  # seconds between looks at least: what changes meanwhile is one look
LONGEST_SLEEP = 30.0  # seconds; then one looks anyway, should an event have been lost
AGAIN = 5.0  # seconds until a database that was away is asked again
AT_ONCE = 1_000  # tickets looked at, the most urgent first

log = structlog.get_logger(__name__)


class Tickets(Protocol):
    """The tickets' room, as this one needs it. Users are those who sign in."""

    async def waiting(self, limit: int) -> Sequence[Waiting]:
        """What nobody looks after, the most urgent first."""

    async def loads(self) -> Mapping[int, int]:
        """By user, how many tickets they work on now."""

    async def give(self, ticket: int, version: int, user: int, queue: int) -> bool:
        """Write it down and tell everybody; False when it is not to be given any more."""


class TicketWork:
    """`present` are the agents who are signed in, `setup` is what is said of agents."""

    def __init__(
        self,
        tickets: Tickets,
        setup: Callable[[], Setup],
        queues: Callable[[], TicketSetup],
        present: Callable[[], Sequence[AgentChanged]],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tickets = tickets
        self._setup = setup
        self._queues = queues
        self._present = present
        self._wall = clock
        self._latest = 0.0
        self._crew = TicketCrew()
        self._wake = asyncio.Event()

    def arrange(self, *_: object) -> None:
        """Administrators changed something."""
        self._wake.set()

    async def follow(self, subscription: Subscription) -> None:
        """Until the bus ends. Subscribed to EVENTS."""
        async for batch in subscription:
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, AgentChanged):
            self._agent(event)
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        for agent in self._present():
            self._agent(agent)
        self._wake.set()
        while True:
            await self._sleep()
            try:
                await self.look()
            except Exception as error:
                log.warning("tickets_not_given", error=in_words(error), away=is_away(error))
                self._wake.set()
                await asyncio.sleep(AGAIN)
            await asyncio.sleep(PERIOD)

    async def look(self) -> int:
        """Give what can be given; how many tickets that were."""
        self._wake.clear()
        setup, queues = self._setup(), self._queues()
        done = await self._hand_out(setup, self._crew.take())  # who became ready since
        await self._renew(setup, queues)
        return done + await self._hand_out(setup, self._crew.take())

    async def _renew(self, setup: Setup, queues: TicketSetup) -> None:
        """The crew's picture as it is written down. What it decides by an older one while this is
        put right is refused when it is to be given."""
        now = self._clock()
        hands = {
            agent.id: Hand(agent.skills, agent.rank, queues.capacity_of(agent.id))
            for agent in setup.agents.values()
            if agent.user is not None
        }
        waiting = await self._tickets.waiting(AT_ONCE) if queues.plans else ()
        of_user = await self._tickets.loads() if waiting else {}
        loads = {
            agent.id: of_user.get(agent.user, 0)
            for agent in setup.agents.values()
            if agent.user is not None
        }
        self._crew.arrange(queues.plans, hands, now)
        self._crew.loads(loads, now)
        self._crew.waiting(waiting, now)
        self._crew.tick(now)

    async def _hand_out(self, setup: Setup, given: Sequence[Given]) -> int:
        done = 0
        for one in given:
            user = setup.agents[one.agent].user
            if user is not None and await self._tickets.give(
                one.ticket, one.version, user, one.queue.id
            ):
                log.info("ticket_given", ticket=one.ticket, agent=one.agent, queue=one.queue.name)
                done += 1
            else:
                self._crew.refused(one.ticket)
                self._wake.set()  # somebody was faster: look again
        return done

    def _agent(self, event: AgentChanged) -> None:
        ready = event.state is AgentState.READY
        self._crew.ready(event.agent, event.since if ready else None, self._clock())

    async def _sleep(self) -> None:
        due = self._crew.due()
        pause = LONGEST_SLEEP if due is None else max(0.0, due - self._clock())
        with suppress(TimeoutError):
            async with asyncio.timeout(min(pause, LONGEST_SLEEP)):
                await self._wake.wait()

    def _clock(self) -> float:
        """The time, which for the engine never runs backwards."""
        self._latest = max(self._latest, self._wall())
        return self._latest
