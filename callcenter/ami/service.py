"""Follows one PBX for as long as the service runs: link, resync, and the one ordered consumer.

Messages are queued by the reading side and followed by a single task, in order. After each log-in
the consumer waits until the PBX's own lists have been reconciled; what came in meanwhile follows.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from callcenter import metrics
from callcenter.ami.connection import AmiConnection, Endpoint, LinkState, Reply, Timing
from callcenter.calls.reconcile import Snapshot
from callcenter.calls.tracker import Tracker
from callcenter.errors import AmiRefused
from callcenter.events import (
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LinkLost,
    LinkRestored,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from callcenter.ami.messages import Message
    from callcenter.ami.protocol import Quarantined

log = structlog.get_logger(__name__)

MAX_QUEUED = 200_000  # messages; beyond it the link is begun anew rather than memory lost
SLICE = 500  # messages followed before others on the loop have their turn
TICK = 0.5  # seconds between looks at conversations that broke
RETRY = 5.0  # seconds until the store is asked again
MEMORY_SECONDS = 3.0  # calls are not kept waiting for a store that hangs
SHUTDOWN_SECONDS = 10.0  # in which the link must end for the PBX to have meant its farewell
BOOT_SECONDS = 10.0  # for a PBX that is just starting to load its last module
_ABSENT = "unknown command"  # what a PBX says whose module for an action is not loaded


class CallMemory(Protocol):
    """What the store remembers of calls from before a restart."""

    async def known(self, pbx: str, boot: str) -> Mapping[str, str]:
        """uniqueid -> interaction id of the legs that were open."""

    async def open_interactions(self, pbx: str) -> list[str]:
        """The interactions whose end was never written."""

    async def last_known_at(self, pbx: str) -> float | None:
        """The latest moment of which the store can tell, seconds since the epoch."""


class AmiService:
    """One PBX. `publish` receives every domain event, in order; it must not block."""

    def __init__(
        self,
        pbx: str,
        endpoint: Endpoint,
        publish: Callable[[DomainEvent], object],
        memory: CallMemory,
        trunks: tuple[str, ...] = (),
        *,
        timing: Timing | None = None,
    ) -> None:
        self.pbx = pbx
        self.connection = AmiConnection(
            endpoint, self._queue, self._resync, self._down, self._set_aside, timing=timing
        )
        self._out = publish
        self._publish: Callable[[DomainEvent], object] = self._note
        self._memory = memory
        self._trunks = trunks
        self._messages: deque[Message] = deque()
        self._wake = asyncio.Event()
        self._synced = False
        self._farewell: Message | None = None  # see _believed_farewell
        self._tracker: Tracker | None = None
        self._boot = ""
        self._fully_booted = asyncio.Event()  # the PBX said so in this session
        self._waited_for = ""  # the boot whose end was waited for
        self._last_known: float | None = None  # when the PBX last said anything
        self._told: set[str] = set()  # calls begun since the start; see _close_lost
        self._closing: asyncio.Task[None] | None = None
        self._followed = metrics.AMI_MESSAGES.labels(pbx)
        # Read when somebody asks; set at every message they would take longer than the message.
        metrics.AMI_QUEUE.labels(pbx).set_function(lambda: len(self._messages))
        metrics.INTERACTIONS_OPEN.labels(pbx).set_function(self._open_interactions)

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.connection.run(), name="ami-link")
                tasks.create_task(self._follow(), name="ami-follow")
                tasks.create_task(self._tick(), name="ami-tick")
        finally:
            if self._closing is not None:
                self._closing.cancel()
                await asyncio.gather(self._closing, return_exceptions=True)

    async def send(self, headers: Mapping[str, str]) -> Reply:
        """One action; see AmiConnection.send."""
        return await self.connection.send(headers)

    @property
    def depth(self) -> int:
        """Messages read and not yet followed."""
        return len(self._messages)

    @property
    def health(self) -> tuple[bool, str]:
        """Whether calls are being followed, and why not."""
        link = self.connection
        if link.state is LinkState.UP:
            return True, f"connected since {int(link.since)}"
        return False, f"{link.state.value}: {link.reason}" if link.reason else link.state.value

    # --- the reading side ----------------------------------------------------------------------

    def _queue(self, events: list[Message]) -> None:
        if any(event.name == "FullyBooted" for event in events):
            self._fully_booted.set()
        if len(self._messages) + len(events) > MAX_QUEUED:
            self.connection.drop("more messages queued than can be followed")
            return
        self._messages.extend(events)
        self._wake.set()

    def _set_aside(self, bad: Quarantined) -> None:
        """A message nobody may believe: counted, and logged with its bytes."""
        metrics.AMI_QUARANTINED.labels(self.pbx, bad.reason).inc()
        log.warning("ami.quarantined", reason=bad.reason, size=bad.size, data=repr(bad.data))

    # --- the following side --------------------------------------------------------------------

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._synced and self._messages:
                self._take(SLICE)
                if self._messages:
                    await asyncio.sleep(0)

    def _take(self, most: int) -> None:
        tracker = self._tracker
        assert tracker is not None  # noqa: S101  # synced means reconciled
        messages, publish = self._messages, self._publish
        taken = min(most, len(messages))
        for _ in range(taken):
            message = messages.popleft()
            if message.name == "Shutdown":
                self._farewell = message
                continue
            try:
                events = tracker.feed(message)
            except Exception:  # one bad message must not end the following of all calls
                log.exception("ami.message_failed", name=message.name, fields=message.fields)
                events = tracker.take()
            for event in events:
                publish(event)
        self._followed.inc(taken)

    def _believed_farewell(self) -> list[DomainEvent]:
        """No call outlives a PBX that goes; but anybody's number can say so (deploy/asterisk).

        A real one is followed by the end of the link at once, which is what called us.
        """
        message, self._farewell = self._farewell, None
        if message is None or self._tracker is None:
            return []
        if time.time() - (message.received_at or 0.0) > SHUTDOWN_SECONDS:
            log.warning("ami.farewell_not_meant")
            return []
        return self._tracker.feed(message)

    def _open_interactions(self) -> int:
        return 0 if self._tracker is None else self._tracker.open_interactions

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            if self._synced and self._tracker is not None and not self._messages:
                for event in self._tracker.tick(time.time()):
                    self._publish(event)

    # --- gaps ----------------------------------------------------------------------------------

    def _down(self) -> None:
        """The session is gone. What had been read is still true, and is followed first."""
        if self._synced:
            while self._messages:
                self._take(SLICE)
            self._tell(self._believed_farewell())
            self._synced = False
            self._last_known = self.connection.heard_at
            metrics.AMI_UP.labels(self.pbx).set(0)
            self._publish(LinkLost(at=self._last_known, pbx=self.pbx))
        self._messages.clear()
        self._fully_booted.clear()

    async def _resync(self) -> None:
        """Ask the PBX for its truth, reconcile, and let the queue go on."""
        boot = await self._boot_epoch()
        snapshot = await self._snapshot(boot)
        known = await self._known(boot)
        now = time.time()
        if self._tracker is None or boot != self._boot:
            if self._tracker is not None:
                self._tell(self._tracker.finish(unseen=now))
            self._tracker, self._boot = Tracker(self.pbx, boot, self._trunks), boot
        self._tell(self._tracker.reconcile(snapshot, now, known))
        self._publish(LinkRestored(at=now, pbx=self.pbx, boot=boot, since=self._last_known))
        metrics.AMI_UP.labels(self.pbx).set(1)
        if self.connection.connects > 1:
            metrics.AMI_RECONNECTS.labels(self.pbx).inc()
        self._synced = True
        self._wake.set()
        if self._closing is None:  # later losses are this process's own to know
            self._closing = asyncio.create_task(self._close_lost(), name="ami-close-lost")

    def _tell(self, events: list[DomainEvent]) -> None:
        for event in events:
            self._publish(event)

    async def _boot_epoch(self) -> str:
        reply = await self._ask({"Action": "CoreStatus"})
        fields = reply.fields
        boot = f"{fields.get('CoreStartupDate', '')}T{fields.get('CoreStartupTime', '')}"
        if boot == "T":
            raise AmiRefused("the PBX does not say when it started (CoreStatus)")
        return boot

    async def _snapshot(self, boot: str) -> Snapshot:
        """The lists, each asked for on its own; that of the queues first, which may have to wait
        until the PBX has one."""
        ask = self._ask
        queues = await self._ask_queues(boot)
        channels = await ask({"Action": "CoreShowChannels"})
        bridges = await ask({"Action": "BridgeList"})
        await self._ask_devices()
        return Snapshot(
            tuple(m for m in channels.events if m.name == "CoreShowChannel"),
            tuple(m for m in bridges.events if m.name == "BridgeListItem"),
            tuple(m for m in queues.events if m.name == "QueueEntry"),
            tuple(m for m in queues.events if m.name == "QueueMember"),
        )

    async def _ask_queues(self, boot: str) -> Reply:
        """A PBX may do without queues of its own, and one that is starting has none yet."""
        booted = self._fully_booted.is_set()
        try:
            return await self._ask({"Action": "QueueStatus"})
        except AmiRefused as error:
            if _ABSENT not in error.message.lower():
                raise
            reason = error.message
        if not booted and boot != self._waited_for:
            await self._boot_ends(boot)
            return await self._ask_queues(boot)
        log.warning("ami.no_queues", reason=reason)
        return Reply({})

    async def _boot_ends(self, boot: str) -> None:
        """The event tells, but only who may read the class `system`; so not for ever, and once."""
        self._waited_for = boot
        session = self.connection.session
        if session is None:
            return
        told = asyncio.ensure_future(self._fully_booted.wait())
        either: set[asyncio.Future[Any]] = {told, session.lost}
        try:
            await asyncio.wait(either, timeout=BOOT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            told.cancel()

    async def _ask_devices(self) -> None:
        """Device states arrive as ordinary events and follow the ordinary way."""
        try:
            await self._ask({"Action": "DeviceStateList"})
        except AmiRefused as error:
            log.warning("ami.no_device_states", reason=error.message)

    async def _ask(self, headers: Mapping[str, str]) -> Reply:
        return await self.connection.send(headers, 10.0)

    async def _known(self, boot: str) -> Mapping[str, str]:
        try:
            async with asyncio.timeout(MEMORY_SECONDS):
                if self._last_known is None:  # the gap since an earlier run of ours
                    self._last_known = await self._memory.last_known_at(self.pbx)
                return await self._memory.known(self.pbx, boot)
        except Exception as error:  # the store may be away; calls are adopted all the same
            log.warning("ami.no_memory", reason=repr(error))
            return {}

    def _note(self, event: DomainEvent) -> None:
        """Publish, and remember which calls are ours to end, until the store has been asked."""
        if isinstance(event, InteractionStarted):
            self._told.add(event.interaction)
        self._out(event)

    async def _close_lost(self) -> None:
        """Calls of before this start that the PBX no longer knows are closed as lost.

        The store is asked when it can be. Of calls begun since, it may know the start and not yet
        the end: those are not its to close.
        """
        while True:
            try:
                open_ids = await self._memory.open_interactions(self.pbx)
                break
            except Exception as error:
                log.warning("ami.no_memory", reason=repr(error))
                await asyncio.sleep(RETRY)
        for interaction in open_ids:
            if interaction not in self._told:
                self._out(_lost(self.pbx, interaction, time.time()))
        self._publish, self._told = self._out, set()


def _lost(pbx: str, interaction: str, now: float) -> InteractionEnded:
    return InteractionEnded(
        at=now,
        pbx=pbx,
        interaction=interaction,
        reason=EndReason.LOST,
        by=None,
        cause=None,
        answered=False,
        estimated=True,
        incomplete=True,
    )
