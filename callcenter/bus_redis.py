"""The bus of several processes: one Redis stream that every node writes to and reads from.

What a node publishes reaches its own live subscribers at once, without Redis, so a pop does not
depend on it. From there it goes to an outbox (memory, then disk) and into the stream, gathered;
the outbox is kept while Redis is away. Other nodes' events are read from the stream for the live
subscribers; durable subscribers are consumer groups and acknowledge what is done with, so what a
dead node had in hand is given to another. Events may come twice after a failure, never out of a
node's order; a durable consumer must not mind.

Redis must append to disk (`appendonly yes`) for the stream to survive its own restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from callcenter.bus import (
    BATCH,
    SPILL_BYTES,
    Batch,
    DurableSubscription,
    EventTypes,
    Item,
    MemoryBus,
    Subscription,
)
from callcenter.events import DomainEvent
from callcenter.health import OK, State, Verdict
from callcenter.ids import new_id
from callcenter.spill import Clean, Spill, cleaned
from callcenter.wire import decode, encode

STREAM = "callcenter:events"
MAXLEN = 1_000_000  # entries, some 500 MB of Redis' memory at worst
WAIT = 1_000  # ms that a read waits for something new
PAUSE = 0.5  # seconds before trying a Redis that is away again
CLAIM_AFTER = 60_000  # ms until what a silent node had in hand is taken over
REPLY = 10.0  # seconds until a Redis that does not answer counts as away

Entry = tuple[bytes, dict[bytes, bytes]]
log = structlog.get_logger(__name__)


class RedisBus:
    """`node` is this process's name, the same after a restart; `folder` holds the outbox."""

    def __init__(
        self, url: str, folder: Path, *, node: str, stream: str = STREAM,
        spill_bytes: int = SPILL_BYTES, claim_after: int = CLAIM_AFTER,
    ) -> None:  # fmt: skip
        self._redis: Redis = connect(url)
        self._node = node
        self._run = f"{node}:{new_id()[:8]}"
        self._stream = stream
        self._claim_after = claim_after
        self._live = MemoryBus()
        self._outbox = DurableSubscription(
            "outbox", Spill(folder / "outbox.spill", max_bytes=spill_bytes)
        )
        self._groups: list[GroupSubscription] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._away: str | None = None
        self._ending = False
        self._clean: Clean | None = None

    def publish(self, event: DomainEvent) -> int:
        seq = self._live.publish(event)
        told = event if self._clean is None else self._clean(event)
        if told is not None:
            self._outbox.push((seq, told))
        return seq

    def guard(self, clean: Clean) -> None:
        self._clean = self._outbox.clean = clean
        self._live.guard(clean)
        for group in self._groups:
            group.clean = clean

    async def forget(self, clean: Clean) -> int:
        """Entries of the stream go once every group is done with them; the number of the others.

        Raises what redis-py raises.
        """
        await self._live.forget(clean)
        self._outbox.forget(clean)
        done = await self._done_up_to()
        left, last = 0, b"-"
        while True:
            found: Any = await self._redis.xrange(self._stream, min=last, count=BATCH)
            events = [(id_, _event(fields)) for id_, fields in found]
            told = [id_ for id_, event in events if event is not None and clean(event) != event]
            gone = [id_ for id_ in told if _order(id_) < done]
            left += len(told) - len(gone)
            if gone:
                await self._redis.xdel(self._stream, *gone)
            if len(found) < BATCH:
                return left
            last = b"(" + found[-1][0]

    async def _done_up_to(self) -> tuple[int, int]:
        """Entries before this one are acknowledged by every group."""
        if not await self._redis.exists(self._stream):
            return _END
        firsts = [_END]
        for group in await self._redis.xinfo_groups(self._stream):
            time, number = _order(group["last-delivered-id"])
            firsts.append((time, number + 1))
            pending = await self._redis.xpending(self._stream, group["name"])
            if pending["pending"]:
                firsts.append(_order(pending["min"]))
        return min(firsts)

    def subscribe(
        self, name: str, *, types: EventTypes | None = None, durable: bool = False,
        maxsize: int | None = None, batch: int = BATCH, gather: float = 0.0,
    ) -> Subscription:  # fmt: skip
        """As `Bus.subscribe`; what a durable one has not taken waits in the stream."""
        if not durable:
            return self._live.subscribe(
                name, types=types, maxsize=maxsize, batch=batch, gather=gather
            )
        if any(group.name == name for group in self._groups):
            raise ValueError(f"there is a subscriber {name!r} already")
        group = GroupSubscription(
            name, self._redis, self._stream, self._node, types=types, batch=batch, gather=gather,
            claim_after=self._claim_after,
        )  # fmt: skip
        group.clean = self._clean
        self._groups.append(group)
        return group

    def subscriptions(self) -> Sequence[Subscription]:
        return [*self._live.subscriptions(), self._outbox, *self._groups]

    def health(self) -> Verdict:
        if self._away is None:
            return OK
        return Verdict(State.DEGRADED, f"{self._away}; {self._outbox.depth} events to be sent")

    def finish(self) -> None:
        """No more events from here: live subscribers end; durable ones once the stream is read."""
        self._live.finish()
        self._outbox.close()
        for group in self._groups:
            group.close()

    async def __aenter__(self) -> Self:
        start = await self._position()
        self._tasks = [
            asyncio.create_task(self._send(), name="redis-send"),
            asyncio.create_task(self._read(start), name="redis-read"),
        ]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._outbox.close()
        if self._away is None and self._tasks:  # the last events still get out
            await asyncio.wait(self._tasks[:1], timeout=REPLY)
        self._ending = True  # redis-py can swallow a cancellation that meets an answer
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._outbox.keep()
        await self._live.close()
        await self._redis.aclose()

    async def _position(self) -> bytes:
        """Where the stream ends now; its beginning when Redis is away (we ignore what is ours)."""
        try:
            last: Any = await self._redis.xrevrange(self._stream, count=1)
        except (RedisError, OSError) as error:
            self._note(error)
            return b"$"
        return bytes(last[0][0]) if last else b"0"

    # --- out -------------------------------------------------------------------------------

    async def _send(self) -> None:
        async for batch in self._outbox:
            while not await self._sent(batch.events):
                if self._ending:
                    return
                await asyncio.sleep(PAUSE)

    async def _sent(self, items: list[Item]) -> bool:
        pipe = self._redis.pipeline(transaction=True)  # all or none: no second half out of order
        for seq, event in items:
            fields: dict[Any, Any] = {"node": self._run, "seq": seq, "event": encode(event)}
            pipe.xadd(self._stream, fields, maxlen=MAXLEN, approximate=True)
        try:
            await pipe.execute()
        except (RedisError, OSError) as error:
            self._note(error)
            return False
        self._note(None)
        return True

    # --- in --------------------------------------------------------------------------------

    async def _read(self, last: bytes) -> None:
        """Other nodes' events, for the live subscribers here."""
        newest: dict[bytes, int] = {}  # node → its last number, against repeats
        while not self._ending:
            try:
                entries = await self._entries(last)
            except (RedisError, OSError) as error:
                self._note(error)
                await asyncio.sleep(PAUSE)
                continue
            self._note(None)
            for id_, fields in entries:
                last = id_
                node, seq = fields.get(b"node", b""), int(fields.get(b"seq", b"0"))
                if node != self._run.encode() and seq > newest.get(node, -1):
                    newest[node] = seq
                    event = _event(fields)
                    if event is not None:
                        self._live.publish(event)

    async def _entries(self, last: bytes) -> list[Entry]:
        found = await self._redis.xread({self._stream: last}, count=BATCH, block=WAIT)
        return _of_stream(found)

    def _note(self, error: Exception | None) -> None:
        said = None if error is None else f"{type(error).__name__}: {error}"
        if (said is None) != (self._away is None):
            log.warning("redis_changed", up=said is None, reason=said, waiting=self._outbox.depth)
        self._away = said


