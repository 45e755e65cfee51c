"""The one table of what is told to other systems: event, name, version, and how it is told.

Pure. A new event is one line here, or one in `NOT_TOLD` with the reason; a test sees to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from callcenter import events as ev
from callcenter.outward import payloads as out
from callcenter.outward import telling
from callcenter.outward.payloads import iso
from callcenter.outward.telling import People


@dataclass(frozen=True, slots=True)
class Told:
    """How one event is told, if `make` finds something to tell. `subject` is what it is about: of
    one subject, all go in order."""

    name: str
    data: type[out.Data]
    make: Callable[[Any, People], out.Data | None]
    subject: Callable[[Any], str]
    version: int = 1


class Message(msgspec.Struct, frozen=True):
    """What is sent, as JSON. `id` is the same each time it is sent, however often that is."""

    id: str
    type: str
    version: int
    timestamp: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that is ready: the bytes that are signed are the bytes that are sent."""

    id: str
    type: str
    subject: str
    body: str


def outgoing(event: ev.DomainEvent, people: People) -> Outgoing | None:
    """The message for `event`; None for what nobody outside is told."""
    told = CATALOGUE.get(type(event))
    data = None if told is None else told.make(event, people)
    if told is None or data is None:
        return None
    return composed(told, data, event.at, told.subject(event), msgspec.json.encode(event))


def composed(told: Told, data: out.Data, at: float | None, subject: str, seed: bytes) -> Outgoing:
    """`seed` is what makes it this message and no other: told twice it is the same."""
    id_ = f"msg_{hashlib.sha256(told.name.encode() + b' ' + seed).hexdigest()[:32]}"
    message = Message(id_, told.name, told.version, iso(at), data)
    return Outgoing(id_, told.name, subject, msgspec.json.encode(message).decode())


def _of_call(event: ev.CallEvent) -> str:
    return event.interaction


def _told(name: str, data: type[out.Data], make: Callable[[Any, People], out.Data]) -> Told:
    return Told(name, data, make, _of_call)


CATALOGUE: Mapping[type[ev.Event], Told] = {
    ev.InteractionStarted: _told("call.started", out.CallStarted, telling.started),
    ev.InteractionChanged: _told("call.changed", out.CallChanged, telling.changed),
    ev.InteractionsMerged: _told("call.merged", out.CallMerged, telling.merged),
    ev.InteractionEnded: _told("call.ended", out.CallEnded, telling.ended),
    ev.QueueJoined: _told("call.queued", out.CallQueued, telling.queued),
    ev.QueueLeft: _told("call.left_queue", out.CallLeftQueue, telling.left),
    ev.OfferStarted: _told("call.offered", out.CallOffered, telling.offered),
    ev.OfferEnded: _told("call.offer_ended", out.CallOfferEnded, telling.offer_ended),
    ev.RoutingDecided: _told("call.routed", out.CallRouted, telling.routed),
    ev.TalkStarted: _told("call.talk_started", out.TalkStarted, telling.talking),
    ev.TalkEnded: _told("call.talk_ended", out.TalkEnded, telling.talked),
    ev.HoldStarted: _told("call.held", out.HoldChanged, telling.hold),
    ev.HoldEnded: _told("call.resumed", out.HoldChanged, telling.hold),
    ev.Transferred: _told("call.transferred", out.CallTransferred, telling.moved),
    ev.CallerIdentified: _told("call.identified", out.CallerIdentified, telling.identified),
    ev.ActivityLogged: _told("call.logged", out.CallLogged, telling.logged),
    ev.RecordingIndexed: _told("recording.ready", out.RecordingReady, telling.recorded),
    ev.RecordingChanged: _told("recording.changed", out.RecordingState, telling.recording),
    ev.VoicemailLeft: _told("voicemail.left", out.VoicemailLeft, telling.voicemail),
    ev.CallbackRequested: _told("callback.requested", out.CallbackRequested, telling.callback),
    ev.SatisfactionGiven: _told("satisfaction.given", out.SatisfactionGiven, telling.satisfied),
    ev.CallSteered: _told("call.steered", out.CallSteered, telling.steered),
    ev.AlarmChanged: Told(
        "alarm.changed", out.AlarmChanged, telling.alarm, lambda e: f"alarm:{e.alarm}"
    ),
    ev.AgentChanged: Told(
        "agent.changed", out.AgentStateData, telling.agent, lambda e: f"agent:{e.agent}"
    ),
    ev.WorkChanged: Told(
        "work.changed", out.WorkChanged, telling.work, lambda e: f"{e.kind}:{e.work}"
    ),
    ev.TicketChanged: Told(
        "ticket.changed", out.TicketChanged, telling.ticket, lambda e: f"ticket:{e.ticket}"
    ),
    ev.QueueMemberChanged: Told(
        "queue.member_changed", out.QueueMemberChanged, telling.member, lambda e: f"queue:{e.queue}"
    ),
    ev.LinkLost: Told("pbx.lost", out.PbxLink, telling.lost, lambda e: f"pbx:{e.pbx}"),
    ev.LinkRestored: Told("pbx.restored", out.PbxLink, telling.restored, lambda e: f"pbx:{e.pbx}"),
}

#: Sent by the button only; nobody subscribes to it.
TEST = Told("webhook.test", out.Tested, lambda e, _: e, lambda _: "test")

#: What nobody outside is told, and why.
NOT_TOLD: Mapping[type[ev.Event], str] = {
    ev.LegStarted: "channels are the PBX's plumbing; offers and talks say what they are for",
    ev.LegChanged: "as above; call.changed has what matters",
    ev.LegAnswered: "before anybody hears anybody; call.talk_started is the answer",
    ev.LegEnded: "as above",
    ev.OfferPrepared: "a moment before call.offered, and only of our own distribution",
    ev.OfferDropped: "call.offer_ended says it",
    ev.RecordingStarted: "names files of the PBX; recording.ready has what can be used",
    ev.RecordingStopped: "as above",
    ev.RecordingPaused: "of one channel; recording.changed is of the call",
    ev.RecordingResumed: "as above",
    ev.RecordingGap: "what a file lacks; recording.ready is told when it can be used",
    ev.RecordingPauseAsked: "an order of the dialplan; recording.changed is what came of it",
    ev.MonitorStarted: "who listens to whom stays in the house, and in its audit log",
    ev.MonitorEnded: "as above",
    ev.CallMonitored: "as above",
    ev.ScoreChanged: "how somebody was scored is between them and the house",
    ev.DeviceStateChanged: "every flicker of every telephone; agent.changed is what it means",
}


def types() -> Iterator[Told]:
    """What can be subscribed to, in the order of the documentation."""
    yield from CATALOGUE.values()


BY_NAME: Mapping[str, Told] = {told.name: told for told in CATALOGUE.values()}
