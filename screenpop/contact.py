"""What the consoles need to remember about a contact, and how that is shown to one agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

import msgspec

from callcenter.events import AgentChanged, Direction, InteractionStarted, Party, RecordingChanged
from screenpop.frames import AgentStatus, Call, CallRecording, Card, Listener, Pop

State = Literal["dialling", "talking", "held", "ended"]

# How our directions are written in frames; the same words, with the type the frames ask for.
SHOWN: dict[Direction, Literal["inbound", "outbound", "internal"]] = {
    Direction.INBOUND: "inbound",
    Direction.OUTBOUND: "outbound",
    Direction.INTERNAL: "internal",
}


def spliced(card: msgspec.Raw) -> Card:
    """The JSON of a card, for the encoder to copy into a frame as it is.

    Nothing on the way to the console looks inside a card, so decoding it only to encode it again
    would be waste. To the types it is the `Card` that a client will read.
    """
    return cast(Card, card.copy())


@dataclass(slots=True)
class Contact:
    """One interaction, from its start until it is over and no agent has it on the screen."""

    id: str
    pbx: str
    direction: Direction
    caller: Party
    caller_agent: int | None
    dialled: str | None
    entered_at: float | None
    queue: str | None = None
    callee_name: str | None = None
    card: Card | None = None
    recording: CallRecording | None = None
    end: str | None = None  # its EndReason once it is over
    offers: dict[str, int] = field(default_factory=dict)  # running offer → agent
    prepared: set[int] = field(default_factory=set)  # agents our distribution is about to ring
    answered: set[str] = field(default_factory=set)  # offers whose answer was told
    agents: set[int] = field(default_factory=set)  # all who ever saw it

    def other_side(self, agent: int) -> tuple[str | None, str | None]:
        """Number and name of whom `agent` has to do with: the customer, if there is one."""
        outward = self.direction is Direction.OUTBOUND or self.caller_agent == agent
        if outward and self.direction is not Direction.INBOUND:
            return self.dialled, self.callee_name
        return self.caller.number, self.caller.name

    def card_shown(self) -> Card | None:
        return None if self.direction is Direction.INTERNAL else self.card

    def knows_offer(self, offer: str) -> bool:
        return offer in self.offers or offer in self.answered

    def absorb(self, other: Contact) -> None:
        """Take over what `other` knew: it was the same contact."""
        self.offers |= other.offers
        self.prepared |= other.prepared
        self.answered |= other.answered
        self.agents |= other.agents
        self.card = self.card or other.card
        self.recording = self.recording or other.recording
        self.queue = self.queue or other.queue
        known = [at for at in (self.entered_at, other.entered_at) if at is not None]
        self.entered_at = min(known, default=None)


def contact_of(event: InteractionStarted, caller_agent: int | None) -> Contact:
    return Contact(
        id=event.interaction,
        pbx=event.pbx,
        direction=event.direction,
        caller=event.caller,
        caller_agent=caller_agent,
        dialled=event.dialled,
        entered_at=None if event.adopted else event.at,
    )


@dataclass(slots=True)
class Line:
    """One agent's side of a contact: dialling → talking ⇄ held → ended, and talking again."""

    queue: str | None
    state: State = "dialling"
    since: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    end: str | None = None
    transferred: bool = False
    legs: dict[str, str] = field(default_factory=dict)  # leg → channel, gone ones too
    live: set[str] = field(default_factory=set)  # legs that are not gone
    holds: set[str] = field(default_factory=set)
    recordings: list[str] = field(default_factory=list)
    listeners: dict[str, Listener] = field(default_factory=dict)  # by monitor
    shown: Call | None = None  # what the consoles last heard

    def add(self, party: Party) -> None:
        """A leg of the agent's; one that is gone does not come back."""
        if party.leg not in self.legs:
            self.legs[party.leg] = party.channel
            self.live.add(party.leg)

    def enter(self, state: State, at: float | None) -> None:
        if state != self.state:
            self.state, self.since = state, at

    def talk(self, at: float | None) -> None:
        """The agent is in conversation; after an end, once more."""
        if self.state == "ended":
            self.ended_at, self.end, self.transferred = None, None, False
            self.holds.clear()
        if self.state in {"dialling", "ended"}:
            self.answered_at = at if self.state == "dialling" else self.answered_at
            self.enter("talking", at)

    def hold(self, hold: str, at: float | None) -> None:
        if self.state in {"talking", "held"}:
            self.holds.add(hold)
            self.enter("held", at)

    def unhold(self, hold: str, at: float | None) -> None:
        self.holds.discard(hold)
        if self.state == "held" and not self.holds:
            self.enter("talking", at)

    def leave(self, leg: str, at: float | None) -> bool:
        """A leg is gone; True when it was the last one, which ends the line."""
        self.live.discard(leg)
        if leg not in self.legs or self.live or self.state == "ended":
            return False
        self.finish(at, None)
        return True

    def give_away(self) -> None:
        """The agent transferred the call; its own leg may still be there."""
        self.transferred = True
        if self.state == "ended":
            self.end = "transferred"

    def finish(self, at: float | None, end: str | None) -> None:
        """Over, or, if it was over before, now known how."""
        if self.state != "ended":
            self.enter("ended", at)
            self.ended_at = at
            self.live.clear()
            self.holds.clear()
        self.end = self.end or ("transferred" if self.transferred else end)

    def absorb(self, other: Line) -> None:
        """`other` was a line of the same agent in the same contact; the livelier state wins."""
        if self.state in {"ended", "dialling"} and other.state != "ended":
            self.state, self.since = other.state, other.since
            self.ended_at, self.end = None, None
        self.answered_at = self.answered_at if self.answered_at is not None else other.answered_at
        self.queue = self.queue or other.queue
        self.legs |= other.legs
        self.live |= other.live
        self.holds |= other.holds
        self.recordings += [r for r in other.recordings if r not in self.recordings]
        self.listeners = other.listeners | self.listeners


