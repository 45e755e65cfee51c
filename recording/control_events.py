"""What recording control makes of each event: one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from callcenter import events as ev
from recording import spans
from recording.control import RecordingControl
from recording.control_calls import NowRecorded, Taped
from recording.rules import PauseOn
from recording.spans import Reason

REFUSED = ("recording", "refused")  # step and outcome of the decision of a call's flow


def hear(control: RecordingControl, event: ev.DomainEvent) -> None:
    handle = HANDLERS.get(type(event))
    if handle is not None:
        handle(control, event)


def _started(control: RecordingControl, event: Any) -> None:
    """InteractionStarted, InteractionChanged."""
    control.opened(event.interaction).direction = event.direction.value


def _queued(control: RecordingControl, event: ev.QueueJoined) -> None:
    control.opened(event.interaction).queue = event.queue


def _leg(control: RecordingControl, event: ev.LegStarted) -> None:
    """One that an earlier run of ours saw being recorded is still there."""
    found = control.left.pop(event.party.leg, None)
    if found is not None:
        call = control.opened(event.interaction)
        taped = Taped(event.party.leg, event.party.channel, muted=found.muted)
        control.taped(call, taped, found)


def _talks(control: RecordingControl, event: ev.TalkStarted) -> None:
    call = control.opened(event.interaction)
    call.talking = True
    agents = [control.agent_of(event.pbx, party.interface) for party in (event.b, event.a)]
    call.agent = next((agent for agent in agents if agent is not None), call.agent)
    control.talks(call)


def _decided(control: RecordingControl, event: ev.RoutingDecided) -> None:
    call = control.call(event.interaction)
    if call is None or call.refused:
        return
    for one in event.decisions:
        if (one.step, one.outcome) == REFUSED:
            call.refused = True
            control.span(call, "refused", one.at)


def _taped(control: RecordingControl, event: ev.RecordingStarted) -> None:
    call = control.opened(event.interaction)
    if event.leg not in call.taped:
        control.taped(call, Taped(event.leg, event.channel))


def _untaped(control: RecordingControl, event: ev.RecordingStopped | ev.LegEnded) -> None:
    call = control.call(event.interaction)
    if call is not None and event.leg in call.taped:
        control.journal.close(event.leg, event.at or control.clock())
        control.untaped(call, event.leg)


def _muted(control: RecordingControl, event: ev.RecordingPaused | ev.RecordingResumed) -> None:
    call = control.call(event.interaction)
    taped = call.taped.get(event.leg) if call else None
    if call is None or taped is None:
        return
    at = event.at or control.clock()
    muted = isinstance(event, ev.RecordingPaused)
    taped.told(muted)
    if muted:
        control.span(call, "pause", at, leg_id=taped.leg, channel=taped.channel)
    else:
        control.journal.close(taped.leg, at)
    if call.silent or (not muted and not taped.ordered):  # else it is about to change once more
        control.apply(call, spans.Told(muted))


def _gap(control: RecordingControl, event: ev.RecordingGap) -> None:
    call = control.opened(event.interaction)
    control.span(call, "gap", event.since, leg_id=event.leg, ended_at=event.at)


def _held(control: RecordingControl, event: ev.HoldStarted) -> None:
    call = control.opened(event.interaction)
    call.holds.add(event.hold)
    control.wants_pause(call, PauseOn.HOLD, Reason.HOLD, begins=True)


def _unheld(control: RecordingControl, event: ev.HoldEnded) -> None:
    call = control.opened(event.interaction)
    call.holds.discard(event.hold)
    if not call.holds:
        control.wants_pause(call, PauseOn.HOLD, Reason.HOLD, begins=False)


def _asked(control: RecordingControl, event: ev.RecordingPauseAsked) -> None:
    call = control.opened(event.interaction)
    control.wants_pause(call, PauseOn.DIALPLAN, Reason.DIALPLAN, begins=event.paused)


def _merged(control: RecordingControl, event: ev.InteractionsMerged) -> None:
    gone = control.call(event.merged)
    if gone is None:
        return
    kept: NowRecorded = control.opened(event.interaction)
    if kept is gone:
        return
    if gone.timer is not None:
        gone.timer.cancel()
    kept.absorb(gone)
    control.renamed(kept, [gone.id, *gone.merged])
    control.journal.merge(kept.id, gone.id)
    control.apply(kept, spans.Joined(gone.pause, kept.silent))


def _ended(control: RecordingControl, event: ev.InteractionEnded) -> None:
    call = control.call(event.interaction)
    if call is None:
        return
    at = event.at or control.clock()
    control.journal.close_call(call.id, at, estimated=event.estimated)
    control.apply(call, spans.Ended())
    control.closed(call)


HANDLERS: Mapping[type[ev.Event], Callable[[RecordingControl, Any], None]] = {
    ev.InteractionStarted: _started,
    ev.InteractionChanged: _started,
    ev.InteractionsMerged: _merged,
    ev.InteractionEnded: _ended,
    ev.QueueJoined: _queued,
    ev.LegStarted: _leg,
    ev.LegEnded: _untaped,
    ev.TalkStarted: _talks,
    ev.RoutingDecided: _decided,
    ev.RecordingStarted: _taped,
    ev.RecordingStopped: _untaped,
    ev.RecordingPaused: _muted,
    ev.RecordingResumed: _muted,
    ev.RecordingGap: _gap,
    ev.RecordingPauseAsked: _asked,
    ev.HoldStarted: _held,
    ev.HoldEnded: _unheld,
}

EVENTS = cast(tuple[type[ev.DomainEvent], ...], tuple(HANDLERS))
