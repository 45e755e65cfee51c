"""Finds the file of every recorded call and says when it can be heard.

Events say that a recording began and ended, and under what name; a scan of the folder adds what
was recorded while we were away. A file is looked at when its call is over and its size no longer
changes. Rows have ids made from leg and name, so the same story told twice gives the same rows.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.bus import Batch, Bus, Subscription
from callcenter.events import (
    ActivityLogged,
    DomainEvent,
    InteractionEnded,
    InteractionsMerged,
    RecordingIndexed,
    RecordingStarted,
    RecordingStopped,
    SatisfactionGiven,
)
from callcenter.ids import stable_id
from callcenter.metrics import RECORDINGS
from callcenter.store.database import Database, is_away
from callcenter.unbroken import unbroken
from recording import queries
from recording.audio import Sound
from recording.describing import ReadNumber, as_it_came, describe_all, left
from recording.examiner import Examiner
from recording.files import Folder, Seen, UnsafeFile
from recording.queries import Pending, Settled

GIVE_UP = 600.0  # seconds after the end of a call until a file that did not come is missing
LOOKED_AT = 2_000  # waiting recordings in one turn
SETTLED_AT_ONCE = 50  # of them in one transaction: what was examined is soon there to hear
OVERLAP = 120.0  # seconds that a scan looks back behind the last one
AGAIN = 1.0  # seconds before trying a database that was away

log = structlog.get_logger()
_UNIQUEID = re.compile(r"(?<!\d)(\d{9,11}\.\d{1,9})(?!\d)")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between looks at waiting files, and between scans of the folder."""

    look: float = 1.0
    scan: float = 60.0
    settled: float = 10.0  # a file found by a scan must not have changed for this long


@dataclass(frozen=True, slots=True)
class _Looked:
    """A file whose call is over, and what was found in it."""

    pending: Pending
    sound: Sound
    seen: Seen | None

    @property
    def status(self) -> str:
        if self.sound.seconds <= 0 and not self.sound.codec:
            return "missing"
        return "silent" if self.sound.silent else "ready"

    def values(self) -> Settled:
        sound, one = self.sound, self.pending
        row: dict[str, Any] = {"status": self.status, "problem": sound.problem}
        if self.seen is None:
            return Settled(one.id, row | {"started_at": one.started_at or one.stopped_at}, b"")
        row |= {"size": self.seen.size, "seconds": sound.seconds}
        row |= {"channels": sound.channels, "codec": sound.codec}
        row["started_at"] = one.started_at or self.seen.changed_at - sound.seconds
        return Settled(one.id, row, sound.peaks)


