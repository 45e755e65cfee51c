"""Replications of a scenario put together: each figure with how sure one can be of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

import msgspec

from callcenter.events import QueueExit
from routing.simulate.day import Day, Result
from routing.simulate.scenario import Scenario
from routing.simulate.statistics import CONFIDENCE, Estimate, estimate
from routing.simulate.tally import Figures

Progress = Callable[[int, int], object]  # replications done, of how many


class FigureSet(msgspec.Struct, frozen=True, kw_only=True):
    """Means over the replications; counts of one replication, waits in seconds, shares from 0 to 1.

    None: in no replication was there anything to divide by.
    """

    offered: Estimate | None
    answered: Estimate | None
    abandoned: Estimate | None
    timed_out: Estimate | None
    empty: Estimate | None
    overflow: Estimate | None
    lost: Estimate | None
    service_level: Estimate | None
    asa: Estimate | None
    abandon_rate: Estimate | None
    occupancy: Estimate | None
    wait_probability: Estimate | None
    aht: Estimate | None
    longest_wait: Estimate | None


class QueueReport(msgspec.Struct, frozen=True, kw_only=True):
    """`service_seconds`: the threshold of its service level."""

    name: str
    service_seconds: float
    figures: FigureSet


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """`confidence`: of the intervals. `occupancy` is of the agents who take a queue's calls."""

    name: str
    seed: int
    replications: int
    confidence: float
    queues: list[QueueReport]
    total: FigureSet


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two scenarios with the same callers. `differences` (second less first) are taken within each
    replication, so that they are sure long before the figures themselves are."""

    first: Report
    second: Report
    differences: list[QueueReport]  # of the queues that both have
    total: FigureSet


def simulate(
    scenario: Scenario, progress: Progress | None = None, processes: int = 1
) -> list[Result]:
    """Every replication, in order; `processes` changes only how long it takes."""
    numbers = range(scenario.replications)
    done: list[Result | None] = [None] * len(numbers)
    for count, (number, result) in enumerate(_results(scenario, numbers, processes), 1):
        done[number] = result
        if progress is not None:
            progress(count, len(numbers))
    return [result for result in done if result is not None]


def report(scenario: Scenario, results: Sequence[Result]) -> Report:
    return Report(
        name=scenario.name,
        seed=scenario.seed,
        replications=len(results),
        confidence=CONFIDENCE,
        queues=[
            QueueReport(
                name=queue.name,
                service_seconds=queue.service_level,
                figures=_set([_values(result.queues[queue.name]) for result in results]),
            )
            for queue in scenario.queues
        ],
        total=_set([_values(result.total) for result in results]),
    )


def compare(
    scenarios: tuple[Scenario, Scenario], results: tuple[Sequence[Result], Sequence[Result]]
) -> Comparison:
    """Both need the same seed and replications, else nothing is gained by pairing them."""
    first, second = scenarios
    pairs = list(zip(*results, strict=True))
    names = {queue.name for queue in second.queues}
    return Comparison(
        first=report(first, results[0]),
        second=report(second, results[1]),
        differences=[
            QueueReport(
                name=queue.name,
                service_seconds=queue.service_level,
                figures=_set([_less(b.queues[queue.name], a.queues[queue.name]) for a, b in pairs]),
            )
            for queue in first.queues
            if queue.name in names
        ],
        total=_set([_less(b.total, a.total) for a, b in pairs]),
    )


def _results(
    scenario: Scenario, numbers: Sequence[int], processes: int
) -> Iterable[tuple[int, Result]]:
    if processes <= 1 or len(numbers) == 1:
        for number in numbers:
            yield number, _one(scenario, number)
        return
    pool = ProcessPoolExecutor(
        min(processes, len(numbers)),
        initializer=signal.signal,  # Ctrl-C is for whoever started them
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )
    try:
        waiting = {pool.submit(_one, scenario, number): number for number in numbers}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _one(scenario: Scenario, number: int) -> Result:
    return Day(scenario, number).run()


_COUNTED = {
    "timed_out": QueueExit.TIMED_OUT,
    "empty": QueueExit.EMPTY,
    "overflow": QueueExit.OVERFLOW,
    "lost": QueueExit.LOST,
}
_FIELDS = FigureSet.__struct_fields__


def _values(figures: Figures) -> dict[str, float | None]:
    counted = {name: float(figures.exits.get(exit, 0)) for name, exit in _COUNTED.items()}
    return {name: counted[name] if name in counted else getattr(figures, name) for name in _FIELDS}


def _less(figures: Figures, other: Figures) -> dict[str, float | None]:
    one, two = _values(figures), _values(other)
    return {
        name: None if value is None or (less := two[name]) is None else value - less
        for name, value in one.items()
    }


def _set(replications: Sequence[dict[str, float | None]]) -> FigureSet:
    return FigureSet(**{name: estimate(one[name] for one in replications) for name in _FIELDS})
