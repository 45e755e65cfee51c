"""What happened, in the field's words: the only language the rooms share.

Events are frozen and carry no behaviour. Times are seconds since the Unix epoch (UTC, float);
None means the stream did not say. Ids are ours (`callcenter.ids`): the same call told twice has
the same ids. They are msgspec structs because those are built at C speed and travel between
nodes as tagged JSON without a second description.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class OfferResult(StrEnum):
    ANSWERED = "answered"
    REJECTED = "rejected"
    BUSY = "busy"
    TIMED_OUT = "timed_out"
    CALLER_GONE = "caller_gone"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    FAILED = "failed"


class QueueExit(StrEnum):
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    EMPTY = "empty"
    KEY_EXIT = "key_exit"
    WITHDRAWN = "withdrawn"
    CALLBACK = "callback"
    OVERFLOW = "overflow"
    LOST = "lost"


class TransferKind(StrEnum):
    BLIND = "blind"
    ATTENDED = "attended"
    BLONDE = "blonde"
    PICKUP = "pickup"
    FORWARD = "forward"


class EndReason(StrEnum):
    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"


class AgentState(StrEnum):
    OFFLINE = "offline"
    READY = "ready"
    NOT_READY = "not_ready"
    OFFERED = "offered"
    BUSY = "busy"
    WRAP_UP = "wrap_up"


class Party(msgspec.Struct, frozen=True):
    """Who is on a channel. `number` and `name` are as the PBX wrote them: hostile text."""

    channel: str
    interface: str  # the channel name without its per-call suffix, e.g. PJSIP/1001
    number: str | None
    name: str | None
    leg: str  # leg id


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    at: float | None


class CallEvent(Event, frozen=True, kw_only=True):
    pbx: str
    interaction: str  # interaction id


class InteractionStarted(CallEvent, frozen=True, kw_only=True):
    direction: Direction
    caller: Party
    dialled: str | None
    adopted: bool = False  # found in progress at a resync: what came before `at` is unknown


class InteractionChanged(CallEvent, frozen=True, kw_only=True):
    """What was learned after the start; the whole new value of each."""

    direction: Direction
    caller: Party
    dialled: str | None


class InteractionsMerged(CallEvent, frozen=True, kw_only=True):
    """`merged` was the same contact as `interaction`; everything of it now belongs there."""

    merged: str


class InteractionEnded(CallEvent, frozen=True, kw_only=True):
    reason: EndReason
    by: Literal["caller", "callee", "pbx"] | None
    cause: int | None  # Q.850 cause of the caller's channel
    answered: bool
    estimated: bool = False  # semantics: closed because the PBX no longer knew it
    incomplete: bool = False  # something about this call was contradictory or missing


class LegStarted(CallEvent, frozen=True, kw_only=True):
    party: Party
    uniqueid: str
    boot: str  # boot epoch of the PBX, part of the leg's key


class LegChanged(CallEvent, frozen=True, kw_only=True):
    """The number or name on a leg became known or changed."""

    party: Party


class LegAnswered(CallEvent, frozen=True, kw_only=True):
    leg: str


class LegEnded(CallEvent, frozen=True, kw_only=True):
    leg: str
    cause: int | None
    estimated: bool = False


class QueueJoined(CallEvent, frozen=True, kw_only=True):
    entry: str  # queue entry id
    queue: str
    leg: str
    position: int | None


class QueueLeft(CallEvent, frozen=True, kw_only=True):
    entry: str
    queue: str
    exit: QueueExit
    waited: float | None


class OfferStarted(CallEvent, frozen=True, kw_only=True):
    offer: str
    party: Party  # who is rung; party.interface finds the agent
    queue: str | None
    entry: str | None


class OfferEnded(CallEvent, frozen=True, kw_only=True):
    offer: str
    party: Party
    result: OfferResult
    rang: float | None  # seconds


class OfferPrepared(CallEvent, frozen=True, kw_only=True):
    """Our own distribution chose this agent; told before the telephone rings."""

    agent: int
    queue: str | None
    entered_at: float | None  # when the caller entered the system


class OfferDropped(CallEvent, frozen=True, kw_only=True):
    """A prepared offer is over; where the telephone did ring, its OfferEnded tells more."""

    agent: int
    result: OfferResult


class Decision(msgspec.Struct, frozen=True):
    """One step on the way to an agent. `step` and `reason` are codes with a text in the console."""

    at: float
    step: str  # block_list, calendar, menu, account_manager, queue, offer ...
    outcome: str  # passed, matched, chosen, refused, failed ...
    reason: str
    facts: dict[str, str] = {}  # what the text names: hostile text


class RoutingDecided(CallEvent, frozen=True, kw_only=True):
    """Why a call went where it went, as it happens."""

    decisions: list[Decision]


class VoicemailLeft(CallEvent, frozen=True, kw_only=True):
    """A caller spoke a message; its file is indexed as a recording of the call."""

    queue: str | None
    file: str  # as RecordingStarted names files
    seconds: float


class CallbackRequested(CallEvent, frozen=True, kw_only=True):
    """A caller gave up waiting on the line, not the place in it."""

    queue: str
    number: str  # confirmed or typed in: hostile text
    joined_at: float  # when the wait began; the place that is kept
    priority: float


class SatisfactionGiven(CallEvent, frozen=True, kw_only=True):
    agent: int | None
    queue: str
    score: int  # 1 to 5, by key


class TalkStarted(CallEvent, frozen=True, kw_only=True):
    """Two parties hear each other. `a` is the one who was in the interaction first."""

    talk: str
    a: Party
    b: Party
    entry: str | None = None  # the queue entry that led here


class TalkEnded(CallEvent, frozen=True, kw_only=True):
    talk: str
    a: Party
    b: Party
    seconds: float | None


class HoldStarted(CallEvent, frozen=True, kw_only=True):
    hold: str
    leg: str  # the leg that pressed hold


class HoldEnded(CallEvent, frozen=True, kw_only=True):
    hold: str
    leg: str


class Transferred(CallEvent, frozen=True, kw_only=True):
    """A transfer is complete or has failed; told once, when its result is known."""

    transfer: str
    kind: TransferKind
    by: str  # channel that transferred, forwarded or picked up
    moved: str | None  # channel that now talks to somebody else
    to: str | None  # number it was moved to
    result: OfferResult


class RecordingStarted(CallEvent, frozen=True, kw_only=True):
    file: str  # as the PBX named it: hostile text, never opened as it is
    channel: str
    leg: str


class RecordingStopped(CallEvent, frozen=True, kw_only=True):
    channel: str
    leg: str


class DeviceStateChanged(Event, frozen=True, kw_only=True):
    pbx: str
    interface: str
    state: str  # Asterisk's device state: NOT_INUSE, INUSE, RINGING, UNAVAILABLE ...


class AgentPhone(msgspec.Struct, frozen=True):
    """Where an agent is rung."""

    interface: str
    kind: Literal["browser", "desk"]
    state: str  # Asterisk's device state; "UNKNOWN" while it did not say


class AgentChanged(Event, frozen=True, kw_only=True):
    """An agent's state as it is now, whole; never a wish."""

    agent: int
    name: str
    state: AgentState
    reasons: list[str]  # why not ready, none otherwise; "no_answer" and "disconnected" are ours
    since: float  # when this state began
    until: float | None  # when wrap-up ends by itself
    interaction: str | None  # offered, talked to, or wrapped up
    queue: str | None
    pending: str | None  # asked for, takes effect after the call: not_ready, sign_out
    phone: AgentPhone | None


