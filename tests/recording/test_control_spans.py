"""The pause of a recording: every way through its table, without a clock."""

from __future__ import annotations

import itertools

import pytest

from recording.spans import (
    Alarm,
    Asked,
    Ended,
    Failed,
    Input,
    Joined,
    Order,
    Pause,
    Reason,
    Released,
    Started,
    State,
    Tick,
    Told,
    step,
)


def after(*steps: tuple[float, Input]) -> tuple[Pause, list[Order]]:
    """What it comes to, and everything the PBX was told on the way."""
    pause, orders = Pause(), []
    for now, what in steps:
        pause, order = step(pause, what, now)
        orders += [order] if order else []
    return pause, orders


ASKED = Asked(Reason.AGENT, 30.0)
PAUSED = ((0.0, Started()), (10.0, ASKED), (10.1, Told(True)))


def test_paused_is_what_the_pbx_told_not_what_was_asked() -> None:
    asked, orders = after(*PAUSED[:2])
    assert (asked.state, orders) == (State.PAUSING, [Order.MUTE])
    told, _ = after(*PAUSED)
    assert (told.state, told.until, told.alarm) == (State.PAUSED, 40.0, None)


def test_without_a_word_within_a_second_it_is_still_recording() -> None:
    waiting, _ = after(*PAUSED[:2], (10.9, Tick()))
    assert waiting.state is State.PAUSING
    failed, orders = after(*PAUSED[:2], (11.0, Tick()))
    assert (failed.state, failed.alarm) == (State.RECORDING, Alarm.STILL_RECORDING)
    assert orders == [Order.MUTE]


def test_a_pbx_that_refuses_is_said_at_once() -> None:
    failed, _ = after(*PAUSED[:2], (10.05, Failed()))
    assert (failed.state, failed.alarm) == (State.RECORDING, Alarm.STILL_RECORDING)


def test_a_confirmation_that_comes_late_is_the_truth_and_ends_by_itself() -> None:
    late, _ = after(*PAUSED[:2], (11.0, Tick()), (12.0, Told(True)))
    assert (late.state, late.alarm, late.until) == (State.PAUSED, None, 72.0)


def test_it_goes_on_by_itself() -> None:
    due, orders = after(*PAUSED, (39.9, Tick()), (40.0, Tick()))
    assert (due.state, orders) == (State.RESUMING, [Order.MUTE, Order.UNMUTE])
    on, _ = after(*PAUSED, (40.0, Tick()), (40.1, Told(False)))
    assert on == Pause(State.RECORDING, 40.1)


def test_a_recording_that_does_not_go_on_is_said_and_told_again() -> None:
    silent, orders = after(*PAUSED, (20.0, Released()), (21.0, Tick()))
    assert (silent.state, silent.alarm) == (State.PAUSED, Alarm.STILL_PAUSED)
    again, orders = after(*PAUSED, (20.0, Released()), (21.0, Tick()), (22.0, Tick()))
    assert again.state is State.RESUMING
    assert orders == [Order.MUTE, Order.UNMUTE, Order.UNMUTE]


