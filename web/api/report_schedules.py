"""Reports that go out by mail at set times: who sets them up, and what became of them."""

from __future__ import annotations

import time
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, true

from callcenter.errors import Conflict, InvalidInput
from crm.mail.message import address, header
from crm.sql import insert_row
from web import keys
from web.api import overtaken
from web.api.values import Body, Cursor, Limit, Name, RowId, View
from web.auth.rights import Right, Scope
from web.reports import periods, schedules
from web.reports.files import Format
from web.reports.reach import reach_for
from web.reports.request import Content, Every, checked, last, zone_of
from web.reports.schedule_tables import ReportSchedule
from web.reports.schedules import Recipient, RunPage, ScheduleView
from web.reports.timetable import Timetable, check, following, local_day
from web.routes import Call

MOST = 20  # recipients
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9](?!\n)$")]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class ScheduleSent(Body, frozen=True):
    """The report is of the day, week or month that was over then. `day`: of the week, 1 is Monday,
    or of the month, whose last day it is when it has no such; `at`: HH:MM in `timezone`, without
    one in the installation's. Whoever saves it is its owner: the report shows what they may see.
    `version`: the one that was read, for a change; another one is not overwritten (409)."""

    name: Name
    report: Content
    every: Every
    at: Clock
    recipients: Annotated[list[Recipient], Meta(min_length=1, max_length=MOST)]
    day: int | None = None
    timezone: Annotated[str, Meta(max_length=64)] = ""
    format: Format = "xlsx"
    active: bool = True
    version: Version | None = None


class ScheduleList(View, frozen=True):
    """`mail`: whether there is a mail server at all."""

    items: list[ScheduleView]
    next: str | None
    mail: bool


class ScheduleQuery(Body, frozen=True):
    cursor: Cursor | None = None
    limit: Limit = 50


async def list_report_schedules(call: Call, query: ScheduleQuery) -> ScheduleList:
    """By name: one's own; whoever reaches everybody's figures sees all."""
    items, more = await schedules.page(
        call.db, _visible(call), cursor=query.cursor, limit=query.limit
    )
    return ScheduleList(items, more, call.request.app[keys.SETTINGS].mail)


async def read_report_schedule(call: Call, id: RowId) -> ScheduleView:
    return await _view(call, await schedules.get(call.db, id, _visible(call)))


async def create_report_schedule(call: Call, body: ScheduleSent) -> ScheduleView:
    values = _checked(call, body)
    id_ = await insert_row(call.db, ReportSchedule, **values)
    view = await _view(call, await schedules.get(call.db, id_, true()))
    await call.audit(
        "report_schedule.create", f"report_schedule/{id_}", after=schedules.audited(view)
    )
    return view


async def change_report_schedule(call: Call, id: RowId, body: ScheduleSent) -> ScheduleView:
    """It goes out as from now on, as what its new owner may see."""
    row = await schedules.get(call.db, id, _visible(call), lock=True)
    before = await _view(call, row)
    overtaken.check(body, before, row.version)
    for name, value in _checked(call, body).items():
        setattr(row, name, value)
    row.version += 1
    row.stopped = row.stopped_at = None
    await call.db.flush()
    view = await _view(call, row)
    await call.audit(
        "report_schedule.change",
        f"report_schedule/{id}",
        before=schedules.audited(before),
        after=schedules.audited(view),
    )
    return view


async def delete_report_schedule(call: Call, id: RowId) -> None:
    """With what is known of its reports; mails that wait still go out."""
    row = await schedules.get(call.db, id, _visible(call), lock=True)
    before = schedules.audited(await _view(call, row))
    await call.db.delete(row)
    await call.audit("report_schedule.delete", f"report_schedule/{id}", before=before)


async def send_report_now(call: Call, id: RowId) -> ScheduleView:
    """Send the last whole period's report as soon as possible; what became of it, its runs tell."""
    row = await schedules.get(call.db, id, _visible(call), lock=True)
    if not call.request.app[keys.SETTINGS].mail:
        raise Conflict("there is no mail server in the configuration")
    if row.stopped is not None:
        raise Conflict("it was stopped: save it again first")
    row.asked_at = time.time()
    await call.db.flush()
    await call.audit("report_schedule.send_now", f"report_schedule/{id}")
    return await _view(call, row)


async def list_report_runs(call: Call, id: RowId, query: ScheduleQuery) -> RunPage:
    """What went out and what did not, newest first."""
    await schedules.get(call.db, id, _visible(call))
    return await schedules.runs(call.db, id, cursor=query.cursor, limit=query.limit)


def _visible(call: Call) -> ColumnElement[bool]:
    if call.principal.rights[Right.REPORT_READ] is Scope.ALL:
        return true()
    return ReportSchedule.owner_id == call.principal.user


async def _view(call: Call, row: ReportSchedule) -> ScheduleView:
    return (await schedules.views(call.db, [row]))[0]


def _checked(call: Call, body: ScheduleSent) -> dict[str, object]:
    """The columns. InvalidInput by the field; Forbidden for figures that one may not see."""
    zone = zone_of(body.timezone, call.request.app[keys.SETTINGS].timezone)
    check(body.every, body.day)
    hour, minute = body.at.split(":")
    table = Timetable(body.every, body.day, int(hour) * 60 + int(minute), zone)
    now = time.time()
    wanted = body.report.of(*last(body.every, local_day(table, now)), str(zone))
    try:
        checked(wanted)
        periods.spans(wanted.begin, wanted.end, wanted.step, zone)
    except InvalidInput as error:
        raise InvalidInput(error.message, field=f"report.{error.field}") from None
    reach_for(call.principal, call.principal.rights[Right.REPORT_READ], wanted)
    return {
        "name": header(body.name.strip(), "name"),
        "owner_id": call.principal.user,
        "report": msgspec.to_builtins(body.report),
        "every": body.every,
        "day": body.day,
        "minute": table.minute,
        "timezone": str(zone),
        "format": body.format,
        "recipients": msgspec.to_builtins(_recipients(body.recipients)),
        "active": body.active,
        "next_at": following(table, now),
        "changed_at": now,
    }


def _recipients(given: list[Recipient]) -> list[Recipient]:
    found: dict[str, Recipient] = {}
    for place, one in enumerate(given):
        field = f"recipients[{place}].email"
        to = Recipient(address(one.email, field), one.language)
        if to.email.casefold() in found:
            raise InvalidInput("given twice", field=field)
        found[to.email.casefold()] = to
    return list(found.values())
