"""Keeps the promises to call back: each that is due waits at the desk like a caller would, is shown
to the agent who is chosen, and is dialled when they go on.

One task for each callback that is due. What it has come to is in the database before anybody is
told; after a restart, or when the database was away in between, whatever is nobody's any more goes
back to waiting. The PBX rings the agent first, so nobody is called with nobody there.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from callcenter.bus import Subscription
from callcenter.errors import CallCenterError
from callcenter.events import (
    DomainEvent,
    InteractionEnded,
    InteractionsMerged,
    LegAnswered,
    LegStarted,
    OfferResult,
    TalkStarted,
    WorkChanged,
)
from callcenter.ids import stable_id
from callcenter.store.database import Database, is_away
from routing import callback_queries as queries
from routing.callback_book import CallbackBook
from routing.callback_call import CallbackCall, Outcome
from routing.callback_queries import CallbackEntry
from routing.callbacks import CallbackState, NotNow, Policy, Step, closes, is_open, opens
from routing.desk import Desk, Ticket
from routing.dialling import DoNotCall
from routing.engine import Work

EVENTS = (WorkChanged, LegStarted, LegAnswered, TalkStarted, InteractionsMerged, InteractionEnded)
PREVIEW_SECONDS = 30.0  # for an agent to look at it and go on
WISH_SECONDS = 900.0  # an agent who was asked for is waited for, then the queue takes over
CALL_SECONDS = 150.0  # until somebody speaks: two telephones ring, one after the other
AGAIN = 5.0  # seconds until a database that was away is asked again
LONGEST_SLEEP = 60.0

log = structlog.get_logger(__name__)


class Dial(Protocol):
    """How agents make calls; `routing.control.CallControl.dial` is one."""

    async def __call__(self, agent: int, number: str, *, abroad: bool, asked_for: bool) -> None:
        """Ring the agent's telephone, then the number. DoNotCall, and other CallCenterErrors."""


@dataclass(slots=True, eq=False)
class Errand:
    """A callback that is on its way. `answer` is open while an agent looks at it."""

    entry: CallbackEntry
    abroad: bool = False  # whether whoever goes on may call there
    task: asyncio.Task[None] | None = None
    agent: int | None = None
    answer: asyncio.Future[OfferResult] | None = None
    call: CallbackCall | None = None


