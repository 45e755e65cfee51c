"""Where waiting work meets free agents: drives the engine with what happens, and makes offers.

The engine decides; the desk keeps its clock, tells it of agents and work as they come and go, and
hands each decision to whoever waits. An offer is told (`OfferPrepared`) in the same moment in which
it is decided, so the pop is on its way before a telephone can ring.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo

import structlog

from callcenter.bus import Subscription
from callcenter.events import (
    Decision,
    DomainEvent,
    InteractionsMerged,
    OfferDropped,
    OfferPrepared,
    OfferResult,
    RoutingDecided,
    TalkStarted,
)
from routing.desk_parts import Floor, Ticket, Waits
from routing.engine import AGAIN_AFTER, Cause, Engine, Match, QueuePlan, Seat, Why, Work
from routing.setup import AgentSetup, QueueSetup, Setup

__all__ = ["Desk", "Ticket"]

EVENTS = (TalkStarted, InteractionsMerged)
LONGEST_SLEEP = 60.0

log = structlog.get_logger(__name__)


class Desk:
    """`publish` receives what is decided; `clock` gives seconds since the Unix epoch. In `zone` the
    day of "fewest calls today" begins."""

    def __init__(
        self,
        pbx: str,
        floor: Floor,
        publish: Callable[[DomainEvent], object],
        waits: Waits,
        clock: Callable[[], float] = time.time,
        *,
        zone: tzinfo = UTC,
    ) -> None:
        self._pbx = pbx
        self._floor = floor
        self._waits = waits
        self._publish = publish
        self._wall = clock
        self._zone = zone
        self._day: date | None = None
        self._latest = 0.0
        self._ticking = False
        self._engine = Engine()
        self._setup: Setup | None = None
        self._seated: set[int] = set()
        self._tickets: dict[str, Ticket] = {}
        self._by_interaction: dict[str, list[Ticket]] = {}  # two, where somebody consults a queue
        self._wake = asyncio.Event()
        floor.on_free.append(self._free)
        floor.on_busy.append(self._busy)
        floor.on_seat.append(self._seat)

    async def follow(self, subscription: Subscription) -> None:
        """Learn which offers were answered, until the bus ends. Subscribed to EVENTS."""
        async for batch in subscription:
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, TalkStarted):
            for ticket in self._by_interaction.get(event.interaction, ()):
                if ticket.match is not None and not ticket.answered:
                    self._talked(ticket, ticket.match, event)
        elif isinstance(event, InteractionsMerged):
            moved = self._by_interaction.pop(event.merged, [])
            for ticket in moved:
                ticket.interaction = event.interaction
            if moved:
                self._by_interaction.setdefault(event.interaction, []).extend(moved)

    def _talked(self, ticket: Ticket, match: Match, talk: TalkStarted) -> None:
        """An answer it is only between this caller or this agent and somebody: others of the same
        contact may talk meanwhile, as the one who consults a queue does with the customer."""
        telephone = ticket.telephone or self._floor.interface(match.agent)
        heard = {talk.a.channel, talk.b.channel, talk.a.interface, talk.b.interface}
        if heard.isdisjoint({ticket.channel, telephone} - {None}):
            return
        ticket.answered = True
        now = self._clock()
        self._waits.answered(ticket.work.queue, ticket.work.id, now)
        self._engine.handled(match.agent, now)
        self._floor.offer_ended(match.agent, OfferResult.ANSWERED, now, ticket.interaction)

    async def run(self) -> None:
        """Keeps the engine's clock, until cancelled."""
        while True:
            now, due = self._clock(), self._engine.due()
            pause = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, due - now)
            if pause > 0:
                try:
                    async with asyncio.timeout(pause):
                        await self._wake.wait()
                except TimeoutError:
                    pass  # due
            self._wake.clear()

    def arrange(self, setup: Setup) -> None:
        """Queues and agents as administrators describe them now."""
        self._setup = setup
        for queue in setup.queues.values():
            self._engine.plan(_plan(queue))
        for agent in self._seated:
            self._engine.seat(_seat(agent, setup.agents.get(agent)))
        self._wake.set()

    def _clock(self) -> float:
        """The time, which for the engine never runs backwards; whatever was due by now is done."""
        self._latest = max(self._latest, self._wall())
        self._turn_day()
        due = self._engine.due()
        if due is not None and due <= self._latest and not self._ticking:
            self._ticking = True
            try:
                for match in self._engine.tick(self._latest):
                    self._matched(match)
            finally:
                self._ticking = False
        return self._latest

    def _turn_day(self) -> None:
        """Calls are counted from midnight in the installation's zone."""
        today = datetime.fromtimestamp(self._latest, self._zone).date()
        if self._day is not None and today != self._day:
            self._engine.new_day()
        self._day = today

    # --- work --------------------------------------------------------------------------------

    def join(
        self, work: Work, interaction: str, entered_at: float, channel: str | None = None
    ) -> Ticket:
        """The work waits from now on; leave it with `leave`, whatever happens."""
        ticket = Ticket(work, interaction, entered_at, channel)
        self._tickets[work.id] = ticket
        self._by_interaction.setdefault(interaction, []).append(ticket)
        now = self._clock()
        self._matched(self._engine.add(work, now))
        if ticket.match is None:
            place = self._engine.position(work.id, now)
            self._waits.joined(work.queue, work.id, place, now)
        self._wake.set()
        return ticket

    def leave(self, ticket: Ticket, result: OfferResult = OfferResult.CALLER_GONE) -> None:
        """The work waits no more. An offer that is open ends with `result`."""
        if ticket.gone:
            return
        ticket.gone = True
        self._tickets.pop(ticket.work.id, None)
        self._forget(ticket)
        over = self._waits.answered if ticket.answered else self._waits.left
        over(ticket.work.queue, ticket.work.id, self._clock())
        if ticket.match is None:
            self._engine.remove(ticket.work.id)
        else:
            self._end_offer(ticket, OfferResult.ANSWERED if ticket.answered else result)

    def _forget(self, ticket: Ticket) -> None:
        together = self._by_interaction.get(ticket.interaction, [])
        if ticket in together:
            together.remove(ticket)
        if not together:
            self._by_interaction.pop(ticket.interaction, None)

    def refused(self, ticket: Ticket, result: OfferResult) -> None:
        """The offer came to nothing: back to the same place, and not to the same agent at once."""
        agent = None if ticket.match is None else ticket.match.agent
        if ticket.gone or agent is None:
            return
        now = self._clock()
        # First the work, then the agent: who is free again must not be the next to be asked.
        match = self._engine.put_back(ticket.work, now, agent, now + AGAIN_AFTER)
        self._end_offer(ticket, result)
        self._matched(match)
        self._wake.set()

    def servable(self, ticket: Ticket) -> bool:
        """Whether anybody who is signed in could ever take it."""
        return ticket.match is not None or self._engine.servable(ticket.work)

    def position(self, ticket: Ticket) -> int:
        """1 is the next of its queue, or has been chosen."""
        now = self._clock()
        return 1 if ticket.match is not None else self._engine.position(ticket.work.id, now)

    def estimate(self, ticket: Ticket) -> float | None:
        """Seconds until it is answered; None when nobody knows."""
        place = self.position(ticket)
        return self._waits.estimate(ticket.work.queue, place, self._clock())

    def telephone(self, ticket: Ticket) -> str | None:
        """What is rung for the offer that is open."""
        if ticket.match is None:
            return None
        return ticket.telephone or self._floor.interface(ticket.match.agent)

    def waiting(self, queue: str) -> int:
        return self._engine.waiting(queue)

    # --- what supervisors want ---------------------------------------------------------------

    def ticket_of(self, interaction: str) -> Ticket | None:
        """What waits of this contact, or is offered to somebody now."""
        open_ = [one for one in self._by_interaction.get(interaction, ()) if not one.answered]
        return open_[0] if open_ else None

    def send(self, ticket: Ticket, queue: str) -> None:
        """Nobody is offered it here any more; its flow brings it to the other queue."""
        self._engine.remove(ticket.work.id)
        ticket.sent_to = queue
        ticket.chosen.set()

    def give(self, ticket: Ticket, agent: int, telephone: str | None) -> bool:
        """Offer it to this agent at once; False when they cannot be rung.

        `telephone`: where to ring them though they take no calls now.
        """
        now = self._clock()
        if ticket.match is not None:  # what was due has just happened
            return False
        self._engine.remove(ticket.work.id)
        ticket.telephone = telephone
        match = Match(ticket.work.id, agent, Why(Cause.SUPERVISOR, urgency=0.0, runners_up=0))
        if self._offer(ticket, match):
            return True
        self._matched(self._engine.put_back(ticket.work, now, None, now))
        return False

    def rewrite(self, ticket: Ticket, work: Work) -> None:
        """It waits on as `work` describes it now."""
        now = self._clock()
        ticket.work = work
        if ticket.match is None:
            self._engine.remove(work.id)
            self._matched(self._engine.add(work, now))
            self._wake.set()

    # --- agents ------------------------------------------------------------------------------

    def _seat(self, agent: int, seated: bool) -> None:
        if not seated:
            self._seated.discard(agent)
            self._engine.unseat(agent)
            return
        self._seated.add(agent)
        if self._setup is not None:
            self._engine.seat(_seat(agent, self._setup.agents.get(agent)))

    def _free(self, agent: int, since: float) -> None:
        self._matched(self._engine.free(agent, since, self._clock()))

    def _busy(self, agent: int) -> None:
        self._engine.busy(agent)

    # --- decisions ---------------------------------------------------------------------------

    def _matched(self, match: Match | None) -> None:
        while match is not None:
            ticket = self._tickets[match.work]
            if self._offer(ticket, match):
                return
            now = self._clock()  # the agent cannot after all; the work goes on waiting
            log.warning("offer_not_possible", agent=match.agent, interaction=ticket.interaction)
            match = self._engine.put_back(ticket.work, now, match.agent, now + AGAIN_AFTER)

    def _offer(self, ticket: Ticket, match: Match) -> bool:
        now = self._clock()
        queue = ticket.work.queue
        ready = self._floor.offered(match.agent, ticket.interaction, queue, now)
        if ready:
            ticket.telephone = None
        elif ticket.telephone is None:
            return False
        ticket.match = match
        ticket.chosen.set()
        self._publish(
            OfferPrepared(
                at=now,
                pbx=self._pbx,
                interaction=ticket.interaction,
                agent=match.agent,
                queue=queue,
                entered_at=ticket.entered_at,
            )
        )
        self._explain(ticket, match, now)
        return True

    def _explain(self, ticket: Ticket, match: Match, now: float) -> None:
        facts = {"agent": str(match.agent), "queue": ticket.work.queue, **_facts(match.why)}
        decision = Decision(now, "offer", "chosen", _reason(match.why), facts)
        self._publish(
            RoutingDecided(
                at=now, pbx=self._pbx, interaction=ticket.interaction, decisions=[decision]
            )
        )

    def _end_offer(self, ticket: Ticket, result: OfferResult) -> None:
        match, ticket.match = ticket.match, None
        ticket.telephone = None
        ticket.chosen.clear()
        if match is None:
            return
        now = self._clock()
        self._publish(
            OfferDropped(
                at=now,
                pbx=self._pbx,
                interaction=ticket.interaction,
                agent=match.agent,
                result=result,
            )
        )
        self._floor.offer_ended(match.agent, result, now, ticket.interaction)


def _plan(queue: QueueSetup) -> QueuePlan:
    return QueuePlan(name=queue.name, weight=queue.weight, strategy=queue.strategy)


def _seat(agent: int, setup: AgentSetup | None) -> Seat:
    if setup is None:
        return Seat(agent=agent, queues=frozenset(), skills={}, rank=0)
    return Seat(agent=agent, queues=setup.queues, skills=setup.skills, rank=setup.rank)


def _reason(why: Why) -> str:
    """The one thing that decided."""
    if why.wished:
        return "wished"
    if why.cause is Cause.SUPERVISOR:
        return "supervisor"
    return "most_urgent" if why.strategy is None else why.strategy.value


def _facts(why: Why) -> dict[str, str]:
    facts = {"passed_over": str(why.runners_up), "cause": why.cause.value}
    if why.relaxed:
        facts["relaxed"] = ", ".join(need.skill for need in why.relaxed)
    if why.preferred:
        facts["preferred"] = str(why.preferred)
    return facts
