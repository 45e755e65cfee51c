"""Moves finished recordings to where they are kept, and sees to the disk and the keys.

Each step is claimed first, so that several services can do this at once, then done, then written
down. A service that ends anywhere in between leaves a row that says what is to be done (again).
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import structlog

from callcenter import metrics
from callcenter.health import OK, State, Verdict
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from recording.store import queries
from recording.store.disk import Disk, is_full, to_free
from recording.store.keyring import KeyMissing, KeyRing
from recording.store.life import Outcome, Stage, Step, after, pause, step_of
from recording.store.places import PlaceAway
from recording.store.queries import Copy, Figures
from recording.store.steps import Result, Shape, Steps, attempt, attempt_of

AT_ONCE = 4  # files worked on at the same time
IN_A_TURN = 40
CLAIMED = 900.0  # seconds for which a step is ours; who overstays it does it for nothing
RECENT = 2 * 86_400.0  # seconds: younger recordings are looked for at every turn
NEW_AT_ONCE = 500
EVICTED_AT_ONCE = 200
GONE = frozenset({Stage.DELETING, Stage.DELETED})
SAFE = frozenset({Stage.VERIFIED, Stage.KEPT, Stage.DELETED})  # what went wrong before is over

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between turns, between looks at the disk, and at all recordings there are."""

    turn: float = 2.0
    disk: float = 30.0
    all: float = 6 * 3600.0


def measure(folder: Path) -> Disk:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    usage = shutil.disk_usage(there)
    return Disk(usage.used + usage.free, usage.free)


