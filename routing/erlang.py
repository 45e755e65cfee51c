"""How many agents a load of calls needs, by the formulas of Erlang B, C and A.

Written here because no library brings all of it: pyworkforce has no impatient callers and comes
with a solver and pandas, ErlangCCmath sends the figures to a web service.

Sources: Erlang B and C as in Gross & Harris, Fundamentals of Queueing Theory; Erlang A (M/M/c+M)
exactly, by the sums in Mandelbaum & Zeltyn, The Palm/Erlang-A Queue. Times are in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

NEGLIGIBLE = 45.0  # nats: e^-45 is below what a float can add to 1
_NODES = (0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363)
_WEIGHTS = (0.3626837833783620, 0.3137066458778873, 0.2223810344533745, 0.1012285362903763)
_LEVELS, _PANELS = 14, 4
MOST_AGENTS = 100_000


@dataclass(frozen=True, slots=True)
class Load:
    """Calls a second and seconds an agent is taken by each; how long callers are ready to wait.

    `patience` is the mean of an exponential time, None when nobody ever gives up.
    """

    arrivals: float
    handling: float
    patience: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("arrivals", self.arrivals), ("handling", self.handling)):
            if not (value >= 0 and math.isfinite(value)):
                raise ValueError(f"{name} must be a number of at least 0")
        if self.patience is not None and not self.patience > 0:
            raise ValueError("patience must be above 0, or None")

    @property
    def erlangs(self) -> float:
        return self.arrivals * self.handling


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect in the long run.

    `asa` is the mean wait of the answered, `service_level` is answered within the threshold over
    answered and abandoned without the short abandons. When the queue would grow for ever,
    `asa` is infinite.
    """

    agents: int
    wait_probability: float
    asa: float
    service_level: float
    abandon_rate: float
    occupancy: float


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked for; only what is set counts. `within` is the threshold of the level."""

    service_level: float | None = 0.8
    within: float = 20.0
    short_abandon: float = 0.0
    asa: float | None = None
    abandon_rate: float | None = None
    occupancy: float | None = None

    def met(self, outlook: Outlook) -> bool:
        return (
            (self.service_level is None or outlook.service_level >= self.service_level)
            and (self.asa is None or outlook.asa <= self.asa)
            and (self.abandon_rate is None or outlook.abandon_rate <= self.abandon_rate)
            and (self.occupancy is None or outlook.occupancy <= self.occupancy)
        )


def erlang_b(agents: int, erlangs: float) -> float:
    """Share of calls lost when nobody can wait."""
    return 1.0 / _inverse_b(agents, erlangs)


def erlang_c(agents: int, erlangs: float) -> float:
    """Probability that a call waits when everybody does; 1 when the agents cannot keep up."""
    if erlangs >= agents:
        return 1.0 if erlangs > 0 else 0.0
    blocked = erlang_b(agents, erlangs)
    return blocked / (1.0 - erlangs / agents * (1.0 - blocked))


def outlook(load: Load, agents: int, within: float, short_abandon: float = 0.0) -> Outlook:
    """What this many agents achieve: by Erlang C, or by Erlang A when callers have a patience."""
    if agents < 0:
        raise ValueError("agents must be at least 0")
    if load.erlangs == 0:
        return Outlook(agents, 0.0, 0.0, 1.0, 0.0, 0.0)
    if load.patience is None:
        return _without_patience(load, agents, within)
    return _with_patience(load, load.patience, agents, within, short_abandon)


def agents_needed(load: Load, target: Target) -> int:
    """The fewest agents that meet the target. ValueError when no number of them does."""

    def enough(agents: int) -> bool:
        return target.met(outlook(load, agents, target.within, target.short_abandon))

    high = max(1, math.ceil(load.erlangs))
    while not enough(high):
        if high >= MOST_AGENTS:
            raise ValueError(f"not even {MOST_AGENTS} agents meet the target")
        high = min(MOST_AGENTS, high * 2)
    low = -1  # never enough, or below what can be asked
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def rostered(agents: int, shrinkage: float) -> int:
    """How many to put on the roster when this share of their time goes elsewhere."""
    if not 0 <= shrinkage < 1:
        raise ValueError("shrinkage must be at least 0 and below 1")
    return math.ceil(agents / (1 - shrinkage) - 1e-9)


def _inverse_b(agents: int, erlangs: float) -> float:
    """1 / B. The recursion on the inverse only adds and multiplies positive numbers."""
    if erlangs <= 0:
        return 1.0 if agents == 0 else math.inf
    inverse = 1.0
    for servers in range(1, agents + 1):
        inverse = 1.0 + inverse * servers / erlangs
    return inverse


def _without_patience(load: Load, agents: int, within: float) -> Outlook:
    spare = agents - load.erlangs
    waits = erlang_c(agents, load.erlangs)
    if spare <= 0:
        return Outlook(agents, waits, math.inf, 0.0, 0.0, 1.0)
    late = waits * math.exp(-spare * within / load.handling)
    asa = waits * load.handling / spare
    return Outlook(agents, waits, asa, 1.0 - late, 0.0, load.erlangs / agents)


def _with_patience(
    load: Load, patience: float, agents: int, within: float, short_abandon: float
) -> Outlook:
    if agents == 0:
        return Outlook(0, 1.0, math.inf, 0.0, 1.0, 1.0)
    queue = _Impatient(load.arrivals, agents / load.handling, 1.0 / patience)
    log_full, waits, waiting, served_wait = queue.sums(_inverse_b(agents, load.erlangs))
    abandoned = min(1.0, waiting / patience / load.arrivals)
    in_time = (1.0 - waits) + queue.answered_by(within, log_full)
    short = queue.abandoned_by(short_abandon, log_full, waits)
    return Outlook(
        agents=agents,
        wait_probability=waits,
        asa=served_wait / (1.0 - abandoned),
        service_level=min(1.0, in_time / (1.0 - short)),
        abandon_rate=abandoned,
        occupancy=min(1.0, load.erlangs * (1.0 - abandoned) / agents),
    )


@dataclass(frozen=True, slots=True)
class _Impatient:
    """The waiting part of M/M/c+M: rates of arrival, of service by all agents, of giving up."""

    arrive: float
    serve: float
    leave: float

    def sums(self, inverse_b: float) -> tuple[float, float, float, float]:
        """log P(all busy, none waiting); P(wait); mean waiting; mean wait if served, else 0.

        By logarithms: in an overload the likely states are thousands away from the first.
        """
        logs = self._logs()
        top = max(logs)
        weights = [math.exp(value - top) for value in logs]
        below = (
            inverse_b - 1.0
        )  # weight of the states with a free agent, the first full one being 1
        total = _log_sum(top + math.log(math.fsum(weights)), math.log(below) if below > 0 else None)
        scale = math.exp(top - total)
        harmonic, waits = 0.0, []
        for place, weight in enumerate(weights, 1):
            rate = self.serve + place * self.leave
            harmonic += 1.0 / rate
            waits.append(weight * self.serve / rate * harmonic)
        waiting = math.fsum(place * weight for place, weight in enumerate(weights))
        return -total, math.fsum(weights) * scale, waiting * scale, math.fsum(waits) * scale

    def _logs(self) -> list[float]:
        """log of P(j waiting) / P(none waiting, all busy), until it no longer counts."""
        logs, value, top = [0.0], 0.0, 0.0
        while value > top - NEGLIGIBLE:
            value += math.log(self.arrive / (self.serve + len(logs) * self.leave))
            logs.append(value)
            top = max(top, value)
        return logs

    def answered_by(self, within: float, log_full: float) -> float:
        """P(waited, but was answered by then)."""
        return self._integral(within, log_full, lambda at: math.exp(-self.leave * at))

    def abandoned_by(self, short: float, log_full: float, waits: float) -> float:
        """P(gave up by then): who had waited longer, and those whose turn came after they left."""
        gone = -math.expm1(-self.leave * short)
        sooner = self._integral(short, log_full, lambda at: gone + math.expm1(-self.leave * at))
        return max(0.0, gone * waits - sooner)

    def _integral(self, end: float, log_full: float, weight: Callable[[float], float]) -> float:
        """Of weight times the density of the wait of somebody who never gives up, from 0 to end."""
        if end <= 0 or math.isinf(log_full):
            return 0.0
        factor = log_full + math.log(self.serve)

        def log_density(at: float) -> float:
            came = -math.expm1(-self.leave * at) / self.leave
            return factor + self.arrive * came - self.serve * at

        top = self._densest(end)
        low = _edge(log_density, top, 0.0)
        high = _edge(log_density, top, end)
        return _gauss(lambda at: math.exp(log_density(at)) * weight(at), low, high)

    def _densest(self, end: float) -> float:
        if self.arrive <= self.serve:
            return 0.0
        return min(end, math.log(self.arrive / self.serve) / self.leave)


def _log_sum(a: float, b: float | None) -> float:
    """log(e^a + e^b)."""
    if b is None:
        return a
    high, low = max(a, b), min(a, b)
    return high if math.isinf(high) else high + math.log1p(math.exp(low - high))


def _edge(log_density: Callable[[float], float], top: float, end: float) -> float:
    """Between top and end, the last point where the density still counts."""
    least = log_density(top) - NEGLIGIBLE
    if log_density(end) >= least:
        return end
    inside, outside = top, end
    for _ in range(60):
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if log_density(middle) >= least else (inside, middle)
    return outside


def _gauss(function: Callable[[float], float], low: float, high: float) -> float:
    """Gauss-Legendre over panels that halve towards `low`, where things may change quickly."""
    total, end = 0.0, high
    for level in range(_LEVELS):
        begin = low if level == _LEVELS - 1 else low + (end - low) / 2
        total += _panels(function, begin, end)
        end = begin
    return total


def _panels(function: Callable[[float], float], low: float, high: float) -> float:
    half = (high - low) / _PANELS / 2
    total = 0.0
    for panel in range(_PANELS):
        middle = low + (2 * panel + 1) * half
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            total += weight * (function(middle - node * half) + function(middle + node * half))
    return total * half
