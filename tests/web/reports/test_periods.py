"""Days as people have them: of 23, 24 and 25 hours, and zones that are off by quarters."""

from __future__ import annotations

import itertools
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from callcenter.errors import InvalidInput
from web.reports.metrics import METRICS, Formula, Subject, value, with_formula
from web.reports.periods import Step, before, check, midnight, spans
from web.reports.words import WORDS


@pytest.mark.parametrize(
    ("zone", "day", "quarters"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 92),
        ("Europe/Berlin", date(2026, 10, 25), 100),
        ("Asia/Shanghai", date(2026, 10, 25), 96),
        ("Australia/Lord_Howe", date(2026, 10, 4), 94),
        ("America/Havana", date(2026, 3, 8), 92),  # the clocks jump over midnight itself
    ],
)
def test_a_day_is_as_long_as_its_clocks_say(zone: str, day: date, quarters: int) -> None:
    (span,) = spans(day, date.fromordinal(day.toordinal() + 1), Step.DAY, ZoneInfo(zone))
    assert span.last - span.first == quarters
    hours = spans(day, date.fromordinal(day.toordinal() + 1), Step.HOUR, ZoneInfo(zone))
    assert (hours[0].first, hours[-1].last) == (span.first, span.last)
    assert all(one.last == two.first for one, two in itertools.pairwise(hours))


@pytest.mark.parametrize(("zone", "minutes"), [("Asia/Kolkata", 1110), ("Asia/Kathmandu", 1095)])
def test_midnight_of_zones_that_are_off_by_half_hours_and_quarters(zone: str, minutes: int) -> None:
    assert midnight(date(2026, 1, 2), ZoneInfo(zone)) * 15 % 1440 == minutes


def test_weeks_begin_on_monday_and_the_first_may_be_cut() -> None:
    found = spans(date(2026, 11, 20), date(2026, 12, 1), Step.WEEK, ZoneInfo("UTC"))
    assert [(one.last - one.first) // 96 for one in found] == [3, 7, 1]


@pytest.mark.parametrize(
    ("begin", "end", "step", "field"),
    [
        (date(2026, 1, 2), date(2026, 1, 2), Step.DAY, "to"),
        (date(2024, 1, 1), date(2026, 1, 6), Step.HOUR, "step"),
        (date(1900, 1, 1), date(2026, 1, 2), Step.DAY, "from"),
    ],
)
def test_a_period_that_is_none_is_refused_by_name(
    begin: date, end: date, step: Step, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check(begin, end, step)
    assert caught.value.field == field


def test_whole_months_are_compared_with_whole_months() -> None:
    assert before(date(2026, 3, 1), date(2026, 4, 1)) == (date(2026, 2, 1), date(2026, 3, 1))
    assert before(date(2026, 3, 9), date(2026, 3, 16)) == (date(2026, 3, 2), date(2026, 3, 9))


def test_nothing_over_nothing_is_no_value_by_every_formula() -> None:
    level = METRICS[Subject.QUEUES]["service_level"]
    for formula in Formula:
        one = with_formula(level, formula)
        assert value(one, dict.fromkeys(one.columns, 0)) is None


def test_every_figure_has_its_definition_in_both_languages() -> None:
    for known in METRICS.values():
        for name in known:
            words = WORDS[name]
            assert all((words.zh, words.en, words.what_zh, words.what_en))
