"""Recording of calls that go on: start, stop, pause, resume; and where in a file that happened.

A payment page pauses with the session of the agent, by the call's id or without it (`/me`); a
person or service whose right reaches further pauses any call it reaches.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy import Select

from callcenter.errors import NotFound
from callcenter.events import RecordingAlarm, RecordingChanged, RecordingPhase
from recording.control import RecordingControl
from recording.control_queries import is_visible, marks_of
from recording.spans import Reason
from routing.control import CallControl
from web import keys
from web.api.values import Body, EventKey, View
from web.auth.rights import Scope
from web.routes import Call
from web.scopes import agents

Seconds = Annotated[float, Meta(ge=5, le=600)]


class PauseWish(Body, frozen=True):
    """`seconds`: after which it goes on by itself; the rule's time unless given. `source`: `api`
    from a payment page, so that the record tells it from the agent's own button."""

    seconds: Seconds | None = None
    source: Literal["agent", "api"] = "api"


class CallRecordingView(View, frozen=True):
    """`until`: when the pause ends by itself; `alarm`: what was asked for and did not happen."""

    interaction: str
    phase: RecordingPhase
    until: float | None
    reasons: list[str]
    alarm: RecordingAlarm | None
    startable: bool


class MarkView(View, frozen=True):
    """`starts` and `ends` are seconds from the begin of the file, `at` is the moment. `gap`: here
    time passed that is not in the file. `estimated`: nobody saw it end."""

    id: str
    kind: Literal["pause", "hold", "transfer", "gap"]
    starts: float
    ends: float
    at: float
    reasons: list[str]
    by: int | None
    estimated: bool


class MarkList(View, frozen=True):
    items: list[MarkView]


async def read_call_recording(call: Call, interaction: EventKey) -> CallRecordingView:
    control = await _reached(call, interaction)
    return _view(control.state(interaction))


async def start_recording(call: Call, interaction: EventKey) -> CallRecordingView:
    """Of one's own call only: it is begun by one's own telephone."""
    control = recording_control(call)
    agent = call.principal.agent
    if agent is None or not call_control(call).takes_part(agent, interaction):
        raise NotFound("you have no such call")
    state = await control.start(agent, interaction)
    await _audit(call, "start", state)
    return _view(state)


async def stop_recording(call: Call, interaction: EventKey) -> CallRecordingView:
    control = await _reached(call, interaction)
    state = await control.stop(interaction)
    await _audit(call, "stop", state)
    return _view(state)


async def pause_recording(call: Call, interaction: EventKey, body: PauseWish) -> CallRecordingView:
    control = await _reached(call, interaction)
    reason = Reason.AGENT if body.source == "agent" else Reason.API
    state = await control.pause(interaction, reason, seconds=body.seconds, by=call.principal.user)
    await _audit(call, "pause", state)
    return _view(state)


async def resume_recording(call: Call, interaction: EventKey) -> CallRecordingView:
    control = await _reached(call, interaction)
    state = await control.resume(interaction, by=call.principal.user)
    await _audit(call, "resume", state)
    return _view(state)


async def pause_my_recording(call: Call, body: PauseWish) -> CallRecordingView:
    return await pause_recording(call, _mine(call), body)


async def resume_my_recording(call: Call) -> CallRecordingView:
    return await resume_recording(call, _mine(call))


async def list_marks(call: Call, id: EventKey) -> MarkList:
    whose = agents(call.principal, call.scope)
    if not await is_visible(call.db, id, agent=whose, everything=call.scope is Scope.ALL):
        raise NotFound("no such recording")
    found = await marks_of(call.db, id)
    return MarkList(
        [
            MarkView(
                id=one.id,
                kind=one.kind,
                starts=one.starts,
                ends=one.ends,
                at=one.at,
                reasons=list(one.reasons),
                by=one.by,
                estimated=one.estimated,
            )
            for one in found
        ]
    )


# --- inside ---------------------------------------------------------------------------------------


async def _audit(call: Call, what: str, state: RecordingChanged) -> None:
    after = {"phase": state.phase, "until": state.until, "reasons": list(state.reasons)}
    await call.audit(f"recording.{what}", f"interaction/{state.interaction}", after=after)


async def _reached(call: Call, interaction: str) -> RecordingControl:
    """NotFound also for a call that the right does not reach."""
    control = recording_control(call)
    if call.scope is Scope.ALL:
        return control
    calls = call_control(call)
    for agent in await _reach(call):
        if calls.takes_part(agent, interaction):
            return control
    raise NotFound("you have no such call")


async def _reach(call: Call) -> list[int]:
    """One's own telephone, or those of one's team."""
    whose = agents(call.principal, call.scope)
    if isinstance(whose, Select):
        return list(await call.db.scalars(whose))
    return [] if whose is None else [whose]


def _mine(call: Call) -> str:
    agent = call.principal.agent
    found = call_control(call).conversation(agent) if agent is not None else None
    if found is None:
        raise NotFound("you are in no conversation")
    return found


def recording_control(call: Call) -> RecordingControl:
    control = call.request.app[keys.RECORDING_CONTROL]
    if control is None:
        raise NotFound("no calls are followed here")
    return control


def call_control(call: Call) -> CallControl:
    calls = call.request.app[keys.CALL_CONTROL]
    if calls is None:
        raise NotFound("no calls are followed here")
    return calls


def _view(state: RecordingChanged) -> CallRecordingView:
    return CallRecordingView(
        interaction=state.interaction,
        phase=state.phase,
        until=state.until,
        reasons=list(state.reasons),
        alarm=state.alarm,
        startable=state.startable,
    )
