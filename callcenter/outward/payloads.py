"""What other systems are told, as types of their own: our events may change, these may not.

Pure. Each struct is the `data` of one kind of message; `catalogue` says which event becomes which.
A field is never renamed or taken away within a version. Times are ISO 8601 in UTC. Everything that
is a number, a name or a text came from outside and is hostile text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

import msgspec

from callcenter.events import (
    AgentState,
    Direction,
    EndReason,
    OfferResult,
    QueueExit,
    TransferKind,
)


def iso(at: float | None) -> str | None:
    """`2026-03-04T06:13:20.123Z`."""
    if at is None:
        return None
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class AgentRef(msgspec.Struct, frozen=True):
    """An agent; `login` is the name they sign in with, null for agents without a sign-in."""

    id: int
    name: str
    login: str | None


class PartyData(msgspec.Struct, frozen=True):
    """Who is at one end; `agent` when the telephone is one of an agent."""

    number: str | None
    name: str | None
    agent: AgentRef | None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything that is told."""


class CallData(Data, frozen=True, kw_only=True):
    """`call` is the id of the contact; it stays the same from begin to end."""

    call: str
    pbx: str


class CallStarted(CallData, frozen=True, kw_only=True):
    """A contact begins. `in_progress`: it went on already when we began to look."""

    direction: Direction
    caller: PartyData
    dialled: str | None
    in_progress: bool


class CallChanged(CallData, frozen=True, kw_only=True):
    """More was learned of it; the whole new value of each."""

    direction: Direction
    caller: PartyData
    dialled: str | None


class CallMerged(CallData, frozen=True, kw_only=True):
    """`merged` was part of `call`: what was told under it belongs there now."""

    merged: str


class CallEnded(CallData, frozen=True, kw_only=True):
    """`cause` is the Q.850 cause. `estimated`: it ended unseen, and the time is a guess."""

    reason: EndReason
    ended_by: Literal["caller", "callee", "pbx"] | None
    cause: int | None
    answered: bool
    estimated: bool


class CallQueued(CallData, frozen=True, kw_only=True):
    """The caller waits in a queue. `entry` is the id of this wait."""

    queue: str
    entry: str
    position: int | None


class CallLeftQueue(CallData, frozen=True, kw_only=True):
    """The wait is over, for exactly one reason."""

    queue: str
    entry: str
    exit: QueueExit
    waited_seconds: float | None


class CallOffered(CallData, frozen=True, kw_only=True):
    """A telephone rings for it. `offer` is the id of this attempt."""

    offer: str
    to: PartyData
    queue: str | None


class CallOfferEnded(CallData, frozen=True, kw_only=True):
    """The telephone no longer rings."""

    offer: str
    to: PartyData
    result: OfferResult
    rang_seconds: float | None


class CallRouted(CallData, frozen=True, kw_only=True):
    """Why it went where it went; `step`, `outcome` and `reason` are codes."""

    decisions: list[DecisionData]


class DecisionData(msgspec.Struct, frozen=True):
    at: str | None
    step: str
    outcome: str
    reason: str
    facts: dict[str, str]


class TalkStarted(CallData, frozen=True, kw_only=True):
    """Two parties hear each other; `a` is the one who was in the call first."""

    talk: str
    a: PartyData
    b: PartyData


class TalkEnded(CallData, frozen=True, kw_only=True):
    """They no longer do."""

    talk: str
    a: PartyData
    b: PartyData
    seconds: float | None


class HoldChanged(CallData, frozen=True, kw_only=True):
    """A party put the other on hold, or took them back; `hold` is the id of the hold."""

    hold: str


class CallTransferred(CallData, frozen=True, kw_only=True):
    """A transfer, forward or pickup is complete, or has failed."""

    transfer: str
    kind: TransferKind
    to: str | None
    result: OfferResult


class CallerIdentified(CallData, frozen=True, kw_only=True):
    """Who is calling; `customer` is null when that is unknown or not sure."""

    number: str
    customer: int | None


class CallLogged(CallData, frozen=True, kw_only=True):
    """The contact is in the timeline of a customer."""

    customer: int | None
    activity: str


class RecordingReady(CallData, frozen=True, kw_only=True):
    """A recording of the call can be listened to, by its id, through the API."""

    recording: str
    seconds: float


class RecordingState(CallData, frozen=True, kw_only=True):
    """Whether the call is recorded now; `until`: when a pause ends by itself, `reasons` of it."""

    state: Literal["off", "recording", "pausing", "paused", "resuming"]
    until: str | None
    reasons: list[str]


class VoicemailLeft(CallData, frozen=True, kw_only=True):
    """The caller left a message; it becomes a recording of the call."""

    queue: str | None
    seconds: float


class CallbackRequested(CallData, frozen=True, kw_only=True):
    """The caller hung up and keeps their place: they want to be called."""

    queue: str
    number: str
    waiting_since: str | None


class SatisfactionGiven(CallData, frozen=True, kw_only=True):
    """The caller said how it was, from 1 to 5."""

    queue: str
    agent: AgentRef | None
    score: int


class AgentStateData(Data, frozen=True, kw_only=True):
    """What an agent does now, whole. `reasons` say why they are not ready."""

    agent: AgentRef
    state: AgentState
    reasons: list[str]
    since: str | None
    call: str | None
    queue: str | None


class WorkChanged(Data, frozen=True, kw_only=True):
    """A missed call or a promised callback, as it is now."""

    kind: Literal["missed", "callback"]
    work: int
    state: str
    queue: str | None
    since: str | None


class TicketChanged(Data, frozen=True, kw_only=True):
    """A ticket was opened or changed; what it is now, the API tells."""

    ticket: int
    number: str
    version: int
    change: str


class CallSteered(CallData, frozen=True, kw_only=True):
    """A supervisor changed what becomes of a waiting call; `by` is the id of their user."""

    what: Literal["moved", "given", "reserved", "prioritised"]
    queue: str
    agent: AgentRef | None
    by: int


class AlarmChanged(Data, frozen=True, kw_only=True):
    """A figure of the board passed a threshold, or is back; `queue` null: of the whole floor."""

    alarm: int
    queue: str | None
    metric: str
    level: Literal["watch", "bad"]
    state: Literal["raised", "acknowledged", "cleared"]
    value: float
    threshold: float
    since: str | None


class QueueMemberChanged(Data, frozen=True, kw_only=True):
    """A member of one of the PBX's own queues."""

    pbx: str
    queue: str
    interface: str
    name: str | None
    agent: AgentRef | None
    paused: bool
    reason: str | None
    removed: bool


class PbxLink(Data, frozen=True, kw_only=True):
    """Whether we hear the PBX; `known_until`: what happened since then may be missing."""

    pbx: str
    known_until: str | None = None


class Tested(Data, frozen=True, kw_only=True):
    """Somebody pressed the button; nothing happened."""

    text: str
