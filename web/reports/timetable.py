"""When reports go out: what is due, what was missed, and when the next one is. Pure.

A time that the clocks jump over is the moment after the jump; one that comes twice is the first.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from callcenter.errors import InvalidInput
from web.reports.request import Every

LATE = 15 * 60.0  # seconds after which people are told that a report is late
MOST_MISSED = 1000  # counted
DAYS: dict[Every, int] = {"day": 0, "week": 7, "month": 31}


@dataclass(frozen=True, slots=True)
class Timetable:
    """`day` of the week (1 is Monday) or of the month, whose last day it is when it has no such;
    `minute` of the day."""

    every: Every
    day: int | None
    minute: int
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Due:
    """The report that was due at `at`; `missed`: how many before it nobody sent."""

    at: float
    day: date  # on which it is due there
    missed: int
    late: bool
    next_at: float


def check(every: Every, day: int | None) -> None:
    """InvalidInput for a day that is none."""
    most = DAYS[every]
    if most == 0 and day is not None:
        raise InvalidInput("a daily report has no day", field="day")
    if most and (day is None or not 1 <= day <= most):
        raise InvalidInput(f"between 1 and {most}", field="day")


def following(table: Timetable, after: float) -> float:
    """The first time at which it is due after that moment."""
    day = local_day(table, after) - timedelta(days=1)
    while not (_is_due_on(table, day) and _moment(table, day) > after):
        day += timedelta(days=1)
    return _moment(table, day)


def due(table: Timetable, next_at: float, now: float) -> Due | None:
    """What is to be sent now, if anything: of several that were missed the latest one alone."""
    if next_at > now:
        return None
    at, missed = next_at, 0
    while (later := following(table, at)) <= now:
        at, missed = later, missed + 1
        if missed >= MOST_MISSED:  # it was off for years
            at = _latest(table, now)
            break
    return Due(at, local_day(table, at), missed, now - at > LATE, following(table, at))


def local_day(table: Timetable, at: float) -> date:
    return datetime.fromtimestamp(at, table.zone).date()


def _latest(table: Timetable, now: float) -> float:
    day = local_day(table, now)
    while not (_is_due_on(table, day) and _moment(table, day) <= now):
        day -= timedelta(days=1)
    return _moment(table, day)


def _is_due_on(table: Timetable, day: date) -> bool:
    if table.every == "week":
        return day.isoweekday() == table.day
    if table.every == "month":
        longest = calendar.monthrange(day.year, day.month)[1]
        return day.day == min(table.day or 1, longest)
    return True


def _moment(table: Timetable, day: date) -> float:
    hour, minute = divmod(table.minute, 60)
    # Of the wall clock: where it is jumped over, the offset before the jump leads behind it.
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=table.zone)
    return local.astimezone(UTC).timestamp()
