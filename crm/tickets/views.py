"""What is told of tickets: rows of a list, a ticket as a whole, its messages and its history."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

PriorityName = Literal["low", "normal", "high", "urgent"]


class TicketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket in a list. `due`: the soonest promise that still counts, if there is one."""

    id: int
    number: str
    title: str
    status: str
    priority: PriorityName
    category: int | None
    customer: int
    customer_name: str
    opened_from: str | None  # interaction
    source: str
    owner_id: int | None
    owner: str | None  # display name
    team_id: int | None
    team: str | None
    created_by: str | None  # display name
    created_at: float
    updated_at: float
    due: float | None
    respond_due: float | None
    update_due: float | None
    resolve_due: float | None
    responded_at: float | None
    resolved_at: float | None
    wake_at: float | None
    reopened: int
    merged_into: int | None
    version: int


class Watcher(msgspec.Struct, frozen=True):
    user: int
    name: str | None


class LinkView(msgspec.Struct, frozen=True):
    """`outward`: this ticket is the one that the kind says something of (it follows the other)."""

    ticket: int
    number: str
    title: str
    status: str
    kind: str
    outward: bool


class TicketView(TicketRow, frozen=True, kw_only=True):
    """A ticket as a whole. Send `version` back with a change. `steps`: what can be done with it.

    `held`: the resolution clock stands still. `sla`: the name of the policy that counts. Of tickets
    out of reach `links` says nothing, and `merged_number` is null.
    """

    description: str | None
    fields: dict[str, Any]
    solution: str | None
    pending_reason: str | None
    archived_at: float | None
    sla: str | None
    held: bool
    touched_at: float | None
    merged_number: str | None
    steps: list[str]
    watchers: list[Watcher]
    links: list[LinkView]


class TicketPage(msgspec.Struct, frozen=True):
    items: list[TicketRow]
    next: str | None  # cursor of the next page


class TicketCounts(msgspec.Struct, frozen=True):
    """How many tickets a filter finds, and how they divide."""

    total: int
    overdue: int
    unassigned: int
    status: dict[str, int]
    priority: dict[str, int]


class TicketEventView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. `actor`: user, customer, rule, sla, clock."""

    id: int
    at: float
    actor: str
    actor_id: int | None
    actor_name: str | None
    kind: str
    version: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    data: dict[str, Any] | None


class TicketEventPage(msgspec.Struct, frozen=True):
    items: list[TicketEventView]
    next: str | None


class TicketMessageView(msgspec.Struct, frozen=True, kw_only=True):
    """`ticket`: that to which it was said, another when that was merged into this one."""

    id: int
    ticket: int
    number: str
    at: float
    public: bool
    incoming: bool
    automatic: bool
    channel: str
    author: str | None
    text: str


class TicketMessagePage(msgspec.Struct, frozen=True):
    items: list[TicketMessageView]
    next: str | None
