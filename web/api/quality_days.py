"""Days of the installation as quality is asked about: at most two years, the last not included."""

from __future__ import annotations

import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta

from callcenter.errors import InvalidInput
from recording.quality.sampling import midnight
from web import keys
from web.routes import Call

LONGEST = 731  # days

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(?!\n)$", examples=["2026-11-20"])]


def zone_of(call: Call) -> ZoneInfo:
    return ZoneInfo(call.request.app[keys.SETTINGS].timezone)


def read_day(text: str, field: str) -> datetime.date:
    """InvalidInput."""
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("must be a date", field=field) from None
    if not 1990 <= day.year <= 2200:
        raise InvalidInput("a year between 1990 and 2200", field=field)
    return day


def check_order(begin: datetime.date, end: datetime.date) -> None:
    """InvalidInput."""
    if end <= begin:
        raise InvalidInput("ends before it begins", field="end")
    if (end - begin).days > LONGEST:
        raise InvalidInput("at most 2 years", field="end")


def days_between(
    call: Call, begin: str | None, end: str | None
) -> tuple[float | None, float | None]:
    """The moments at which they begin; without a day it is open on that side."""
    first = None if begin is None else read_day(begin, "begin")
    last = None if end is None else read_day(end, "end")
    if first is not None and last is not None and last <= first:
        raise InvalidInput("ends before it begins", field="end")
    zone = zone_of(call)
    return (
        None if first is None else midnight(first, zone),
        None if last is None else midnight(last, zone),
    )
