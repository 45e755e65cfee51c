"""Schedules of reports as rows and as people see them; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.mail.tables import Mail, MailState
from web.auth.tables import User
from web.reports.files import Format
from web.reports.request import Content, Every, zone_of
from web.reports.schedule_tables import ReportMail, ReportRun, ReportSchedule
from web.reports.timetable import Timetable

Stopped = Literal["owner_gone", "no_right"]
NEVER = 0


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`language`: that of the mail and of the file."""

    email: str
    language: Literal["zh", "en"]


class RunMail(msgspec.Struct, frozen=True):
    """What became of one mail; `state` as in the outbox: waiting, sent, dropped, dead."""

    recipient: str
    state: str
    attempts: int
    sent_at: float | None
    next_at: float | None
    error: str | None


class RunView(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """One report that was made for [from, to). `asked`: somebody wanted it at once; `missed`: how
    many due ones before it nobody sent; `error`: why there is none."""

    id: int
    due_at: float
    made_at: float
    begin: str
    end: str
    asked: bool
    late: bool
    missed: int
    error: str | None
    mails: list[RunMail]


class ScheduleView(msgspec.Struct, frozen=True):
    """`owner`: as who the report is computed, whoever saved it last; `stopped`: why it goes out no
    more (owner_gone, no_right), until it is saved again; `asked`: it is about to be sent."""

    id: int
    version: int
    name: str
    owner: str | None
    report: Content
    every: Every
    day: int | None
    at: str
    timezone: str
    format: Format
    recipients: list[Recipient]
    active: bool
    stopped: Stopped | None
    stopped_at: float | None
    next_at: float | None
    asked: bool
    last: RunView | None


class RunPage(msgspec.Struct, frozen=True):
    items: list[RunView]
    next: str | None


def timetable(row: ReportSchedule) -> Timetable:
    every = msgspec.convert(row.every, Every)
    return Timetable(every, row.day, row.minute, zone_of(row.timezone))


def content(row: ReportSchedule) -> Content:
    return msgspec.convert(row.report, Content)


def recipients(row: ReportSchedule) -> list[Recipient]:
    return msgspec.convert(row.recipients, list[Recipient])


async def get(
    db: AsyncSession, schedule: int, visible: ColumnElement[bool], *, lock: bool = False
) -> ReportSchedule:
    """NotFound for what one does not see, too."""
    query = select(ReportSchedule).where(ReportSchedule.id == schedule, visible)
    row = await db.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("there is no such schedule")
    return row


async def page(
    db: AsyncSession, visible: ColumnElement[bool], *, cursor: str | None, limit: int
) -> tuple[list[ScheduleView], str | None]:
    """By name."""
    query = select(ReportSchedule).where(visible)
    key = decode_cursor(cursor, str)
    if key is not None:
        query = query.where(after(ReportSchedule.name, ReportSchedule.id, key, descending=False))
    query = query.order_by(ReportSchedule.name, ReportSchedule.id)
    rows = list(await db.scalars(query.limit(check_limit(limit) + 1)))
    last = rows[limit - 1] if len(rows) > limit else None
    return await views(db, rows[:limit]), encode_cursor(last.name, last.id) if last else None


async def views(db: AsyncSession, rows: Sequence[ReportSchedule]) -> list[ScheduleView]:
    ids = [row.id for row in rows]
    latest = (
        select(func.max(ReportRun.id))
        .where(ReportRun.schedule_id.in_(ids))
        .group_by(ReportRun.schedule_id)
    )
    found = list(await db.scalars(select(ReportRun).where(ReportRun.id.in_(latest))))
    runs = {run.schedule_id: view for run, view in zip(found, await _runs(db, found), strict=True)}
    owners = select(User.id, User.display_name).where(User.id.in_([row.owner_id for row in rows]))
    names = {row.id: row.display_name for row in await db.execute(owners)}
    return [_view(row, names.get(row.owner_id or NEVER), runs.get(row.id)) for row in rows]


def _view(row: ReportSchedule, owner: str | None, last: RunView | None) -> ScheduleView:
    hour, minute = divmod(row.minute, 60)
    goes_out = row.active and row.stopped is None
    return ScheduleView(
        id=row.id,
        version=row.version,
        name=row.name,
        owner=owner,
        report=content(row),
        every=msgspec.convert(row.every, Every),
        day=row.day,
        at=f"{hour:02}:{minute:02}",
        timezone=row.timezone,
        format=msgspec.convert(row.format, Format),
        recipients=recipients(row),
        active=row.active,
        stopped=msgspec.convert(row.stopped, Stopped | None),
        stopped_at=row.stopped_at,
        next_at=row.next_at if goes_out else None,
        asked=row.asked_at is not None,
        last=last,
    )


async def runs(db: AsyncSession, schedule: int, *, cursor: str | None, limit: int) -> RunPage:
    """Newest first."""
    query = select(ReportRun).where(ReportRun.schedule_id == schedule)
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(ReportRun.id < key.id)
    found = list(
        await db.scalars(query.order_by(ReportRun.id.desc()).limit(check_limit(limit) + 1))
    )
    last = found[limit - 1] if len(found) > limit else None
    items = await _runs(db, found[:limit])
    return RunPage(items, encode_cursor(last.made_at, last.id) if last else None)


async def _runs(db: AsyncSession, rows: Sequence[ReportRun]) -> list[RunView]:
    query = (
        select(ReportMail.run_id, Mail)
        .join(Mail, Mail.id == ReportMail.mail_id)
        .where(ReportMail.run_id.in_([row.id for row in rows]))
        .order_by(Mail.id)
    )
    mails: dict[int, list[RunMail]] = {}
    for run, mail in await db.execute(query):
        waits = mail.state == MailState.WAITING.value
        mails.setdefault(run, []).append(
            RunMail(
                recipient=mail.recipient,
                state=mail.state,
                attempts=mail.attempts,
                sent_at=mail.sent_at,
                next_at=mail.next_at if waits else None,
                error=mail.error,
            )
        )
    return [
        RunView(
            id=row.id,
            due_at=row.due_at,
            made_at=row.made_at,
            begin=row.first_day,
            end=row.end_day,
            asked=row.asked,
            late=row.late,
            missed=row.missed,
            error=row.error,
            mails=mails.get(row.id, []),
        )
        for row in rows
    ]


def audited(view: ScheduleView) -> dict[str, Any]:
    """What people decide about it."""
    values: dict[str, Any] = msgspec.to_builtins(view)
    for name in ("version", "next_at", "asked", "last", "stopped_at"):
        del values[name]
    return values
