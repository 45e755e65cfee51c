"""Words that people put on tickets; the caller owns the transaction and tells of the change."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from crm.sql import table_of
from crm.text import line
from crm.tickets.desk.tables import TicketTag

MOST = 30  # of one ticket
LONGEST = 64  # characters


def key_of(tag: str) -> str:
    """What two spellings of the same word have in common."""
    return tag.strip().casefold()[:LONGEST]


def checked(tags: Iterable[str], field: str) -> list[str]:
    """Trimmed, each once. InvalidInput names the field."""
    found: dict[str, str] = {}
    for tag in tags:
        text = line(tag, field, longest=LONGEST)
        found.setdefault(key_of(text), text)
    if len(found) > MOST:
        raise InvalidInput(f"at most {MOST} tags", field=field)
    return list(found.values())


async def of_ticket(session: AsyncSession, ticket: int) -> list[str]:
    query = select(TicketTag.tag).where(TicketTag.ticket_id == ticket).order_by(TicketTag.tag_key)
    return list(await session.scalars(query))


async def change(
    session: AsyncSession, ticket: int, *, add: Collection[str] = (), remove: Collection[str] = ()
) -> tuple[list[str], list[str]] | None:
    """The tags before and after; None when they are what they were. InvalidInput.

    The ticket's row is locked by the caller.
    """
    before = await of_ticket(session, ticket)
    tags = {key_of(tag): tag for tag in before}
    for tag in remove:
        tags.pop(key_of(tag), None)
    for tag in add:
        tags.setdefault(key_of(tag), tag)
    if len(tags) > MOST:
        raise InvalidInput(f"at most {MOST} tags of one ticket", field="tags")
    known = {key_of(tag) for tag in before}
    if tags.keys() == known:
        return None
    table = table_of(TicketTag)
    gone = (table.c.ticket_id == ticket) & table.c.tag_key.in_(known - tags.keys())
    await session.execute(delete(table).where(gone))
    rows = [
        {"ticket_id": ticket, "tag_key": key, "tag": tag}
        for key, tag in tags.items()
        if key not in known
    ]
    if rows:
        await session.execute(insert(table), rows)
    return before, await of_ticket(session, ticket)


async def known(session: AsyncSession, begins: str, *, limit: int) -> list[str]:
    """Tags in use, for people who type one."""
    key = key_of(begins).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = select(TicketTag.tag_key).where(TicketTag.tag_key.like(f"{key}%", escape="\\"))
    query = query.distinct().order_by(TicketTag.tag_key).limit(limit)
    return list(await session.scalars(query))