def status_of(event: AgentChanged) -> AgentStatus:
    """The event as the agent's own consoles are told it."""
    return AgentStatus(
        agent=event.agent,
        name=event.name,
        state=event.state,
        reasons=event.reasons,
        since=event.since,
        until=event.until,
        interaction=event.interaction,
        queue=event.queue,
        pending=event.pending,
        phone=event.phone,
    )


def recording_of(event: RecordingChanged) -> CallRecording | None:
    """As the agents of the call are shown it; None when there is nothing to show."""
    if event.phase == "off" and not event.startable:
        return None
    return CallRecording(
        phase=event.phase,
        until=event.until,
        reasons=list(event.reasons),
        alarm=event.alarm,
        startable=event.startable,
        pause_seconds=event.pause_seconds,
    )


def pop_of(contact: Contact, agent: int, queue: str | None, offered_at: float | None) -> Pop:
    number, name = contact.other_side(agent)
    return Pop(
        interaction=contact.id,
        direction=SHOWN[contact.direction],
        number=number,
        name=name,
        queue=queue,
        dialled=contact.dialled,
        entered_at=contact.entered_at,
        offered_at=offered_at,
        card=contact.card_shown(),
    )


def call_of(contact: Contact, agent: int, line: Line) -> Call:
    number, name = contact.other_side(agent)
    return Call(
        interaction=contact.id,
        direction=SHOWN[contact.direction],
        number=number,
        name=name,
        queue=line.queue,
        dialled=contact.dialled,
        state=line.state,
        since=line.since,
        answered_at=line.answered_at,
        ended_at=line.ended_at,
        end=line.end,
        recordings=list(line.recordings),
        card=contact.card_shown(),
        listeners=[] if line.state == "ended" else list(line.listeners.values()),
        recording=None if line.state == "ended" else contact.recording,
    )
