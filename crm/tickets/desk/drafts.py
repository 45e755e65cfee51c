"""What people are writing on tickets, kept for them until it is sent; the caller owns the
transaction."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from crm.sql import insert_once, table_of
from crm.tickets.desk.tables import Draft
from crm.tickets.tables import Ticket

LONGEST = 20_000  # characters


class DraftView(msgspec.Struct, frozen=True):
    """`stale`: the ticket is another than when this was written; look at it before sending."""

    ticket: int
    text: str
    internal: bool
    ticket_version: int
    updated_at: float
    version: int
    stale: bool


class StaleDraft(Conflict):
    """It was changed in another window; `values` holds what is there."""

    code = "stale_version"

    def __init__(self, there: DraftView | None) -> None:
        super().__init__("this draft was changed in another window", field="version")
        self.values = {"current": None if there is None else msgspec.to_builtins(there)}


async def read(session: AsyncSession, ticket: int, user: int) -> DraftView:
    """NotFound."""
    found = await _find(session, ticket, user)
    if found is None:
        raise NotFound("there is no draft")
    return found


async def of_user(session: AsyncSession, user: int, *, limit: int) -> list[DraftView]:
    """Newest first."""
    query = select(Draft, Ticket.version).join(Ticket, Ticket.id == Draft.ticket_id)
    query = query.where(Draft.user_id == user).order_by(Draft.updated_at.desc()).limit(limit)
    return [_view(draft, version) for draft, version in await session.execute(query)]


async def write(
    session: AsyncSession,
    ticket: int,
    user: int,
    *,
    text: str,
    internal: bool,
    ticket_version: int,
    version: int,
    now: float,
) -> DraftView:
    """`version` is that of the draft that was read, 0 for none. StaleDraft, InvalidInput."""
    if len(text) > LONGEST:
        raise InvalidInput(f"at most {LONGEST} characters", field="text")
    values = {
        "text": text,
        "internal": internal,
        "ticket_version": ticket_version,
        "updated_at": now,
    }
    drafts = table_of(Draft)
    mine = (drafts.c.ticket_id == ticket) & (drafts.c.user_id == user)
    if version == 0:
        new = {"ticket_id": ticket, "user_id": user, **values}
        made = insert_once(session, Draft, [new], "ticket_id", "user_id")
        written = await session.scalar(made.returning(drafts.c.version))
    else:
        next_ = {**values, "version": drafts.c.version + 1}
        same = mine & (drafts.c.version == version)
        written = await session.scalar(
            update(drafts).where(same).values(next_).returning(drafts.c.version)
        )
    if written is None:
        raise StaleDraft(await _find(session, ticket, user))
    return await read(session, ticket, user)


async def remove(session: AsyncSession, ticket: int, user: int) -> bool:
    """Whether there was one."""
    drafts = table_of(Draft)
    mine = (drafts.c.ticket_id == ticket) & (drafts.c.user_id == user)
    gone = await session.scalar(delete(drafts).where(mine).returning(drafts.c.ticket_id))
    return gone is not None


async def _find(session: AsyncSession, ticket: int, user: int) -> DraftView | None:
    query = select(Draft, Ticket.version).join(Ticket, Ticket.id == Draft.ticket_id)
    query = query.where(Draft.ticket_id == ticket, Draft.user_id == user)
    row = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    return None if row is None else _view(*row)


def _view(draft: Draft, ticket_version: int) -> DraftView:
    return DraftView(
        ticket=draft.ticket_id,
        text=draft.text,
        internal=draft.internal,
        ticket_version=draft.ticket_version,
        updated_at=draft.updated_at,
        version=draft.version,
        stale=draft.ticket_version != ticket_version,
    )
