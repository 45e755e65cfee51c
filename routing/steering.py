"""What supervisors do with calls that wait: send them elsewhere, give them to somebody, hurry them.

Each order says in which queue its giver saw the call. Whoever comes second is told what became of
it meanwhile (`TooLate`), and nothing is done.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from callcenter.calendars import Closed, is_open
from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.events import (
    AgentChanged,
    AgentPhone,
    AgentState,
    CallSteered,
    Decision,
    DomainEvent,
    RoutingDecided,
)
from routing.control import AlreadyInCall, NoPhone
from routing.desk import Desk, Ticket
from routing.engine import Work
from routing.setup import QueueSetup, Setup

REMEMBERED = 2_000  # calls whose last order is kept, to tell who comes too late
RESERVED = 3600.0  # seconds a call waits for one agent in person, at most
_RINGS = frozenset({"NOT_INUSE", "UNKNOWN"})
_AT_WORK = frozenset({AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP})

Became = Literal["moved", "offered", "reserved", "prioritised"]


class TooLate(Conflict):
    """`values` say what became of the call: moved, given, answered, ringing or gone; by whom."""

    code = "call_moved"

    def __init__(self, message: str, **values: Any) -> None:
        super().__init__(message)
        self.values = values


class QueueClosed(Conflict):
    code = "queue_closed"


class NotFree(Conflict):
    code = "not_free"


class Crew(Protocol):
    """The live agents, as far as it matters here."""

    def status(self, agent: int) -> AgentChanged | None: ...


class Phones(Protocol):
    def own(self, agent: int) -> AgentPhone | None:
        """Where they are signed in, else one of theirs that would ring."""


@dataclass(frozen=True, slots=True)
class By:
    """Who gives the order."""

    user: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was done with a call last."""

    what: Literal["moved", "given", "reserved"]
    by: By
    at: float
    queue: str
    agent: int | None = None