class GroupSubscription(Subscription):
    """A durable subscriber: a consumer group of the stream, one of whose consumers this node is."""

    def __init__(
        self, name: str, redis: Redis, stream: str, node: str, *, types: EventTypes | None,
        batch: int, gather: float, claim_after: int,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self._batch = batch
        self._gather = gather
        self._redis = redis
        self._stream = stream
        self._node = node
        self._types = None if types is None else frozenset(types)
        self._claim_after = claim_after
        self._given: list[bytes] = []  # ids of entries handed out, to be acknowledged
        self._own = b"0"  # reading what we had in hand before a restart; b">" afterwards
        self._claim_at = 0.0
        self._made = False
        self._lag = 0
        self._seq = 0
        self.clean: Clean | None = None  # what is read passes it

    @property
    def depth(self) -> int:
        """As of the last read."""
        return self._lag + len(self._given)

    async def __anext__(self) -> Batch:
        while True:
            try:
                batch = await self._next()
            except (RedisError, OSError) as error:
                if isinstance(error, ResponseError) and "NOGROUP" in str(error):
                    self._made = False  # Redis came back without its data
                if self._closed:
                    raise StopAsyncIteration from None
                log.warning("redis_away", subscriber=self.name, error=str(error))
                await asyncio.sleep(PAUSE)
                continue
            if batch is not None:
                return batch
            if self._closed:
                raise StopAsyncIteration

    async def _next(self) -> Batch | None:
        """None when there is nothing new."""
        await self._acknowledge()
        await self._make()
        entries = await self._entries()
        if not entries:
            return None
        self._given = [id_ for id_, _ in entries]
        await self._measure()
        events = [event for _, fields in entries if (event := _event(fields)) is not None]
        wanted = [e for e in events if self._types is None or type(e) in self._types]
        wanted = cleaned(wanted, self.clean)
        first = self._seq + 1
        self._seq += len(wanted)
        return Batch(list(enumerate(wanted, first)))

    async def _acknowledge(self) -> None:
        if self._given:
            await self._redis.xack(self._stream, self.name, *self._given)
            self._given = []

    async def _make(self) -> None:
        if self._made:
            return
        try:  # from the beginning: a durable subscriber misses nothing that is there
            await self._redis.xgroup_create(self._stream, self.name, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
        self._made, self._own = True, b"0"

    async def _entries(self) -> list[Entry]:
        if self._own != b">":
            entries = await self._group_read(self._own, None)
            if entries:
                self._own = entries[-1][0]
                return entries
            self._own = b">"
        return await self._claim() or await self._group_read(b">", None if self._closed else WAIT)

    async def _claim(self) -> list[Entry]:
        """What another node had in hand for too long: it is dead, and the work is ours."""
        now = asyncio.get_running_loop().time()
        if now < self._claim_at:
            return []
        _, entries, gone = await self._redis.xautoclaim(
            self._stream, self.name, self._node, self._claim_after, count=self._batch
        )
        self._lost(len(gone))
        if not entries:
            self._claim_at = now + self._claim_after / 2000
        return list(entries)

    async def _group_read(self, after: bytes, block: int | None) -> list[Entry]:
        found = await self._redis.xreadgroup(
            self.name, self._node, {self._stream: after}, count=self._batch, block=block
        )
        entries = _of_stream(found)
        self._lost(sum(1 for _, fields in entries if not fields))
        if self._gather and not self._closed and 0 < len(entries) < self._batch:
            await asyncio.sleep(self._gather)  # the next read finds company
        return entries

    def _lost(self, count: int) -> None:
        """Entries that were trimmed from the stream before they were done with."""
        if count:
            self.missed += count
            log.critical("stream_trimmed", subscriber=self.name, lost=count)

    async def _measure(self) -> None:
        """How far behind we are; and whether the stream was cut off before we read it."""
        for group in await self._redis.xinfo_groups(self._stream):
            if group["name"] == self.name.encode():
                self._lag = group.get("lag") or 0


_END = (1 << 63, 0)  # behind every entry


def _order(id_: bytes) -> tuple[int, int]:
    """Ids are compared by their two numbers, not as text."""
    time, _, number = id_.partition(b"-")
    return int(time), int(number or 0)


def connect(url: str) -> Redis:
    """A client that fails quickly and leaves trying again to us."""
    client: Redis = Redis.from_url(
        url,
        socket_timeout=REPLY,
        socket_connect_timeout=REPLY,
        retry=Retry(NoBackoff(), 0),
        decode_responses=False,
        protocol=2,  # answers have the shape that _of_stream reads
    )
    return client


def _of_stream(found: Any) -> list[Entry]:
    """The entries of the one stream we asked for; the answer is [[stream, entries]]."""
    return list(found[0][1]) if found else []


def _event(fields: dict[bytes, bytes] | None) -> DomainEvent | None:
    """None for what is not an event of ours (another version's), which is logged."""
    data = (fields or {}).get(b"event")
    if data is None:
        return None
    try:
        return decode(data)
    except msgspec.DecodeError as error:
        log.error("stream_unreadable", error=str(error), data=data[:500])
        return None
