"""Spans of time as people in a zone mean them: days of 23 or 25 hours, weeks, months. Pure.

Every span is half open. Borders are quarter hours since 1970 (UTC), because the roll-ups are made
of them: no zone of today is off by less.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from callcenter.errors import InvalidInput
from web.reports.columns import QUARTER

LONGEST_BY_HOUR = 2 * 366  # days
LONGEST = 20 * 366
FIRST_DAY, LAST_DAY = date(1971, 1, 1), date(2200, 1, 1)


class Step(StrEnum):
    NONE = "none"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"  # from Monday
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Span:
    """`label` is the first local day, and the hour's offset where there are two of its name."""

    first: int  # quarters
    last: int

    @property
    def begin(self) -> int:
        """Seconds since 1970."""
        return self.first * QUARTER

    @property
    def end(self) -> int:
        return self.last * QUARTER


def check(begin: date, end: date, step: Step) -> None:
    """InvalidInput for a period that is none, or too long for its steps. `end` is the first day
    that is not part of it."""
    for field, day in (("from", begin), ("to", end)):
        if not FIRST_DAY <= day <= LAST_DAY:
            raise InvalidInput(f"between {FIRST_DAY} and {LAST_DAY}", field=field)
    if end <= begin:
        raise InvalidInput("the period must end after it begins", field="to")
    days = (end - begin).days
    if step is Step.HOUR and days > LONGEST_BY_HOUR:
        raise InvalidInput("at most two years by the hour", field="step")
    if days > LONGEST:
        raise InvalidInput("at most twenty years", field="to")


def midnight(day: date, zone: ZoneInfo) -> int:
    """The quarter in which a local day begins: the first at which the clocks there show it. Where
    the clocks jump over midnight, that is the moment after the jump."""
    naive = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - of the wall clock
    earliest = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if earliest.astimezone(zone).replace(tzinfo=None) != naive:  # there is no such time
        before = naive.replace(tzinfo=zone, fold=1).astimezone(UTC)
        earliest = _jump(min(before, earliest), max(before, earliest), zone)
    seconds = int(earliest.timestamp())
    return -(-seconds // QUARTER)  # local mean times of long ago are off by odd seconds


def _jump(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment between these two at which the clocks are moved."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def whole(begin: date, end: date, zone: ZoneInfo) -> Span:
    return Span(midnight(begin, zone), midnight(end, zone))


def spans(begin: date, end: date, step: Step, zone: ZoneInfo) -> list[Span]:
    """The period in steps; the first and the last week or month may be cut."""
    check(begin, end, step)
    if step is Step.NONE:
        return [whole(begin, end, zone)]
    if step is Step.HOUR:
        return _hours(whole(begin, end, zone), zone)
    borders = [begin]
    while borders[-1] < end:
        borders.append(min(end, _next(borders[-1], step)))
    quarters = [midnight(day, zone) for day in borders]
    return [Span(a, b) for a, b in pairwise(quarters) if a < b]


def _next(day: date, step: Step) -> date:
    if step is Step.DAY:
        return day + timedelta(days=1)
    if step is Step.WEEK:
        return day + timedelta(days=7 - day.weekday())
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _hours(period: Span, zone: ZoneInfo) -> list[Span]:
    """From full hour to full hour of the clocks there; an hour that comes twice is two. Where the
    clocks move by half an hour, one of them has two quarters or six."""
    borders, at = [period.first], period.first
    while at < period.last:
        at += 1
        local = datetime.fromtimestamp(at * QUARTER, zone)
        if local.minute == 0 and at < period.last:
            borders.append(at)
    borders.append(period.last)
    return [Span(a, b) for a, b in pairwise(borders)]


def before(begin: date, end: date) -> tuple[date, date]:
    """The period just before, to compare with: whole months before whole months, else as many
    days."""
    if begin.day == 1 and end.day == 1:
        months = (end.year - begin.year) * 12 + end.month - begin.month
        first = begin.year * 12 + begin.month - 1 - months
        return date(first // 12, first % 12 + 1, 1), begin
    return begin - (end - begin), begin
