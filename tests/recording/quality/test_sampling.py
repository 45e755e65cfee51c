"""Samples: the same again, none twice, never too many; weeks as the clocks there have them."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.quality.sampling import (
    By,
    Candidate,
    choose,
    due,
    give,
    midnight,
    spans,
    week,
    week_of,
)

BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
HOUR = 3_600.0
CALLS = st.lists(st.builds(Candidate, st.text("abcdef", min_size=1, max_size=4), st.integers(1, 3)))
WANTED = st.dictionaries(st.integers(1, 3), st.integers(0, 4))


def unlike(calls: list[Candidate]) -> list[Candidate]:
    """A recording has one agent."""
    return list({one.recording: one for one in calls}.values())


@given(CALLS.map(unlike), WANTED, st.randoms())
def test_the_order_of_asking_changes_nothing(
    calls: list[Candidate], wanted: dict[int, int], random: Random
) -> None:
    first = choose(calls, seed="1/2026-03-02", wanted=wanted)
    random.shuffle(calls)
    assert choose(calls, seed="1/2026-03-02", wanted=wanted) == first


@given(CALLS.map(unlike), WANTED, st.sets(st.text("abcdef", min_size=1, max_size=2)))
def test_as_many_as_are_wanted_and_there_are_and_none_twice(
    calls: list[Candidate], wanted: dict[int, int], taken: set[str]
) -> None:
    chosen = choose(calls * 2, seed="s", wanted=wanted, taken=taken)
    free = Counter(one.agent for one in calls if one.recording not in taken)
    assert Counter(one.agent for one in chosen) == Counter(
        {agent: min(number, free[agent]) for agent, number in wanted.items()}
    )
    assert len({one.recording for one in chosen}) == len(chosen)
    assert not {one.recording for one in chosen} & taken


@given(CALLS.map(unlike), st.integers(1, 3))
def test_filling_up_what_is_missing_keeps_what_was_chosen(calls: list[Candidate], few: int) -> None:
    first = choose(calls, seed="s", wanted={1: few})
    rest = choose(calls, seed="s", wanted={1: 1}, taken=[one.recording for one in first])
    assert choose(calls, seed="s", wanted={1: few + 1}) == first + rest


def test_every_call_has_the_same_chance() -> None:
    calls = [Candidate(f"{number:032x}", 1) for number in range(20)]
    drawn = Counter(
        one.recording
        for round_ in range(2_000)
        for one in choose(calls, seed=str(round_), wanted={1: 5})
    )
    assert all(430 <= drawn[one.recording] <= 570 for one in calls)  # 500 each, six deviations


def test_only_a_part_is_due_while_the_week_goes_on() -> None:
    span = week(date(2026, 3, 2), SHANGHAI)
    moments = [span.begin + share * (span.end - span.begin) for share in (0, 0.19, 0.2, 0.99, 1, 5)]
    assert [due(5, span, moment) for moment in moments] == [0, 0, 1, 4, 5, 5]
    assert due(5, span, span.begin - HOUR) == 0


@pytest.mark.parametrize(
    ("monday", "hours"),
    [(date(2026, 3, 23), 167), (date(2026, 3, 30), 168), (date(2026, 10, 19), 169)],
)
def test_a_week_is_as_long_as_its_clocks_say(monday: date, hours: int) -> None:
    span = week(monday, BERLIN)
    assert span.end - span.begin == hours * HOUR
    assert week_of(span.begin, BERLIN) == week_of(span.end - 1, BERLIN) == monday
    assert week_of(span.end, BERLIN) > monday


def test_the_week_is_the_one_of_the_house() -> None:
    sunday_night = datetime(2026, 3, 8, 20, tzinfo=ZoneInfo("UTC")).timestamp()
    assert week_of(sunday_night, SHANGHAI) == date(2026, 3, 9)
    assert week_of(sunday_night, BERLIN) == date(2026, 3, 2)


@given(
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(1, 400),
    st.sampled_from(["week", "month"]),
)
def test_spans_hold_every_day_and_touch(begin: date, days: int, by: By) -> None:
    end = date.fromordinal(begin.toordinal() + days)
    found = spans(by, begin, end, BERLIN)
    assert found[0].begin <= midnight(begin, BERLIN) < found[0].end
    assert found[-1].begin < midnight(end, BERLIN) <= found[-1].end
    assert all(one.end == other.begin for one, other in pairwise(found))


def test_who_has_least_gets_the_next_and_nobody_their_own() -> None:
    assert give([7, 8, 9], {7: 2, 8: 1, 9: 1}, speaker=None) == 8
    assert give([7, 8, 9], {7: 2, 8: 1, 9: 1}, speaker=8) == 9
    assert give([7], {}, speaker=7) is None
    assert give([], {}, speaker=None) is None
