"""How each event becomes what other systems are told of it: one small function each.

Pure. The types they make are in `payloads`, which event has which in `catalogue`.
"""

from __future__ import annotations

from typing import Any, Protocol

from callcenter import events as ev
from callcenter.outward import payloads as out
from callcenter.outward.payloads import iso


class People(Protocol):
    """Whose telephone it is and what they sign in as, answered from memory."""

    def at(self, pbx: str, interface: str, /) -> out.AgentRef | None: ...

    def agent(self, id_: int, /) -> out.AgentRef | None: ...


def _party(event: Any, party: ev.Party, people: People) -> out.PartyData:
    return out.PartyData(party.number, party.name, people.at(event.pbx, party.interface))


def _call(event: Any, **more: Any) -> dict[str, Any]:
    return {"call": event.interaction, "pbx": event.pbx, **more}


def _begun(event: ev.InteractionStarted | ev.InteractionChanged, people: People) -> dict[str, Any]:
    caller = _party(event, event.caller, people)
    return _call(event, direction=event.direction, caller=caller, dialled=event.dialled)


def started(event: ev.InteractionStarted, people: People) -> out.Data:
    return out.CallStarted(**_begun(event, people), in_progress=event.adopted)


def changed(event: ev.InteractionChanged, people: People) -> out.Data:
    return out.CallChanged(**_begun(event, people))


def merged(event: ev.InteractionsMerged, _: People) -> out.Data:
    return out.CallMerged(**_call(event, merged=event.merged))


def ended(event: ev.InteractionEnded, _: People) -> out.Data:
    how = {"reason": event.reason, "ended_by": event.by, "cause": event.cause}
    more = {"answered": event.answered, "estimated": event.estimated}
    return out.CallEnded(**_call(event, **how, **more))


def queued(event: ev.QueueJoined, _: People) -> out.Data:
    more = {"queue": event.queue, "entry": event.entry, "position": event.position}
    return out.CallQueued(**_call(event, **more))


def left(event: ev.QueueLeft, _: People) -> out.Data:
    more = {"queue": event.queue, "entry": event.entry, "exit": event.exit}
    return out.CallLeftQueue(**_call(event, **more, waited_seconds=event.waited))


def offered(event: ev.OfferStarted, people: People) -> out.Data:
    to = _party(event, event.party, people)
    return out.CallOffered(**_call(event, offer=event.offer, to=to, queue=event.queue))


def offer_ended(event: ev.OfferEnded, people: People) -> out.Data:
    to = _party(event, event.party, people)
    more = {"offer": event.offer, "to": to, "result": event.result, "rang_seconds": event.rang}
    return out.CallOfferEnded(**_call(event, **more))


def routed(event: ev.RoutingDecided, _: People) -> out.Data:
    decisions = [
        out.DecisionData(iso(one.at), one.step, one.outcome, one.reason, one.facts)
        for one in event.decisions
    ]
    return out.CallRouted(**_call(event, decisions=decisions))


def talking(event: ev.TalkStarted, people: People) -> out.Data:
    a, b = _party(event, event.a, people), _party(event, event.b, people)
    return out.TalkStarted(**_call(event, talk=event.talk, a=a, b=b))


def talked(event: ev.TalkEnded, people: People) -> out.Data:
    a, b = _party(event, event.a, people), _party(event, event.b, people)
    return out.TalkEnded(**_call(event, talk=event.talk, a=a, b=b, seconds=event.seconds))


def hold(event: ev.HoldStarted | ev.HoldEnded, _: People) -> out.Data:
    return out.HoldChanged(**_call(event, hold=event.hold))


def moved(event: ev.Transferred, _: People) -> out.Data:
    more = {"transfer": event.transfer, "kind": event.kind, "to": event.to}
    return out.CallTransferred(**_call(event, **more, result=event.result))


def _number(text: str | None) -> int | None:
    """Ids of our own records are numbers, though the event carries text."""
    return int(text) if text is not None and text.isdecimal() else None


def identified(event: ev.CallerIdentified, _: People) -> out.Data:
    more = {"number": event.number, "customer": _number(event.customer)}
    return out.CallerIdentified(**_call(event, **more))


def logged(event: ev.ActivityLogged, _: People) -> out.Data:
    more = {"customer": _number(event.customer), "activity": event.activity}
    return out.CallLogged(**_call(event, **more))


def recorded(event: ev.RecordingIndexed, _: People) -> out.Data:
    return out.RecordingReady(**_call(event, recording=event.recording, seconds=event.seconds))


def recording(event: ev.RecordingChanged, _: People) -> out.Data:
    more = {"state": event.phase, "until": iso(event.until), "reasons": [*event.reasons]}
    return out.RecordingState(**_call(event, **more))


def voicemail(event: ev.VoicemailLeft, _: People) -> out.Data:
    return out.VoicemailLeft(**_call(event, queue=event.queue, seconds=event.seconds))


def callback(event: ev.CallbackRequested, _: People) -> out.Data:
    more = {"queue": event.queue, "number": event.number, "waiting_since": iso(event.joined_at)}
    return out.CallbackRequested(**_call(event, **more))


def satisfied(event: ev.SatisfactionGiven, people: People) -> out.Data:
    agent = None if event.agent is None else people.agent(event.agent)
    return out.SatisfactionGiven(**_call(event, queue=event.queue, agent=agent, score=event.score))


def agent(event: ev.AgentChanged, people: People) -> out.Data:
    return out.AgentStateData(
        agent=people.agent(event.agent) or out.AgentRef(event.agent, event.name, None),
        state=event.state,
        reasons=event.reasons,
        since=iso(event.since),
        call=event.interaction,
        queue=event.queue,
    )


def work(event: ev.WorkChanged, _: People) -> out.Data:
    return out.WorkChanged(
        kind=event.kind,
        work=event.work,
        state=event.state,
        queue=event.queue,
        since=iso(event.since),
    )


def ticket(event: ev.TicketChanged, _: People) -> out.Data:
    return out.TicketChanged(
        ticket=event.ticket, number=event.number, version=event.version, change=event.kind
    )


def member(event: ev.QueueMemberChanged, people: People) -> out.Data | None:
    if event.listed:
        return None
    return out.QueueMemberChanged(
        pbx=event.pbx,
        queue=event.queue,
        interface=event.interface,
        name=event.name,
        agent=people.at(event.pbx, event.interface),
        paused=event.paused,
        reason=event.reason,
        removed=event.removed,
    )


def steered(event: ev.CallSteered, people: People) -> out.Data:
    agent = None if event.agent is None else people.agent(event.agent)
    more = {"what": event.what, "queue": event.queue, "agent": agent, "by": event.user}
    return out.CallSteered(**_call(event, **more))


def alarm(event: ev.AlarmChanged, _: People) -> out.Data:
    return out.AlarmChanged(
        alarm=event.alarm,
        queue=event.queue,
        metric=event.metric,
        level=event.level,
        state=event.state,
        value=event.value,
        threshold=event.threshold,
        since=iso(event.since),
    )


def lost(event: ev.LinkLost, _: People) -> out.Data:
    return out.PbxLink(pbx=event.pbx)


def restored(event: ev.LinkRestored, _: People) -> out.Data:
    return out.PbxLink(pbx=event.pbx, known_until=iso(event.since))
