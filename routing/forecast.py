"""How long a place in a queue will take, from what was seen of late, and how well that held.

Pure: the caller tells who joined, was answered or left, and when (seconds, any one clock).

While people wait, every answer takes the able agents together some working time: the *effort*, the
seconds between two answers times the agents able to give them. It holds what cannot be known from
outside: how long they talk and write, how much of them other queues take, what waits in vain for
better skills. When agents come or go, the estimate follows at once, the effort only when it is
seen to change. Time in which nobody waited says nothing about it and is left out.

Those ahead may also give up. With `a` able agents and everybody's readiness to give up `θ`, the
one at place n is answered after Σ 1 / (a / effort + k·θ) for k = 0 .. n-1: from place k + 1 to the
next, one of the agents comes free or one of the k ahead leaves. This is exact for exponential
handling and patience (Ibrahim & Whitt, Real-time delay estimation in overloaded multiserver queues
with abandonments, 2009, there QL_m).
"""

from __future__ import annotations

from dataclasses import dataclass, field

#: Of how many events the memory mainly consists; older ones fade.
MEMORY = 40
#: So many answers must have been waited for before anything is said.
ENOUGH = 4


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What was said to those who joined, against what happened; seconds, the latest count most.

    `bias` is above 0 where people were answered sooner than said.
    """

    answered: int
    bias: float
    absolute: float
    wait: float  # mean of the real waits


@dataclass(slots=True)
class _Mean:
    """A ratio of two sums in which what is old fades."""

    above: float = 0.0
    below: float = 0.0

    def add(self, above: float, below: float = 1.0) -> None:
        keep = 1 - 1 / MEMORY
        self.above = self.above * keep + above
        self.below = self.below * keep + below

    @property
    def value(self) -> float:
        return self.above / self.below if self.below else 0.0


@dataclass(slots=True)
class _Waiting:
    since: float
    told: float | None


@dataclass(slots=True)
class _Seen:
    """What is known of one queue."""

    waiting: dict[str, _Waiting] = field(default_factory=dict)
    last: float = 0.0  # when it last went on, or somebody began to wait
    answers: int = 0
    effort: _Mean = field(default_factory=_Mean)  # agent-seconds for an answer
    leaving: _Mean = field(default_factory=_Mean)  # those who gave up, for a second of waiting
    judged: int = 0
    bias: _Mean = field(default_factory=_Mean)
    absolute: _Mean = field(default_factory=_Mean)
    wait: _Mean = field(default_factory=_Mean)


class Forecast:
    """`able` is how many agents at work (ready or with somebody) could take it at that time.

    Tell it only of those who have to wait: who is answered at once waited for nobody.
    """

    def __init__(self) -> None:
        self._queues: dict[str, _Seen] = {}

    def joined(self, queue: str, work: str, position: int, able: int, now: float) -> float | None:
        """Somebody begins to wait. The estimate, which is held against what comes."""
        seen = self._queues.setdefault(queue, _Seen())
        if work in seen.waiting:
            return seen.waiting[work].told
        if not seen.waiting:
            seen.last = now
        told = self.estimate(queue, position, able, now)
        seen.waiting[work] = _Waiting(now, told)
        return told

    def answered(self, queue: str, work: str, able: int, now: float) -> None:
        """Somebody who waited hears an agent."""
        seen, waited = self._ended(queue, work)
        if seen is None or waited is None:
            return
        seen.effort.add((now - seen.last) * max(1, able))
        seen.leaving.add(0.0, now - waited.since)
        seen.answers += 1
        seen.last = now
        if waited.told is not None:
            wait = now - waited.since
            seen.judged += 1
            seen.bias.add(waited.told - wait)
            seen.absolute.add(abs(waited.told - wait))
            seen.wait.add(wait)

    def left(self, queue: str, work: str, now: float) -> None:
        """Somebody who waited does so no longer, in whatever way."""
        seen, waited = self._ended(queue, work)
        if seen is not None and waited is not None:
            seen.leaving.add(1.0, now - waited.since)

    def estimate(self, queue: str, position: int, able: int, now: float) -> float | None:
        """Seconds until the one at `position` (1 is next) is answered; None when nobody knows."""
        seen = self._queues.get(queue)
        if seen is None or seen.answers < ENOUGH or able < 1 or position < 1:
            return None
        effort = seen.effort.value
        if seen.waiting:
            # The answer that is waited for now has taken something already. More than is usual?
            taken = able * max(0.0, now - seen.last)
            effort = max(effort, (seen.effort.above + taken) / (seen.effort.below + 1))
        if effort <= 0:
            return 0.0
        pace, leaving = able / effort, seen.leaving.value
        return sum(1 / (pace + ahead * leaving) for ahead in range(position))

    def error(self, queue: str) -> Accuracy | None:
        """How well the estimates held; None before the first could be judged."""
        seen = self._queues.get(queue)
        if seen is None or not seen.judged:
            return None
        return Accuracy(seen.judged, seen.bias.value, seen.absolute.value, seen.wait.value)

    def _ended(self, queue: str, work: str) -> tuple[_Seen | None, _Waiting | None]:
        seen = self._queues.get(queue)
        return seen, None if seen is None else seen.waiting.pop(work, None)
