"""Which tickets a saved view holds: a closed set of questions, each one condition of the query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, select
from sqlalchemy.orm import aliased

from crm.tickets.desk.tables import TicketTag
from crm.tickets.desk.tags import key_of
from crm.tickets.life import OPEN, Priority, TicketStatus
from crm.tickets.tables import Ticket, TicketCategory, TicketWatcher

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Status = Literal[
    "open", "new", "assigned", "in_progress", "pending", "resolved", "feedback", "archived"
]
PriorityName = Literal["low", "normal", "high", "urgent"]
Sort = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "priority", "-priority", "due", "-due"
]


class TicketFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is not said does not matter. `status` "open": somebody still owes the customer
    something; `category`: with those below it; `overdue`: a promise is broken now."""

    status: Annotated[list[Status], Meta(max_length=8)] = []
    owner: Literal["me", "nobody"] | Id | None = None
    team: Literal["mine"] | Id | None = None
    category: Id | None = None
    priority: Annotated[list[PriorityName], Meta(max_length=4)] = []
    customer: Id | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    overdue: bool | None = None
    watching: bool | None = None


@dataclass(frozen=True, slots=True)
class Eye:
    """For whom "me" and "mine" are said, and when "overdue" is."""

    user: int
    teams: frozenset[int]
    now: float


def condition(asked: TicketFilter, eye: Eye) -> ColumnElement[bool]:
    """All that is asked, as one condition on `Ticket`."""
    return and_(Ticket.merged_into.is_(None), *_parts(asked, eye))


def personal(asked: TicketFilter) -> bool:
    """Whether it means something else for each person."""
    return asked.owner == "me" or asked.team == "mine" or asked.watching is not None


def _parts(asked: TicketFilter, eye: Eye) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if asked.status:
        found.append(Ticket.status.in_(statuses(asked.status)))
    if asked.owner is not None:
        found.append(_owner(asked.owner, eye))
    if asked.team is not None:
        teams = sorted(eye.teams) if asked.team == "mine" else [asked.team]
        found.append(Ticket.team_id.in_(teams))
    if asked.category is not None:
        found.append(Ticket.category_id.in_(_below(asked.category)))
    if asked.priority:
        found.append(Ticket.priority.in_([Priority[name.upper()] for name in asked.priority]))
    if asked.customer is not None:
        found.append(Ticket.customer_id == asked.customer)
    if asked.tag is not None:
        mine = (TicketTag.ticket_id == Ticket.id) & (TicketTag.tag_key == key_of(asked.tag))
        found.append(exists().where(mine))
    if asked.overdue is not None:
        late = and_(Ticket.next_due < eye.now, Ticket.status.in_(_OPEN))
        found.append(late if asked.overdue else ~late)
    if asked.watching is not None:
        mine = (TicketWatcher.ticket_id == Ticket.id) & (TicketWatcher.user_id == eye.user)
        found.append(exists().where(mine) if asked.watching else ~exists().where(mine))
    return found


_OPEN = [status.value for status in OPEN]


def statuses(asked: list[Status]) -> list[str]:
    """The states as they are stored, each once."""
    found = {one for name in asked for one in (_OPEN if name == "open" else [name])}
    return [status.value for status in TicketStatus if status.value in found]


def _owner(asked: str | int, eye: Eye) -> ColumnElement[bool]:
    if asked == "nobody":
        return Ticket.owner_id.is_(None)
    return Ticket.owner_id == (eye.user if asked == "me" else asked)


def _below(category: int) -> ScalarSelect[int]:
    """The category and everything below it. UNION ends circles, should there be one."""
    tree = select(TicketCategory.id).where(TicketCategory.id == category)
    below = tree.cte("below", recursive=True)
    part = aliased(TicketCategory)
    return select(
        below.union(select(part.id).join(below, part.parent_id == below.c.id)).c.id
    ).scalar_subquery()
