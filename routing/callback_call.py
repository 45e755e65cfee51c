"""Follows the call that is made for a callback, from the agent's telephone to whoever speaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from callcenter.events import (
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionsMerged,
    LegAnswered,
    LegStarted,
    TalkStarted,
)


class Outcome(StrEnum):
    REACHED = "reached"
    AGENT_AWAY = "agent_no_answer"  # the agent's own telephone was not picked up
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"


_OUTCOMES = {
    EndReason.BUSY: Outcome.BUSY,
    EndReason.REJECTED: Outcome.BUSY,
    EndReason.FAILED: Outcome.FAILED,
    EndReason.LOST: Outcome.FAILED,
}


class CallbackCall:
    """Nobody tells the call's name beforehand: it is the next one on the agent's telephone."""

    def __init__(self, interface: str | None) -> None:
        self._interface = interface
        self.interaction: str | None = None
        self._legs: set[str] = set()  # of the agent
        self._picked_up = asyncio.Event()
        self._over = asyncio.Event()
        self._outcome = Outcome.NO_ANSWER

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, LegStarted):
            self._leg(event)
        elif isinstance(event, InteractionsMerged):
            if event.merged == self.interaction:
                self.interaction = event.interaction
        elif isinstance(event, LegAnswered):
            if event.leg in self._legs:
                self._picked_up.set()
        elif isinstance(event, TalkStarted):
            if event.interaction == self.interaction:
                self._end(Outcome.REACHED)
        elif isinstance(event, InteractionEnded) and event.interaction == self.interaction:
            self._ended(event)

    def _leg(self, event: LegStarted) -> None:
        if event.party.interface == self._interface and self.interaction in {
            None,
            event.interaction,
        }:
            self.interaction = event.interaction
            self._legs.add(event.party.leg)

    def _ended(self, event: InteractionEnded) -> None:
        if event.answered:
            self._end(Outcome.REACHED)
        elif not self._picked_up.is_set():
            self._end(Outcome.AGENT_AWAY)
        else:
            self._end(_OUTCOMES.get(event.reason, Outcome.NO_ANSWER))

    def _end(self, outcome: Outcome) -> None:
        if outcome is Outcome.REACHED:
            self._picked_up.set()
        if not self._over.is_set():
            self._outcome = outcome
            self._over.set()

    async def outcome(self, patience: float, taken: Callable[[], None]) -> Outcome:
        """How it came out, after `patience` seconds at the latest. `taken` is called when the
        agent has picked up."""
        watch = asyncio.create_task(self._tell(taken))
        try:
            async with asyncio.timeout(patience):
                await self._over.wait()
        except TimeoutError:
            return Outcome.FAILED if self._picked_up.is_set() else Outcome.AGENT_AWAY
        finally:
            watch.cancel()
            if self._picked_up.is_set():
                taken()
        return self._outcome

    async def _tell(self, taken: Callable[[], None]) -> None:
        await self._picked_up.wait()
        taken()
