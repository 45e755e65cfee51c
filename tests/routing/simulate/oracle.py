"""Many agents and one line, told in five lines that share nothing with the simulator."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from heapq import heapreplace
from random import Random

Caller = tuple[float, float, float]  # comes, is handled for, is ready to wait
Fate = tuple[float, bool]  # waited, answered


def fates(agents: int, callers: Iterable[Caller]) -> Iterator[Fate]:
    """Kiefer and Wolfowitz: who comes gets the agent who is free first, if they wait so long."""
    free = [0.0] * agents
    for comes, handled, patience in callers:
        begins = max(comes, free[0])
        if begins - comes > patience:
            yield patience, False
        else:
            heapreplace(free, begins + handled)
            yield begins - comes, True


def markovian(
    seed: str, calls: int, rate: float, handling: float, patience: float | None
) -> Iterator[Caller]:
    dice, at = Random(seed), 0.0  # noqa: S311 - the same in every run, which is the point
    for _ in range(calls):
        at += dice.expovariate(rate)
        waits = math.inf if patience is None else dice.expovariate(1 / patience)
        yield at, dice.expovariate(1 / handling), waits
