"""Sees calls end and puts them into their customers' timelines, each once whatever happens between.

The rows of the call are written by another consumer, perhaps a moment later and perhaps, when the
database was away, much later. So an ended call is tried a few times soon, and a sweep over the
rows finds whatever was missed: by us, or by a process that died in between.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from callcenter.bus import Bus, Subscription
from callcenter.events import ActivityLogged, DomainEvent, InteractionEnded, InteractionsMerged
from callcenter.store.database import Database, is_away
from crm.activities.queries import unlogged_calls
from crm.activities.service import log_calls, merge_calls

SOON = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds after the last try; then the sweep takes over
SWEEP_EVERY = 60.0  # seconds
SWEEP_BACK = 3_600.0  # a sweep looks at calls begun this long before the last one
FIRST_SWEEP_BACK = 7 * 86_400.0
AT_ONCE = 500  # calls in one transaction
MOST_DUE = 50_000  # ended calls kept in mind; more are left to the sweep

log = structlog.get_logger()


class ActivityLog:
    """Subscribes on construction; `run` works until the bus ends it."""

    def __init__(
        self, bus: Bus, database: Database, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._bus = bus
        self._database = database
        self._clock = clock
        self._due: dict[str, tuple[float, int]] = {}  # call → when, how often tried
        self._merges: list[tuple[str, str]] = []
        self._swept_at: float | None = None
        self._sweep_due = 0.0
        self._news = asyncio.Event()
        self._subscription: Subscription = bus.subscribe(
            "activities", types=(InteractionEnded, InteractionsMerged)
        )

    async def run(self) -> None:
        listener = asyncio.create_task(self._listen())
        try:
            while not listener.done():
                self._news.clear()  # before looking, so that no news is lost
                await self._idle(await self._turn())
            await self._turn(everything=True)
        finally:
            listener.cancel()

    async def _listen(self) -> None:
        try:
            async for batch in self._subscription:
                if batch.missed:
                    self._sweep_due = 0.0
                for _, event in batch:
                    self._take(event)
                self._news.set()
        finally:
            self._news.set()

    def _take(self, event: DomainEvent) -> None:
        if isinstance(event, InteractionsMerged):
            self._merges.append((event.interaction, event.merged))
            self._due.pop(event.merged, None)
        elif isinstance(event, InteractionEnded) and len(self._due) < MOST_DUE:
            self._due[event.interaction] = (self._clock() + SOON[0], 0)

    async def _idle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass

    async def _turn(self, *, everything: bool = False) -> float:
        """Do what is due; seconds until the next time."""
        now = self._clock()
        try:
            await self._write_merges()
            due = [call for call, (at, _) in self._due.items() if everything or at <= now]
            for start in range(0, len(due), AT_ONCE):
                await self._write(due[start : start + AT_ONCE])
            self._put_off(due, now)
            if now >= self._sweep_due:
                await self._sweep(now)
        except Exception as error:
            if not is_away(error):
                log.exception("activities_not_written")
            return SOON[2]
        soonest = min((at for at, _ in self._due.values()), default=self._sweep_due)
        return max(0.05, min(soonest, self._sweep_due) - now)

    async def _write_merges(self) -> None:
        while self._merges:
            async with self._database.session() as session:
                await merge_calls(session, *self._merges[0])
                await session.commit()
            self._merges.pop(0)

    async def _write(self, calls: list[str]) -> int:
        async with self._database.session() as session:
            events = await log_calls(session, calls)
            await session.commit()
        self._tell(events)
        return len(events)

    def _tell(self, events: list[ActivityLogged]) -> None:
        for event in events:
            self._due.pop(event.interaction, None)
            self._bus.publish(event)

    def _put_off(self, due: list[str], now: float) -> None:
        for call in due:
            tried = self._due.pop(call, (0.0, len(SOON)))[1] + 1
            if tried < len(SOON):
                self._due[call] = (now + SOON[tried], tried)

    async def _sweep(self, now: float) -> None:
        since = now - FIRST_SWEEP_BACK if self._swept_at is None else self._swept_at - SWEEP_BACK
        while True:
            async with self._database.reading() as session:
                calls = await unlogged_calls(session, since=since, limit=AT_ONCE)
            if not calls or not await self._write(calls):
                break
        self._swept_at = now
        self._sweep_due = now + SWEEP_EVERY
