"""The rows of the outbox; the caller owns the transaction."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec
from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.store.base import Instant
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.mail.message import File, address
from crm.mail.tables import Mail, MailFile, MailState
from crm.mail.templates import LINK, Kind, gap, written
from crm.sql import insert_row, table_of

LONGEST_ERROR = 500  # characters kept of what a server said

State = Literal["waiting", "sent", "dropped", "dead"]


@dataclass(frozen=True, slots=True)
class NewMail:
    """`values` fill the gaps of the template; they are text, whatever is in them."""

    kind: Kind
    recipient: str
    language: str
    values: Mapping[str, str]
    ticket: int | None = None
    file: File | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A mail that is ours to try now."""

    id: int
    kind: str
    ticket: int | None
    message_id: str
    recipient: str
    subject: str
    body: str
    language: str
    attempts: int  # with this one


class MailView(msgspec.Struct, frozen=True):
    """What became of a mail. `error`: what the mail server said last. The text is not shown."""

    id: int
    kind: str
    ticket: int | None
    recipient: str
    subject: str
    state: str
    attempts: int
    created_at: float
    next_at: float | None  # when it is tried again; null when it is not
    sent_at: float | None
    error: str | None


class MailPage(msgspec.Struct, frozen=True):
    items: list[MailView]
    next: str | None  # cursor of the next page


async def post(session: AsyncSession, new: NewMail, *, now: float) -> int:
    """Put a mail into the outbox. InvalidInput for an address that is none."""
    recipient = address(new.recipient)
    message_id = secrets.token_hex(16)
    values = {**new.values, LINK: gap(message_id)}
    subject, body = written(new.kind, new.language, values)
    mail = await insert_row(
        session,
        Mail,
        kind=new.kind,
        ticket_id=new.ticket,
        message_id=message_id,
        recipient=recipient,
        subject=subject,
        body=body,
        language=new.language,
        created_at=now,
        state=MailState.WAITING.value,
        next_at=now,
    )
    if new.file is not None:
        name, kind, data = new.file.name, new.file.media_type, new.file.data
        row = {"mail_id": mail, "name": name, "media_type": kind, "data": data}
        await session.execute(insert(table_of(MailFile)).values(row))
    return mail


async def take(session: AsyncSession, *, now: float, until: float, limit: int) -> list[Due]:
    """Mails to try now. Until `until` nobody else takes them: whoever is gone loses them then."""
    mails = table_of(Mail)
    ready = (mails.c.state == MailState.WAITING.value) & (mails.c.next_at <= now)
    mine = select(mails.c.id).where(ready).order_by(mails.c.next_at).limit(limit)
    taken = await session.execute(
        update(mails)
        .where(mails.c.id.in_(mine.with_for_update(skip_locked=True)))
        .values(next_at=until, attempts=mails.c.attempts + 1)
        .returning(
            *(mails.c.id, mails.c.kind, mails.c.ticket_id, mails.c.message_id),
            *(mails.c.recipient, mails.c.subject, mails.c.body, mails.c.language),
            mails.c.attempts,
        )
    )
    return sorted((Due(*row) for row in taken), key=lambda due: due.id)


async def hold(session: AsyncSession, due: Due, *, until: float) -> bool:
    """Once more before it is sent: whether it is still ours. A slow server takes longer for many
    than anybody waits for."""
    mails = table_of(Mail)
    ours = (mails.c.id == due.id) & (mails.c.attempts == due.attempts)
    waiting = mails.c.state == MailState.WAITING.value
    held = update(mails).where(ours, waiting).values(next_at=until).returning(mails.c.id)
    return await session.scalar(held) is not None


async def file_of(session: AsyncSession, mail: int) -> File | None:
    row = await session.get(MailFile, mail)
    return None if row is None else File(row.name, row.media_type, row.data)


async def sent(session: AsyncSession, mail: int, *, now: float) -> None:
    values = {"state": MailState.SENT.value, "sent_at": now, "error": None}
    await session.execute(update(table_of(Mail)).where(table_of(Mail).c.id == mail).values(values))
    files = table_of(MailFile)
    await session.execute(delete(files).where(files.c.mail_id == mail))


async def dropped(session: AsyncSession, mail: int) -> None:
    """What it was about is over before it went out."""
    values = {"state": MailState.DROPPED.value, "error": None}
    await session.execute(update(table_of(Mail)).where(table_of(Mail).c.id == mail).values(values))


async def failed(session: AsyncSession, mail: int, error: str, *, again: float | None) -> None:
    """It is tried again at `again`; None: it is given up."""
    values: dict[str, object] = {"error": error[:LONGEST_ERROR]}
    values |= {"state": MailState.DEAD.value} if again is None else {"next_at": again}
    await session.execute(update(table_of(Mail)).where(table_of(Mail).c.id == mail).values(values))


async def clear(session: AsyncSession, *, before: float, limit: int) -> int:
    """Forget what went out, was not wanted, or was given up before that moment; their texts hold
    what customers wrote. How many: `limit`, and there may be more."""
    mails = table_of(Mail)
    over = mails.c.state.in_([one.value for one in MailState if one is not MailState.WAITING])
    old = select(mails.c.id).where(over, mails.c.created_at < literal(before, Instant)).limit(limit)
    gone = await session.execute(delete(mails).where(mails.c.id.in_(old)).returning(mails.c.id))
    return len(gone.all())


async def retry(session: AsyncSession, mail: int, *, now: float) -> MailView:
    """Somebody wants a mail that was given up to be tried again. Conflict, NotFound."""
    mails = table_of(Mail)
    dead = (mails.c.id == mail) & (mails.c.state == MailState.DEAD.value)
    values = {"state": MailState.WAITING.value, "attempts": 0, "next_at": now}
    again = await session.scalar(update(mails).where(dead).values(values).returning(mails.c.id))
    view = await read(session, mail)
    if again is None:
        raise Conflict(f"this mail is {view.state}")
    return view


async def read(session: AsyncSession, mail: int) -> MailView:
    row = await session.get(Mail, mail, populate_existing=True)
    if row is None:
        raise NotFound("there is no such mail")
    return _view(row)


async def page(
    session: AsyncSession, *, state: State | None, cursor: str | None, limit: int
) -> MailPage:
    """Newest first."""
    query = select(Mail)
    if state is not None:
        query = query.where(Mail.state == state)
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(Mail.created_at, Mail.id, key, descending=True))
    query = query.order_by(Mail.created_at.desc(), Mail.id.desc())
    rows = list(await session.scalars(query.limit(check_limit(limit) + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return MailPage(
        [_view(row) for row in rows[:limit]],
        encode_cursor(last.created_at, last.id) if last else None,
    )


async def dead(session: AsyncSession) -> int:
    """How many were given up."""
    query = select(func.count()).where(Mail.state == MailState.DEAD.value)
    return int(await session.scalar(query) or 0)


def _view(row: Mail) -> MailView:
    return MailView(
        id=row.id,
        kind=row.kind,
        ticket=row.ticket_id,
        recipient=row.recipient,
        subject=row.subject,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        next_at=row.next_at if row.state == MailState.WAITING.value else None,
        sent_at=row.sent_at,
        error=row.error,
    )