class RecordingIndex:
    """Subscribes on construction; `run` works until the bus ends. `orphans`: files of no call;
    `read`: what a number is found by."""

    def __init__(
        self,
        bus: Bus,
        database: Database,
        folder: Folder,
        *,
        read: ReadNumber = as_it_came,
        pace: Pace = Pace(),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.orphans = 0
        self._bus = bus
        self._database = database
        self._folder = folder
        self._read = read
        self._pace = pace
        self._clock = clock
        self._examiner = Examiner()
        self._sizes: dict[str, Seen] = {}  # recording → its file when last looked at
        self._orphans: set[str] = set()
        self._scanned_at = 0.0
        self._scan_due = 0.0
        self._subscription: Subscription = bus.subscribe(
            "recordings", types=_WRITES, durable=True, gather=0.05
        )

    async def run(self) -> None:
        files = asyncio.create_task(self._watch_files())
        try:
            async for batch in self._subscription:
                await self._until_there(partial(self._write, batch))
        finally:
            files.cancel()
            await asyncio.gather(files, return_exceptions=True)
            self._examiner.close()

    async def _until_there(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it as soon as the database is there; what it refuses is logged, not repeated."""
        while True:
            try:
                return await work()
            except Exception as error:
                if not is_away(error):
                    log.exception("recordings_not_written")
                    return None
            await asyncio.sleep(AGAIN)

    async def _write(self, batch: Batch) -> None:
        """Gathered by kind: what began is there before anything ends, and no end closes what began
        after it, so the order between kinds does not matter."""
        told: dict[type[DomainEvent], list[Any]] = defaultdict(list)
        for _, event in batch:
            told[type(event)].append(event)
        async with self._database.session() as session:
            for kind, write in _WRITES.items():
                if told[kind]:
                    await write(self, session, told[kind])
            await session.commit()

    async def started(self, session: AsyncSession, events: Sequence[Any]) -> None:
        await queries.add(session, [self._row(event) for event in events])

    def _row(self, event: Any) -> dict[str, Any]:
        row: dict[str, Any] = {
            "interaction_id": event.interaction,
            "leg_id": event.leg,
            "pbx": event.pbx,
            "channel": event.channel,
            "started_at": event.at,
        }
        try:
            name = self._folder.name_of(event.file)
            row |= {"file": name, "status": "pending", "problem": None}
        except UnsafeFile as error:
            log.warning("recording_refused", interaction=event.interaction, error=str(error))
            name = event.file
            row |= {"file": None, "status": "missing", "problem": "unsafe file name"}
        return row | {"id": stable_id("recording", event.pbx, event.leg, name)}

    async def stopped(self, session: AsyncSession, events: Sequence[Any]) -> None:
        await queries.stop_legs(session, [(one.leg, one.at or self._clock()) for one in events])

    async def ended(self, session: AsyncSession, events: Sequence[Any]) -> None:
        ends = [(one.interaction, one.at or self._clock()) for one in events]
        await queries.stop_calls(session, ends)

    async def merged(self, session: AsyncSession, events: Sequence[Any]) -> None:
        for event in events:
            await queries.merge(session, event.interaction, event.merged)

    async def customer_known(self, session: AsyncSession, events: Sequence[Any]) -> None:
        await queries.give_customers(session, [(e.interaction, int(e.customer)) for e in events])

    async def marked(self, session: AsyncSession, events: Sequence[Any]) -> None:
        await queries.mark(session, [(event.interaction, event.score) for event in events])

    # --- files ------------------------------------------------------------------------------

    async def _watch_files(self) -> None:
        while True:
            await self._until_there(self.look)
            await asyncio.sleep(self._pace.look)

    async def look(self) -> None:
        """One turn: scan if it is time, then look at the files of calls that are over."""
        if self._clock() >= self._scan_due:
            await self._scan()
        async with self._database.reading() as session:
            waiting = await queries.pending(session, limit=LOOKED_AT)
        names = [one.file or "" for one in waiting]
        files = await asyncio.to_thread(lambda: [self._folder.look(name) for name in names])
        over: list[_Looked] = []
        for one, seen in zip(waiting, files, strict=True):
            looked = await self._look_at(one, seen)
            over += [] if looked is None else [looked]
            if len(over) >= SETTLED_AT_ONCE:
                await self._settle(over)
                over = []
        await self._settle(over)
        await self._describe()

    async def _look_at(self, one: Pending, seen: Seen | None) -> _Looked | None:
        """What came of it; None while it may still grow, or come."""
        before = self._sizes.get(one.id)
        if seen is not None and seen == before:
            sound = await self._examiner.examine(self._folder.path / seen.name)
            return _Looked(one, sound, self._folder.look(seen.name) or seen)  # now both sides
        if seen is not None:
            self._sizes[one.id] = seen  # still growing, or seen for the first time
        elif self._clock() - (one.stopped_at or 0.0) > GIVE_UP:
            return _Looked(one, Sound(problem="no file came"), None)
        return None

    @unbroken
    async def _settle(self, over: Sequence[_Looked]) -> None:
        """Write what the files turned out to be, and what they are found by, in one go."""
        if not over:
            return
        async with self._database.session() as session:
            settled = await queries.settle(session, [one.values() for one in over])
            await describe_all(session, sorted(settled), self._read)
            await session.commit()
        for one in over:
            self._sizes.pop(one.pending.id, None)
            if one.pending.id in settled:
                RECORDINGS.labels(one.status).inc()
                self._tell(one)

    def _tell(self, looked: _Looked) -> None:
        one = looked.pending
        log.info("recording", interaction=one.interaction, file=one.file, status=looked.status)
        if looked.status == "ready" and one.interaction is not None:
            self._bus.publish(
                RecordingIndexed(
                    at=one.stopped_at,
                    pbx=one.pbx,
                    interaction=one.interaction,
                    recording=one.id,
                    leg=one.leg,
                    seconds=looked.sound.seconds,
                )
            )

    async def _describe(self) -> None:
        """Those about which something was said since, or that were there before they were found
        by anything."""
        async with self._database.reading() as session:
            some = await left(session)
        if some:
            await self._describe_these(some)

    @unbroken
    async def _describe_these(self, some: Sequence[str]) -> None:
        async with self._database.session() as session:
            await describe_all(session, some, self._read)
            await session.commit()

    # --- scan -------------------------------------------------------------------------------

    async def _scan(self) -> None:
        """Take up the files that no event told us of."""
        now = self._clock()
        found = await asyncio.to_thread(self._found, self._scanned_at - OVERLAP)
        settled = {s.name: s for s in found if s.changed_at <= now - self._pace.settled}
        await self._adopt_all(settled, now)
        self._scanned_at, self._scan_due = now, now + self._pace.scan
        self.orphans = len(self._orphans)

    def _found(self, since: float) -> list[Seen]:
        return list(self._folder.scan(since=since))

    @unbroken
    async def _adopt_all(self, files: dict[str, Seen], now: float) -> None:
        async with self._database.session() as session:
            await queries.stop_forgotten(session, now)
            for start in range(0, len(files), 500):
                part = dict(list(files.items())[start : start + 500])
                await self._adopt(session, part)
            await session.commit()

    async def _adopt(self, session: AsyncSession, files: dict[str, Seen]) -> None:
        known = await queries.known_files(session, list(files))
        ids = {name: _UNIQUEID.findall(name) for name in files if name not in known}
        legs = await queries.legs_by_uniqueid(
            session, {id_ for all_ in ids.values() for id_ in all_}
        )
        rows = []
        for name, uniqueids in ids.items():
            leg = next((legs[id_] for id_ in uniqueids if id_ in legs), None)
            if leg is None:
                self._orphans.add(name)
                continue
            self._orphans.discard(name)
            rows.append(_adopted(name, files[name], leg))
        await queries.add(session, rows)


def _adopted(name: str, seen: Seen, leg: tuple[str, str, str, str]) -> dict[str, Any]:
    interaction, leg_id, pbx, channel = leg
    return {
        "id": stable_id("recording", pbx, leg_id, name),
        "interaction_id": interaction,
        "leg_id": leg_id,
        "pbx": pbx,
        "channel": channel,
        "file": name,
        "stopped_at": seen.changed_at,
        "status": "pending",
    }


_Write = Callable[[RecordingIndex, AsyncSession, Sequence[Any]], Awaitable[None]]

# In the order in which they are written.
_WRITES: dict[type[DomainEvent], _Write] = {
    RecordingStarted: RecordingIndex.started,
    InteractionsMerged: RecordingIndex.merged,
    RecordingStopped: RecordingIndex.stopped,
    InteractionEnded: RecordingIndex.ended,
    ActivityLogged: RecordingIndex.customer_known,
    SatisfactionGiven: RecordingIndex.marked,
}
