"""When somebody who was promised a call is called back, how often, and what may happen to the
promise. Pure: the state machine is a table, times are given.

A callback waits with the place in the queue that its caller kept. When its time has come it is
offered to an agent as a preview, then dialled. Who is not reached is tried again: later each time,
only within the hours at which people may be called, and the last time at the hour at which they
called themselves, when they are known to be at the telephone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from callcenter.errors import Conflict, InvalidInput

DAY = 24 * 60  # minutes


class CallbackState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    DIALLING = "dialling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to a callback."""

    OFFER = "offer"  # an agent is shown it
    DECLINE = "decline"  # and does not want it, or does not answer
    DIAL = "dial"  # the agent goes on
    MISS = "miss"  # not reached, another attempt is left
    EXHAUST = "exhaust"  # not reached, and that was the last one
    REACH = "reach"  # spoken to, in whichever call
    CANCEL = "cancel"
    LOSE = "lose"  # we were away: nobody is offered it any more


S = CallbackState
ACTIVE = (S.WAITING, S.OFFERED, S.DIALLING)
TABLE: dict[tuple[CallbackState, Step], CallbackState] = {
    (S.WAITING, Step.OFFER): S.OFFERED,
    (S.WAITING, Step.DIAL): S.DIALLING,
    (S.WAITING, Step.REACH): S.DONE,
    (S.WAITING, Step.CANCEL): S.CANCELLED,
    (S.OFFERED, Step.DECLINE): S.WAITING,
    (S.OFFERED, Step.LOSE): S.WAITING,
    (S.OFFERED, Step.DIAL): S.DIALLING,
    (S.OFFERED, Step.REACH): S.DONE,
    (S.OFFERED, Step.CANCEL): S.CANCELLED,
    (S.DIALLING, Step.MISS): S.WAITING,
    (S.DIALLING, Step.EXHAUST): S.FAILED,
    (S.DIALLING, Step.REACH): S.DONE,
    (S.DIALLING, Step.CANCEL): S.CANCELLED,
}


class NotNow(Conflict):
    """The callback is not in a state in which this can be done; `values` says in which it is."""

    code = "callback_state"

    def __init__(self, state: CallbackState, step: Step) -> None:
        super().__init__(f"a callback that is {state} cannot do that ({step})")
        self.values = {"state": state.value}


def after(state: CallbackState, step: Step) -> CallbackState:
    """The state that follows. NotNow when the step makes no sense there."""
    following = TABLE.get((state, step))
    if following is None:
        raise NotNow(state, step)
    return following


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the day between which somebody may be called: from `begin`, before `end`."""

    begin: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.begin < self.end <= DAY:
            raise InvalidInput("the window must begin before it ends", field="window")


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient we are. `spacing`: seconds after the first, second, … miss; the last one holds
    for all that follow."""

    attempts: int = 3
    spacing: tuple[float, ...] = (5 * 60.0, 30 * 60.0, 2 * 3600.0)
    window: Window = Window(8 * 60, 21 * 60)
    best_time: bool = True


def first_time(
    *, asked_at: float, scheduled_at: float | None, window: Window, zone: ZoneInfo
) -> float:
    """When a new callback may be tried. A time that was agreed on is kept, whatever the window."""
    if scheduled_at is not None:
        return max(asked_at, scheduled_at)
    return opens(window, asked_at, zone)


def next_time(
    policy: Policy,
    missed: int,
    *,
    ended_at: float,
    called_at: float,
    window: Window,
    zone: ZoneInfo,
) -> float | None:
    """When to try again after the `missed`-th attempt in vain; None when that was the last.

    `called_at` is when the caller called: the last attempt goes to that hour of a day.
    """
    if missed >= policy.attempts:
        return None
    pause = policy.spacing[min(missed, len(policy.spacing)) - 1] if policy.spacing else 0.0
    earliest = opens(window, ended_at + pause, zone)
    if policy.best_time and missed == policy.attempts - 1:
        best = _next_at_minute(minute_of(called_at, zone), ended_at + pause, zone)
        return opens(window, best, zone)
    return earliest


def opens(window: Window, at: float, zone: ZoneInfo) -> float:
    """The first instant from `at` on at which the window is open, in that zone's own time."""
    minute = minute_of(at, zone)
    if window.begin <= minute < window.end:
        return at
    return _next_at_minute(window.begin, at, zone)


def is_open(window: Window, at: float, zone: ZoneInfo) -> bool:
    return window.begin <= minute_of(at, zone) < window.end


def closes(window: Window, at: float, zone: ZoneInfo) -> float:
    """When the window that is open at `at` closes."""
    return _next_at_minute(window.end % DAY, at, zone)


def minute_of(at: float, zone: ZoneInfo) -> int:
    """The minute of the day on that zone's clock."""
    local = datetime.fromtimestamp(at, zone)
    return local.hour * 60 + local.minute


def _next_at_minute(minute: int, at: float, zone: ZoneInfo) -> float:
    """The next time that the clock shows this minute; a day may have 23 or 25 hours."""
    local = datetime.fromtimestamp(at, zone)
    day = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0, fold=0)
    while day.timestamp() < at:
        day = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    return day.timestamp()
