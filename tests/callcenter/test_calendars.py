"""Hours in a zone: days of 23 and 25 hours, holidays, make-up days, and what cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calendars import (
    DAYS,
    Calendar,
    Closed,
    Hours,
    Open,
    SpecialDay,
    Week,
    check,
    is_open,
    next_opening,
    open_spans,
)
from callcenter.errors import InvalidInput

OFFICE = (Hours("09:00", "12:00"), Hours("13:30", "18:00"))
ALL_DAY = (Hours("00:00", "24:00"),)
CHINA = Calendar(
    zone="Asia/Shanghai",
    week=Week(monday=OFFICE, tuesday=OFFICE, wednesday=OFFICE, thursday=OFFICE, friday=OFFICE),
    holidays="CN",
    makeup="friday",
)
ALWAYS = Week(**dict.fromkeys(DAYS, ALL_DAY))


def at(text: str, zone: str = "Asia/Shanghai", fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


@pytest.mark.parametrize(
    ("when", "until"),
    [
        ("2026-03-16 09:00", "2026-03-16 12:00"),
        ("2026-03-16 11:59:59", "2026-03-16 12:00"),
        ("2026-03-16 13:30", "2026-03-16 18:00"),
    ],
)
def test_within_the_hours_it_is_open_until_they_end(when: str, until: str) -> None:
    assert is_open(CHINA, at(when)) == Open(at(until))


@pytest.mark.parametrize("when", ["2026-03-16 08:59:59", "2026-03-16 12:00", "2026-03-15 10:00"])
def test_outside_the_hours_it_is_closed(when: str) -> None:
    assert is_open(CHINA, at(when)) == Closed("outside_hours")


def test_a_holiday_is_closed_and_named_in_the_language_asked_for() -> None:
    spring = at("2026-02-17 10:00")
    assert is_open(CHINA, spring) == Closed("holiday", "春节")
    assert is_open(CHINA, spring, "en") == Closed("holiday", "Chinese New Year (Spring Festival)")
    english = Calendar(zone="Europe/Berlin", week=ALWAYS, holidays="DE", region="BY")
    assert is_open(english, at("2026-01-06 10:00", "Europe/Berlin"), "zh") == Closed(
        "holiday", "Epiphany"
    )


def test_a_weekend_day_that_makes_up_for_a_holiday_has_the_hours_of_its_weekday() -> None:
    sunday = at("2026-01-04 10:00")
    assert is_open(CHINA, sunday) == Open(at("2026-01-04 12:00"))
    plain = msgspec.structs.replace(CHINA, makeup=None)
    assert is_open(plain, sunday) == Closed("outside_hours")


def test_a_special_day_outranks_the_holiday_and_the_week() -> None:
    duty = SpecialDay(date(2026, 2, 17), "值班", (Hours("10:00", "11:00"),))
    outing = SpecialDay(date(2026, 3, 16), "团建")
    calendar = msgspec.structs.replace(CHINA, days=(duty, outing))
    assert is_open(calendar, at("2026-02-17 10:30")) == Open(at("2026-02-17 11:00"))
    assert is_open(calendar, at("2026-02-17 11:30")) == Closed("special_day", "值班")
    assert is_open(calendar, at("2026-03-16 10:00")) == Closed("special_day", "团建")


def test_the_next_opening_skips_weekends_and_holidays() -> None:
    assert next_opening(CHINA, at("2026-03-20 18:00")) == at("2026-03-23 09:00")
    assert next_opening(CHINA, at("2026-09-30 18:00")) == at("2026-10-08 09:00")
    assert next_opening(CHINA, at("2026-03-16 10:00")) == at("2026-03-16 10:00")


def test_who_is_never_there_has_no_next_opening() -> None:
    assert next_opening(Calendar(zone="UTC"), 0.0) is None


def test_day_and_night_has_no_closing() -> None:
    assert is_open(Calendar(zone="Asia/Shanghai", week=ALWAYS), at("2026-03-16 10:00")) == Open(
        None
    )


def test_hours_that_go_on_past_midnight_are_one_stay() -> None:
    night = Week(monday=(Hours("22:00", "24:00"),), tuesday=(Hours("00:00", "06:00"),))
    calendar = Calendar(zone="Asia/Shanghai", week=night)
    assert is_open(calendar, at("2026-03-16 23:00")) == Open(at("2026-03-17 06:00"))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_is_as_long_as_it_is(day: str, hours: int) -> None:
    calendar = Calendar(zone="Europe/Berlin", week=Week(sunday=ALL_DAY))
    begin = at(f"{day} 00:00", "Europe/Berlin")
    ((opens, closes),) = open_spans(calendar, begin, begin + 36 * 3600)
    assert (opens, closes - opens) == (begin, hours * 3600)


def test_hours_that_are_skipped_begin_when_the_clocks_jump() -> None:
    calendar = Calendar(zone="Europe/Berlin", week=Week(sunday=(Hours("02:30", "05:00"),)))
    assert next_opening(calendar, at("2026-03-29 00:00", "Europe/Berlin")) == at(
        "2026-03-29 03:00", "Europe/Berlin"
    )
    skipped = Calendar(zone="Europe/Berlin", week=Week(sunday=(Hours("02:00", "02:45"),)))
    assert isinstance(is_open(skipped, at("2026-03-29 03:00", "Europe/Berlin")), Closed)


def test_an_hour_that_comes_twice_is_opened_and_closed_at_its_first_time() -> None:
    calendar = Calendar(zone="Europe/Berlin", week=Week(sunday=(Hours("02:15", "02:45"),)))
    first, again = (at("2026-10-25 02:30", "Europe/Berlin", fold) for fold in (0, 1))
    assert is_open(calendar, first) == Open(first + 900)
    assert isinstance(is_open(calendar, again), Closed)


def test_a_day_that_a_country_skipped_has_no_hours() -> None:
    samoa = Calendar(zone="Pacific/Apia", week=ALWAYS)
    begin = at("2011-12-29 00:00", "Pacific/Apia")
    end = at("2012-01-01 00:00", "Pacific/Apia")
    assert sum(b - a for a, b in open_spans(samoa, begin, end)) == end - begin == 48 * 3600


# --- laws -----------------------------------------------------------------------------------

ZONES = (
    *("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"),
    *("America/Havana", "America/Goose_Bay", "Asia/Kathmandu", "America/Sao_Paulo", "UTC"),
)
MINUTES = st.integers(0, 24 * 60)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def _hours(draw: st.DrawFn) -> tuple[Hours, ...]:
    edges = sorted(draw(st.sets(MINUTES, max_size=6)))
    return tuple(Hours(_clock(a), _clock(b)) for a, b in zip(edges[::2], edges[1::2], strict=False))


CALENDARS = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    week=st.builds(Week, **dict.fromkeys(DAYS, _hours())),
    holidays=st.sampled_from((None, "CN", "US")),
    makeup=st.sampled_from(DAYS),
)
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001 - made UTC
    lambda moment: moment.replace(tzinfo=UTC).timestamp()
)


@given(CALENDARS, MOMENTS)
def test_open_means_within_a_span_and_closed_means_in_none(calendar: Calendar, when: float) -> None:
    spans = list(open_spans(calendar, when - 86_400, when + 86_400))
    inside = any(begin <= when < end for begin, end in spans)
    assert isinstance(is_open(calendar, when), Open) == inside


@given(CALENDARS, MOMENTS)
def test_spans_are_in_order_and_do_not_touch(calendar: Calendar, when: float) -> None:
    spans = list(open_spans(calendar, when, when + 8 * 86_400))
    assert all(begin < end for begin, end in spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(CALENDARS, MOMENTS)
def test_from_closing_to_the_next_opening_nobody_is_there(calendar: Calendar, when: float) -> None:
    now = is_open(calendar, when)
    closing = when if isinstance(now, Closed) else now.until
    opening = None if closing is None else next_opening(calendar, closing)
    if closing is None or opening is None:
        return
    assert isinstance(is_open(calendar, closing), Closed)
    assert isinstance(is_open(calendar, opening), Open)
    middle = (closing + opening) / 2
    assert isinstance(is_open(calendar, middle), Closed)


@given(st.sampled_from(ZONES), MOMENTS)
def test_day_and_night_is_open_at_every_moment(zone: str, when: float) -> None:
    assert is_open(Calendar(zone=zone, week=ALWAYS), when) == Open(None)


@given(CALENDARS, MOMENTS)
def test_away_from_changed_clocks_the_wall_clock_decides(calendar: Calendar, when: float) -> None:
    zone = ZoneInfo(calendar.zone)
    local = datetime.fromtimestamp(when, zone)
    near = (local + timedelta(days=number) for number in (-2, 2))
    if any(moment.replace(tzinfo=zone).utcoffset() != local.utcoffset() for moment in near):
        return
    plain = msgspec.structs.replace(calendar, holidays=None, makeup=None)
    clock = local.strftime("%H:%M")
    hours = getattr(plain.week, DAYS[local.weekday()])
    expected = any(one.begin <= clock < one.end for one in hours)
    assert isinstance(is_open(plain, when), Open) == expected


# --- what cannot be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "field", "words"),
    [
        (Calendar(zone="Asia/Peking"), "zone", "Asia/Peking"),
        (Calendar(zone="UTC", holidays="XX"), "holidays", "XX"),
        (Calendar(zone="UTC", holidays="DE", region="QQ"), "region", "QQ"),
        (Calendar(zone="UTC", makeup="monday"), "makeup", "holidays of a country"),
        (
            Calendar(
                zone="UTC", week=Week(monday=(Hours("13:00", "18:00"), Hours("09:00", "13:30")))
            ),
            "week.monday[1]",
            "monday: 09:00-13:30 and 13:00-18:00 overlap",
        ),
        (
            Calendar(zone="UTC", week=Week(friday=(Hours("22:00", "06:00"),))),
            "week.friday[0]",
            "22:00-06:00",
        ),
        (
            Calendar(
                zone="UTC",
                days=(SpecialDay(date(2026, 1, 1), "a"), SpecialDay(date(2026, 1, 1), "b")),
            ),
            "days[1].date",
            "2026-01-01",
        ),
    ],
)
def test_what_cannot_be_is_refused_by_name(calendar: Calendar, field: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(calendar)
    assert refused.value.field == field
    assert words in refused.value.message


def test_what_touches_does_not_overlap() -> None:
    check(
        Calendar(zone="UTC", week=Week(monday=(Hours("09:00", "12:00"), Hours("12:00", "13:00"))))
    )


@given(CALENDARS)
def test_every_calendar_made_of_disjoint_hours_is_taken(calendar: Calendar) -> None:
    check(calendar if calendar.holidays else msgspec.structs.replace(calendar, makeup=None))
