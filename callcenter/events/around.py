"""What happens around calls: agents and their phones, work that is owed, tickets, the link."""

from __future__ import annotations

from typing import Literal

import msgspec

from callcenter.events.base import Event
from callcenter.events.words import AgentState


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
    listed: bool = False  # found in the PBX's list when we came; nothing has happened


class LinkLost(Event, frozen=True, kw_only=True):
    pbx: str


class LinkRestored(Event, frozen=True, kw_only=True):
    """The link stands and the state is reconciled; `since` is when we last knew (None: never)."""

    pbx: str
    boot: str
    since: float | None
