"""What becomes of the recording of a call while it goes on."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import CallEvent

RecordingPhase = Literal["off", "recording", "pausing", "paused", "resuming"]
RecordingAlarm = Literal["still_recording", "still_paused"]


class RecordingPaused(CallEvent, frozen=True, kw_only=True):
    """The PBX writes silence from now on: neither side of this leg is recorded."""

    channel: str
    leg: str


class RecordingResumed(CallEvent, frozen=True, kw_only=True):
    channel: str
    leg: str


class RecordingGap(CallEvent, frozen=True, kw_only=True):
    """A recorded leg was in no conversation from `since` until now: that time is not in the file,
    because a PBX records only while two are connected."""

    leg: str
    since: float


class RecordingPauseAsked(CallEvent, frozen=True, kw_only=True):
    """The dialplan says that what follows on this leg is not to be recorded, or that it is over."""

    leg: str
    paused: bool


class RecordingChanged(CallEvent, frozen=True, kw_only=True):
    """How the recording of a call stands, whole: what its agents are shown.

    `until`: when the pause ends by itself. `alarm`: what was asked for and did not come about.
    """

    phase: RecordingPhase
    until: float | None = None
    reasons: tuple[str, ...] = ()  # of the pause: agent, api, hold, dialplan
    alarm: RecordingAlarm | None = None
    startable: bool = False  # an agent may start it, and stop what is left to them
    pause_seconds: float = 60.0  # how long a pause lasts unless asked for otherwise