@dataclass(slots=True, kw_only=True)
class Steering:
    """Every order raises NotFound, InvalidInput, TooLate or another Conflict, and then nothing has
    happened. `goes_on`: whether the PBX still has this call."""

    pbx: str
    desk: Desk
    crew: Crew
    phones: Phones
    setup: Callable[[], Setup]
    goes_on: Callable[[str], bool]
    publish: Callable[[DomainEvent], object]
    clock: Callable[[], float] = time.time
    _orders: OrderedDict[str, Order] = field(default_factory=OrderedDict)

    def move(self, interaction: str, seen_in: str, queue: str, by: By) -> Became:
        """To another queue; the caller keeps the time waited so far."""
        there = self.open_queue(queue)
        ticket = self._waiting(interaction, seen_in)
        if there.name == ticket.work.queue:
            raise InvalidInput("the call waits in that queue already", field="queue")
        self.desk.send(ticket, queue)
        self.note(ticket.interaction, Order(what="moved", by=by, at=self.clock(), queue=queue))
        return "moved"

    def give(self, interaction: str, seen_in: str, agent: int, by: By) -> Became:
        """To one agent: at once when they can be rung, else as soon as they are free.

        Somebody who takes no calls now is rung too, as is who gives the order to themselves.
        """
        status = self.crew.status(agent)
        if status is None:
            raise InvalidInput("there is no such agent", field="agent")
        ticket = self._waiting(interaction, seen_in)
        now = self.clock()
        if status.state in _AT_WORK:
            self._reserve(ticket, agent, now)
            self.note(ticket.interaction, self._order("reserved", ticket, agent, by, now))
            return "reserved"
        telephone = None if status.state is AgentState.READY else self._telephone(agent)
        if not self.desk.give(ticket, agent, telephone):
            self._waiting(interaction, seen_in)
            raise NotFree("this agent's telephone cannot be rung now", field="agent")
        self.note(ticket.interaction, self._order("given", ticket, agent, by, now))
        return "offered"

    def prioritise(self, interaction: str, seen_in: str, priority: float, by: By) -> Became:
        """`priority` counts as so many seconds of wait, in every queue alike."""
        ticket = self._waiting(interaction, seen_in)
        self.desk.rewrite(ticket, replace(ticket.work, priority=priority))
        self.tell(ticket.interaction, "prioritised", by, ticket.work.queue, priority=priority)
        return "prioritised"

    # --- what must hold ------------------------------------------------------------------------

    def _waiting(self, interaction: str, seen_in: str) -> Ticket:
        """The call, where its giver saw it, and offered to nobody."""
        ticket = self.desk.ticket_of(interaction)
        order = self._orders.get(interaction)
        elsewhere = ticket is not None and ticket.work.queue != seen_in
        if order is not None and (ticket is None or elsewhere or ticket.sent_to is not None):
            raise too_late(order)
        if ticket is None and self.goes_on(interaction):
            raise TooLate("the call does not wait any more", became="gone")
        if ticket is None:
            raise NotFound("no such call waits in a queue that we distribute")
        if ticket.match is not None:
            name = self._name_of(ticket.match.agent)
            by = order.by.name if order is not None else None
            raise TooLate(
                f"it rings at {name} now", became="ringing", agent=ticket.match.agent, by=by
            )
        if elsewhere:
            raise TooLate(
                f"it waits in {ticket.work.queue} now", became="moved", queue=ticket.work.queue
            )
        return ticket

    def open_queue(self, name: str) -> QueueSetup:
        setup = self.setup()
        queue = setup.queues.get(name)
        if queue is None:
            raise InvalidInput("there is no such queue that we distribute", field="queue")
        calendar = setup.calendars.get(queue.calendar or "")
        if calendar is not None and isinstance(is_open(calendar, self.clock()), Closed):
            raise QueueClosed("that queue is closed now", field="queue")
        if queue.max_waiting is not None and self.desk.waiting(name) >= queue.max_waiting:
            raise QueueClosed("that queue is full", field="queue")
        return queue

    def _telephone(self, agent: int) -> str:
        phone = self.phones.own(agent)
        if phone is None:
            raise NoPhone("there is no telephone that could ring", field="agent")
        if phone.state not in _RINGS:
            raise AlreadyInCall("the telephone cannot be rung now", field="agent")
        return phone.interface

    def _reserve(self, ticket: Ticket, agent: int, now: float) -> None:
        setup = self.setup().agents.get(agent)
        if setup is None or ticket.work.queue not in setup.queues:
            raise NotFree("this agent is busy, and takes no calls of this queue", field="agent")
        self.desk.rewrite(ticket, _reserved(ticket.work, agent, now + RESERVED))

    # --- what is told --------------------------------------------------------------------------

    def _order(
        self, what: Literal["given", "reserved"], ticket: Ticket, agent: int, by: By, now: float
    ) -> Order:
        return Order(what=what, by=by, at=now, queue=ticket.work.queue, agent=agent)

    def note(self, interaction: str, order: Order) -> None:
        """It was done: whoever comes second is told of it."""
        self.claim(interaction, order)
        self.tell(interaction, order.what, order.by, order.queue, agent=order.agent)

    def claim(self, interaction: str, order: Order) -> None:
        self._orders[interaction] = order
        self._orders.move_to_end(interaction)
        while len(self._orders) > REMEMBERED:
            self._orders.popitem(last=False)

    def release(self, interaction: str) -> None:
        """It was not done after all."""
        self._orders.pop(interaction, None)

    def order_of(self, interaction: str) -> Order | None:
        return self._orders.get(interaction)

    def tell(
        self,
        interaction: str,
        what: Literal["moved", "given", "reserved", "prioritised"],
        by: By,
        queue: str,
        *,
        agent: int | None = None,
        priority: float | None = None,
    ) -> None:
        now = self.clock()
        facts = {"by": by.name, "queue": queue}
        if agent is not None:
            facts["agent"] = str(agent)
        if priority is not None:
            facts["priority"] = f"{priority:g}"
        decision = Decision(now, "supervisor", "chosen", what, facts)
        self.publish(
            RoutingDecided(at=now, pbx=self.pbx, interaction=interaction, decisions=[decision])
        )
        self.publish(
            CallSteered(
                at=now,
                pbx=self.pbx,
                interaction=interaction,
                what=what,
                user=by.user,
                queue=queue,
                agent=agent,
                priority=priority,
            )
        )

    def _name_of(self, agent: int) -> str:
        found = self.setup().agents.get(agent)
        return found.name if found is not None else f"agent {agent}"


def too_late(order: Order) -> TooLate:
    """For whoever comes second."""
    return TooLate(
        f"{order.by.name} was faster",
        became=order.what,
        by=order.by.name,
        at=order.at,
        queue=order.queue,
        agent=order.agent,
    )


def _reserved(work: Work, agent: int, until: float) -> Work:
    return replace(work, wished=agent, wished_until=until)
