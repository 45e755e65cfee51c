"""The board's agents: their own state where they take calls of ours, else what their phones say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from callcenter import events as ev
from screenpop.frames import AgentRow, Listener

PhoneState = Literal["offline", "ready", "ringing", "busy", "paused"]
State = Literal["offline", "ready", "not_ready", "offered", "busy", "wrap_up", "ringing", "paused"]
Phone = tuple[str, str]  # (pbx, interface)

# The agent's own states as the board writes them; the same words, with the type the frames ask for.
OWN: dict[ev.AgentState, State] = {
    ev.AgentState.OFFLINE: "offline",
    ev.AgentState.READY: "ready",
    ev.AgentState.NOT_READY: "not_ready",
    ev.AgentState.OFFERED: "offered",
    ev.AgentState.BUSY: "busy",
    ev.AgentState.WRAP_UP: "wrap_up",
}

# Asterisk's device states, strongest first. What is not here leaves the agent offline.
PHONE_STATES: tuple[tuple[frozenset[str], PhoneState], ...] = (
    (frozenset({"INUSE", "BUSY", "ONHOLD", "RINGINUSE"}), "busy"),
    (frozenset({"RINGING"}), "ringing"),
    (frozenset({"NOT_INUSE"}), "ready"),
)


@dataclass(frozen=True, slots=True)
class BoardAgent:
    """An agent as the directory has it; the first phone is the one shown.

    `ours`: takes calls of queues that we distribute, so is offline until signed in to them.
    """

    id: int
    name: str
    phones: tuple[Phone, ...]
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """A ring or a conversation of an agent."""

    interaction: str
    number: str | None
    queue: str | None


@dataclass(slots=True)
class Seat:
    """Everything the state of one agent is made of."""

    who: BoardAgent
    since: float
    state: State = "offline"
    reason: str | None = None
    own: ev.AgentChanged | None = None  # while signed in to our distribution
    phones: dict[Phone, str] = field(default_factory=dict)  # device states
    paused: dict[tuple[str, str], str | None] = field(default_factory=dict)  # with reason
    unpaused: set[tuple[str, str]] = field(default_factory=set)
    offers: dict[str, Busy] = field(default_factory=dict)
    talks: dict[str, Busy] = field(default_factory=dict)
    number: str | None = None  # of the last contact the own state named
    listeners: dict[str, tuple[str, Listener]] = field(default_factory=dict)  # monitor → whose call

    def judge(self) -> tuple[State, str | None]:
        """State and reason. The agent's own state outranks what the call model knows, and that
        what the phone says."""
        if self.own is not None:
            return OWN[self.own.state], next(iter(self.own.reasons), None)
        if self.talks:
            return "busy", None
        if self.offers:
            return "ringing", None
        if self.who.ours:
            return "offline", None
        state = self._phone_state()
        if state == "ready" and self.paused and not self.unpaused:
            return "paused", next((r for r in self.paused.values() if r), None)
        return state, None

    def _phone_state(self) -> PhoneState:
        said = set(self.phones.values())
        return next((state for words, state in PHONE_STATES if said & words), "offline")

    def shown(self) -> Busy | None:
        """What keeps the agent busy; of several the latest."""
        running = self.talks or self.offers
        latest = next(reversed(running.values()), None)
        own = self.own
        if own is None or own.interaction is None:
            return latest
        if latest is not None and latest.interaction == own.interaction:
            return Busy(own.interaction, latest.number, own.queue or latest.queue)
        return Busy(own.interaction, self.number, own.queue)

    def interface(self) -> str:
        if self.own is not None and self.own.phone is not None:
            return self.own.phone.interface
        return self.who.phones[0][1] if self.who.phones else ""


class Agents:
    """All agents. Ids in `dirty` have changed since somebody last emptied it."""

    def __init__(self) -> None:
        self.dirty: set[int] = set()
        self._seats: dict[int, Seat] = {}
        self._owners: dict[Phone, int] = {}
        self._of_interaction: dict[str, set[int]] = {}
        self._told: dict[int, ev.AgentChanged] = {}  # of agents the directory does not have yet

    def configure(self, agents: Iterable[BoardAgent], now: float) -> set[int]:
        """The agents there are; returns those that are gone."""
        known = {agent.id: agent for agent in agents}
        for agent in known.values():
            seat = self._seats.get(agent.id)
            if seat is None:
                self._seats[agent.id] = Seat(agent, since=now)
                self.dirty.add(agent.id)
                if agent.id in self._told:
                    self.own(self._told.pop(agent.id), None, now)
            elif seat.who != agent:
                seat.who = agent
                seat.phones = {p: s for p, s in seat.phones.items() if p in agent.phones}
                self._settle(seat, now)
                self.dirty.add(agent.id)
        self._owners = {phone: agent.id for agent in known.values() for phone in agent.phones}
        gone = self._seats.keys() - known.keys()
        for id_ in gone:
            del self._seats[id_]
        self.dirty -= gone
        return gone

    def ids(self) -> list[int]:
        return sorted(self._seats)

    def row(self, id_: int) -> AgentRow:
        seat = self._seats[id_]
        busy = seat.shown()
        return AgentRow(
            agent=id_,
            name=seat.who.name,
            interface=seat.interface(),
            state=seat.state,
            reason=seat.reason,
            since=seat.since,
            interaction=busy.interaction if busy else None,
            number=busy.number if busy else None,
            queue=busy.queue if busy else None,
            reasons=seat.own.reasons if seat.own else [],
            listeners=[listener for _, listener in seat.listeners.values()],
        )

    # --- what happened --------------------------------------------------------------------

    def device(self, event: ev.DeviceStateChanged, now: float) -> None:
        phone = (event.pbx, event.interface)
        seat = self._seat(*phone)
        if seat is not None and seat.phones.get(phone) != event.state:
            seat.phones[phone] = event.state
            self._settle(seat, now)

    def own(self, event: ev.AgentChanged, number: str | None, now: float) -> None:
        """What the agent says; `number` is that of the contact it names, if it is known."""
        seat = self._seats.get(event.agent)
        if seat is None:
            self._told[event.agent] = event  # before the directory was read
            return
        before = seat.own
        if before is None or before.interaction != event.interaction:
            seat.number = number
        seat.own = None if event.state is ev.AgentState.OFFLINE else event
        if seat.own != before:
            self.dirty.add(event.agent)
        self._settle(seat, now)

    def member(self, event: ev.QueueMemberChanged, now: float) -> None:
        seat = self._seat(event.pbx, event.interface)
        if seat is None:
            return
        key = (event.pbx, event.queue)
        seat.paused.pop(key, None)
        seat.unpaused.discard(key)
        if event.paused and not event.removed:
            seat.paused[key] = event.reason
        elif not event.removed:
            seat.unpaused.add(key)
        self._settle(seat, now)

    def rings(self, event: ev.OfferStarted, number: str | None, now: float) -> None:
        seat = self._seat(event.pbx, event.party.interface)
        if seat is not None:
            busy = Busy(event.interaction, number, event.queue)
            self._put(seat, seat.offers, event.offer, busy, now)

    def rang(self, event: ev.OfferEnded, now: float) -> None:
        seat = self._seat(event.pbx, event.party.interface)
        if seat is not None:
            self._drop(seat, seat.offers, event.offer, now)

    def talks(self, event: ev.TalkStarted, queue: str | None, now: float) -> None:
        for party, other in ((event.a, event.b), (event.b, event.a)):
            seat = self._seat(event.pbx, party.interface)
            if seat is not None:
                busy = Busy(event.interaction, other.number, queue)
                self._put(seat, seat.talks, event.talk, busy, now)

    def talked(self, event: ev.TalkEnded, now: float) -> None:
        for party in (event.a, event.b):
            seat = self._seat(event.pbx, party.interface)
            if seat is not None:
                self._drop(seat, seat.talks, event.talk, now)

    def monitored(self, event: ev.CallMonitored) -> None:
        seat = self._seats.get(event.agent)
        if seat is None:
            return
        before = seat.listeners.pop(event.monitor, None)
        after = None
        if event.mode is not None:
            after = (event.interaction, Listener(event.user, event.name, event.mode))
            seat.listeners[event.monitor] = after
            self._of_interaction.setdefault(event.interaction, set()).add(event.agent)
        if before != after:
            self.dirty.add(event.agent)

    def contact_merged(self, old: str, new: str) -> None:
        for id_ in self._of_interaction.pop(old, set()):
            seat = self._seats.get(id_)
            if seat is None:
                continue
            for running in (seat.offers, seat.talks):
                for key, busy in running.items():
                    if busy.interaction == old:
                        running[key] = Busy(new, busy.number, busy.queue)
            for monitor, (interaction, listener) in seat.listeners.items():
                if interaction == old:
                    seat.listeners[monitor] = (new, listener)
            self._of_interaction.setdefault(new, set()).add(id_)
            self.dirty.add(id_)

    def contact_ended(self, interaction: str, now: float) -> None:
        """Nobody is busy with it any more, whether or not we heard it end."""
        for id_ in self._of_interaction.pop(interaction, set()):
            seat = self._seats.get(id_)
            if seat is None:
                continue
            for running in (seat.offers, seat.talks):
                over = [key for key, busy in running.items() if busy.interaction == interaction]
                for key in over:
                    self._drop(seat, running, key, now)
            deaf = [key for key, (whose, _) in seat.listeners.items() if whose == interaction]
            for key in deaf:
                del seat.listeners[key]
                self.dirty.add(id_)

    # --- helpers --------------------------------------------------------------------------

    def _seat(self, pbx: str, interface: str) -> Seat | None:
        return self._seats.get(self._owners.get((pbx, interface), -1))

    def _put(self, seat: Seat, running: dict[str, Busy], key: str, busy: Busy, now: float) -> None:
        if running.get(key) != busy:
            running[key] = busy
            self._of_interaction.setdefault(busy.interaction, set()).add(seat.who.id)
            self._settle(seat, now)
            self.dirty.add(seat.who.id)

    def _drop(self, seat: Seat, running: dict[str, Busy], key: str, now: float) -> None:
        if running.pop(key, None) is not None:
            self._settle(seat, now)
            self.dirty.add(seat.who.id)

    def _settle(self, seat: Seat, now: float) -> None:
        judged = seat.judge()
        since = seat.since if seat.own is None else seat.own.since
        if judged != (seat.state, seat.reason):
            seat.state, seat.reason = judged
            since = now if seat.own is None else since
            self.dirty.add(seat.who.id)
        seat.since = since
