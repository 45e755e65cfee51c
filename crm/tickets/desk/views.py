"""Saved views as people send and see them, and how many tickets each holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Integer, case, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.tickets.desk import filters
from crm.tickets.desk.filters import Eye, Sort, TicketFilter
from crm.tickets.desk.sharing import Owned, Sharing, Viewer, may_change
from crm.tickets.desk.tables import SavedView
from crm.tickets.life import OPEN
from crm.tickets.tables import Ticket

MOST_COUNTED = 1000  # a view that holds more says so: nobody reads the figure, everybody waits


class SavedTicketView(msgspec.Struct, frozen=True):
    """`may_change`: for the one who asks."""

    id: int
    title: str
    sharing: str
    team: int | None
    filter: TicketFilter
    sort: Sort
    place: int
    version: int
    may_change: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One figure: a filter as one person means it, among what they may see."""

    filter: TicketFilter
    eye: Eye
    visible: ColumnElement[bool]


def view_of(row: SavedView, viewer: Viewer) -> SavedTicketView:
    owned = Owned(Sharing(row.sharing), row.owner_id, row.team_id)
    return SavedTicketView(
        id=row.id,
        title=row.title,
        sharing=row.sharing,
        team=row.team_id,
        filter=filter_of(row),
        sort=msgspec.convert(row.sort, Sort),
        place=row.place,
        version=row.version,
        may_change=may_change(viewer, owned),
    )


def filter_of(row: SavedView) -> TicketFilter:
    return msgspec.convert(row.filter, TicketFilter)


def in_order(rows: Iterable[SavedView]) -> list[SavedView]:
    return sorted(rows, key=lambda row: (row.place, row.title.casefold(), row.id))


async def count(session: AsyncSession, asked: Asked) -> tuple[int, int]:
    """How many there are, and how many of them are overdue, neither beyond the limit."""
    late = (Ticket.next_due < literal(asked.eye.now, Ticket.next_due.type)) & Ticket.status.in_(
        [status.value for status in OPEN]
    )
    some = (
        select(case((late, 1), else_=0).cast(Integer).label("late"))
        .where(filters.condition(asked.filter, asked.eye), asked.visible)
        .limit(MOST_COUNTED)
        .subquery()
    )
    query = select(func.count(), func.coalesce(func.sum(some.c.late), 0)).select_from(some)
    found, overdue = (await session.execute(query)).one()
    return int(found), int(overdue)


async def ids(session: AsyncSession, asked: Asked, *, limit: int) -> Sequence[int]:
    """The tickets of a view, oldest first."""
    query = select(Ticket.id).where(filters.condition(asked.filter, asked.eye), asked.visible)
    return list(await session.scalars(query.order_by(Ticket.id).limit(limit)))
