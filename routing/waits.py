"""The forecast at work: knows who is at work for which queue, and what callers were told.

The desk tells it who begins to wait, who is answered and who leaves; the bus tells it of agents.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Protocol

from callcenter.bus import Subscription
from callcenter.events import AgentChanged, AgentState
from routing.forecast import Accuracy, Forecast

EVENTS = (AgentChanged,)
AT_WORK = {AgentState.READY, AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP}


class Agent(Protocol):
    """An agent as they are now; `AgentChanged` is one."""

    @property
    def agent(self) -> int: ...
    @property
    def state(self) -> AgentState: ...


class Waits:
    """`queues_of` gives the queues of an agent as they are described now, `signed_in` everybody who
    is, now. Times are in seconds."""

    def __init__(
        self,
        queues_of: Callable[[int], Collection[str]],
        signed_in: Callable[[], Iterable[Agent]],
    ) -> None:
        self._queues_of = queues_of
        self._signed_in = signed_in
        self._at_work: set[int] = set()
        self._forecast = Forecast()

    def look(self) -> None:
        """See who is at work: when the service begins, and whenever changes were not heard."""
        self._at_work = {agent.agent for agent in self._signed_in() if agent.state in AT_WORK}

    async def follow(self, subscription: Subscription) -> None:
        """Learn who is at work, until the bus ends. Subscribed to EVENTS."""
        async for batch in subscription:
            for _, event in batch:
                if isinstance(event, AgentChanged):
                    self.agent(event)
            if batch.missed:
                self.look()

    def agent(self, agent: Agent) -> None:
        if agent.state in AT_WORK:
            self._at_work.add(agent.agent)
        else:
            self._at_work.discard(agent.agent)

    def joined(self, queue: str, work: str, position: int, now: float) -> float | None:
        """Somebody has to wait (not: was matched at once). The estimate, to be judged later."""
        return self._forecast.joined(queue, work, position, self.able(queue), now)

    def answered(self, queue: str, work: str, now: float) -> None:
        """An agent and the caller hear each other. Nothing happens for who never had to wait."""
        self._forecast.answered(queue, work, self.able(queue), now)

    def left(self, queue: str, work: str, now: float) -> None:
        """The caller waits no longer. Nothing happens after an answer."""
        self._forecast.left(queue, work, now)

    def estimate(self, queue: str, position: int, now: float) -> float | None:
        """Seconds until the one at `position` is answered; None when nobody knows."""
        return self._forecast.estimate(queue, position, self.able(queue), now)

    def error(self, queue: str) -> Accuracy | None:
        return self._forecast.error(queue)

    def able(self, queue: str) -> int:
        """How many agents work for a queue now, free or with somebody."""
        return sum(queue in self._queues_of(agent) for agent in self._at_work)
