"""What can be asked of reports, and whether it makes sense together; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from callcenter.errors import InvalidInput
from web.reports import periods
from web.reports.metrics import METRICS, Formula, Metric, Subject, with_formula
from web.reports.periods import Step

Every = Literal["day", "week", "month"]
By = Literal["none", "queue", "agent", "team", "disposition", "category"]
Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00]*$")]
Id = Annotated[int, Meta(ge=0, le=2**31 - 1)]
KEYS: Mapping[Subject, tuple[By, ...]] = {
    Subject.QUEUES: ("none", "queue"),
    Subject.AGENTS: ("none", "agent", "team"),
    Subject.DISPOSITIONS: ("none", "disposition", "agent", "team"),
    Subject.TICKETS: ("none", "category"),
}
NARROWS: Mapping[Subject, tuple[str, ...]] = {
    Subject.QUEUES: ("queues",),
    Subject.AGENTS: ("agents", "teams"),
    Subject.DISPOSITIONS: ("agents", "teams", "dispositions"),
    Subject.TICKETS: ("categories",),
}
FIGURES = 200_000  # in one report
FIRST: Mapping[Subject, tuple[str, ...]] = {
    Subject.QUEUES: ("offered", "answered", "abandoned", "service_level", "asa", "aht"),
    Subject.AGENTS: ("handled", "aht", "occupancy", "rona", "signed_in", "satisfaction"),
    Subject.DISPOSITIONS: ("handled", "aht", "fcr", "satisfaction"),
    Subject.TICKETS: ("tickets_opened", "first_response", "resolution", "reopen_rate"),
}


class Content(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a report is about, whatever its period.

    Lists that are empty narrow nothing; without `metrics` the usual ones are given. `compare`: with
    the period just before.
    """

    subject: Subject = Subject.QUEUES
    step: Step = Step.DAY
    by: By = "none"
    metrics: Annotated[tuple[Word, ...], Meta(max_length=60)] = ()
    formula: Formula = Formula.WITHOUT_SHORT
    compare: bool = False
    queues: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    agents: Annotated[tuple[Id, ...], Meta(max_length=1000)] = ()
    teams: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()
    dispositions: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    categories: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()

    def of(self, begin: date, end: date, timezone: str) -> Wanted:
        values = {name: getattr(self, name) for name in Content.__struct_fields__}
        return Wanted(**values, begin=begin, end=end, timezone=timezone)


class Wanted(Content, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """A report. `to` is the first day that is not in it; the days are those of `timezone`."""

    begin: date
    end: date
    timezone: Annotated[str, Meta(max_length=64)] = ""


def zone_of(name: str, default: str = "UTC") -> ZoneInfo:
    try:
        return ZoneInfo(name or default)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput("there is no such time zone", field="timezone") from None


def checked(wanted: Wanted) -> list[Metric]:
    """The metrics in order. InvalidInput names what does not go together."""
    known = METRICS[wanted.subject]
    for place, name in enumerate(wanted.metrics):
        if name not in known:
            about = f"there is no metric {name!r} of {wanted.subject}"
            raise InvalidInput(about, field=f"metrics[{place}]")
    if wanted.by not in KEYS[wanted.subject]:
        allowed = ", ".join(KEYS[wanted.subject])
        raise InvalidInput(f"{wanted.subject} go by one of {allowed}", field="by")
    for name in ("queues", "agents", "teams", "dispositions", "categories"):
        if getattr(wanted, name) and name not in NARROWS[wanted.subject]:
            raise InvalidInput(f"does not narrow a report of {wanted.subject}", field=name)
    periods.check(wanted.begin, wanted.end, wanted.step)
    names = dict.fromkeys(wanted.metrics or FIRST[wanted.subject])
    return [with_formula(known[name], wanted.formula) for name in names]


def last(every: Every, today: date) -> tuple[date, date]:
    """The day, week or month that was over when `today` began."""
    if every == "day":
        return today - timedelta(days=1), today
    if every == "week":
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday
    first = today.replace(day=1)
    return periods.before(first, _month_after(first))[0], first


def _month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def as_values(wanted: Wanted) -> dict[str, Any]:
    """As JSON has it."""
    values: dict[str, Any] = msgspec.to_builtins(wanted)
    return values
