"""Turns what happens into rows that wait to be delivered, so that from then on nothing is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import cast

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.bus import Batch, EventTypes, Subscription
from callcenter.events import DomainEvent
from callcenter.outward import outbox
from callcenter.outward.catalogue import CATALOGUE, outgoing
from callcenter.outward.cti import EVENTS as CTI_EVENTS
from callcenter.outward.cti import CtiBook, CtiMessage, Numbers
from callcenter.outward.outbox import NewDelivery
from callcenter.outward.targets import Target
from callcenter.outward.telling import People
from callcenter.store.database import Database, in_words, is_refused

AGAIN = 2.0  # seconds until a database that is away is tried again
EVENTS = cast(EventTypes, frozenset((*CATALOGUE, *CTI_EVENTS)))

log = structlog.get_logger(__name__)


class Recorder:
    """Reads a durable subscription. `targets` are those of the moment, `wake` tells of news."""

    def __init__(
        self,
        batches: Subscription,
        database: Database,
        people: People,
        numbers: Numbers,
        *,
        targets: Callable[[], Sequence[Target]],
        wake: Callable[[set[int]], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._batches = batches
        self._database = database
        self._people = people
        self._numbers = numbers
        self._targets = targets
        self._wake = wake
        self._clock = clock
        self._book = CtiBook(people, numbers)

    async def run(self) -> None:
        """Until the bus ends it. A batch is done with when its rows are written."""
        await self._write(self._load_calls)
        coming: asyncio.Future[Batch] | None = None
        try:
            while True:
                coming = coming or asyncio.ensure_future(anext(self._batches))
                await asyncio.wait({coming}, timeout=self._patience())
                batch: Batch | None = None
                if coming.done():
                    batch, coming = coming.result(), None
                await self._turn(batch)
        except StopAsyncIteration:
            return
        finally:
            if coming is not None:
                coming.cancel()

    def _patience(self) -> float | None:
        due = self._book.next_due()
        return None if due is None else max(0.0, due - self._clock())

    async def _turn(self, batch: Batch | None) -> None:
        targets = self._targets()
        helpdesks = [target for target in targets if target.kind == "cti"]
        if not helpdesks and len(self._book):
            self._book = CtiBook(self._people, self._numbers)  # nobody hears of these any more
        now = self._clock()
        new = self._safely("tick", lambda: self._told(helpdesks, self._book.tick(now)))
        for _, event in batch or ():
            new += self._of(event, targets, helpdesks, now)
        changes = self._book.take_changes()
        if new or changes:
            await self._keep(new, changes)
            self._wake({one.webhook for one in new})

    async def _keep(self, new: list[NewDelivery], changes: dict[str, bytes | None]) -> None:
        """All together; what the database does not want is found by writing one by one."""
        if await self._write(lambda session: self._record(session, new, changes)):
            return
        for one in new:
            await self._write(partial(self._record, new=[one], changes={}))
        for key, state in changes.items():
            await self._write(partial(self._record, new=[], changes={key: state}))

    def _of(
        self,
        event: DomainEvent,
        targets: Sequence[Target],
        helpdesks: list[Target],
        now: float,
    ) -> list[NewDelivery]:
        kind = type(event).__name__
        found: list[NewDelivery] = []
        if helpdesks:
            found += self._safely(kind, lambda: self._told(helpdesks, self._book.feed(event, now)))
        return found + self._safely(kind, lambda: self._webhooks(targets, event))

    def _safely(self, kind: str, deliveries: Callable[[], list[NewDelivery]]) -> list[NewDelivery]:
        """One event that nobody foresaw must not silence all others."""
        try:
            return deliveries()
        except Exception:
            log.exception("outward_not_told", type=kind)
            return []

    def _webhooks(self, targets: Sequence[Target], event: DomainEvent) -> list[NewDelivery]:
        told = CATALOGUE.get(type(event))
        if told is None:
            return []
        wanting = [target.id for target in targets if told.name in target.events]
        message = outgoing(event, self._people) if wanting else None
        if message is None:
            return []
        return [
            NewDelivery(id_, message.id, message.type, message.subject, message.body)
            for id_ in wanting
        ]

    def _told(self, helpdesks: list[Target], messages: list[CtiMessage]) -> list[NewDelivery]:
        return [
            _delivery(target, message)
            for message in messages
            for target in helpdesks
            if target.internal or not message.internal
        ]

    async def _record(
        self, session: AsyncSession, new: list[NewDelivery], changes: dict[str, bytes | None]
    ) -> None:
        now = self._clock()
        await outbox.record(session, new, now=now)
        await outbox.keep_calls(session, changes, now=now)

    async def _load_calls(self, session: AsyncSession) -> None:
        for row in await outbox.load_calls(session):
            try:
                self._book.load([row])
            except msgspec.DecodeError:
                log.warning("cti_call_unreadable", interaction=row[0])

    async def _write(self, work: Callable[[AsyncSession], Awaitable[None]]) -> bool:
        """Until it is written: meanwhile what happens waits in the bus, on disk if need be.

        False when the database looked at it and refused.
        """
        while True:
            try:
                async with self._database.session() as session:
                    await work(session)
                    await session.commit()
            except Exception as error:
                log.warning("outward_not_written", error=in_words(error))
                if is_refused(error):
                    return False
                await asyncio.sleep(AGAIN)
            else:
                return True


def _delivery(target: Target, message: CtiMessage) -> NewDelivery:
    """Its id is made of what a helpdesk itself tells messages apart by."""
    event, call = message.fields["event"], message.fields["callId"]
    body = msgspec.json.encode(message.fields).decode()
    return NewDelivery(target.id, f"{call}.{event}", f"cti.{event}", message.call, body)
