"""When a figure of the board is to be watched, when it is bad, and when that is worth an alarm.

Pure. A level lasts or it does not: an alarm is raised when a figure has been at its level for the
time that the threshold asks for, and cleared when it has been away from it for `CALM` seconds, so
that a figure that trembles at its threshold is one alarm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from screenpop.frames import QueueRow

Level = Literal["fine", "watch", "bad"]
RANK: dict[Level, int] = {"fine": 0, "watch": 1, "bad": 2}
CALM = 15.0  # seconds
FLOOR = ""  # the queue of what is a figure of the whole floor
Key = tuple[str, str]  # (queue, metric)


@dataclass(frozen=True, slots=True)
class Metric:
    """`worse`: which way is bad. `of` gives None where there is no value."""

    worse: Literal["higher", "lower"]
    of: Callable[[QueueRow, float], float | None]
    most: float  # the largest threshold that makes sense


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


METRICS: Mapping[str, Metric] = {
    "waiting": Metric("higher", lambda row, now: row.waiting, 10_000),
    "longest_wait": Metric(
        "higher",
        lambda row, now: None if row.longest_since is None else max(0.0, now - row.longest_since),
        86_400,
    ),
    "service_level": Metric(
        "lower",
        lambda row, now: _share(row.in_time, row.answered + row.abandoned - row.short_abandoned),
        1,
    ),
    "abandon_rate": Metric(
        "higher", lambda row, now: _share(row.abandoned - row.short_abandoned, row.offered), 1
    ),
    "asa": Metric("higher", lambda row, now: _share(row.wait_sum, row.answered), 86_400),
    "talk": Metric("higher", lambda row, now: _share(row.talk_sum, row.handled), 86_400),
    "missed": Metric("higher", lambda row, now: row.missed, 10_000),
    "missed_age": Metric(
        "higher",
        lambda row, now: None if row.missed_since is None else max(0.0, now - row.missed_since),
        30 * 86_400,
    ),
    "callbacks": Metric("higher", lambda row, now: row.callbacks, 10_000),
    "satisfaction": Metric("lower", lambda row, now: _share(row.score_sum, row.scores), 5),
}
# Figures of the whole floor; the value comes from whoever asks.
FLOOR_METRICS: Mapping[str, Metric] = {
    "agents_ready": Metric("lower", lambda row, now: None, 10_000),
}
ALL: Mapping[str, Metric] = {**METRICS, **FLOOR_METRICS}


@dataclass(frozen=True, slots=True)
class Threshold:
    """`alarm`: at which level, lasting `lasting` seconds, an alarm is raised; None: at none."""

    queue: str
    metric: str
    watch: float | None
    bad: float | None
    alarm: Literal["watch", "bad"] | None = None
    lasting: float = 0.0
    mail_to: tuple[str, ...] = ()

    def at(self, level: Literal["watch", "bad"]) -> float | None:
        return self.bad if level == "bad" else self.watch


def level(metric: Metric, value: float | None, watch: float | None, bad: float | None) -> Level:
    """A value at its threshold is over it."""
    if _over(metric, value, bad):
        return "bad"
    return "watch" if _over(metric, value, watch) else "fine"


def _over(metric: Metric, value: float | None, threshold: float | None) -> bool:
    if value is None or threshold is None:
        return False
    return value >= threshold if metric.worse == "higher" else value <= threshold


def problem(threshold: Threshold) -> tuple[str, str] | None:
    """The field that is wrong and why, if one is."""
    metric = ALL.get(threshold.metric)
    if metric is None:
        return "metric", "there is no such figure"
    if threshold.metric in FLOOR_METRICS and threshold.queue != FLOOR:
        return "queue", "this is a figure of the whole floor"
    for name in ("watch", "bad"):
        value = threshold.at("bad" if name == "bad" else "watch")
        if value is not None and not 0 <= value <= metric.most:
            return name, f"between 0 and {metric.most:g}"
    watch, bad = threshold.watch, threshold.bad
    if watch is not None and bad is not None and _better(metric, bad, watch):
        return "bad", "what is bad is worse than what is to be watched"
    if threshold.alarm is not None and threshold.at(threshold.alarm) is None:
        return threshold.alarm, "an alarm needs a threshold"
    return None


def _better(metric: Metric, one: float, other: float) -> bool:
    return one < other if metric.worse == "higher" else one > other


@dataclass(frozen=True, slots=True)
class Raised:
    key: Key
    level: Literal["watch", "bad"]
    value: float
    threshold: float
    at: float


@dataclass(frozen=True, slots=True)
class Cleared:
    key: Key
    at: float


@dataclass(slots=True)
class _Watched:
    over_since: float | None = None
    calm_since: float | None = None


@dataclass(slots=True)
class Watch:
    """What lasts and what is raised. `step` says what is to be raised and cleared; it is so once
    the caller says `raised` or `cleared`, and is said again until then."""

    open: set[Key] = field(default_factory=set)
    _watched: dict[Key, _Watched] = field(default_factory=dict)

    def step(
        self,
        now: float,
        rows: Iterable[QueueRow],
        ready: int,
        thresholds: Iterable[Threshold],
    ) -> list[Raised | Cleared]:
        rules = {(one.queue, one.metric): one for one in thresholds}
        told: list[Raised | Cleared] = []
        seen: set[Key] = set()
        for key, value, rule in _values(now, rows, ready, rules):
            seen.add(key)
            change = self._look(now, key, value, rule)
            if change is not None:
                told.append(change)
        told += [Cleared(key, now) for key in sorted(self.open - seen)]
        self._watched = {key: one for key, one in self._watched.items() if key in seen}
        return told

    def raised(self, key: Key) -> None:
        self.open.add(key)

    def cleared(self, key: Key) -> None:
        self.open.discard(key)

    def _look(
        self, now: float, key: Key, value: float | None, rule: Threshold
    ) -> Raised | Cleared | None:
        wanted = rule.alarm
        threshold = None if wanted is None else rule.at(wanted)
        if wanted is None or threshold is None:
            return Cleared(key, now) if key in self.open else None
        found = level(ALL[rule.metric], value, rule.watch, rule.bad)
        watched = self._watched.setdefault(key, _Watched())
        if value is not None and RANK[found] >= RANK[wanted]:
            watched.calm_since = None
            if watched.over_since is None:
                watched.over_since = now
            lasted = now - watched.over_since >= rule.lasting
            new = lasted and key not in self.open
            return Raised(key, wanted, value, threshold, now) if new else None
        watched.over_since = None
        if watched.calm_since is None:
            watched.calm_since = now
        over = key in self.open and now - watched.calm_since >= CALM
        return Cleared(key, now) if over else None


def _values(
    now: float, rows: Iterable[QueueRow], ready: int, rules: Mapping[Key, Threshold]
) -> Iterable[tuple[Key, float | None, Threshold]]:
    """Each figure that has a rule: the queue's own, else the one for every queue."""
    for row in rows:
        for name, metric in METRICS.items():
            rule = rules.get((row.queue, name)) or rules.get((FLOOR, name))
            if rule is not None:
                yield (row.queue, name), metric.of(row, now), rule
    for name in FLOOR_METRICS:
        rule = rules.get((FLOOR, name))
        if rule is not None:
            yield (FLOOR, name), float(ready), rule
