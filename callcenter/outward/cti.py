"""Tells calls in the words of the generic CTI protocol of helpdesks: a state over events.

Pure. Three things are told of a call: `newCall` when telephones ring, once and with everybody who
is rung; `answer`; `hangup` with a cause. An id stands for one call to one party: when the customer
is moved to somebody else, the first ends as `forwarded` and a second begins, so that the helpdesk
of the one who takes over pops too; also when a telephone forwards that nobody picked up. A call
that rang nowhere is told when it is over, as missed.

A helpdesk refuses a second `newCall` of an id, and whatever it has had no `newCall` of; so that
comes first and once, even after a restart: what is known of calls in progress can be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from callcenter import events as ev
from callcenter.outward.telling import People

GATHER = 0.4  # seconds in which telephones that ring together begin to
MOST_CALLS = 20_000  # in progress; the oldest are forgotten
ANONYMOUS = "anonymous"

Cause = Literal[
    "normalClearing", "busy", "cancel", "noAnswer", "congestion", "notFound", "forwarded"
]
Fields = dict[str, str | list[str]]
_Begun = ev.InteractionStarted | ev.InteractionChanged

# What became of the last telephone, where that decides. Turned down counts as not answered:
# "busy" is what a line is, not what a person does.
_BY_RESULT: dict[ev.OfferResult, Cause] = {
    ev.OfferResult.BUSY: "busy",
    ev.OfferResult.REJECTED: "noAnswer",
    ev.OfferResult.TIMED_OUT: "noAnswer",
    ev.OfferResult.FAILED: "congestion",
}
_BY_REASON: dict[ev.EndReason, Cause] = {
    ev.EndReason.NO_ANSWER: "noAnswer",
    ev.EndReason.BUSY: "busy",
    ev.EndReason.REJECTED: "noAnswer",
    ev.EndReason.CANCELLED: "cancel",
    ev.EndReason.FAILED: "congestion",
    ev.EndReason.LOST: "congestion",
}
_NO_SUCH_NUMBER = frozenset({1, 2, 3, 20, 28})  # Q.850


class Numbers(Protocol):
    """A number of the outside world as helpdesks write it: E.164 without a plus, else as it is."""

    def __call__(self, number: str | None, interface: str | None, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class CtiMessage:
    """`internal`: nobody outside had a part in it, which most helpdesks do not want to know."""

    call: str
    internal: bool
    at: float | None
    fields: Fields


class Rung(msgspec.Struct, frozen=True):
    """A telephone in the house, and who sits there."""

    leg: str
    number: str | None
    login: str | None


class CtiCall(msgspec.Struct):
    """A call in progress. A `part` is what has an id of its own: one call to one party."""

    id: str
    caller_leg: str
    direction: ev.Direction
    caller: str | None
    caller_login: str | None
    dialled: str | None
    outside: str | None = None  # the leg of who is not of the house
    queue: str | None = None
    part: int = 1
    told: bool = False
    due: float | None = None  # when newCall is told at the latest
    rung: list[Rung] = []
    ringing: dict[str, Rung] = {}
    talks: dict[str, Rung] = {}
    by: Rung | None = None
    last: ev.OfferResult | None = None

    @property
    def internal(self) -> bool:
        return self.direction is ev.Direction.INTERNAL

    @property
    def call_id(self) -> str:
        return self.id if self.part == 1 else f"{self.id}-{self.part}"


class CtiBook:
    """Every call in progress. Events go in; what a helpdesk is told comes out."""

    def __init__(self, people: People, numbers: Numbers) -> None:
        self._people = people
        self._numbers = numbers
        self._calls: dict[str, CtiCall] = {}
        self._changed: set[str] = set()

    def feed(self, event: ev.Event, now: float) -> list[CtiMessage]:
        """What `event` gives to tell; `now` is the clock of whoever also calls `tick`."""
        handle = _HANDLERS.get(type(event))
        if handle is None:
            return []
        messages: list[CtiMessage] = handle(self, event, now)
        return messages

    def tick(self, now: float) -> list[CtiMessage]:
        """Calls that have rung long enough to know whom."""
        due = [(key, call) for key, call in self._calls.items() if _is_due(call, now)]
        return [message for key, call in due for message in self._new_call(key, call, None)]

    def next_due(self) -> float | None:
        return min(
            (call.due for call in self._calls.values() if call.due is not None), default=None
        )

    # --- so that a restart loses nothing ----------------------------------------------------

    def take_changes(self) -> dict[str, bytes | None]:
        """What is other than at the last time, by interaction; None: it is over."""
        changed, self._changed = self._changed, set()
        found = {key: self._calls.get(key) for key in sorted(changed)}
        return {
            key: None if call is None else msgspec.json.encode(call) for key, call in found.items()
        }

    def load(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """msgspec.DecodeError for what another version wrote."""
        for key, data in rows:
            self._calls[key] = msgspec.json.decode(data, type=CtiCall)

    def __len__(self) -> int:
        return len(self._calls)

    # --- the call ---------------------------------------------------------------------------

    def _started(self, event: ev.InteractionStarted, now: float) -> list[CtiMessage]:
        if event.interaction in self._calls:
            return self._altered(event, now)
        call = CtiCall(event.interaction, event.caller.leg, event.direction, None, None, None)
        self._calls[event.interaction] = call
        self._describe(call, event)
        if len(self._calls) > MOST_CALLS:
            oldest = next(iter(self._calls))
            del self._calls[oldest]
            self._changed.add(oldest)
        return []

    def _altered(self, event: _Begun, _now: float) -> list[CtiMessage]:
        call = self._calls.get(event.interaction)
        if call is not None and not call.told and call.part == 1:
            self._describe(call, event)
        return []

    def _describe(
        self, call: CtiCall, event: ev.InteractionStarted | ev.InteractionChanged
    ) -> None:
        party, inbound = event.caller, event.direction is ev.Direction.INBOUND
        who = self._people.at(event.pbx, party.interface)
        call.direction, call.caller_leg = event.direction, party.leg
        call.caller = self._numbers(party.number, party.interface) if inbound else party.number
        call.caller_login = None if who is None else who.login
        out = event.direction is ev.Direction.OUTBOUND
        call.dialled = self._numbers(event.dialled, None) if out else event.dialled
        call.outside = party.leg if inbound else None
        self._changed.add(event.interaction)

    def _queued(self, event: ev.QueueJoined, now: float) -> list[CtiMessage]:
        call = self._at(event)
        if call is None:
            return []
        messages = [] if call.by is None else self._forward(event.interaction, call, event.at, now)
        call.queue = event.queue
        return messages

    def _merged(self, event: ev.InteractionsMerged, now: float) -> list[CtiMessage]:
        source = None if event.merged == event.interaction else self._calls.pop(event.merged, None)
        if source is None:
            return []
        target = self._calls.get(event.interaction, source)
        self._changed |= {event.merged, event.interaction}
        main, other = (
            (source, target) if target.internal and not source.internal else (target, source)
        )
        self._calls[event.interaction] = main
        if main is other:
            return []
        messages = self._hangup(other, "normalClearing" if other.by else "cancel", event.at)
        main.ringing.update(other.ringing)
        return messages + self._passed_on(event.interaction, main, event.at, now)

    def _ended(self, event: ev.InteractionEnded, _now: float) -> list[CtiMessage]:
        call = self._at(event)
        if call is None:
            return []
        del self._calls[event.interaction]
        if not call.told and call.internal and not call.rung:
            return []  # a service of the PBX: nobody was called
        first = [] if call.told else self._new_call(event.interaction, call, event.at)
        return first + self._hangup(call, _cause(call, event), event.at)

    # --- rings and conversations ------------------------------------------------------------

    def _offered(self, event: ev.OfferStarted, now: float) -> list[CtiMessage]:
        call = self._at(event)
        if call is None or event.offer in call.ringing:
            return []
        call.ringing[event.offer] = rung = self._rung(event.pbx, event.party)
        if call.by is not None:
            return self._passed_on(event.interaction, call, event.at, now)
        if not call.told:
            call.rung.append(rung)
            if call.due is None:
                call.due = now + GATHER
        return []

    def _offer_ended(self, event: ev.OfferEnded, now: float) -> list[CtiMessage]:
        call = self._at(event)
        if call is None:
            return []
        call.ringing.pop(event.offer, None)
        if event.result in _BY_RESULT or event.result is ev.OfferResult.CALLER_GONE:
            call.last = event.result
        if not event.forwarded or not _leads_away(call):
            return []
        first = [] if call.told else self._new_call(event.interaction, call, event.at)
        return first + self._forward(event.interaction, call, event.at, now)

    def _talk_started(self, event: ev.TalkStarted, now: float) -> list[CtiMessage]:
        call = self._at(event)
        party = None if call is None else _in_the_house(call, event)
        if call is None or party is None:
            return []
        call.talks[event.talk] = rung = self._rung(event.pbx, party)
        if call.by is None:
            return self._answer(event.interaction, call, rung, event.at)
        if call.by.leg == rung.leg or len(call.talks) > 1:
            return []  # back from hold, or a third party beside the first
        return self._taken_over(event.interaction, call, rung, event.at, now)

    def _talk_ended(self, event: ev.TalkEnded, now: float) -> list[CtiMessage]:
        call = self._at(event)
        if call is None or call.talks.pop(event.talk, None) is None or call.by is None:
            return []
        others = [rung for rung in call.talks.values() if rung.leg != call.by.leg]
        if len(others) == len(call.talks) > 0:  # the first party left a conference
            return self._taken_over(event.interaction, call, others[0], event.at, now)
        return self._passed_on(event.interaction, call, event.at, now)

    def _passed_on(self, key: str, call: CtiCall, at: float | None, now: float) -> list[CtiMessage]:
        """Nobody talks to the customer any more, and other telephones ring."""
        if call.by is None or call.talks or not call.ringing:
            return []
        messages = self._forward(key, call, at, now)
        call.rung = list(call.ringing.values())
        call.due = now + GATHER
        return messages

    def _taken_over(
        self, key: str, call: CtiCall, rung: Rung, at: float | None, now: float
    ) -> list[CtiMessage]:
        messages = self._forward(key, call, at, now)
        call.rung = [rung]
        return messages + self._answer(key, call, rung, at)

    # --- what is told -----------------------------------------------------------------------

    def _forward(self, key: str, call: CtiCall, at: float | None, _now: float) -> list[CtiMessage]:
        messages = self._hangup(call, "forwarded", at)
        call.part += 1
        call.told, call.due, call.by, call.last = False, None, None, None
        call.queue, call.rung = None, []
        self._changed.add(key)
        return messages

    def _new_call(self, key: str, call: CtiCall, at: float | None) -> list[CtiMessage]:
        call.told, call.due = True, None
        self._changed.add(key)
        out = call.direction is ev.Direction.OUTBOUND and call.part == 1
        users = [call.caller_login] if out else [rung.login for rung in call.rung]
        logins = list(dict.fromkeys(login for login in users if login is not None))
        more: Fields = {"user": [*logins]} if logins else {}
        return [self._message(call, "newCall", at, more)]

    def _answer(self, key: str, call: CtiCall, rung: Rung, at: float | None) -> list[CtiMessage]:
        first = [] if call.told else self._new_call(key, call, at)
        call.by = rung
        self._changed.add(key)
        out = call.direction is ev.Direction.OUTBOUND and call.part == 1
        more: Fields = {} if rung.login is None else {"user": rung.login}
        number = call.dialled if out else rung.number
        if number:
            more["answeringNumber"] = number
        return [*first, self._message(call, "answer", at, more)]

    def _hangup(self, call: CtiCall, cause: Cause, at: float | None) -> list[CtiMessage]:
        if not call.told:
            return []
        more: Fields = {"cause": cause}
        if call.by is not None and call.by.number and call.direction is not ev.Direction.OUTBOUND:
            more["answeringNumber"] = call.by.number
        return [self._message(call, "hangup", at, more)]

    def _message(self, call: CtiCall, event: str, at: float | None, more: Fields) -> CtiMessage:
        out = call.direction is ev.Direction.OUTBOUND
        fields: Fields = {
            "event": event,
            "from": call.caller or ANONYMOUS,
            "to": _to(call),
            "direction": "out" if out else "in",
            "callId": call.call_id,
        }
        if call.queue is not None:
            fields["queue"] = call.queue
        return CtiMessage(call.id, call.internal, at, fields | more)

    def _rung(self, pbx: str, party: ev.Party) -> Rung:
        who = self._people.at(pbx, party.interface)
        return Rung(party.leg, party.number, None if who is None else who.login)

    def _at(self, event: ev.CallEvent) -> CtiCall | None:
        call = self._calls.get(event.interaction)
        if call is not None:
            self._changed.add(event.interaction)
        return call


def _leads_away(call: CtiCall) -> bool:
    """Whether a telephone that forwards takes the call from all that were rung. In a queue it waits
    on; what we call is with the same person of ours, wherever it is forwarded to."""
    alone = call.by is None and not call.ringing
    return alone and call.queue is None and call.direction is not ev.Direction.OUTBOUND


def _is_due(call: CtiCall, now: float) -> bool:
    return call.due is not None and call.due <= now


def _to(call: CtiCall) -> str:
    """The queue's key where there is a queue; then what was dialled, or who was rung instead."""
    if call.queue is not None:
        return call.queue
    dialled = call.dialled if call.part == 1 else None
    moved_to = call.rung[0].number if call.rung else None
    return dialled or moved_to or call.dialled or ANONYMOUS


