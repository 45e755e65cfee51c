"""Decides what is owed to whom: which calls were missed, and who may still take care of them. Pure.

Missed is said of a contact that nobody answered. What the caller chose instead (to be called back)
or what we refused on purpose (a blocked number) is not missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from callcenter.events import Direction, Party, QueueExit

ANSWERED = "answered"  # the reason of a row that a later answered call closed
BLOCKED = ("block_list", frozenset({"passed"}))  # the step, and the outcomes that let a call in


class WorkKind(StrEnum):
    ABANDONED = "abandoned"
    UNANSWERED = "unanswered"
    VOICEMAIL = "voicemail"


class WorkState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"


class ContactKey(Protocol):
    """What calls of one person are put together by: E.164 where the number can be read, else what
    was shown; None when the number was withheld. `interface` is the trunk, which says how numbers
    are written."""

    def __call__(self, number: str | None, interface: str | None) -> str | None: ...


@dataclass(frozen=True, slots=True)
class QueueStay:
    """One wait in a queue; `waited` in seconds."""

    queue: str | None
    exit: QueueExit | None
    waited: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCall:
    """What has to be known of a call to say whether it was missed, or who was reached in it."""

    interaction: str
    pbx: str
    direction: Direction | None
    number: str | None
    name: str | None
    interface: str | None
    dialled: str | None
    started_at: float | None
    answered: bool
    merged: bool = False  # it became part of another
    stays: tuple[QueueStay, ...] = ()
    refused: bool = False  # by the block list
    promised: bool = False  # a callback


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One unanswered call, as it is written down."""

    interaction: str
    pbx: str
    number: str | None
    name: str | None
    interface: str | None
    queue: str | None
    dialled: str | None
    kind: WorkKind
    at: float
    waited: float | None
    short: bool


def miss_of(
    call: KnownCall,
    *,
    at: float,
    by_caller: bool = False,
    short_abandon: float,
    voicemail: bool = False,
) -> Miss | None:
    """The missed call that this was, if it was one. `by_caller`: they ended it, at `at`;
    `short_abandon` is the last queue's, in seconds.

    A voicemail is work even when somebody was spoken to before.
    """
    if call.direction is not Direction.INBOUND or call.refused or call.merged:
        return None
    promised = call.promised or any(stay.exit is QueueExit.CALLBACK for stay in call.stays)
    if not voicemail and (call.answered or promised):
        return None
    last = call.stays[-1] if call.stays else None
    kind = WorkKind.VOICEMAIL if voicemail else _kind(last, by_caller)
    waited = _waited(call, last, at)
    return Miss(
        interaction=call.interaction,
        pbx=call.pbx,
        number=call.number,
        name=call.name,
        interface=call.interface,
        queue=last.queue if last else None,
        dialled=call.dialled,
        kind=kind,
        at=at,
        waited=waited,
        short=kind is WorkKind.ABANDONED and waited is not None and waited <= short_abandon,
    )


def _kind(last: QueueStay | None, by_caller: bool) -> WorkKind:
    """Abandoned is the caller's own doing; everything else was ours."""
    if last is not None and last.exit is not None:
        gave_up = last.exit is QueueExit.ABANDONED
    else:
        gave_up = by_caller
    return WorkKind.ABANDONED if gave_up else WorkKind.UNANSWERED


def _waited(call: KnownCall, last: QueueStay | None, at: float) -> float | None:
    """In the last queue; without one, the whole call."""
    if last is not None:
        return last.waited
    return None if call.started_at is None else max(0.0, at - call.started_at)


def combined(old: WorkKind, new: WorkKind) -> WorkKind:
    """The kind of a row with one more try: a message that was left stays worth hearing."""
    return WorkKind.VOICEMAIL if WorkKind.VOICEMAIL in {old, new} else new


def reached(call: KnownCall, key: ContactKey, *spoken: Party) -> frozenset[str]:
    """Who may have been reached when these parties of a call hear each other. Outward that is whom
    we dialled, and what the line shows of them: it may be written without the outside line."""
    if call.direction is Direction.INBOUND:
        found = {key(call.number, call.interface)}
    else:
        found = {key(call.dialled, None), *(key(one.number, None) for one in spoken)}
    return frozenset(one for one in found if one is not None)


def state_of(claimed_by: int | None, done_at: float | None) -> WorkState:
    if done_at is not None:
        return WorkState.DONE
    return WorkState.OPEN if claimed_by is None else WorkState.CLAIMED
