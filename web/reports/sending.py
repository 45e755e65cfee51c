"""Makes the reports that are due and puts them into the outbox, from where they are sent.

What was made is written down with its mails in one transaction that also moves the schedule on, so
a report goes out once: whoever dies before that has it made again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import CallCenterError, Forbidden
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from crm.mail import outbox
from crm.mail.message import File
from crm.mail.outbox import NewMail
from crm.sql import insert_row, table_of
from web.auth import principal
from web.auth.principal import Principal
from web.auth.rights import Right
from web.reports import files, letters, periods
from web.reports.files import MEDIA_TYPES, Format
from web.reports.making import ReportView, made
from web.reports.metrics import Subject
from web.reports.reach import reach_for
from web.reports.request import Wanted, last
from web.reports.schedule_tables import ReportMail, ReportRun, ReportSchedule
from web.reports.schedules import Recipient, Stopped, content, recipients, timetable
from web.reports.tables import ReportProgress
from web.reports.timetable import Due, due, following, local_day

EVERY = 5.0  # seconds between looks
AFTER_FAILURE = 30.0
KEPT = 400 * 86_400.0  # seconds for which is known what went out
LARGEST = 10 << 20  # bytes of a file; larger ones mail servers do not take

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be made of a schedule now."""

    row: ReportSchedule
    due: Due
    asked: bool

    @property
    def period(self) -> tuple[date, date]:
        return last(timetable(self.row).every, self.due.day)

    @property
    def wanted(self) -> Wanted:
        return content(self.row).of(*self.period, self.row.timezone)


@dataclass(frozen=True, slots=True)
class Made:
    """A report for the readers of one language."""

    view: ReportView
    file: File


class ReportPost:
    """`run` until cancelled."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
            except Exception as error:
                log.warning("reports_not_sent", error=in_words(error), away=is_away(error))
                await asyncio.sleep(AFTER_FAILURE)
            await asyncio.sleep(EVERY)

    async def turn(self) -> int:
        """Whatever is due now; how many reports were made."""
        now = self._clock()
        async with self._database.reading() as db:
            rows = await _waiting(db, now)
        sent, trouble = 0, None
        for row in rows:
            try:
                sent += await self._one(row, now)
            except Exception as error:  # whatever it is: the others do not wait for it
                trouble = error
        if trouble is not None:
            raise trouble
        return sent

    async def _one(self, row: ReportSchedule, now: float) -> bool:
        order = _order(row, now)
        if order is None:
            return False
        async with self._database.reading() as db:
            if not await _are_ready(db, order):
                return False
            who = None if row.owner_id is None else await principal.of_user(db, row.owner_id)
            try:
                found = await _made(db, order, _allowed(who, order))
            except _Halted as halted:
                await self._stop(row, halted.why, now)
                return False
            except Exception as error:
                if is_away(error):
                    raise
                said = error.message if isinstance(error, CallCenterError) else in_words(error)
                log.warning("report_not_made", schedule=row.id, error=said)
                return await self._post(order, {}, "", said, now)
        name = who.display_name if who else ""
        return await self._post(order, found, name, None, now)

    @unbroken
    async def _stop(self, row: ReportSchedule, why: Stopped, now: float) -> None:
        log.warning("report_stopped", schedule=row.id, why=why)
        async with self._database.session() as db:
            values = {"stopped": why, "stopped_at": now, "asked_at": None}
            if await _changed(db, row, **values):
                after = {"stopped": why}
                entry = Audited(now, None, "report_schedule.stop", _object(row), None, after)
                await audit.record(db, entry)
            await db.commit()

    @unbroken
    async def _post(
        self, order: Order, found: dict[str, Made], owner: str, error: str | None, now: float
    ) -> bool:
        """One transaction; whether it was still ours to send."""
        row, (begin, end) = order.row, order.period
        async with self._database.session() as db:
            moved = {"asked_at": None} if order.asked else {"next_at": order.due.next_at}
            if not await _changed(db, row, **moved):
                return False
            run = await insert_row(
                db, ReportRun, schedule_id=row.id, due_at=order.due.at, made_at=now,
                first_day=begin.isoformat(), end_day=end.isoformat(), asked=order.asked,
                late=order.due.late, missed=order.due.missed, error=error,
            )  # fmt: skip
            for one in recipients(row) if error is None else ():
                mail = await outbox.post(db, _mail(order, found[one.language], one, owner), now=now)
                values = {"mail_id": mail, "run_id": run}
                await db.execute(insert(table_of(ReportMail)).values(values))
            await _forget(db, row, now)
            await audit.record(db, _sent(order, error, now))
            await db.commit()
        return True


class _Halted(Exception):
    """The schedule's owner may not have this any more."""

    def __init__(self, why: Stopped) -> None:
        super().__init__(why)
        self.why: Stopped = why


