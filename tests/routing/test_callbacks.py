"""When whom is called back: windows on strange clocks, spacing, the last attempt, the states."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.errors import InvalidInput
from routing.callbacks import (
    ACTIVE,
    TABLE,
    CallbackState,
    NotNow,
    Policy,
    Step,
    Window,
    after,
    closes,
    first_time,
    is_open,
    next_time,
    opens,
)

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAYTIME = Window(8 * 60, 21 * 60)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("2026-03-02 14:00", "2026-03-02 14:00"),
        ("2026-03-02 06:30", "2026-03-02 08:00"),
        ("2026-03-02 21:00", "2026-03-03 08:00"),
        ("2026-03-02 20:59:59", "2026-03-02 20:59:59"),
    ],
)
def test_nobody_is_called_outside_the_window(asked: str, first: str) -> None:
    found = first_time(asked_at=at(asked), scheduled_at=None, window=DAYTIME, zone=SHANGHAI)
    assert found == at(first)


def test_a_time_that_was_agreed_on_is_kept() -> None:
    agreed = at("2026-03-02 23:00")
    found = first_time(
        asked_at=at("2026-03-02 14:00"), scheduled_at=agreed, window=DAYTIME, zone=SHANGHAI
    )
    assert found == agreed


@pytest.mark.parametrize(
    ("day", "opening"),
    [("2026-03-28", "2026-03-29 08:00"), ("2026-10-24", "2026-10-25 08:00")],
)
def test_days_of_23_and_25_hours(day: str, opening: str) -> None:
    assert opens(DAYTIME, at(f"{day} 22:00", BERLIN), BERLIN) == at(opening, BERLIN)


def test_a_window_in_the_hour_that_does_not_exist_opens_all_the_same() -> None:
    early = Window(2 * 60 + 15, 5 * 60)
    found = opens(early, at("2026-03-29 00:30", BERLIN), BERLIN)
    assert at("2026-03-29 01:59", BERLIN) <= found <= at("2026-03-29 03:16", BERLIN)


@given(
    st.floats(1.6e9, 1.9e9),
    st.integers(0, 1439).flatmap(
        lambda begin: st.tuples(st.just(begin), st.integers(begin + 1, 1440))
    ),
)
def test_it_opens_soon_and_is_open_then(now: float, span: tuple[int, int]) -> None:
    window = Window(*span)
    found = opens(window, now, SHANGHAI)
    assert now <= found <= now + 86_400
    assert is_open(window, found, SHANGHAI)
    assert closes(window, found, SHANGHAI) > found


def missed(times: int, ended: str, called: str = "2026-03-02 10:12") -> float | None:
    return next_time(
        Policy(), times, ended_at=at(ended), called_at=at(called), window=DAYTIME, zone=SHANGHAI
    )


def test_each_miss_waits_longer_and_the_last_goes_to_the_hour_of_their_own_call() -> None:
    assert missed(1, "2026-03-02 10:40") == at("2026-03-02 10:45")
    assert missed(2, "2026-03-02 10:50") == at("2026-03-03 10:12")
    assert missed(3, "2026-03-03 10:15") is None


def test_the_hour_of_their_own_call_is_taken_today_when_it_is_still_to_come() -> None:
    assert missed(2, "2026-03-03 09:00") == at("2026-03-03 10:12")


def test_a_call_at_night_is_not_returned_at_night() -> None:
    assert missed(2, "2026-03-03 09:00", "2026-03-02 03:00") == at("2026-03-04 08:00")


def test_a_pause_over_the_end_of_the_window_goes_on_the_next_morning() -> None:
    assert missed(1, "2026-03-02 20:58") == at("2026-03-03 08:00")


@pytest.mark.parametrize("span", [(10, 10), (20, 10), (-1, 5), (0, 1441)])
def test_a_window_that_never_opens_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(InvalidInput):
        Window(*span)


def test_what_is_over_stays_over() -> None:
    for state in set(CallbackState) - set(ACTIVE):
        for step in Step:
            with pytest.raises(NotNow):
                after(state, step)


def test_whatever_is_promised_can_be_kept_or_cancelled() -> None:
    for state in ACTIVE:
        assert after(state, Step.REACH) is CallbackState.DONE
        assert after(state, Step.CANCEL) is CallbackState.CANCELLED
    assert {step for _, step in TABLE} == set(Step)
