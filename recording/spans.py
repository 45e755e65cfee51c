"""When a recording pauses and goes on again, as one table: state × input → state and orders. Pure.

A pause is a fact when the PBX has told it. `Pause.reasons` is a set: what an agent, a payment page,
a hold or the dialplan asked for ends separately, each at its own time, and the recording goes on
when none is left. Each pause ends by itself at `until`, whoever forgot it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

CONFIRMED = 1.0  # seconds in which the PBX must have told that it did what it was asked
UNASKED = 60.0  # seconds until a pause that somebody else made at the PBX ends
AGAIN, LONGEST_AGAIN = 1.0, 30.0  # seconds until a recording that does not go on is told once more


class State(StrEnum):
    OFF = "off"
    RECORDING = "recording"
    PAUSING = "pausing"  # asked; it still records
    PAUSED = "paused"
    RESUMING = "resuming"  # asked; it is still paused


SILENT = frozenset({State.PAUSING, State.PAUSED})  # those in which somebody wants it silent

UNCONFIRMED = frozenset({State.PAUSING, State.RESUMING})


class Alarm(StrEnum):
    STILL_RECORDING = "still_recording"  # a pause was asked for and did not come about
    STILL_PAUSED = "still_paused"  # it was to go on and did not


class Reason(StrEnum):
    AGENT = "agent"
    API = "api"  # a payment page
    HOLD = "hold"
    DIALPLAN = "dialplan"


class Order(StrEnum):
    """What the PBX is to be told."""

    MUTE = "mute"
    UNMUTE = "unmute"


@dataclass(frozen=True, slots=True)
class Pause:
    """What is true of the recording of one call. `since`: of this state.

    `asked`: until when each reason wants it silent. `limit`: the end of a silence without a reason.
    `tries`: how often it was to go on and did not.
    """

    state: State = State.OFF
    since: float = 0.0
    asked: Mapping[Reason, float] = field(default_factory=dict)
    limit: float | None = None
    alarm: Alarm | None = None
    tries: int = 0

    @property
    def reasons(self) -> frozenset[Reason]:
        return frozenset(self.asked)

    @property
    def until(self) -> float | None:
        """When it ends by itself: the latest of all that it is paused for."""
        ends = [*self.asked.values(), *(() if self.limit is None else (self.limit,))]
        return max(ends, default=None)

    @property
    def overdue(self) -> bool:
        """Whether it was to go on long ago: nobody wants it silent any more."""
        return self.alarm is Alarm.STILL_PAUSED

    @property
    def due(self) -> float | None:
        """When `tick` has something to do."""
        if self.state in UNCONFIRMED:
            return self.since + CONFIRMED
        return self.until if self.state is State.PAUSED else None


# --- what can happen ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Started:
    """A recording of the call began, or one that is there was learned of."""

    muted: bool = False
    until: float | None = None
    reasons: frozenset[Reason] = frozenset()


@dataclass(frozen=True, slots=True)
class Ended:
    """No recording of the call is left."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody wants it paused, for at most so many seconds."""

    reason: Reason
    seconds: float


@dataclass(frozen=True, slots=True)
class Released:
    """These reasons are over; None: all."""

    reasons: frozenset[Reason] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The PBX has told that nothing is recorded of the call now, or that something is."""

    muted: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """The PBX refused, or cannot be reached."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Another call turned out to be the same. `silent`: nothing of either is recorded now."""

    other: Pause
    silent: bool


Input = Started | Joined | Ended | Asked | Released | Told | Failed | Tick
Step = tuple[Pause, Order | None]


def step(pause: Pause, what: Input, now: float) -> Step:
    """What it is after that, and what the PBX is to be told."""
    return _STEPS[type(what)](pause, what, now)


def unconfirmed(before: Pause, what: Input, after: Pause) -> bool:
    """Whether this step gave up waiting for what the PBX was told to do."""
    gave_up = before.state in UNCONFIRMED and after.state is not before.state
    return gave_up and isinstance(what, Failed | Tick)


def _started(pause: Pause, what: Started, now: float) -> Step:
    if what.muted:
        until = what.until if what.until is not None else now + UNASKED
        asked = dict.fromkeys(what.reasons, until)  # only the latest end was kept
        found = Pause(State.PAUSED, now, asked, None if asked else until)
        return _joined(pause, Joined(found, silent=pause.state is State.PAUSED), now)
    if pause.state in SILENT:  # the new one is to be silent as well
        return replace(pause, state=State.PAUSING, since=now), Order.MUTE
    if pause.state is State.OFF:
        return Pause(State.RECORDING, now), None
    return pause, None


