"""Business time against a counter of minutes: days of 23 and 25 hours, holidays, split shifts.

The counter knows no spans: it walks minute by minute, looks at the wall clock there (which, once it
has shown a time, does not go back behind it), and asks whether that minute is one of the shop's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from callcenter.calendars import DAYS, Calendar, Hours, SpecialDay, Week, check
from crm.tickets import clock, sla
from crm.tickets.sla import Agreement, Run, Target

MINUTE = 60
LONGEST = 40 * 24 * 60  # minutes walked before giving up

# Where clocks change at night, at midnight, by half an hour, or not at all.
ZONES = (
    *("Asia/Shanghai", "Europe/Berlin", "America/New_York"),
    *("Australia/Lord_Howe", "Africa/Cairo", "America/Havana"),
)
STARTS = (
    *(date(2026, 3, 6), date(2026, 3, 27), date(2026, 4, 3), date(2026, 4, 22)),
    *(date(2026, 9, 30), date(2026, 10, 23), date(2026, 10, 30), date(2026, 12, 23)),
)


def at(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


# --- the counter ------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _holidays(country: str) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=(2026, 2027)))


def _hours_on(calendar: Calendar, day: date) -> tuple[Hours, ...]:
    for special in calendar.days:
        if special.date == day:
            return special.hours
    if calendar.holidays is not None and day in _holidays(calendar.holidays):
        return ()
    return tuple(getattr(calendar.week, DAYS[day.weekday()]))


def open_minutes(calendar: Calendar, start: float) -> Iterator[float]:
    """The open minutes from `start` on, as far as one walks."""
    zone = ZoneInfo(calendar.zone)
    first = start - 3 * 86_400  # so that what the wall has shown before is known
    shown = datetime.fromtimestamp(first, zone).replace(tzinfo=None)
    day, spans = None, [(0, 0)]
    for number in range(LONGEST + 3 * 1440):
        moment = first + number * MINUTE
        wall = datetime.fromtimestamp(moment, zone).replace(tzinfo=None)
        shown = max(shown, wall)
        if shown.date() != day:
            day = shown.date()
            spans = [(_minute(one.begin), _minute(one.end)) for one in _hours_on(calendar, day)]
        at_clock = shown.hour * 60 + shown.minute
        if moment >= start and any(begin <= at_clock < end for begin, end in spans):
            yield moment


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def counted_due(
    minutes: Iterable[float], wanted: int, holds: Sequence[tuple[float, float]] = ()
) -> float | None:
    """When so many minutes that are open, and not held, have passed."""
    for moment in minutes:
        wanted -= not any(begin <= moment < end for begin, end in holds)
        if wanted == 0:
            return moment + MINUTE
    return None


# --- calendars and moments --------------------------------------------------------------------

quarters = st.integers(0, 96)


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Hours, ...]:
    """None, one or several shifts of a day, apart."""
    cuts = sorted(draw(st.sets(quarters, max_size=6)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return tuple(Hours(_clock(begin), _clock(end)) for begin, end in pairs)


def _clock(quarter: int) -> str:
    return f"{quarter // 4:02d}:{quarter % 4 * 15:02d}"


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Calendar, float]:
    """A calendar and a whole minute near a change of clocks or a holiday."""
    first = draw(st.sampled_from(STARTS))
    usual, other = draw(shifts()), draw(shifts())
    week = {day: draw(st.sampled_from((usual, other, ()))) for day in DAYS}
    days = draw(st.dictionaries(st.integers(0, 10), shifts(), max_size=3))
    calendar = Calendar(
        zone=draw(st.sampled_from(ZONES)),
        week=Week(**week),
        holidays=draw(st.sampled_from((None, "DE", "US", "CN"))),
        days=tuple(SpecialDay(first + timedelta(n), "special", hours) for n, hours in days.items()),
    )
    check(calendar)
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()
    return calendar, midnight + draw(st.integers(0, 4 * 1440)) * MINUTE


BERLIN = Calendar(
    zone="Europe/Berlin",
    week=Week(sunday=(Hours("01:00", "02:15"), Hours("02:30", "04:00"))),
)


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(1, 2500))
@example((BERLIN, at("2026-03-28 12:00", "Europe/Berlin")), 100)
@example((BERLIN, at("2026-10-24 12:00", "Europe/Berlin")), 100)
def test_due_times_equal_those_of_the_counter(place: tuple[Calendar, float], minutes: int) -> None:
    calendar, start = place
    due = clock.add(calendar, start, minutes * MINUTE)
    counted = counted_due(open_minutes(calendar, start), minutes)
    assert due == counted or (counted is None and is_far(due, start))


def is_far(due: float | None, start: float) -> bool:
    """Later than the counter walks."""
    return due is None or due > start + LONGEST * MINUTE


@settings(max_examples=40, deadline=None)
@given(calendars(), st.integers(1, 1500), st.lists(st.integers(1, 2000), max_size=6))
def test_a_hold_moves_the_due_time_as_the_counter_says(
    place: tuple[Calendar, float], minutes: int, gaps: list[int]
) -> None:
    calendar, start = place
    opens = list(islice(open_minutes(calendar, start), minutes + sum(gaps)))
    holds: list[tuple[float, float]] = []
    moment = start
    for begin, length in zip(gaps[::2], gaps[1::2], strict=False):
        moment += begin * MINUTE
        due = counted_due(opens, minutes, holds)
        if due is not None and moment >= due:
            break  # what is late already is looked at below
        holds.append((moment, moment + length * MINUTE))
        moment += length * MINUTE
    agreement = Agreement(policy=1, name="x", resolve=minutes * MINUTE)
    found = sla.dues(agreement, calendar, Run(started_at=start, holds=tuple(holds))).resolve
    counted = counted_due(opens, minutes, holds)
    assert found == counted or (counted is None and is_far(found, start))


@settings(max_examples=60, deadline=None)
@given(calendars(), st.integers(0, 20_000), st.integers(0, 20_000))
def test_counting_and_adding_agree(place: tuple[Calendar, float], first: int, second: int) -> None:
    calendar, start = place
    end = start + first * MINUTE
    passed = clock.between(calendar, start, end)
    assert passed == clock.between(calendar, start, start + first * 20) + clock.between(
        calendar, start + first * 20, end
    )
    due = clock.add(calendar, start, second * MINUTE)
    if due is not None:
        assert clock.between(calendar, start, due) == second * MINUTE
        begun = clock.back(calendar, due, second * MINUTE)
        assert (begun is not None and begun >= start) or second == 0
        assert second == 0 or clock.between(calendar, begun or 0, due) == second * MINUTE


def test_without_a_calendar_every_second_counts() -> None:
    assert clock.add(None, 100.0, 50) == 150.0
    assert clock.back(None, 100.0, 50) == 50.0
    assert clock.between(None, 100.0, 150.0) == 50.0
    assert clock.between(None, 150.0, 100.0) == 0.0


def test_what_is_never_open_is_never_due() -> None:
    closed = Calendar(zone="Asia/Shanghai")
    assert clock.add(closed, 0.0, 60) is None
    assert clock.back(closed, 1e9, 60) is None


@pytest.mark.parametrize(
    ("day", "due"), [("2026-03-29", "03:15"), ("2026-10-25", "02:15"), ("2026-03-22", "02:15")]
)
def test_an_hour_and_a_quarter_on_days_of_every_length(day: str, due: str) -> None:
    """Open from 01:00: on the short day the clock jumps over what was to be the end; on the long
    day the hour from 02:00 is there twice, and by its first end the time is up."""
    zone = "Europe/Berlin"
    week = Week(sunday=(Hours("01:00", "06:00"),))
    opens = Calendar(zone=zone, week=week)
    expected = at(f"{day} {due}", zone)
    assert clock.add(opens, at(f"{day} 00:00", zone), 75 * 60) == expected


# --- what is due ------------------------------------------------------------------------------

OFFICE = (Hours("09:00", "12:00"), Hours("13:30", "18:00"))
CHINA = Calendar(
    zone="Asia/Shanghai",
    week=Week(monday=OFFICE, tuesday=OFFICE, wednesday=OFFICE, thursday=OFFICE, friday=OFFICE),
    holidays="CN",
    makeup="friday",
)
GOLD = Agreement(policy=7, name="金牌", respond=1800, update=4 * 3600, resolve=8 * 3600)


def shanghai(text: str) -> float:
    return at(text, "Asia/Shanghai")


def test_a_promise_made_on_the_eve_of_a_holiday_is_due_after_it() -> None:
    run = Run(started_at=shanghai("2026-09-30 17:00"))
    found = sla.dues(GOLD, CHINA, run)
    assert found.respond == shanghai("2026-09-30 17:30")
    assert found.resolve == shanghai("2026-10-08 17:30")


def test_the_first_response_starts_the_clock_of_the_next_update() -> None:
    start = shanghai("2026-03-16 09:00")
    quiet = Run(started_at=start)
    assert set(sla.running(sla.dues(GOLD, CHINA, quiet), quiet)) == {Target.RESPOND, Target.RESOLVE}
    spoke = Run(started_at=start, responded_at=start + 60, touched_at=start + 60, touches=1)
    found = sla.running(sla.dues(GOLD, CHINA, spoke), spoke)
    assert set(found) == {Target.UPDATE, Target.RESOLVE}
    assert found[Target.UPDATE] == shanghai("2026-03-16 14:31")


def test_what_waits_is_not_due_but_what_was_late_before_is_still_late() -> None:
    start = shanghai("2026-03-16 09:00")
    waiting = Run(started_at=start, holds=((start + 3600, None),))
    assert Target.RESOLVE not in sla.running(sla.dues(GOLD, CHINA, waiting), waiting)
    too_late = Run(started_at=start, holds=((shanghai("2026-03-17 15:00"), None),))
    assert Target.RESOLVE in sla.running(sla.dues(GOLD, CHINA, too_late), too_late)


def test_waiting_makes_what_is_late_no_less_late() -> None:
    start = shanghai("2026-03-16 09:00")
    due = shanghai("2026-03-17 09:30")
    begin, end = shanghai("2026-03-17 10:30"), shanghai("2026-03-18 16:00")
    waited = Run(started_at=start, holds=((begin, end),))
    moved = sla.dues(GOLD, CHINA, waited).resolve
    assert moved is not None
    assert clock.between(CHINA, moved, end) == clock.between(CHINA, due, begin) == 3600


def test_nothing_is_owed_of_what_is_resolved() -> None:
    over = Run(started_at=0.0, responded_at=1.0, touched_at=1.0, ended=True)
    assert sla.running(sla.dues(GOLD, CHINA, over), over) == {}


def test_escalations_come_before_at_and_after_the_due_time_in_business_time() -> None:
    steps = tuple(
        sla.EscalationStep(target=Target.RESPOND, minutes=minutes, notify_owner=True)
        for minutes in (-60, 0, 60)
    )
    agreement = Agreement(policy=1, name="x", respond=3600, steps=steps)
    run = Run(started_at=shanghai("2026-03-16 11:30"))
    found = {one.step.minutes: one.at for one in sla.escalations(agreement, CHINA, run)}
    assert found == {
        -60: shanghai("2026-03-16 11:30"),  # the beginning
        0: shanghai("2026-03-16 14:00"),
        60: shanghai("2026-03-16 15:00"),
    }


def test_each_update_that_is_missed_is_escalated_and_each_response_only_once() -> None:
    steps = (
        sla.EscalationStep(target=Target.UPDATE, notify_owner=True),
        sla.EscalationStep(target=Target.RESOLVE, notify_owner=True),
    )
    agreement = Agreement(policy=1, name="x", update=60, resolve=600, steps=steps)

    def keys(touches: int) -> list[str]:
        run = Run(started_at=0.0, responded_at=1.0, touched_at=float(touches), touches=touches)
        return [one.key for one in sla.escalations(agreement, None, run)]

    assert keys(1) == ["1:0:update:1", "1:1:resolve:0"]
    assert keys(2) == ["1:0:update:2", "1:1:resolve:0"]


# --- choosing ---------------------------------------------------------------------------------


def test_the_first_policy_that_fits_counts() -> None:
    facts = sla.Facts(frozenset({2, 1}), "VIP", 3)
    wanted = [
        (sla.Fitting(category=3), 10),
        (sla.Fitting(level="gold"), 11),
        (sla.Fitting(category=1, level="VIP"), 12),  # of the category above
        (sla.Fitting(), 13),
    ]
    assert sla.first_fitting(wanted, facts) == 12
    assert sla.first_fitting(wanted[:2], facts) is None


def test_people_take_turns_and_who_is_away_is_passed_over() -> None:
    everybody = frozenset({1, 2, 3})
    assert sla.next_in_turn([1, 2, 3], None, everybody) == 1
    assert sla.next_in_turn([1, 2, 3], 3, everybody) == 1
    assert sla.next_in_turn([1, 2, 3], 1, frozenset({1, 3})) == 3
    assert sla.next_in_turn([1, 2, 3], 9, everybody) == 1  # who had the turn is gone
    assert sla.next_in_turn([1, 2, 3], 1, frozenset()) is None
