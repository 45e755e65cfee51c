"""What the PBX tells of a call: its legs, queues, offers, conversations and transfers."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import CallEvent, Party
from callcenter.events.words import Direction, EndReason, OfferResult, QueueExit, TransferKind


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
    ours: bool = False  # distributed by this service, not by the PBX


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
    forwarded: bool = False  # the telephone sent the caller to another number (SIP 302)


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
    estimated: bool = False  # nobody saw when: `at` is a guess, and the length is unknown


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
