"""Carries each event to everybody who asked, so that no consumer can delay another or the PBX link.

`publish` is synchronous and only queues; each subscriber has its own bounded queue and its own
task. What happens at the bound is the subscriber's choice:

- live (the default): the queue is emptied and the next batch says how many events were `missed`;
  the consumer takes a fresh snapshot. For screens.
- durable: what does not fit goes to a file, in order. Asking for the next batch says that the last
  one is done with; what was not done with is delivered again after a restart. For rows, which are
  written so that a repeat changes nothing.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from callcenter.events import DomainEvent
from callcenter.spill import Clean, Spill, cleaned

Item = tuple[int, DomainEvent]
EventTypes = Iterable[type[DomainEvent]]

LIVE_EVENTS = 10_000  # queued for one live subscriber
DURABLE_EVENTS = 100_000  # kept in memory for one durable subscriber (some 50 MB at worst)
SPILL_BYTES = 1 << 30  # kept on disk for one durable subscriber
BATCH = 1_000
OUTBOX = "outbox.spill"  # what a bus of several processes has still to send


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in order, each with its number; `missed` were lost before them (live only)."""

    events: list[Item]
    missed: int = 0

    def __iter__(self) -> Iterator[Item]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)


class Subscription(ABC):
    """An asynchronous iterator of batches; one task reads it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.missed = 0  # in all, for the metrics
        self._closed = False

    @property
    @abstractmethod
    def depth(self) -> int:
        """Events waiting, wherever they wait."""

    @property
    def spilled(self) -> int:
        """Of these, how many wait on disk."""
        return 0

    def close(self) -> None:
        """No more events: iteration ends when what is queued has been taken."""
        self._closed = True

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self

    @abstractmethod
    async def __anext__(self) -> Batch: ...


class QueuedSubscription(Subscription):
    """One that the bus pushes to, in this process."""

    def __init__(self, name: str, *, batch: int = BATCH, gather: float = 0.0) -> None:
        super().__init__(name)
        self._batch = batch
        self._gather = gather  # seconds to wait for company after the first event
        self._waiter: asyncio.Future[None] | None = None

    @abstractmethod
    def push(self, item: Item) -> None:
        """Called by the bus in the loop's thread; never waits."""

    @abstractmethod
    def keep(self) -> None:
        """The end of the process: what was not done with is put where it is found again."""

    @abstractmethod
    def forget(self, clean: Clean) -> None:
        """What waits here is told as `clean` has it."""

    @abstractmethod
    def _ready(self) -> bool: ...

    @abstractmethod
    def _take(self) -> Batch: ...

    @abstractmethod
    def _done(self) -> None:
        """The last batch is done with."""

    def close(self) -> None:
        super().close()
        self._wake()

    async def __anext__(self) -> Batch:
        self._done()
        while not self._ready():
            if self._closed:
                raise StopAsyncIteration
            await self._pushed()
        if self._gather and not self._closed:
            await asyncio.sleep(self._gather)
        return self._take()

    async def _pushed(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class LiveSubscription(QueuedSubscription):
    """Bounded; one that falls behind is emptied and told so."""

    def __init__(
        self, name: str, *, maxsize: int = LIVE_EVENTS, batch: int = BATCH, gather: float = 0.0
    ) -> None:
        super().__init__(name, batch=batch, gather=gather)
        self._maxsize = maxsize
        self._queue: deque[Item] = deque()
        self._missed = 0  # not yet told

    @property
    def depth(self) -> int:
        return len(self._queue)

    def push(self, item: Item) -> None:
        queue = self._queue
        if len(queue) >= self._maxsize:
            self._missed += len(queue)
            self.missed += len(queue)
            queue.clear()
        queue.append(item)
        if self._waiter is not None:
            self._wake()

    def keep(self) -> None:
        self._queue.clear()

    def forget(self, clean: Clean) -> None:
        self._queue = deque(_cleaned_items(self._queue, clean))

    def _ready(self) -> bool:
        return bool(self._queue)

    def _take(self) -> Batch:
        missed, self._missed = self._missed, 0
        return Batch(_pop(self._queue, self._batch), missed)

    def _done(self) -> None:
        """Nothing is owed to a live subscriber."""


class DurableSubscription(QueuedSubscription):
    """Bounded in memory, then on disk; unfinished work is found again after a restart."""

    def __init__(
        self, name: str, spill: Spill, *, maxsize: int = DURABLE_EVENTS, batch: int = BATCH,
        gather: float = 0.0,
    ) -> None:  # fmt: skip
        super().__init__(name, batch=batch, gather=gather)
        self.spill = spill
        self._maxsize = maxsize
        self._queue: deque[Item] = deque()  # always older than what is on disk, but see __init__
        self._given: list[Item] = []  # taken from memory, not yet done with
        self._last = 0
        self.clean: Clean | None = None  # what is read back from disk passes it

    @property
    def depth(self) -> int:
        return len(self._queue) + len(self._given) + self.spill.waiting

    @property
    def spilled(self) -> int:
        return self.spill.waiting

    def push(self, item: Item) -> None:
        # Once something is on disk everything goes there, or the order would be lost.
        if self.spill.waiting or len(self._queue) >= self._maxsize:
            if not self.spill.append(item[1]):
                self.missed += 1
        else:
            self._queue.append(item)
        if self._waiter is not None:
            self._wake()

    def keep(self) -> None:
        unfinished = [*self._given, *self._queue]
        self._given, self._queue = [], deque()
        self.spill.prepend(event for _, event in unfinished)
        self.spill.close()

    def _ready(self) -> bool:
        return bool(self._queue or self.spill.waiting)

    def _take(self) -> Batch:
        if self._queue:
            self._given = _pop(self._queue, self._batch)
            self._last = self._given[-1][0]
            return Batch(list(self._given))
        # Events from disk have lost their numbers (some are of an earlier run).
        events = cleaned(self.spill.read(self._batch), self.clean)
        return Batch([(self._last, event) for event in events])

    def forget(self, clean: Clean) -> None:
        """What waits here, in memory and on disk, is told as `clean` has it."""
        self._queue = deque(_cleaned_items(self._queue, clean))
        self._given = _cleaned_items(self._given, clean)
        self.spill.forget(clean)

    def _done(self) -> None:
        self._given = []
        self.spill.advance()


def _cleaned_items(items: Iterable[Item], clean: Clean) -> list[Item]:
    return [(seq, told) for seq, event in items if (told := clean(event)) is not None]


def _pop(queue: deque[Item], count: int) -> list[Item]:
    if len(queue) <= count:
        items = list(queue)
        queue.clear()
        return items
    return [queue.popleft() for _ in range(count)]


class Bus(Protocol):
    """What the rooms know of the bus."""

    def publish(self, event: DomainEvent) -> int:
        """Queue for every subscriber; the event's number, growing by one in this process."""
        ...

    def subscribe(
        self, name: str, *, types: EventTypes | None = None, durable: bool = False,
        maxsize: int | None = None, batch: int = BATCH, gather: float = 0.0,
    ) -> Subscription:  # fmt: skip
        """From now on; `types` limits what is delivered. A durable name is unique for ever."""
        ...

    def subscriptions(self) -> Sequence[Subscription]: ...

    def guard(self, clean: Clean) -> None:
        """From now on every event passes `clean`, told or read back, before anybody gets it."""
        ...

    async def forget(self, clean: Clean) -> int:
        """Whatever waits or is kept is told as `clean` has it; how much is still to be done."""
        ...

    def finish(self) -> None:
        """No more events: every consumer's loop ends once it has taken what is queued."""
        ...


class MemoryBus:
    """The bus of one process. Durable subscribers need `folder` for what does not fit."""

    def __init__(self, folder: Path | None = None, *, spill_bytes: int = SPILL_BYTES) -> None:
        self._folder = folder
        self._spill_bytes = spill_bytes
        self._seq = 0
        self._subscribers: list[tuple[QueuedSubscription, frozenset[type[DomainEvent]] | None]] = []
        self._routes: dict[type[DomainEvent], tuple[Callable[[Item], None], ...]] = {}
        self._clean: Clean | None = None

    def publish(self, event: DomainEvent) -> int:
        self._seq = seq = self._seq + 1
        if self._clean is not None:
            told = self._clean(event)
            if told is None:
                return seq
            event = told
        item = (seq, event)
        try:
            route = self._routes[type(event)]
        except KeyError:
            route = self._route(type(event))
        for push in route:
            push(item)
        return seq

    def _route(self, kind: type[DomainEvent]) -> tuple[Callable[[Item], None], ...]:
        self._routes[kind] = route = tuple(
            subscription.push
            for subscription, types in self._subscribers
            if types is None or kind in types
        )
        return route

    def subscribe(
        self, name: str, *, types: EventTypes | None = None, durable: bool = False,
        maxsize: int | None = None, batch: int = BATCH, gather: float = 0.0,
    ) -> Subscription:  # fmt: skip
        if any(other.name == name for other, _ in self._subscribers):
            raise ValueError(f"there is a subscriber {name!r} already")
        subscription: QueuedSubscription
        if durable:
            bound = DURABLE_EVENTS if maxsize is None else maxsize
            subscription = DurableSubscription(
                name, self._spill(name), maxsize=bound, batch=batch, gather=gather
            )
            subscription.clean = self._clean
        else:
            bound = LIVE_EVENTS if maxsize is None else maxsize
            subscription = LiveSubscription(name, maxsize=bound, batch=batch, gather=gather)
        self._subscribers.append((subscription, None if types is None else frozenset(types)))
        self._routes.clear()
        return subscription

    def _spill(self, name: str) -> Spill:
        if self._folder is None:
            raise ValueError(f"durable subscriber {name!r}: this bus has no folder to spill to")
        return Spill(self._folder / f"{name}.spill", max_bytes=self._spill_bytes)

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop delivering to it; what a durable one has left is kept for its next time."""
        for pair in self._subscribers:
            if pair[0] is subscription:
                self._subscribers.remove(pair)
                self._routes.clear()
                pair[0].close()
                pair[0].keep()
                return

    def subscriptions(self) -> Sequence[Subscription]:
        return [subscription for subscription, _ in self._subscribers]

    def guard(self, clean: Clean) -> None:
        self._clean = clean
        for subscription, _ in self._subscribers:
            if isinstance(subscription, DurableSubscription):
                subscription.clean = clean

    async def forget(self, clean: Clean) -> int:
        for subscription, _ in self._subscribers:
            subscription.forget(clean)
        self._forget_left_over(clean)
        return 0

    def _forget_left_over(self, clean: Clean) -> None:
        """Files of subscribers that an earlier version had, or another configuration."""
        if self._folder is None:
            return
        taken = {
            one.spill.path for one, _ in self._subscribers if isinstance(one, DurableSubscription)
        }
        for path in sorted(self._folder.glob("*.spill")):
            if path not in taken and path.name != OUTBOX:
                spill = Spill(path, max_bytes=self._spill_bytes)
                spill.forget(clean)
                spill.close()

    def finish(self) -> None:
        for subscription in self.subscriptions():
            subscription.close()

    async def close(self) -> None:
        """The end: consumers are gone; what durable ones left is on disk for the next start."""
        for subscription, _ in self._subscribers:
            subscription.close()
            subscription.keep()
        self._subscribers.clear()
        self._routes.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
