"""When reports are due: in their zone, over its changes of clocks, and after a time of silence."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from web.reports.request import Every, last
from web.reports.timetable import LATE, Timetable, check, due, following

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def table(every: Every, day: int | None, clock: str, zone: ZoneInfo = BERLIN) -> Timetable:
    hour, minute = clock.split(":")
    return Timetable(every, day, int(hour) * 60 + int(minute), zone)


FOLLOWING = (
    (table("day", None, "08:00"), "2026-03-02 07:59", "2026-03-02 08:00"),
    (table("day", None, "08:00"), "2026-03-02 08:00", "2026-03-03 08:00"),
    (table("week", 1, "06:30"), "2026-03-02 06:30", "2026-03-09 06:30"),
    (table("week", 7, "06:30"), "2026-03-02 06:30", "2026-03-08 06:30"),
    (table("month", 1, "00:00"), "2026-12-31 23:00", "2027-01-01 00:00"),
    (table("month", 31, "12:00"), "2026-01-31 12:00", "2026-02-28 12:00"),
    (table("month", 31, "12:00"), "2028-02-01 12:00", "2028-02-29 12:00"),
    # The clocks go from 2 to 3: what stands between is the moment after.
    (table("day", None, "02:30"), "2026-03-28 12:00", "2026-03-29 03:30"),
    (table("day", None, "02:30"), "2026-03-29 03:30", "2026-03-30 02:30"),
)


@pytest.mark.parametrize(("plan", "now", "then"), FOLLOWING)
def test_the_next_time(plan: Timetable, now: str, then: str) -> None:
    assert following(plan, at(now)) == at(then)


def test_an_hour_that_comes_twice_is_the_first_of_them() -> None:
    plan = table("day", None, "02:30")
    first, second = (at("2026-10-25 02:30", fold=fold) for fold in (0, 1))
    assert second - first == 3600
    assert following(plan, first - 1) == first
    assert following(plan, first) == at("2026-10-26 02:30")


def test_of_several_that_were_missed_the_latest_goes_out_once_and_says_so() -> None:
    plan = table("day", None, "08:00")
    now = at("2026-03-06 10:00")
    found = due(plan, at("2026-03-02 08:00"), now)
    assert found is not None
    assert (found.at, found.day) == (at("2026-03-06 08:00"), date(2026, 3, 6))
    assert (found.missed, found.late) == (4, True)
    assert found.next_at == at("2026-03-07 08:00")
    assert due(plan, found.next_at, now) is None


def test_what_is_sent_at_its_time_is_not_late() -> None:
    plan, when = table("week", 3, "08:00"), at("2026-03-04 08:00")
    assert due(plan, when, when - 0.001) is None
    for after, late in ((0.0, False), (LATE, False), (LATE + 1, True)):
        found = due(plan, when, when + after)
        assert found is not None
        assert (found.missed, found.late) == (0, late)


def test_after_years_of_silence_it_is_found_quickly() -> None:
    found = due(table("day", None, "08:00"), at("2001-01-01 08:00"), at("2026-03-06 09:00"))
    assert found is not None
    assert found.at == at("2026-03-06 08:00")


@pytest.mark.parametrize(
    ("every", "day"), [("day", 1), ("week", None), ("week", 8), ("month", 0), ("month", 32)]
)
def test_a_day_that_is_none_is_refused_by_name(every: Every, day: int | None) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(every, day)
    assert refused.value.field == "day"


PERIODS: tuple[tuple[Every, date, date, date], ...] = (
    ("day", date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 1)),
    ("week", date(2026, 3, 4), date(2026, 2, 23), date(2026, 3, 2)),
    ("month", date(2026, 1, 31), date(2025, 12, 1), date(2026, 1, 1)),
)


@pytest.mark.parametrize(("every", "today", "begin", "end"), PERIODS)
def test_the_report_is_of_the_last_whole_period(
    every: Every, today: date, begin: date, end: date
) -> None:
    assert last(every, today) == (begin, end)


ZONES = ("Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "America/Santiago", "UTC")


@given(
    st.sampled_from(ZONES), st.integers(0, 1439), st.integers(0, 400 * 86_400),
    st.sampled_from((("day", None), ("week", 5), ("month", 31))),
)  # fmt: skip
def test_times_follow_each_other_by_their_step(
    zone: str, minute: int, after: int, kind: tuple[Every, int | None]
) -> None:
    plan = Timetable(*kind, minute, ZoneInfo(zone))
    begin = at("2026-01-01 00:00") + after
    first = following(plan, begin)
    second = following(plan, first)
    assert begin < first < second
    days = (second - first) / 86_400
    low, high = {"day": (1, 1), "week": (7, 7), "month": (28, 31)}[kind[0]]
    assert low - 1 / 12 <= days <= high + 1 / 12  # the clocks move by two hours at most
    assert first - begin <= timedelta(days=high + 1).total_seconds()
