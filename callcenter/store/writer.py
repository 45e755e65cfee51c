"""Writes down what happened: the one consumer that turns events into rows.

A batch is one transaction. Events wait in the subscription (memory, then disk) while the database
is away; the batch in hand is tried again until it is taken. An event that the database refuses is
put aside in a file, and the rest goes on.

Who needs the rows of an event has two ways to be sure of them: a `Projection` writes its own rows
in the same transaction, after ours; an `on_commit` callback hears of the events afterwards.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter import metrics
from callcenter.bus import Batch, Subscription
from callcenter.events import CallEvent, DomainEvent
from callcenter.health import OK, State, Verdict
from callcenter.jitter import jittered
from callcenter.store import statements
from callcenter.store.database import Database, in_words, is_refused
from callcenter.store.rows import changes
from callcenter.wire import encode

GATHER = 0.02  # seconds to wait for company, so that a busy minute is a few transactions
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds between attempts while the database is away
KNOWN = 20_000  # interactions remembered to have a row
DEAD_BYTES = 64 << 20

Projection = Callable[[AsyncConnection, Sequence[DomainEvent]], Awaitable[None]]
OnCommit = Callable[[Sequence[DomainEvent]], None]
OnState = Callable[[bool, float], None]
Thresholds = Callable[[], Mapping[tuple[str, str], float]]

log = structlog.get_logger(__name__)


class Refused(Exception):
    """This event, alone, cannot be written; `__cause__` says why."""


class Writer:
    """Reads one durable subscription until it ends; `run` is its task."""

    def __init__(
        self,
        database: Database,
        subscription: Subscription,
        dead_letters: Path,
        *,
        thresholds: Thresholds = dict,
        short_thresholds: Thresholds = dict,
        projections: Sequence[Projection] = (),
        on_commit: Sequence[OnCommit] = (),
        on_state: Sequence[OnState] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._subscription = subscription
        self._dead = DeadLetters(dead_letters)
        self._thresholds = thresholds
        self._short_thresholds = short_thresholds
        self._projections = projections
        self._on_commit = on_commit
        self._on_state = on_state
        self._clock = clock
        self._known: OrderedDict[str, None] = OrderedDict()
        self._failure: str | None = None
        self._since = clock()
        metrics.STORE_UP.set(1)

    async def run(self) -> None:
        async for batch in self._subscription:
            await self._persist(batch)

    async def _persist(self, batch: Batch) -> None:
        """Returns when every event of the batch is a row or a dead letter."""
        pause = FIRST_PAUSE
        todo = [[event for _, event in batch]] if len(batch) else []
        while todo:
            try:
                await self._write(todo[0])
            except Refused as error:
                todo[:1] = self._narrowed(todo[0], error)
            except Exception as error:
                self._away(error)
                await asyncio.sleep(jittered(pause))
                pause = min(pause * 2, LONGEST_PAUSE)
            else:
                pause = FIRST_PAUSE
                self._written(todo.pop(0))

    def _narrowed(self, events: list[DomainEvent], error: Refused) -> list[list[DomainEvent]]:
        """Two halves to try, or nothing when the culprit is found."""
        if len(events) > 1:
            middle = len(events) // 2
            return [events[:middle], events[middle:]]
        self._dead.put(events[0], str(error.__cause__))
        return []

    async def _write(self, events: list[DomainEvent]) -> None:
        try:
            done = changes(events, self._thresholds(), self._short_thresholds())
        except Exception as error:
            raise Refused from error
        with metrics.STORE_SECONDS.time():
            try:
                async with self._database.engine.begin() as connection:
                    counts = await statements.apply(connection, done, self._known)
                    for project in self._projections:
                        await project(connection, events)
            except Exception as error:
                if is_refused(error):
                    raise Refused from error
                raise
        for table, count in counts.items():
            metrics.STORE_ROWS.labels(table).inc(count)

    def _written(self, events: list[DomainEvent]) -> None:
        self._back()
        self._remember(events)
        metrics.STORE_EVENTS.inc(len(events))
        self._tell(events)

    def _remember(self, events: list[DomainEvent]) -> None:
        for event in events:
            if isinstance(event, CallEvent):
                self._known[event.interaction] = None
                self._known.move_to_end(event.interaction)
        while len(self._known) > KNOWN:
            self._known.popitem(last=False)

    def _tell(self, events: list[DomainEvent]) -> None:
        for callback in self._on_commit:
            try:
                callback(events)
            except Exception:  # the rows are written; whose callback fails has its own trouble
                log.exception("on_commit_failed", callback=repr(callback))

    def _away(self, error: Exception) -> None:
        said = in_words(error)
        waiting = self._subscription.depth
        if self._failure is None:
            log.error("database_away", error=said, waiting=waiting)
            self._turn(up=False)
        elif said != self._failure:
            log.warning("database_still_away", error=said, waiting=waiting)
        self._failure = said

    def _back(self) -> None:
        if self._failure is not None:
            log.info("database_back", seconds=round(self._clock() - self._since, 1))
            self._failure = None
            self._turn(up=True)

    def _turn(self, *, up: bool) -> None:
        self._since = self._clock()
        metrics.STORE_UP.set(up)
        for callback in self._on_state:
            callback(up, self._since)

    def health(self) -> Verdict:
        """How many events wait, and whether anything was ever lost or refused."""
        waiting, spilled = self._subscription.depth, self._subscription.spilled
        counts = f"{waiting} events waiting ({spilled} on disk)"
        if self._subscription.missed:
            lost = f"{self._subscription.missed} events lost: the bound on disk was reached"
            return Verdict(State.DOWN, f"{lost}; {counts}")
        if self._failure is not None:
            return Verdict(State.DEGRADED, f"{self._failure}; {counts}", self._since)
        if self._dead.count:
            return Verdict(State.DEGRADED, f"{self._dead.count} events refused: {self._dead.path}")
        return OK


class DeadLetters:
    """A file of JSON lines with the events that the database refused, and why."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0  # since the start

    def put(self, event: DomainEvent, why: str) -> None:
        self.count += 1
        metrics.STORE_DEAD.inc()
        log.error("event_refused", type=type(event).__name__, error=why, file=str(self.path))
        line = msgspec.json.encode({"error": why, "event": msgspec.Raw(_encoded(event))}) + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab", opener=_private) as file:
                if file.tell() + len(line) <= DEAD_BYTES:
                    file.write(line)
                    return
            log.critical("dead_letters_full", file=str(self.path), bytes=DEAD_BYTES)
        except OSError as error:
            log.critical("dead_letter_lost", file=str(self.path), error=str(error))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _encoded(event: DomainEvent) -> bytes:
    try:
        return encode(event)
    except (UnicodeError, ValueError):  # half letters cannot be JSON
        return msgspec.json.encode(ascii(event))