class Keeper:
    """`run` is its task. `disks` are the folders whose disks are watched."""

    def __init__(
        self,
        database: Database,
        steps: Steps,
        *,
        keys: KeyRing,
        shape: Shape,
        disks: tuple[Path, ...],
        threshold: float = 0.85,
        pace: Pace = Pace(),
        clock: Callable[[], float] = time.time,
        look: Callable[[Path], Disk] = measure,
    ) -> None:
        self._database = database
        self._steps = steps
        self._keys = keys
        self._shape = shape
        self._disks = disks
        self._threshold = threshold
        self._pace = pace
        self._clock = clock
        self._look = look
        self._full: dict[Path, Disk] = {}
        self._full_since: float | None = None
        self._figures: Figures | None = None
        self._disk_due = self._all_due = 0.0
        self._problem: str | None = None  # of the last thing that did not work, in words

    async def run(self) -> None:
        try:
            while True:
                try:
                    await self.turn()
                except Exception as error:
                    if not is_away(error):
                        log.exception("storage_failed")
                    self._problem = in_words(error)
                await asyncio.sleep(self._pace.turn)
        finally:
            self._steps.close()

    async def turn(self) -> int:
        """Everything that is due once; how many steps were done."""
        await self._take_up()
        async with self._database.reading() as session:
            found = await queries.due(session, self._clock(), limit=IN_A_TURN)
        done = 0
        for start in range(0, len(found), AT_ONCE):
            part = found[start : start + AT_ONCE]
            done += sum(await asyncio.gather(*(self._advance(copy) for copy in part)))
        if self._clock() >= self._disk_due:
            await self._see_to_disks()
            await self._renew_keys()
            await self._count()
            self._disk_due = self._clock() + self._pace.disk
        return done

    # --- the way of a file ------------------------------------------------------------------

    async def _take_up(self) -> None:
        """Recordings that are finished and lie where the PBX put them."""
        if self._shape.place == "pbx":
            return
        now = self._clock()
        whole = now >= self._all_due
        since = None if whole else now - RECENT
        last: str | None = ""
        while last is not None:
            last = await self._take_up_some(since, last, now)
        if whole:
            self._all_due = now + self._pace.all

    @unbroken
    async def _take_up_some(self, since: float | None, after_id: str, now: float) -> str | None:
        """After which one to go on; None when there are no more."""
        new: dict[str, Any] = {"stage": Stage.NEW.value, "place": self._shape.place}
        new |= {"next_at": now, "changed_at": now}
        async with self._database.session() as session:
            found = await queries.not_kept(session, since=since, after=after_id, limit=NEW_AT_ONCE)
            rows = [{"recording_id": i, "key": i, "started_at": at, **new} for i, at in found]
            await queries.begin(session, rows)
            await session.commit()
        return None if len(found) < NEW_AT_ONCE else found[-1][0]

    async def _advance(self, copy: Copy) -> bool:
        step = step_of(copy.stage, copy.place)
        claimed = await self._claim(copy, step)
        if step is None or claimed is None:
            return False
        if claimed.key != copy.key:  # the attempt before came to nothing, or was cut off
            await self._drop(copy)
        result = await self._steps.do(step, claimed)
        failed = result.outcome is not Outcome.DONE
        attempts = copy.attempts + failed
        to = after(copy.stage, copy.place, result.outcome, attempts)
        if failed:
            self._failed(copy, result, to)
        values = {**result.values, "stage": to.value, "problem": result.problem}
        values["attempts"] = 0 if to in SAFE else attempts
        values["next_at"] = self._clock() + (pause(attempts) if failed else 0.0)
        if not await self._write_down(claimed, values, lost=to is Stage.LOST):
            await self._overtaken(claimed, result)
        return not failed

    @unbroken
    async def _write_down(
        self, claimed: Copy, values: dict[str, Any], *, lost: bool = False
    ) -> bool:
        """False when it is not ours any more."""
        async with self._database.session() as session:
            ours = await queries.change(session, claimed, values, now=self._clock())
            if lost and ours:
                await queries.lost(session, claimed.recording, values["problem"] or "lost")
            await session.commit()
        return ours

    async def _claim(self, copy: Copy, step: Step | None) -> Copy | None:
        """The name of what it makes is written down first: what is cut off is found by it."""
        until = round(self._clock() + CLAIMED, 6)
        key = attempt(copy) if step is Step.PREPARE else copy.key
        ours = await self._write_down(copy, {"next_at": until, "key": key})
        return replace(copy, next_at=until, key=key) if ours else None

    async def _overtaken(self, copy: Copy, result: Result) -> None:
        """Deleted while we worked on it, or done by somebody else because we took too long.

        What we made goes, unless the row has come to stand for it: then it may be all there is.
        """
        made = replace(copy, key=result.values.get("key", copy.key))
        async with self._database.reading() as session:
            row = await queries.copy_of(session, copy.recording)
        if row is None or row.stage in GONE or attempt_of(row.key) != attempt_of(made.key):
            await self._drop(made)

    async def _drop(self, made: Copy) -> None:
        try:
            await self._steps.drop_copies(made)
        except (PlaceAway, OSError, ValueError) as error:
            log.error("recording_left_behind", recording=made.recording, error=str(error))

    def _failed(self, copy: Copy, result: Result, to: Stage) -> None:
        metrics.STORAGE_FAILED.labels(copy.stage.value, result.outcome.value).inc()
        log.warning(
            "recording_not_kept_yet", recording=copy.recording, stage=copy.stage.value,
            outcome=result.outcome.value, to=to.value, problem=result.problem,
        )  # fmt: skip

    # --- disks, keys, figures ---------------------------------------------------------------

    async def _see_to_disks(self) -> None:
        looked = {path: await asyncio.to_thread(self._look, path) for path in self._disks}
        for path, disk in looked.items():
            metrics.STORAGE_DISK.labels(str(path)).set(disk.used)
        self._full = {p: disk for p, disk in looked.items() if is_full(disk, self._threshold)}
        if not self._full:
            self._full_since = None
            return
        if self._full_since is None:
            self._full_since = self._clock()
            used = {str(path): round(disk.used, 3) for path, disk in self._full.items()}
            log.error("disk_filling_up", used=used)
        ours = self._disks[0]  # where copies are; the PBX's own disk is relieved by release
        if ours in self._full:
            await self._make_room(to_free(self._full[ours], self._threshold))

    async def _make_room(self, wanted: int) -> None:
        """The oldest copies that are in the store as well go from here."""
        freed = 0
        while freed < wanted:
            async with self._database.reading() as session:
                oldest = await queries.evictable(session, limit=EVICTED_AT_ONCE)
            if not oldest:
                return
            for copy in oldest:
                if freed >= wanted:
                    return
                freed += await self._evict(copy)

    async def _evict(self, copy: Copy) -> int:
        """The row first: a reader then asks the store, and a file that stayed is found again."""
        if not await self._write_down(copy, {"local": False}):
            return 0
        await self._steps.drop_local(copy)
        metrics.STORAGE_EVICTED.inc()
        return copy.kept_size or 0

    async def _renew_keys(self) -> None:
        """Keys of files under an older key are wrapped anew; the files stay as they are."""
        current = self._keys.current
        while current is not None:
            async with self._database.reading() as session:
                found = await queries.under_old_keys(session, current, limit=NEW_AT_ONCE)
            known = [copy for copy in found if copy.key_id in self._keys.names]
            if not known:
                return
            await self._wrap_anew(known)
            if len(found) < NEW_AT_ONCE:
                return

    @unbroken
    async def _wrap_anew(self, copies: Sequence[Copy]) -> None:
        async with self._database.session() as session:
            for copy in copies:
                try:
                    wrapped = self._steps.rewrapped(copy)
                except KeyMissing as error:
                    log.error("key_not_renewed", recording=copy.recording, error=str(error))
                    continue
                values = {"key_id": wrapped.by, "wrapped": wrapped.data}
                await queries.change(session, copy, values, now=self._clock())
            await session.commit()

    async def _count(self) -> None:
        async with self._database.reading() as session:
            self._figures = await queries.figures(session)
        for stage in Stage:
            metrics.STORAGE_COPIES.labels(stage.value).set(self._figures.stages.get(stage.value, 0))

    # --- health -----------------------------------------------------------------------------

    def health(self) -> Verdict:
        """The disk, what does not get on, and keys that are missing."""
        if self._full:
            worst = max(self._full.values(), key=lambda disk: disk.used)
            said = f"a disk with recordings is {worst.used:.0%} full"
            return Verdict(State.DEGRADED, said, self._full_since)
        figures = self._figures
        if figures is None:
            return OK
        missing = sorted(figures.keys - self._keys.names)
        if missing:
            return Verdict(State.DOWN, f"recordings cannot be opened without key {missing[0]!r}")
        if figures.stuck:
            waiting = sum(figures.stages.get(stage, 0) for stage in queries.WORKED_ON)
            said = f"{figures.stuck} of {waiting} recordings could not be kept yet"
            return Verdict(State.DEGRADED, said, figures.oldest_waiting)
        return OK