class WorkChanged(Event, frozen=True, kw_only=True):
    """A missed call or a promised callback as it is now, whole; told when it is written down."""

    kind: Literal["missed", "callback"]
    work: int
    state: str  # open, claimed, done; waiting, offered, dialling, done, failed, cancelled
    queue: str | None
    since: float  # first missed, or the place in the queue that was kept
    by: int | None = None  # agent to whom a callback is offered, user who claimed a missed call


class TicketChanged(Event, frozen=True, kw_only=True):
    """A ticket was opened or changed; what it is now, the API tells. Told once it is written."""

    ticket: int
    number: str
    version: int
    kind: str  # of what happened last: a step of its life, edited, reply, note, escalated ...


class QueueMemberChanged(Event, frozen=True, kw_only=True):
    """A member of one of the PBX's own queues."""

    pbx: str
    queue: str
    interface: str
    name: str | None
    paused: bool
    reason: str | None
    removed: bool = False


class LinkLost(Event, frozen=True, kw_only=True):
    pbx: str


class LinkRestored(Event, frozen=True, kw_only=True):
    """The link stands and the state is reconciled; `since` is when we last knew (None: never)."""

    pbx: str
    boot: str
    since: float | None


class CallerIdentified(CallEvent, frozen=True, kw_only=True):
    """The store's answer to who is calling. `card` is the JSON of a card, passed on as it is."""

    number: str
    card: msgspec.Raw
    customer: str | None  # the one customer that is surely meant, else None


class RecordingIndexed(CallEvent, frozen=True, kw_only=True):
    recording: str
    leg: str | None
    seconds: float


class ActivityLogged(CallEvent, frozen=True, kw_only=True):
    activity: str
    customer: str


DomainEvent = (
    InteractionStarted
    | InteractionChanged
    | InteractionsMerged
    | InteractionEnded
    | LegStarted
    | LegChanged
    | LegAnswered
    | LegEnded
    | QueueJoined
    | QueueLeft
    | OfferStarted
    | OfferEnded
    | OfferPrepared
    | OfferDropped
    | RoutingDecided
    | VoicemailLeft
    | CallbackRequested
    | SatisfactionGiven
    | TalkStarted
    | TalkEnded
    | HoldStarted
    | HoldEnded
    | Transferred
    | RecordingStarted
    | RecordingStopped
    | DeviceStateChanged
    | AgentChanged
    | WorkChanged
    | TicketChanged
    | QueueMemberChanged
    | LinkLost
    | LinkRestored
    | CallerIdentified
    | RecordingIndexed
    | ActivityLogged
)
