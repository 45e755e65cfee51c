"""Calendars as administrators write them, and what they say of now."""

from __future__ import annotations

import time
from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from callcenter import calendars
from callcenter.calendars import Calendar, Closed, SpecialDay, Week, Weekday
from callcenter.errors import Conflict
from crm.tickets import policies, promises
from routing import setup_queries
from routing.checks import Caution
from routing.setup import calendar_of
from routing.tables import CalendarRow
from web.api.setup_parts import (
    NamedInPath,
    SetupLabel,
    SetupName,
    WarningView,
    converted,
    picture,
    plain,
    refuse_used,
    told,
    warned,
)
from web.api.values import Body, View
from web.routes import Call


class CalendarSent(Body, frozen=True, kw_only=True):
    """Hours of the week as the clock on the wall of `zone` shows them.

    `holidays`: a country (ISO 3166) whose public holidays are closed, `region` a part of it;
    `makeup`: whose hours count on a weekend day worked to make up for a holiday. `days` are special
    ones with hours of their own, closed without any; they outrank holidays.
    """

    label: SetupLabel = ""
    zone: Annotated[str, Meta(min_length=1, max_length=64)]
    week: Week = Week()
    holidays: Annotated[str, Meta(max_length=8)] | None = None
    region: Annotated[str, Meta(max_length=64)] | None = None
    makeup: Weekday | None = None
    days: Annotated[tuple[SpecialDay, ...], Meta(max_length=1000)] = ()


class NewCalendar(CalendarSent, frozen=True, kw_only=True):
    name: SetupName


class CalendarView(View, frozen=True, kw_only=True):
    """`open` now; if not, `closed` says why (holiday, special_day, outside_hours) and `day` which.

    `changes_at`: when it closes or opens; null when not in sight.
    """

    name: str
    label: str
    zone: str
    week: Week
    holidays: str | None
    region: str | None
    makeup: Weekday | None
    days: tuple[SpecialDay, ...]
    open: bool
    closed: str | None
    day: str | None
    changes_at: float | None


class CalendarList(View, frozen=True):
    items: list[CalendarView]


class CalendarSaved(View, frozen=True):
    saved: CalendarView
    warnings: list[WarningView]


class Country(View, frozen=True):
    country: str
    regions: tuple[str, ...]


class CountryList(View, frozen=True):
    items: list[Country]


async def list_calendars(call: Call) -> CalendarList:
    rows = await call.db.scalars(select(CalendarRow).order_by(CalendarRow.name))
    language = _language(call)
    return CalendarList([_view(row.name, row.label, calendar_of(row), language) for row in rows])


async def list_holiday_countries(call: Call) -> CountryList:
    return CountryList([Country(*one) for one in calendars.countries().items()])


async def create_calendar(call: Call, body: NewCalendar) -> CalendarSaved:
    calendar = _checked(body)
    await setup_queries.take_turns(call.db)
    values = {"label": body.label, "data": plain(calendar)}
    await setup_queries.add(call.db, CalendarRow, "calendar", name=body.name, **values)
    return _saved(call, body.name, body.label, calendar)


async def change_calendar(call: Call, name: NamedInPath, body: CalendarSent) -> CalendarSaved:
    calendar = _checked(body)
    await setup_queries.take_turns(call.db)
    values = {"label": body.label, "data": plain(calendar)}
    await setup_queries.change(call.db, CalendarRow, "calendar", name, **values)
    await promises.recount_calendar(call.db, name)
    return _saved(call, name, body.label, calendar)


async def delete_calendar(call: Call, name: NamedInPath) -> None:
    refuse_used("calendar", name, await picture(call))
    await _refuse_promised(call, name)
    await setup_queries.remove(call.db, CalendarRow, "calendar", name)
    told(call)


async def _refuse_promised(call: Call, name: str) -> None:
    """Conflict that names the SLA policies that count by it."""
    users = await policies.calendar_users(call.db, name)
    if users:
        raise Conflict(f"{name!r} is used by {', '.join(users)}", field="name")


def _checked(body: CalendarSent) -> Calendar:
    values = {name: getattr(body, name) for name in Calendar.__struct_fields__}
    calendar: Calendar = converted(values, Calendar)
    calendars.check(calendar)
    return calendar


def _saved(call: Call, name: str, label: str, calendar: Calendar) -> CalendarSaved:
    told(call)
    cautions = []
    if calendars.never_open(calendar):
        cautions.append(Caution("never_open", "week", "it is never open"))
    return CalendarSaved(_view(name, label, calendar, _language(call)), warned(cautions))


def _language(call: Call) -> str:
    return call.principal.language


def _view(name: str, label: str, calendar: Calendar, language: str) -> CalendarView:
    at = time.time()
    now = calendars.is_open(calendar, at, language)
    closed = now if isinstance(now, Closed) else None
    changes = calendars.next_opening(calendar, at) if isinstance(now, Closed) else now.until
    return CalendarView(
        name=name,
        label=label,
        **{field: getattr(calendar, field) for field in Calendar.__struct_fields__},
        open=closed is None,
        closed=closed.reason if closed else None,
        day=closed.name if closed else None,
        changes_at=changes,
    )
