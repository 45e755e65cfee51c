"""What a person is to be told of tickets: listed, and read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.paging import check_limit, decode_cursor, encode_cursor
from crm.sql import table_of
from crm.tickets.tables import Ticket, TicketNotice


class Notice(msgspec.Struct, frozen=True):
    """`kind`: assigned, reopened, customer_reply, woken, or the target that is late."""

    id: int
    ticket: int
    number: str
    title: str
    at: float
    kind: str
    data: dict[str, Any] | None
    read_at: float | None


class NoticePage(msgspec.Struct, frozen=True):
    items: list[Notice]
    next: str | None
    unread: int


async def list_notices(
    session: AsyncSession,
    user: int,
    *,
    unread: bool = False,
    cursor: str | None = None,
    limit: int = 50,
) -> NoticePage:
    """Newest first."""
    of_user = TicketNotice.user_id == user
    key = decode_cursor(cursor, float)
    query = (
        select(
            *(TicketNotice.id, TicketNotice.ticket_id, Ticket.number, Ticket.title),
            *(TicketNotice.at, TicketNotice.kind, TicketNotice.data, TicketNotice.read_at),
        )
        .join(Ticket, Ticket.id == TicketNotice.ticket_id)
        .where(of_user)
        .order_by(TicketNotice.id.desc())
        .limit(check_limit(limit) + 1)
    )
    if unread:
        query = query.where(TicketNotice.read_at.is_(None))
    if key is not None:
        query = query.where(TicketNotice.id < key.id)
    items = [Notice(*row) for row in await session.execute(query)]
    count = select(func.count()).where(of_user, TicketNotice.read_at.is_(None))
    following = encode_cursor(0.0, items[limit - 1].id) if len(items) > limit else None
    return NoticePage(items[:limit], following, await session.scalar(count) or 0)


async def read(session: AsyncSession, user: int, notices: Sequence[int], *, now: float) -> None:
    """These of the person's own are read; without any, all."""
    table = table_of(TicketNotice)
    mine = update(table).where(table.c.user_id == user, table.c.read_at.is_(None))
    if notices:
        mine = mine.where(table.c.id.in_(notices))
    await session.execute(mine.values(read_at=now))
