"""When somebody is there: hours of the week, holidays and special days in a zone of the world.

A boundary such as 09:00 is the first moment of that day at which the clock on the wall there shows
it or more. So spans never overlap, a day from 00:00 to 24:00 is exactly as long as it is (23 or 25
hours when the clocks change), and a time that is skipped begins when the clocks jump.
A special day outranks a holiday, which outranks the week; where a country works on a weekend to
make up for a holiday, that day can have the hours of a weekday.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import msgspec

from callcenter.errors import InvalidInput

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
FARTHEST = 400  # days looked ahead for an opening: a year with its holidays
FORESEEN = 14  # days looked ahead for the closing of what is open day and night
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# "$" alone would let a line end follow.
Clock = Annotated[
    str, msgspec.Meta(pattern=r"^(?:[01][0-9]|2[0-3]):[0-5][0-9](?!\n)$|^24:00(?!\n)$")
]


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From `begin` up to but not including `end`, "09:00" to "24:00"."""

    begin: Clock
    end: Clock


Day = tuple[Hours, ...]


class Week(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    monday: Day = ()
    tuesday: Day = ()
    wednesday: Day = ()
    thursday: Day = ()
    friday: Day = ()
    saturday: Day = ()
    sunday: Day = ()


class SpecialDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day with hours of its own; closed without any."""

    date: date
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    hours: Day = ()


class Calendar(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`holidays` is a country (ISO 3166) whose public holidays are closed, `region` a part of it.

    `makeup`: the hours that count on a weekend day which the country works to make up for a
    holiday; without it such a day is an ordinary day of the weekend.
    """

    zone: str
    week: Week = Week()
    holidays: str | None = None
    region: str | None = None
    makeup: Weekday | None = None
    days: tuple[SpecialDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """`until` in seconds since the epoch; None: for two weeks and more."""

    until: float | None


@dataclass(frozen=True, slots=True)
class Closed:
    """`name` is that of the holiday or special day."""

    reason: Literal["holiday", "special_day", "outside_hours"]
    name: str | None = None


def is_open(calendar: Calendar, at: float, language: str = "zh") -> Open | Closed:
    """Whether somebody is there at this moment, and why not; holidays are named in `language`."""
    day = _day_of(calendar, at)
    last = day + timedelta(FORESEEN)
    for begin, end in _from(calendar, day, last):
        if begin <= at < end:
            return Open(end if end < _instant(last, "24:00", calendar.zone) else None)
        if at < begin:
            break
    return _why_closed(calendar, day, language)


def next_opening(calendar: Calendar, at: float) -> float | None:
    """The first open moment from `at` on; None when there is none in more than a year."""
    for begin, end in _from(calendar, _day_of(calendar, at)):
        if at < end:
            return max(at, begin)
    return None


def open_spans(calendar: Calendar, begin: float, end: float) -> Iterator[tuple[float, float]]:
    """The open spans within [begin, end), each as long as it lasts, in order."""
    for opens, closes in _from(calendar, _day_of(calendar, begin), _day_of(calendar, end)):
        if opens < end and begin < closes:
            yield max(begin, opens), min(end, closes)


def never_open(calendar: Calendar) -> bool:
    """Whether there is no hour at all, in the week or on a special day."""
    days = [getattr(calendar.week, name) for name in DAYS] + [day.hours for day in calendar.days]
    return not any(days)


def never_closed(calendar: Calendar) -> bool:
    """Whether every day is open from begin to end, without a holiday."""
    week = [getattr(calendar.week, name) for name in DAYS]
    days = week + [day.hours for day in calendar.days]
    return calendar.holidays is None and all(map(_is_whole, days))


def _is_whole(hours: Day) -> bool:
    reached = "00:00"
    for one in sorted(hours, key=lambda one: one.begin):
        if one.begin != reached:
            return False
        reached = one.end
    return reached == "24:00"


def check(calendar: Calendar) -> None:
    """InvalidInput for what cannot be: it names the field and what is wrong with it."""
    _check_names(calendar)
    for name in DAYS:
        _check_hours(getattr(calendar.week, name), f"week.{name}", name)
    seen: set[date] = set()
    for place, day in enumerate(calendar.days):
        if day.date in seen:
            raise InvalidInput(f"{day.date} is there twice", field=f"days[{place}].date")
        seen.add(day.date)
        _check_hours(day.hours, f"days[{place}].hours", f"{day.date} ({day.name})")


def _check_names(calendar: Calendar) -> None:
    try:
        ZoneInfo(calendar.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(
            f"{calendar.zone!r} is no time zone; write e.g. Asia/Shanghai", field="zone"
        ) from None
    if calendar.holidays is None:
        for field in ("region", "makeup"):
            if getattr(calendar, field) is not None:
                raise InvalidInput("only goes with the holidays of a country", field=field)
        return
    if calendar.holidays not in countries():
        raise InvalidInput(
            f"no holidays are known for {calendar.holidays!r}; write e.g. CN", field="holidays"
        )
    if calendar.region is not None and calendar.region not in countries()[calendar.holidays]:
        known = ", ".join(countries()[calendar.holidays]) or "none"
        raise InvalidInput(
            f"{calendar.holidays} has no region {calendar.region!r}; known: {known}", field="region"
        )


def _check_hours(hours: Day, field: str, where: str) -> None:
    for place, one in enumerate(hours):
        if one.end <= one.begin:
            raise InvalidInput(
                f"{where}: {one.begin}-{one.end} ends before it begins; what goes past midnight is "
                "written on both days, up to 24:00 and from 00:00",
                field=f"{field}[{place}]",
            )
    in_order = sorted(range(len(hours)), key=lambda place: hours[place].begin)
    for first, second in pairwise(in_order):
        a, b = hours[first], hours[second]
        if b.begin < a.end:
            raise InvalidInput(
                f"{where}: {a.begin}-{a.end} and {b.begin}-{b.end} overlap",
                field=f"{field}[{max(first, second)}]",
            )


@lru_cache(maxsize=1)
def countries() -> dict[str, tuple[str, ...]]:
    """The countries whose holidays are known, each with its regions."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {country: tuple(regions) for country, regions in sorted(known.items())}


# --- days -----------------------------------------------------------------------------------


def _day_of(calendar: Calendar, at: float) -> date:
    """The day whose span holds the moment: clocks set back over midnight repeat no day."""
    zone = ZoneInfo(calendar.zone)
    day = datetime.fromtimestamp(at, zone).date()
    return day + timedelta(1) if _instant(day, "24:00", calendar.zone) <= at else day


def _from(
    calendar: Calendar, first: date, last: date | None = None
) -> Iterator[tuple[float, float]]:
    """The spans of the days from `first` on, those that touch as one."""
    days = FARTHEST if last is None else (last - first).days + 1
    held: tuple[float, float] | None = None
    for number in range(days):
        for begin, end in _spans(calendar, first + timedelta(number)):
            if held is not None and begin <= held[1]:
                held = (held[0], end)
                continue
            if held is not None:
                yield held
            held = (begin, end)
    if held is not None:
        yield held


def _spans(calendar: Calendar, day: date) -> list[tuple[float, float]]:
    """The open spans of one day as moments, in order."""
    hours = sorted(_hours(calendar, day), key=lambda one: one.begin)
    spans = [
        (_instant(day, one.begin, calendar.zone), _instant(day, one.end, calendar.zone))
        for one in hours
    ]
    return [(begin, end) for begin, end in spans if begin < end]  # a skipped hour lasts no time


def _hours(calendar: Calendar, day: date) -> Day:
    special = _special(calendar, day)
    if special is not None:
        return special.hours
    if calendar.makeup is not None and _works_anyway(calendar, day):
        return _of_week(calendar, DAYS.index(calendar.makeup))
    if _holiday(calendar, day, "") is not None:
        return ()
    return _of_week(calendar, day.weekday())


def _why_closed(calendar: Calendar, day: date, language: str) -> Closed:
    special = _special(calendar, day)
    if special is not None:
        return Closed("special_day", special.name)
    working = calendar.makeup is not None and _works_anyway(calendar, day)
    name = None if working else _holiday(calendar, day, language)
    return Closed("outside_hours") if name is None else Closed("holiday", name)


def _of_week(calendar: Calendar, weekday: int) -> Day:
    hours: Day = getattr(calendar.week, DAYS[weekday])
    return hours


def _special(calendar: Calendar, day: date) -> SpecialDay | None:
    return next((special for special in calendar.days if special.date == day), None)


def _holiday(calendar: Calendar, day: date, language: str) -> str | None:
    if calendar.holidays is None:
        return None
    name = _year(calendar.holidays, calendar.region, day.year, language).get(day)
    return None if name is None else str(name)


def _works_anyway(calendar: Calendar, day: date) -> bool:
    if calendar.holidays is None:
        return False
    of_year = _year(calendar.holidays, calendar.region, day.year, "")
    return day in of_year.weekend_workdays


LANGUAGES = {"zh": ("zh_CN",), "en": ("en_US", "en_GB")}  # ours → the library's, best first


@lru_cache(maxsize=512)
def _year(country: str, region: str | None, year: int, language: str) -> holidays.HolidayBase:
    """The holidays of one year, named in the language if the library has it there, else English."""
    plain = holidays.country_holidays(country, subdiv=region, years=year)
    wanted = (*LANGUAGES.get(language, ()), *LANGUAGES["en"])
    chosen = next((one for one in wanted if one in plain.supported_languages), None)
    if not language or chosen is None:
        return plain
    return holidays.country_holidays(country, subdiv=region, years=year, language=chosen)


# --- moments --------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _instant(day: date, clock: str, zone: str) -> float:
    """The first moment of the day at which the wall clock of the zone shows `clock` or more."""
    hour, minute = int(clock[:2]), int(clock[3:])
    if hour == 24:
        return _instant(day + timedelta(1), "00:00", zone)
    place = ZoneInfo(zone)
    wall = datetime(day.year, day.month, day.day, hour, minute, tzinfo=place)
    late, early = wall.timestamp(), wall.replace(fold=1).timestamp()
    if early >= late:  # there once, or twice and then the first
        return late
    return _jump(place, int(early), int(late))


def _jump(zone: ZoneInfo, before: int, after: int) -> float:
    """When the clocks jumped between two moments (seconds)."""

    def offset(at: int) -> timedelta | None:
        return datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()

    old = offset(before)
    return float(
        bisect_right(range(before, after + 1), False, key=lambda at: offset(at) != old) + before
    )