def test_the_longer_it_does_not_go_on_the_rarer_it_is_told() -> None:
    now, waits = 20.0, []
    pause, _ = after(*PAUSED, (now, Released()))
    for _ in range(2000):
        pause, _ = step(pause, Failed(), now)
        assert pause.until is not None
        waits.append(pause.until - now)
        now = pause.until
        pause, order = step(pause, Tick(), now)
        assert (order, pause.alarm) == (Order.UNMUTE, Alarm.STILL_PAUSED)
    assert waits[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert waits[-1] == 30.0


def test_asked_for_anew_a_recording_that_does_not_go_on_is_told_soon_again() -> None:
    silent, _ = after(*PAUSED, (20.0, Released()), (21.0, Tick()), (22.0, Tick()), (23.0, Tick()))
    assert silent.until == 25.0
    silent, _ = step(silent, Asked(Reason.AGENT, 0.5), 24.0)
    assert (silent.until, silent.tries, silent.alarm) == (24.5, 0, None)


def test_it_goes_on_when_no_reason_is_left() -> None:
    hold = Asked(Reason.HOLD, 600.0)
    both, orders = after(*PAUSED, (12.0, hold), (13.0, Released(frozenset({Reason.AGENT}))))
    assert (both.state, both.until) == (State.PAUSED, 612.0)
    assert both.reasons == frozenset({Reason.HOLD})
    assert orders == [Order.MUTE]
    none, _ = after(
        *PAUSED,
        (12.0, hold),
        (13.0, Released(frozenset({Reason.AGENT}))),
        (14.0, Released(frozenset({Reason.HOLD}))),
    )
    assert none.state is State.RESUMING


def test_the_end_of_a_hold_does_not_end_what_an_agent_asked_for() -> None:
    pause, orders = after(*PAUSED, (12.0, Released(frozenset({Reason.HOLD}))))
    assert (pause.state, orders) == (State.PAUSED, [Order.MUTE])


def test_a_reason_that_is_over_takes_its_own_end_with_it() -> None:
    """A short hold in the pause of an agent does not make that one last as long as a hold may."""
    pause, orders = after(
        (0.0, Started()),
        (0.0, Asked(Reason.AGENT, 60.0)),
        (0.1, Told(True)),
        (5.0, Asked(Reason.HOLD, 600.0)),
        (15.0, Released(frozenset({Reason.HOLD}))),
    )
    assert (pause.state, pause.until, orders) == (State.PAUSED, 60.0, [Order.MUTE])
    assert pause.reasons == frozenset({Reason.AGENT})


def test_it_goes_on_at_once_when_only_reasons_are_left_whose_time_is_over() -> None:
    hold = Asked(Reason.HOLD, 600.0)
    during, _ = after(*PAUSED, (12.0, hold), (50.0, Tick()))
    assert (during.state, during.until) == (State.PAUSED, 612.0)
    pause, orders = after(*PAUSED, (12.0, hold), (50.0, Released(frozenset({Reason.HOLD}))))
    assert (pause.state, orders) == (State.RESUMING, [Order.MUTE, Order.UNMUTE])


def test_after_a_restart_every_reason_lasts_as_long_as_is_known() -> None:
    found = Started(muted=True, until=40.0, reasons=frozenset({Reason.AGENT, Reason.HOLD}))
    pause, orders = after((10.0, found), (20.0, Released(frozenset({Reason.HOLD}))))
    assert (pause.state, pause.until, orders) == (State.PAUSED, 40.0, [])


def test_asked_for_again_it_lasts_longer_and_never_shorter() -> None:
    longer, orders = after(*PAUSED, (35.0, ASKED))
    assert (longer.until, orders) == (65.0, [Order.MUTE])
    shorter, _ = after(*PAUSED, (12.0, Asked(Reason.API, 5.0)))
    assert shorter.until == 40.0


def test_a_second_recording_that_begins_in_a_pause_is_paused_too() -> None:
    pause, orders = after(*PAUSED, (15.0, Started()))
    assert (pause.state, pause.until, orders) == (State.PAUSING, 40.0, [Order.MUTE, Order.MUTE])


def test_hung_up_while_paused_nothing_is_left_to_do() -> None:
    pause, orders = after(*PAUSED, (15.0, Ended()), (50.0, Tick()))
    assert (pause.state, pause.due, orders) == (State.OFF, None, [Order.MUTE])


def test_somebody_else_who_takes_the_pause_away_is_an_alarm() -> None:
    pause, _ = after(*PAUSED, (15.0, Told(False)))
    assert (pause.state, pause.alarm) == (State.RECORDING, Alarm.STILL_RECORDING)


def test_a_pause_found_after_a_restart_ends_when_it_was_to_end() -> None:
    found = Started(muted=True, until=40.0, reasons=frozenset({Reason.AGENT}))
    pause, orders = after((100.0, found), (100.0, Tick()))
    assert (pause.state, orders) == (State.RESUMING, [Order.UNMUTE])


def test_a_silent_leg_found_beside_one_that_records_makes_no_pause_of_both() -> None:
    found = Started(muted=True, until=40.0, reasons=frozenset({Reason.AGENT}))
    pause, orders = after((9.0, Started()), (10.0, found))
    assert (pause.state, pause.until, orders) == (State.PAUSING, 40.0, [Order.MUTE])


RECORDING = Pause(State.RECORDING, 1.0)
SILENCED = Pause(State.PAUSED, 1.0, {Reason.AGENT: 40.0})
ASKED_OF = Pause(State.PAUSING, 1.0, {Reason.AGENT: 30.0, Reason.HOLD: 600.0})
GOES_ON = Pause(State.RESUMING, 1.0)
STUCK = Pause(State.PAUSED, 1.0, limit=9.0, alarm=Alarm.STILL_PAUSED, tries=2)


@pytest.mark.parametrize(
    ("one", "other", "silent", "expected"),
    [
        (SILENCED, RECORDING, False, (State.PAUSING, 40.0, Order.MUTE)),
        (SILENCED, GOES_ON, False, (State.PAUSING, 40.0, Order.MUTE)),
        (SILENCED, ASKED_OF, False, (State.PAUSING, 600.0, Order.MUTE)),
        (SILENCED, SILENCED, True, (State.PAUSED, 40.0, None)),
        (SILENCED, STUCK, True, (State.PAUSED, 40.0, None)),
        (SILENCED, Pause(), True, (State.PAUSED, 40.0, None)),
        (ASKED_OF, RECORDING, False, (State.PAUSING, 600.0, Order.MUTE)),
        (RECORDING, RECORDING, False, (State.RECORDING, None, None)),
        (RECORDING, STUCK, False, (State.RECORDING, None, Order.UNMUTE)),
        (RECORDING, GOES_ON, False, (State.RECORDING, None, Order.UNMUTE)),
        (GOES_ON, STUCK, False, (State.RESUMING, None, Order.UNMUTE)),
    ],
)
def test_two_calls_that_are_one_are_silent_when_one_of_them_is_to_be(
    one: Pause, other: Pause, silent: bool, expected: tuple[State, float | None, Order | None]
) -> None:
    for pause, what in ((one, other), (other, one)):
        both, told = step(pause, Joined(what, silent), 5.0)
        assert (both.state, both.until, told) == expected
        wanted = [each for each in (one, other) if each.alarm is None]
        assert both.reasons == frozenset().union(*(each.reasons for each in wanted))


def test_nothing_is_asked_of_a_call_that_is_not_recorded() -> None:
    assert after((0.0, ASKED), (0.1, Told(True)), (9.0, Released())) == (Pause(), [])


INPUTS: tuple[Input, ...] = (
    Started(),
    Ended(),
    ASKED,
    Released(),
    Told(True),
    Told(False),
    Failed(),
    Tick(),
)
JOINS: tuple[Input, ...] = (
    Joined(Pause(State.RECORDING, 1.0), silent=False),
    Joined(Pause(State.PAUSED, 1.0, {Reason.HOLD: 3.0}), silent=True),
    Joined(Pause(State.PAUSED, 1.0, limit=2.0, alarm=Alarm.STILL_PAUSED, tries=1), silent=False),
)


@pytest.mark.parametrize(("inputs", "length"), [(INPUTS, 5), (INPUTS + JOINS, 4)])
def test_whatever_happens_no_pause_lasts_for_ever(inputs: tuple[Input, ...], length: int) -> None:
    """Every story of so many steps: what is paused has an end, what is asked is answered."""
    for story in itertools.product(inputs, repeat=length):
        pause, _ = after((0.0, Started()), *((float(n + 1), what) for n, what in enumerate(story)))
        assert (pause.due is not None) == (pause.state not in {State.OFF, State.RECORDING})
        assert pause.state is not State.PAUSED or pause.until is not None
