"""What has become of callbacks, written down before anybody is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.events import DomainEvent
from callcenter.store.database import Database
from callcenter.unbroken import unbroken
from routing import callback_queries as queries
from routing.callback_call import Outcome
from routing.callback_queries import CallbackEntry
from routing.callbacks import Policy, Step, Window, next_time
from routing.work import ANSWERED

LONGEST_RESULT = 24


class CallbackBook:
    """Each change is a transaction of its own. NotNow when the callback was settled elsewhere:
    cancelled, or the customer was spoken to in another call."""

    def __init__(
        self,
        database: Database,
        publish: Callable[[DomainEvent], object],
        *,
        zone: ZoneInfo,
        policy: Policy | None,
        clock: Callable[[], float],
    ) -> None:
        self._database = database
        self._publish = publish
        self._zone = zone
        self._policy = policy or Policy()
        self._clock = clock

    def window(self, entry: CallbackEntry) -> Window:
        """When this one may be called."""
        return self._policy.window if entry.window is None else Window(*entry.window)

    @unbroken
    async def step(
        self,
        entry: CallbackEntry,
        step: Step,
        *,
        ended: tuple[str, str | None] | None = None,
        **values: Any,
    ) -> None:
        """Take a step. `ended`: result and call of the attempt that is over by it."""
        async with self._database.session() as session:
            event = await queries.take_step(session, entry.id, step, **values)
            if ended is not None:
                result, interaction = ended
                await queries.end_attempt(
                    session, entry.id, at=self._clock(), result=result, interaction=interaction
                )
            await session.commit()
        self._publish(event)

    @unbroken
    async def dialling(self, entry: CallbackEntry, agent: int) -> None:
        """An attempt begins."""
        now = self._clock()
        async with self._database.session() as session:
            event = await queries.take_step(
                session, entry.id, Step.DIAL, agent_id=agent, offered_at=now
            )
            await queries.begin_attempt(session, entry.id, agent=agent, at=now)
            await session.commit()
        self._publish(event)

    async def settle(self, entry: CallbackEntry, outcome: Outcome, interaction: str | None) -> None:
        """The call is over, or they are in conversation."""
        now = self._clock()
        if outcome is Outcome.REACHED:
            ended = (ANSWERED, interaction)
            done = {"done_at": now, "result": ANSWERED, "closed_by": interaction}
            await self.step(entry, Step.REACH, ended=ended, **done)
        elif outcome is Outcome.AGENT_AWAY:  # the customer was not even rung: this one is free
            await self.step(entry, Step.MISS, ended=(outcome.value, interaction), next_at=now)
        else:
            await self.not_reached(entry, outcome.value, interaction)

    async def refused(self, entry: CallbackEntry, reason: str) -> None:
        """They may not be called: it is over, without another attempt."""
        done = {"done_at": self._clock(), "result": reason}
        await self.step(entry, Step.CANCEL, ended=(reason, None), **done)

    async def not_reached(self, entry: CallbackEntry, result: str, interaction: str | None) -> None:
        """One attempt less: again later, or never."""
        now = self._clock()
        missed = entry.attempts + 1
        again = next_time(
            self._policy,
            missed,
            ended_at=now,
            called_at=entry.joined_at,
            window=self.window(entry),
            zone=self._zone,
        )
        ended = (result[:LONGEST_RESULT], interaction)
        if again is None:
            done = {"done_at": now, "result": ended[0], "attempts": missed}
            await self.step(entry, Step.EXHAUST, ended=ended, **done)
        else:
            await self.step(entry, Step.MISS, ended=ended, next_at=again, attempts=missed)