async def _waiting(db: AsyncSession, now: float) -> Sequence[ReportSchedule]:
    row = ReportSchedule
    is_due = (row.active.is_(True)) & (row.next_at <= now)
    query = select(row).where(row.stopped.is_(None), or_(is_due, row.asked_at.is_not(None)))
    return (await db.scalars(query.order_by(row.next_at, row.id))).all()


def _order(row: ReportSchedule, now: float) -> Order | None:
    """One that somebody asked for is of the last whole period; what is due comes first."""
    table = timetable(row)
    found = due(table, row.next_at, now) if row.active else None
    if found is not None:
        return Order(row, found, asked=False)
    if row.asked_at is None:
        return None
    at_once = Due(row.asked_at, local_day(table, now), 0, late=False, next_at=following(table, now))
    return Order(row, at_once, asked=True)


async def _are_ready(db: AsyncSession, order: Order) -> bool:
    """Whether the roll-ups have all of the period; until then it waits."""
    if content(order.row).subject is Subject.TICKETS:
        return True
    progress = await db.scalar(select(ReportProgress.hour))
    end = periods.midnight(order.period[1], timetable(order.row).zone)
    return progress is not None and progress * 4 >= end


def _allowed(who: Principal | None, order: Order) -> Principal:
    if who is None:
        raise _Halted("owner_gone")
    if not (who.may(Right.REPORT_SCHEDULE) and who.may(Right.REPORT_READ)):
        raise _Halted("no_right")
    try:
        reach_for(who, who.rights[Right.REPORT_READ], order.wanted)
    except Forbidden:
        raise _Halted("no_right") from None
    return who


async def _made(db: AsyncSession, order: Order, who: Principal) -> dict[str, Made]:
    """By language."""
    wanted, row = order.wanted, order.row
    reach = reach_for(who, who.rights[Right.REPORT_READ], wanted)
    kind: Format = "pdf" if row.format == "pdf" else "csv" if row.format == "csv" else "xlsx"
    found: dict[str, Made] = {}
    for language in sorted({one.language for one in recipients(row)}):
        view = await made(db, wanted, reach, row.timezone, language)
        files.check(view, kind)
        data = await asyncio.to_thread(
            files.written, view, kind, str(wanted.subject), wanted.by, language
        )
        if len(data) > LARGEST:
            raise CallCenterError(f"the file is larger than {LARGEST >> 20} MiB")
        name = letters.file_name(row.name, wanted.begin, wanted.end, kind)
        found[language] = Made(view, File(name, MEDIA_TYPES[kind], data))
    return found


def _mail(order: Order, of: Made, to: Recipient, owner: str) -> NewMail:
    begin, end = order.period
    values = letters.values(
        of.view,
        name=order.row.name,
        subject=str(content(order.row).subject),
        period=(begin, end - timedelta(days=1)),
        file=of.file.name,
        owner=owner,
        due=order.due,
        language=to.language,
    )
    return NewMail("report", to.email, to.language, values, file=of.file)


async def _changed(db: AsyncSession, row: ReportSchedule, **values: object) -> bool:
    """Whether it is as it was when this was begun: then it is changed, by nobody else."""
    table = table_of(ReportSchedule)
    same = (table.c.id == row.id) & (table.c.version == row.version)
    same &= (table.c.next_at == row.next_at) & table.c.stopped.is_(None)
    if row.asked_at is not None and "asked_at" in values:
        same &= table.c.asked_at == row.asked_at
    done = await db.execute(update(table).where(same).values(values).returning(table.c.id))
    return done.scalar_one_or_none() is not None


async def _forget(db: AsyncSession, row: ReportSchedule, now: float) -> None:
    runs = table_of(ReportRun)
    old = (runs.c.schedule_id == row.id) & (runs.c.made_at < now - KEPT)
    await db.execute(delete(runs).where(old))


def _object(row: ReportSchedule) -> str:
    return f"report_schedule/{row.id}"


def _sent(order: Order, error: str | None, now: float) -> Audited:
    begin, end = order.period
    after = {
        "from": begin.isoformat(),
        "to": end.isoformat(),
        "recipients": [one.email for one in recipients(order.row)],
        "error": error,
    }
    owner = order.row.owner_id
    return Audited(now, owner, "report_schedule.send", _object(order.row), None, after)
