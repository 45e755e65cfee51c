"""What our own distribution does with a call, and what its caller left."""

from __future__ import annotations

import msgspec

from callcenter.events.base import CallEvent
from callcenter.events.words import OfferResult


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
