"""Every call of this moment and who talks to whom in it, folded from the events of the bus.

It is what call control looks at before it gives an order: which channel of a contact is an agent's,
who is at its other end, who was put aside while somebody is consulted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog

from callcenter.bus import Subscription
from callcenter.events import (
    DomainEvent,
    HoldEnded,
    HoldStarted,
    InteractionEnded,
    InteractionsMerged,
    LegAnswered,
    LegChanged,
    LegEnded,
    LegStarted,
    Party,
    TalkEnded,
    TalkStarted,
)

EVENTS = (
    *(LegStarted, LegChanged, LegAnswered, LegEnded, TalkStarted, TalkEnded),
    *(HoldStarted, HoldEnded, InteractionsMerged, InteractionEnded),
)
AgentOf = Callable[[str, str], int | None]

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Leg:
    """One channel of a call that is there. `heard`: legs it has ever talked with."""

    party: Party
    answered: bool = False
    holds: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return self.party.leg

    @property
    def channel(self) -> str:
        return self.party.channel


@dataclass(slots=True)
class NowCall:
    """One contact in progress."""

    id: str
    pbx: str
    legs: dict[str, Leg] = field(default_factory=dict)
    talks: dict[str, tuple[str, str]] = field(default_factory=dict)  # talk -> its two legs
    merged: list[str] = field(default_factory=list)  # ids it also goes by

    def partners(self, leg: Leg) -> list[Leg]:
        """Who is in conversation with `leg`, in the order in which they began."""
        pairs = [pair for pair in self.talks.values() if leg.id in pair]
        others = [b if a == leg.id else a for a, b in pairs]
        return [self.legs[other] for other in others if other in self.legs]

    def aside(self, leg: Leg) -> list[Leg]:
        """Who talked with `leg` before and now talks with nobody: put aside while it consults."""
        known = [self.legs[other] for other in leg.heard if other in self.legs]
        return [other for other in known if not self.partners(other)]


class CallsNow:
    """`agent_of` says whose telephone an interface of a PBX is."""

    def __init__(self, agent_of: AgentOf) -> None:
        self._agent_of = agent_of
        self._calls: dict[str, NowCall] = {}  # by id, also by those it was merged from
        self._waiting: set[asyncio.Future[None]] = set()

    async def run(self, subscription: Subscription) -> None:
        """Until the bus ends."""
        async for batch in subscription:
            if batch.missed:  # what is stale is found out by an order that comes too late
                log.warning("calls_now.missed", events=batch.missed)
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        handler = _FOLD.get(type(event))
        if handler is None:
            return
        handler(self, event)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    def call(self, interaction: str) -> NowCall | None:
        return self._calls.get(interaction)

    def agent_at(self, pbx: str, interface: str) -> int | None:
        """Whose telephone that is."""
        return self._agent_of(pbx, interface)

    def legs_of(self, agent: int, call: NowCall) -> list[Leg]:
        """The agent's own legs of a call; one that talks first, one that only rings last."""
        own = [
            leg
            for leg in call.legs.values()
            if self._agent_of(call.pbx, leg.party.interface) == agent
        ]
        return sorted(own, key=lambda leg: (not call.partners(leg), not leg.answered))

    def calls_of(self, agent: int) -> list[NowCall]:
        """The calls in which the agent's telephone takes part, or rings."""
        return [call for call in self._each() if self.legs_of(agent, call)]

    def forget(self, call: NowCall, leg: Leg) -> None:
        """The PBX knows it no more, and its end was never heard of."""
        _drop(call, leg.id)

    async def until(self, test: Callable[[], bool], seconds: float) -> bool:
        """Wait until `test` holds; False when it does not within that time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                while not test():
                    changed: asyncio.Future[None] = loop.create_future()
                    self._waiting.add(changed)
                    try:
                        await changed
                    finally:
                        self._waiting.discard(changed)
        except TimeoutError:
            return test()
        return True

    def _each(self) -> Iterator[NowCall]:
        for name, call in self._calls.items():
            if name == call.id:
                yield call

    # --- the fold ------------------------------------------------------------------------------

    def _leg_started(self, event: LegStarted) -> None:
        call = self._calls.get(event.interaction)
        if call is None:
            call = self._calls[event.interaction] = NowCall(event.interaction, event.pbx)
        if not event.party.interface.startswith("Local/"):
            call.legs[event.party.leg] = Leg(event.party)

    def _leg_changed(self, event: LegChanged) -> None:
        leg = self._leg(event.interaction, event.party.leg)
        if leg is not None:
            leg.party = event.party

    def _leg_answered(self, event: LegAnswered) -> None:
        leg = self._leg(event.interaction, event.leg)
        if leg is not None:
            leg.answered = True

    def _leg_ended(self, event: LegEnded) -> None:
        call = self._calls.get(event.interaction)
        if call is not None:
            _drop(call, event.leg)

    def _talk_started(self, event: TalkStarted) -> None:
        call = self._calls.get(event.interaction)
        if call is None:
            return
        a, b = event.a.leg, event.b.leg
        call.talks[event.talk] = (a, b)
        for one, other in ((a, b), (b, a)):
            if one in call.legs:
                call.legs[one].heard.add(other)
                call.legs[one].answered = True

    def _talk_ended(self, event: TalkEnded) -> None:
        call = self._calls.get(event.interaction)
        if call is not None:
            call.talks.pop(event.talk, None)

    def _hold_started(self, event: HoldStarted) -> None:
        leg = self._leg(event.interaction, event.leg)
        if leg is not None:
            leg.holds.add(event.hold)

    def _hold_ended(self, event: HoldEnded) -> None:
        leg = self._leg(event.interaction, event.leg)
        if leg is not None:
            leg.holds.discard(event.hold)

    def _merged(self, event: InteractionsMerged) -> None:
        gone = self._calls.get(event.merged)
        kept = self._calls.get(event.interaction)
        if gone is None or gone is kept:
            return
        if kept is None:
            kept = self._calls[event.interaction] = NowCall(event.interaction, event.pbx)
        kept.legs |= gone.legs
        kept.talks |= gone.talks
        for name in (gone.id, *gone.merged):
            kept.merged.append(name)
            self._calls[name] = kept

    def _ended(self, event: InteractionEnded) -> None:
        call = self._calls.get(event.interaction)
        if call is not None:
            for name in (call.id, *call.merged):
                self._calls.pop(name, None)

    def _leg(self, interaction: str, leg: str) -> Leg | None:
        call = self._calls.get(interaction)
        return call.legs.get(leg) if call is not None else None


def _drop(call: NowCall, leg: str) -> None:
    call.legs.pop(leg, None)
    call.talks = {talk: pair for talk, pair in call.talks.items() if leg not in pair}


_FOLD: dict[type[DomainEvent], Callable[..., None]] = {
    LegStarted: CallsNow._leg_started,
    LegChanged: CallsNow._leg_changed,
    LegAnswered: CallsNow._leg_answered,
    LegEnded: CallsNow._leg_ended,
    TalkStarted: CallsNow._talk_started,
    TalkEnded: CallsNow._talk_ended,
    HoldStarted: CallsNow._hold_started,
    HoldEnded: CallsNow._hold_ended,
    InteractionsMerged: CallsNow._merged,
    InteractionEnded: CallsNow._ended,
}
