"""What the other rooms found out about a call."""

from __future__ import annotations

import msgspec

from callcenter.events.base import CallEvent


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