class CallbackRunner:
    """`run` works until it is cancelled; `accept` and `decline` are what agents say. `interface`
    tells where an agent is rung."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        dial: Dial,
        interface: Callable[[int], str | None],
        publish: Callable[[DomainEvent], object],
        *,
        zone: ZoneInfo,
        policy: Policy | None = None,
        preview: float = PREVIEW_SECONDS,
        patience: float = CALL_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._desk = desk
        self._dial_out = dial
        self._interface = interface
        self._book = CallbackBook(database, publish, zone=zone, policy=policy, clock=clock)
        self._zone = zone
        self._preview = preview
        self._patience = patience
        self._clock = clock
        self._errands: dict[int, Errand] = {}
        self._news = asyncio.Event()

    # --- life ------------------------------------------------------------------------------

    async def follow(self, subscription: Subscription) -> None:
        """Hear what becomes of calls, until the bus ends. Subscribed to EVENTS."""
        async for batch in subscription:
            for _, event in batch:
                self.hear(event)
            if batch.missed:
                self._news.set()

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, WorkChanged):
            if event.kind == "callback":
                self._news.set()
            return
        for errand in self._errands.values():
            if errand.call is not None:
                errand.call.hear(event)

    async def run(self) -> None:
        try:
            while True:
                self._news.clear()  # before looking, so that no news is lost
                await self._idle(await self._look())
        finally:
            tasks = [one.task for one in self._errands.values() if one.task is not None]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _idle(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass  # somebody's time has come

    async def _look(self) -> float:
        """Send out what is due and call back what is over; seconds until the next time."""
        try:
            async with self._database.reading() as session:
                entries = await queries.active(session)
            lost = [one for one in entries if self._is_lost(one)]
            for entry in lost:
                await self._recover(entry)
        except Exception as error:
            if not is_away(error):
                log.exception("callbacks_not_read")
            return AGAIN
        self._call_off({entry.id for entry in entries})
        return self._send_out([entry for entry in entries if entry not in lost])

    def _call_off(self, active: set[int]) -> None:
        for id_, errand in self._errands.items():
            if id_ not in active and errand.task is not None:
                errand.task.cancel()

    def _send_out(self, entries: Iterable[CallbackEntry]) -> float:
        now = self._clock()
        soonest = now + LONGEST_SLEEP
        for entry in entries:
            if entry.id in self._errands or entry.state is not CallbackState.WAITING:
                continue
            due = self._due(entry, now)
            if due <= now:
                self._begin(entry, self._serve)
            soonest = min(soonest, max(due, now + 0.05))
        return soonest - now

    def _due(self, entry: CallbackEntry, now: float) -> float:
        """A time that was agreed on is kept; otherwise the window has to be open."""
        at = max(entry.next_at, now)
        if entry.scheduled_at is not None and entry.attempts == 0:
            return at
        return opens(self._book.window(entry), at, self._zone)

    def _is_lost(self, entry: CallbackEntry) -> bool:
        """On its way as the database has it, and nobody here knows of it."""
        return entry.state is not CallbackState.WAITING and entry.id not in self._errands

    async def _recover(self, entry: CallbackEntry) -> None:
        try:
            if entry.state is CallbackState.OFFERED:
                await self._book.step(entry, Step.LOSE)
            else:
                await self._book.not_reached(entry, "lost", None)
        except NotNow:
            pass  # it came to its end while we looked

    # --- what agents say -------------------------------------------------------------------

    async def accept(self, callback: int, agent: int, *, abroad: bool = False) -> None:
        """The agent goes on: an offered one, or one that waits and is taken out of turn.

        NotNow when it is somebody else's or over, CallCenterError when it cannot be dialled.
        """
        errand = self._errands.get(callback)
        if errand is not None and errand.answer is not None and errand.agent == agent:
            errand.abroad = abroad
            if not errand.answer.done():
                errand.answer.set_result(OfferResult.ANSWERED)
            return
        if errand is not None and errand.agent is not None:
            raise NotNow(CallbackState.OFFERED, Step.DIAL)
        async with self._database.reading() as session:
            entries = await queries.active(session, callback)
        if not entries or entries[0].state is not CallbackState.WAITING:
            raise NotNow(entries[0].state if entries else CallbackState.DONE, Step.DIAL)
        if errand is not None and errand.task is not None:
            errand.task.cancel()
            await asyncio.gather(errand.task, return_exceptions=True)
        self._begin(entries[0], lambda one: self._take(one, agent), abroad=abroad)

    def decline(self, callback: int, agent: int) -> None:
        """Not now. NotNow when it is not offered to this agent."""
        errand = self._errands.get(callback)
        if errand is None or errand.answer is None or errand.agent != agent:
            raise NotNow(CallbackState.WAITING, Step.DECLINE)
        if not errand.answer.done():
            errand.answer.set_result(OfferResult.REJECTED)

    # --- one errand ------------------------------------------------------------------------

    def _begin(
        self,
        entry: CallbackEntry,
        work: Callable[[Errand], Awaitable[None]],
        *,
        abroad: bool = False,
    ) -> None:
        errand = self._errands[entry.id] = Errand(entry, abroad)
        errand.task = asyncio.create_task(self._guarded(errand, work), name=f"callback-{entry.id}")

    async def _guarded(self, errand: Errand, work: Callable[[Errand], Awaitable[None]]) -> None:
        try:
            await work(errand)
        except NotNow:
            pass  # it was settled elsewhere: cancelled, or they called again
        except Exception as error:
            if not is_away(error):
                log.exception("callback_failed", callback=errand.entry.id)
            asyncio.get_running_loop().call_later(AGAIN, self._news.set)
        finally:
            if self._errands.get(errand.entry.id) is errand:
                del self._errands[errand.entry.id]
            self._news.set()

    async def _serve(self, errand: Errand) -> None:
        """From the desk to the end of the call."""
        entry = errand.entry
        ticket = self._desk.join(self._work(entry), _interaction(entry), entry.joined_at)
        result = OfferResult.CALLER_GONE
        try:
            while await self._chosen(entry, ticket):
                match = ticket.match
                if match is None:
                    continue
                answer = await self._shown(errand, match.agent)
                if answer is OfferResult.ANSWERED:
                    result = await self._dial(errand, match.agent, ticket)
                    return
                self._desk.refused(ticket, answer)
        except CallCenterError:
            result = OfferResult.FAILED
            raise
        finally:
            self._desk.leave(ticket, result)

    async def _chosen(self, entry: CallbackEntry, ticket: Ticket) -> bool:
        """Wait for an agent; False when the time at which people may be called is over."""
        now, window = self._clock(), self._book.window(entry)
        seconds = (
            closes(window, now, self._zone) - now if is_open(window, now, self._zone) else None
        )
        try:
            async with asyncio.timeout(seconds):
                await ticket.chosen.wait()
        except TimeoutError:
            return False
        return True

    async def _shown(self, errand: Errand, agent: int) -> OfferResult:
        """The agent looks at it, and says whether to go on."""
        errand.agent = agent
        errand.answer = asyncio.get_running_loop().create_future()
        try:
            await self._book.step(
                errand.entry, Step.OFFER, agent_id=agent, offered_at=self._clock()
            )
            async with asyncio.timeout(self._preview):
                answer = await errand.answer
        except TimeoutError:
            answer = OfferResult.TIMED_OUT
        finally:
            errand.answer = None
        if answer is not OfferResult.ANSWERED:
            errand.agent = None
            await self._book.step(errand.entry, Step.DECLINE)
        return answer

    async def _take(self, errand: Errand, agent: int) -> None:
        """An agent does it out of turn: nobody at the desk is asked."""
        errand.agent = agent
        await self._dial(errand, agent, None)

    async def _dial(self, errand: Errand, agent: int, ticket: Ticket | None) -> OfferResult:
        """What it was for the agent; what it was for the customer is written down."""
        entry = errand.entry
        await self._book.dialling(entry, agent)
        call = errand.call = CallbackCall(self._interface(agent))
        try:
            await self._dial_out(
                agent, entry.number, abroad=errand.abroad, asked_for=entry.asked_for
            )
        except DoNotCall as error:
            await self._book.refused(entry, error.code)
            return OfferResult.FAILED
        except CallCenterError as error:
            log.warning("callback_not_dialled", callback=entry.id, error=error.code)
            await self._book.not_reached(entry, error.code, None)
            return OfferResult.FAILED
        outcome = await call.outcome(self._patience, self._taken_by(ticket))
        await self._book.settle(entry, outcome, call.interaction)
        return OfferResult.TIMED_OUT if outcome is Outcome.AGENT_AWAY else OfferResult.ANSWERED

    def _taken_by(self, ticket: Ticket | None) -> Callable[[], None]:
        """The agent has picked up: for the desk that is an answer, whoever else does."""

        def taken() -> None:
            if ticket is not None:
                self._desk.leave(ticket, OfferResult.ANSWERED)

        return taken

    def _work(self, entry: CallbackEntry) -> Work:
        until = None if entry.wished_agent is None else entry.next_at + WISH_SECONDS
        return Work(
            id=f"callback-{entry.id}",
            queue=entry.queue,
            joined_at=entry.joined_at,
            priority=entry.priority,
            wished=entry.wished_agent,
            wished_until=until,
        )


def _interaction(entry: CallbackEntry) -> str:
    """What the offer of it is known by; the call that is made of it has a name of its own."""
    return stable_id("callback", str(entry.id), str(entry.attempts))
