"""What supervisors do with calls of others, and what the board warns of."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import CallEvent, Event

MonitorMode = Literal["listen", "whisper", "barge"]


class MonitorStarted(CallEvent, frozen=True, kw_only=True):
    """A telephone hears a call that it has no part in."""

    monitor: str  # as it was ordered
    mode: MonitorMode
    channel: str  # of the telephone that listens
    leg: str  # listened to, and whispered to


class MonitorEnded(CallEvent, frozen=True, kw_only=True):
    """`changed`: in this mode; it goes on in another, of which the next event tells."""

    monitor: str
    mode: MonitorMode
    seconds: float | None
    changed: bool = False


class CallMonitored(CallEvent, frozen=True, kw_only=True):
    """Who listens to an agent's call, as it is now; `mode` is None when nobody does any more."""

    monitor: str
    agent: int
    leg: str
    user: int
    name: str
    mode: MonitorMode | None
    shown: bool  # to the agent too, by the policy of the house


class CallSteered(CallEvent, frozen=True, kw_only=True):
    """A supervisor has changed what becomes of a waiting call; `priority` is the one it has now."""

    what: Literal["moved", "given", "reserved", "prioritised"]
    user: int
    queue: str
    agent: int | None = None
    priority: float | None = None


class AlarmChanged(Event, frozen=True, kw_only=True):
    """A figure of the board has passed a threshold for long enough, or is back; as it is now.

    `queue` is None for a figure of the whole floor.
    """

    alarm: int
    queue: str | None
    metric: str
    level: Literal["watch", "bad"]
    state: Literal["raised", "acknowledged", "cleared"]
    value: float
    threshold: float
    since: float  # when it was raised
    by: int | None = None  # who acknowledged it
