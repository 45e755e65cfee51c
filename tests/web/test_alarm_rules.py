"""Thresholds and alarms as pure rules: what is over, how long it lasts, when it is calm again."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from screenpop.frames import QueueRow
from web.alarm_mail import FIGURES
from web.alarm_rules import (
    ALL,
    CALM,
    METRICS,
    Cleared,
    Raised,
    Threshold,
    Watch,
    level,
    problem,
)
from web.api.alarms import Metric

NOW = 1_800_000_000.0


def row(queue: str = "sales", waiting: int = 0, **figures: float) -> QueueRow:
    plain: dict[str, Any] = dict.fromkeys(
        ("offered", "answered", "abandoned", "short_abandoned", "in_time", "handled"), 0
    )
    return QueueRow(
        queue=queue,
        waiting=waiting,
        longest_since=figures.pop("longest_since", None),
        threshold=20.0,
        wait_sum=0.0,
        talk_sum=0.0,
        waiting_calls=[],
        **{**plain, **figures},
    )


@pytest.mark.parametrize(
    ("metric", "value", "expected"),
    [
        ("waiting", 2, "fine"),
        ("waiting", 3, "watch"),
        ("waiting", 6, "bad"),
        ("service_level", None, "fine"),
    ],
)
def test_a_value_at_its_threshold_is_over_it(
    metric: str, value: float | None, expected: str
) -> None:
    assert level(ALL[metric], value, 3, 6) == expected


def test_a_service_level_is_bad_when_it_is_low() -> None:
    share = METRICS["service_level"].of(
        row(answered=8, in_time=5, abandoned=3, short_abandoned=1), NOW
    )
    assert share == 0.5
    assert level(METRICS["service_level"], share, 0.8, 0.6) == "bad"
    assert METRICS["service_level"].of(row(), NOW) is None


def test_an_alarm_waits_until_the_figure_has_lasted() -> None:
    rule = Threshold("", "waiting", 3, 6, "bad", lasting=30)
    watch = Watch()
    assert watch.step(NOW, [row(waiting=7)], 0, [rule]) == []
    assert watch.step(NOW + 29, [row(waiting=7)], 0, [rule]) == []
    found = watch.step(NOW + 30, [row(waiting=9)], 0, [rule])
    assert found == [Raised(("sales", "waiting"), "bad", 9, 6, NOW + 30)]
    # Said again until it is written down, and not any more after that.
    assert len(watch.step(NOW + 31, [row(waiting=9)], 0, [rule])) == 1
    watch.raised(("sales", "waiting"))
    assert watch.step(NOW + 32, [row(waiting=9)], 0, [rule]) == []


def test_a_figure_that_trembles_at_its_threshold_is_one_alarm() -> None:
    rule, key = Threshold("sales", "waiting", None, 6, "bad"), ("sales", "waiting")
    watch = Watch()
    assert watch.step(NOW, [row(waiting=6)], 0, [rule])
    watch.raised(key)
    assert watch.step(NOW + 1, [row(waiting=5)], 0, [rule]) == []
    assert watch.step(NOW + 2, [row(waiting=6)], 0, [rule]) == []
    assert watch.step(NOW + 3, [row(waiting=5)], 0, [rule]) == []
    assert watch.step(NOW + 3 + CALM, [row(waiting=5)], 0, [rule]) == [Cleared(key, NOW + 3 + CALM)]


def test_what_nobody_watches_any_more_is_cleared() -> None:
    rule, key = Threshold("sales", "waiting", None, 6, "bad"), ("sales", "waiting")
    watch = Watch(open={key, ("gone", "waiting")})
    gone = [Cleared(("gone", "waiting"), NOW)]
    assert watch.step(NOW, [row(waiting=9)], 0, [rule]) == gone
    watch.cleared(("gone", "waiting"))
    assert watch.step(NOW, [row(waiting=9)], 0, []) == [Cleared(key, NOW)]


def test_a_queues_own_threshold_goes_before_the_one_for_every_queue() -> None:
    rules = [Threshold("", "waiting", None, 2, "bad"), Threshold("vip", "waiting", None, 9, "bad")]
    found = Watch().step(NOW, [row("vip", 5), row("sales", 5)], 0, rules)
    assert [one.key for one in found] == [("sales", "waiting")]


def test_too_few_agents_are_an_alarm_of_the_floor() -> None:
    rule = Threshold("", "agents_ready", None, 2, "bad")
    assert Watch().step(NOW, [], 3, [rule]) == []
    assert [one.key for one in Watch().step(NOW, [], 2, [rule])] == [("", "agents_ready")]


@pytest.mark.parametrize(
    ("threshold", "field"),
    [
        (Threshold("", "beauty", 1, 2), "metric"),
        (Threshold("sales", "agents_ready", 1, 0), "queue"),
        (Threshold("", "waiting", 6, 3), "bad"),
        (Threshold("", "service_level", 0.6, 0.8), "bad"),
        (Threshold("", "service_level", 80, None), "watch"),
        (Threshold("", "waiting", -1, None), "watch"),
        (Threshold("", "waiting", 3, None, "bad"), "bad"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(threshold: Threshold, field: str) -> None:
    found = problem(threshold)
    assert found is not None
    assert found[0] == field


def test_every_figure_can_be_asked_for_and_has_a_name() -> None:
    assert set(get_args(Metric)) == set(ALL) == set(FIGURES)


def test_what_makes_sense_is_taken() -> None:
    assert problem(Threshold("", "service_level", 0.8, 0.6, "watch", 60)) is None
    assert problem(Threshold("sales", "waiting", None, 6, "bad")) is None