def _joined(pause: Pause, what: Joined, now: float) -> Step:
    """Who asked for silence gets it for both: never is one said to be paused while one records."""
    other = what.other
    if State.OFF in {pause.state, other.state}:
        return (other if pause.state is State.OFF else pause), None
    wanted = [one for one in (pause, other) if one.state in SILENT and not one.overdue]
    if wanted:
        both = _of_both(wanted)
        if what.silent:
            return replace(both, state=State.PAUSED, since=now), None
        return replace(both, state=State.PAUSING, since=now), Order.MUTE
    alarm = pause.alarm or other.alarm
    states = {pause.state, other.state}
    if states == {State.RECORDING}:
        return replace(pause, alarm=alarm), None
    # What was about to go on still is; where one records already, it is no longer paused.
    state = State.RECORDING if State.RECORDING in states else State.RESUMING
    return Pause(state, now, alarm=alarm, tries=max(pause.tries, other.tries)), Order.UNMUTE


def _of_both(pauses: list[Pause]) -> Pause:
    """All reasons, each to its later end."""
    asked: dict[Reason, float] = {}
    for pause in pauses:
        for reason, until in pause.asked.items():
            asked[reason] = max(asked.get(reason, until), until)
    limits = [pause.limit for pause in pauses if pause.limit is not None]
    return Pause(asked=asked, limit=max(limits, default=None))


def _ended(_pause: Pause, _what: Ended, now: float) -> Step:
    return Pause(State.OFF, now), None


def _asked(pause: Pause, what: Asked, now: float) -> Step:
    if pause.state is State.OFF:
        return pause, None
    until = max(pause.asked.get(what.reason, 0.0), now + what.seconds)
    limit = None if pause.tries else pause.limit  # the time of the next try ends no pause
    asked = {**pause.asked, what.reason: until}
    wanted = replace(pause, asked=asked, limit=limit, alarm=None, tries=0)
    if pause.state in SILENT:
        return wanted, None
    return replace(wanted, state=State.PAUSING, since=now), Order.MUTE


def _released(pause: Pause, what: Released, now: float) -> Step:
    over = pause.reasons if what.reasons is None else what.reasons
    left = {reason: until for reason, until in pause.asked.items() if reason not in over}
    if pause.state not in SILENT:
        return replace(pause, asked=left, alarm=None), None
    if what.reasons is not None and not pause.reasons & what.reasons:
        return pause, None
    if any(until > now for until in left.values()):
        return replace(pause, asked=left), None
    return _resume(pause, now)


def _told(pause: Pause, what: Told, now: float) -> Step:
    state = pause.state
    if what.muted:
        if state is State.PAUSING:
            return replace(pause, state=State.PAUSED, since=now, alarm=None), None
        if state is State.RECORDING:  # later than it may be, or by another hand
            limit = now + UNASKED if pause.until is None else pause.limit
            return replace(pause, state=State.PAUSED, since=now, limit=limit, alarm=None), None
        return pause, None
    if state is State.RESUMING:
        return Pause(State.RECORDING, now), None
    if state is State.PAUSED:  # by another hand, while somebody thinks that it is paused
        return Pause(State.RECORDING, now, alarm=Alarm.STILL_RECORDING), None
    return pause, None


def _failed(pause: Pause, _what: Failed, now: float) -> Step:
    if pause.state is State.PAUSING:
        return Pause(State.RECORDING, now, alarm=Alarm.STILL_RECORDING), None
    if pause.state is State.RESUMING:
        again = now + min(AGAIN * 2 ** min(pause.tries, 10), LONGEST_AGAIN)
        failed = Pause(State.PAUSED, now, limit=again, alarm=Alarm.STILL_PAUSED)
        return replace(failed, tries=pause.tries + 1), None
    return pause, None


def _tick(pause: Pause, _what: Tick, now: float) -> Step:
    if pause.due is None or now < pause.due:
        return pause, None
    return _resume(pause, now) if pause.state is State.PAUSED else _failed(pause, Failed(), now)


def _resume(pause: Pause, now: float) -> Step:
    after = replace(pause, state=State.RESUMING, since=now, asked={}, limit=None)
    return after, Order.UNMUTE


_STEPS: dict[type[Input], Callable[[Pause, Any, float], Step]] = {
    Started: _started,
    Joined: _joined,
    Ended: _ended,
    Asked: _asked,
    Released: _released,
    Told: _told,
    Failed: _failed,
    Tick: _tick,
}