def _in_the_house(call: CtiCall, event: ev.TalkStarted) -> ev.Party | None:
    """Who talks for the house; None when the customer has no part in this conversation."""
    if call.internal:
        return event.a if event.b.leg == call.caller_leg else event.b
    if call.outside is None:  # we called: whoever is not the caller is the customer
        other = event.b if event.a.leg == call.caller_leg else event.a
        call.outside = other.leg
    if event.a.leg == call.outside:
        return event.b
    return event.a if event.b.leg == call.outside else None


def _cause(call: CtiCall, event: ev.InteractionEnded) -> Cause:
    if call.by is not None:
        return "normalClearing"
    if call.part == 1 and event.reason in _BY_REASON:
        failed = event.reason is ev.EndReason.FAILED
        return "notFound" if failed and event.cause in _NO_SUCH_NUMBER else _BY_REASON[event.reason]
    return "cancel" if call.last is None else _BY_RESULT.get(call.last, "cancel")


_HANDLERS: dict[type[ev.Event], Callable[[CtiBook, Any, float], list[CtiMessage]]] = {
    ev.InteractionStarted: CtiBook._started,
    ev.InteractionChanged: CtiBook._altered,
    ev.InteractionsMerged: CtiBook._merged,
    ev.InteractionEnded: CtiBook._ended,
    ev.QueueJoined: CtiBook._queued,
    ev.OfferStarted: CtiBook._offered,
    ev.OfferEnded: CtiBook._offer_ended,
    ev.TalkStarted: CtiBook._talk_started,
    ev.TalkEnded: CtiBook._talk_ended,
}
EVENTS = frozenset(_HANDLERS)
