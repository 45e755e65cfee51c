"""Delivers what waits: a lane for each target, so that none has to wait for another.

Everything is in the database; a lane has a handful of messages in its hands and no more. A target
that does not answer is left in peace for longer and longer and asked with one message at a time;
one that has failed for days, or says that it is gone, is switched off.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import metrics
from callcenter.outward import outbox, signing, targets
from callcenter.outward.backoff import DAY, GONE, Outcome, again, rest
from callcenter.outward.client import Client
from callcenter.outward.outbox import Due
from callcenter.outward.targets import Target
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken

IN_HAND = 8  # messages of one target on their way at the same time
LEASE = 120.0  # seconds after which messages of somebody who died are taken by the next
LOOK = 15.0  # seconds between looks for what others have queued
BLOCKED = 0.5  # seconds until those behind a message that is on its way are looked at again
AGAIN = 2.0  # seconds until a database that is away is asked again
SUCCESS_NOTED = 60.0  # seconds between two notes that all is well

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rules:
    """When a target that fails is switched off."""

    disable_after: float = 5 * DAY


class Lane:
    """One target's messages, in order of each subject."""

    def __init__(
        self,
        target: Target,
        database: Database,
        client: Client,
        rules: Rules,
        *,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.target = target
        self._database = database
        self._client = client
        self._rules = rules
        self._changed = changed
        self._clock = clock
        self._news = asyncio.Event()
        self._failures = 0
        self._rest_until = 0.0
        self._failing = target.failing_since is not None
        self._noted = 0.0

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        """Until cancelled; what is on its way then is sent again after the lease."""
        flying: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._news.clear()
                pause = self._rest_until - self._clock()
                if pause <= 0:
                    pause = await self._start(flying)
                await self._wait(flying, pause)
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _start(self, flying: set[asyncio.Task[None]]) -> float:
        """Take what there is room for; seconds until there may be more."""
        room = (1 if self._failures else IN_HAND) - len(flying)
        if room <= 0:
            return LOOK
        try:
            due, pause = await self._take(room)
        except Exception as error:
            log.warning("outward_not_looked_at", error=in_words(error), away=is_away(error))
            return AGAIN
        flying |= {asyncio.create_task(self._one(one)) for one in due}
        return pause

    @unbroken
    async def _take(self, room: int) -> tuple[list[Due], float]:
        now = self._clock()
        async with self._database.reading() as session:
            soonest = await outbox.soonest(session, self.target.id)
        if soonest is None or soonest > now:
            return [], LOOK if soonest is None else min(LOOK, soonest - now)
        async with self._database.session() as session:
            due = await outbox.take(session, self.target.id, now=now, until=now + LEASE, limit=room)
            await session.commit()
        return due, LOOK if len(due) == room else BLOCKED

    async def _wait(self, flying: set[asyncio.Task[None]], seconds: float) -> None:
        """For news, for one that has come to its end, or for time to pass."""
        news = asyncio.ensure_future(self._news.wait())
        try:
            waited: set[asyncio.Future[Any]] = {news, *flying}
            timeout = max(0.01, seconds)
            await asyncio.wait(waited, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        flying -= {task for task in flying if task.done()}

    async def _one(self, due: Due) -> None:
        try:
            outcome = await send(self._client, self.target, due, now=self._clock())
            await self._settle(due, outcome)
        except Exception as error:  # the lease passes, and it is tried again
            log.warning("outward_not_settled", delivery=due.id, error=in_words(error))

    @unbroken
    async def _settle(self, due: Due, outcome: Outcome) -> None:
        now, kind = self._clock(), self.target.kind
        self._failures = self._failures + 1 if outcome.ails else 0
        self._rest_until = now + rest(kind, self._failures)
        at = again(kind, due.attempts, outcome, created=due.queued_at, now=now)
        result = "delivered" if outcome.ok else "dead" if at is None else "failed"
        metrics.OUTWARD_ATTEMPTS.labels(kind, result).inc()
        async with self._database.session() as session:
            await outbox.settle(session, due, outcome, now=now, again=at)
            off = await self._note(session, outcome, now)
            await session.commit()
        if not outcome.ok:
            log.info(
                "outward_not_delivered", webhook=self.target.id, delivery=due.id,
                error=outcome.error, given_up=at is None,
            )  # fmt: skip
        if off:
            log.warning("webhook_switched_off", webhook=self.target.id)
            self._changed()

    async def _note(self, session: AsyncSession, outcome: Outcome, now: float) -> bool:
        """How the target is, on its row; whether it was switched off for it."""
        id_ = self.target.id
        if outcome.ok:
            if self._failing or now - self._noted > SUCCESS_NOTED:
                await targets.succeeded(session, id_, now=now)
                self._failing, self._noted = False, now
            return False
        since = await targets.failed(session, id_, now=now)
        self._failing = True
        if outcome.status == GONE:
            await targets.switch_off(session, id_, "gone", now=now)
            return True
        if since is not None and now - since > self._rules.disable_after:
            await targets.switch_off(session, id_, "failing", now=now)
            return True
        return False


class Deliverer:
    """Keeps a lane for each target of the moment."""

    def __init__(self, lane: Callable[[Target], Lane]) -> None:
        self._lane = lane
        self._lanes: dict[int, tuple[Lane, asyncio.Task[None]]] = {}

    def arrange(self, wanted: Sequence[Target]) -> None:
        """Lanes for exactly these; one whose target was changed begins anew."""
        by_id = {target.id: target for target in wanted}
        for id_, (lane, task) in list(self._lanes.items()):
            if not _same(by_id.get(id_), lane.target) or task.done():
                task.cancel()
                del self._lanes[id_]
        for id_, target in by_id.items():
            if id_ not in self._lanes:
                lane = self._lane(target)
                self._lanes[id_] = (lane, asyncio.create_task(lane.run(), name=f"webhook {id_}"))

    def wake(self, ids: set[int]) -> None:
        for id_ in ids:
            if id_ in self._lanes:
                self._lanes[id_][0].wake()

    async def close(self) -> None:
        tasks = [task for _, task in self._lanes.values()]
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _same(now: Target | None, before: Target) -> bool:
    """Whether it is told in the same way; how long it has failed makes no difference."""
    if now is None:
        return False
    return (now.url, now.format, now.secrets) == (before.url, before.format, before.secrets)


async def send(client: Client, target: Target, due: Due, *, now: float) -> Outcome:
    """One attempt."""
    body, headers = packed(target, due, now=now)
    return await client.post(target.url, body, headers)


def packed(target: Target, due: Due, *, now: float) -> tuple[bytes, dict[str, str]]:
    """The bytes and headers of a message, as this target wants them."""
    body = due.body.encode()
    if target.kind == "cti":
        if target.format == "json":
            return body, {"Content-Type": "application/json"}
        pairs = _pairs(msgspec.json.decode(body))
        kind = "application/x-www-form-urlencoded; charset=utf-8"
        return urlencode(pairs).encode(), {"Content-Type": kind}
    headers = signing.headers(due.message, body, target.secrets, now=now)
    return body, {"Content-Type": "application/json", **headers}


def _pairs(fields: dict[str, str | list[str]]) -> list[tuple[str, str]]:
    """A list is written `user[]`, once for each of it, as forms do."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        if isinstance(value, list):
            pairs += [(f"{name}[]", one) for one in value]
        else:
            pairs.append((name, value))
    return pairs
