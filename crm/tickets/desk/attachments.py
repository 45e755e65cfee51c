"""Files of tickets as rows; where the bytes lie is `shelf`. The caller owns the transaction."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound, TooLarge
from crm.sql import table_of
from crm.text import line
from crm.tickets.desk.kinds import Kind, kind_of
from crm.tickets.desk.tables import Attachment

MIB = 1024 * 1024
LARGEST = 10 * MIB  # bytes of one file
MOST = 20  # files of one ticket
TOTAL = 50 * MIB  # bytes of one ticket's files
# Letters that turn the reading direction can make "gpj.exe" look like "exe.jpg".
_TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class AttachmentView(msgspec.Struct, frozen=True):
    """`name` is what the sender called it; `media_type` is what it is."""

    id: str
    ticket: int
    name: str
    media_type: str
    size: int  # bytes
    uploaded_by: int | None
    uploaded_at: float


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that was looked at and may be kept."""

    id: str
    name: str
    kind: Kind
    sha256: str
    data: bytes = field(repr=False)


def looked_at(name: str, data: bytes) -> NewFile:
    """InvalidInput and TooLarge name the limit or what is wrong. To be called in a thread."""
    shown = line(_TURNING.sub("", name), "name")
    if not data:
        raise InvalidInput("is empty", field="file")
    if len(data) > LARGEST:
        raise TooLarge(f"at most {LARGEST // MIB} MiB", field="file")
    digest = hashlib.sha256(data).hexdigest()
    return NewFile(secrets.token_hex(16), shown, kind_of(data, shown), digest, data)


async def add(
    session: AsyncSession, ticket: int, new: NewFile, *, author: int | None, now: float
) -> AttachmentView:
    """The row. TooLarge when the ticket has its fill; the ticket's row is locked by the caller."""
    query = select(func.count(), func.coalesce(func.sum(Attachment.size), 0))
    count, total = (await session.execute(query.where(Attachment.ticket_id == ticket))).one()
    if count >= MOST:
        raise TooLarge(f"at most {MOST} files of one ticket", field="file")
    if total + len(new.data) > TOTAL:
        raise TooLarge(f"at most {TOTAL // MIB} MiB in all files of one ticket", field="file")
    row = {
        "id": new.id,
        "ticket_id": ticket,
        "name": new.name,
        "media_type": new.kind.media_type,
        "size": len(new.data),
        "sha256": new.sha256,
        "uploaded_by": author,
        "uploaded_at": now,
    }
    await session.execute(insert(table_of(Attachment)).values(row))
    return await read(session, new.id)


async def read(session: AsyncSession, id_: str) -> AttachmentView:
    row = await session.get(Attachment, id_)
    if row is None:
        raise NotFound("there is no such attachment")
    return _view(row)


async def of_ticket(session: AsyncSession, ticket: int) -> list[AttachmentView]:
    """Oldest first."""
    query = select(Attachment).where(Attachment.ticket_id == ticket)
    query = query.order_by(Attachment.uploaded_at, Attachment.id)
    return [_view(row) for row in await session.scalars(query)]


async def remove(session: AsyncSession, id_: str) -> None:
    attachments = table_of(Attachment)
    await session.execute(delete(attachments).where(attachments.c.id == id_))


async def unknown(session: AsyncSession, ids: Collection[str]) -> list[str]:
    """Those of `ids` that no ticket has."""
    rows = await session.scalars(select(Attachment.id).where(Attachment.id.in_(ids)))
    return sorted(set(ids) - set(rows))


def _view(row: Attachment) -> AttachmentView:
    return AttachmentView(
        id=row.id,
        ticket=row.ticket_id,
        name=row.name,
        media_type=row.media_type,
        size=row.size,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
