"""What every event has, and those of a call."""

from __future__ import annotations

import msgspec


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
