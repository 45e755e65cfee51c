"""Holds the recordings folder and the index against each other, and puts right what it can.

Files without rows are adopted: matched to their call by what their name tells, else as recordings
of no known call. Rows without files are marked missing with the reason; a file that was renamed is
found again by its sound, one that comes back is looked at anew, as is one whose size has changed.
A folder that is not there, or empty where there were files, is a disk that is not mounted: then
nothing is marked.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

import structlog

from callcenter.errors import Conflict
from callcenter.health import Health, State, Verdict
from callcenter.metrics import RECORDINGS_MISSING, RECORDINGS_UNMATCHED
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from recording import reconcile_queries as queries
from recording.examiner import Examiner
from recording.files import Folder, Seen
from recording.names import clues
from recording.reconcile_queries import Known

EVERY = 6 * 3_600.0  # seconds
FIRST = 300.0  # seconds after the start
AGAIN = 60.0  # seconds, when the database was away
AT_ONCE = 500
SETTLED = 600.0  # seconds that a file must not have changed for; until then the index may take it
MOST_EXAMINED = 200  # files in one run that may be a renamed one
PAUSE = 0.02  # seconds between two portions: calls come first

log = structlog.get_logger(__name__)


class AlreadyRunning(Conflict):
    code = "already_running"


@dataclass(slots=True)
class Report:
    """What one run found. `missing` and `unmatched` are all there are; the rest is of this run."""

    at: float
    files: int = 0
    rows: int = 0
    adopted: int = 0
    lost: int = 0
    returned: int = 0
    changed: int = 0
    renamed: int = 0
    missing: int = 0
    unmatched: int = 0
    problem: str = ""


@dataclass(slots=True)
class _Gone:
    """Rows whose file is not there, with the reason."""

    rows: list[tuple[Known, str]] = field(default_factory=list)
    there: int = 0


class Reconciler:
    """`run` works for ever, `once` is one run. `pbx`: whose files those of no known call are.

    `report` is of the last run that came to its end, `running` grows while one is under way,
    `problem` says in words why the last one did not come to its end.
    """

    def __init__(
        self,
        database: Database,
        folder: Folder,
        *,
        pbx: str,
        every: float = EVERY,
        first: float = FIRST,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.report: Report | None = None
        self.running: Report | None = None
        self.problem = ""
        self._asked = asyncio.Event()
        self._database = database
        self._folder = folder
        self._pbx = pbx
        self._every = every
        self._first = first
        self._clock = clock

    def register(self, health: Health) -> None:
        health.register("recordings", self.health)

    def health(self) -> Verdict:
        found = self.report
        if found is None:
            return Verdict(State.OK, "not counted yet")
        said = f"{found.missing} without a file, {found.unmatched} of no known call"
        if found.problem:
            return Verdict(State.DEGRADED, f"{found.problem}; {said}", found.at)
        return Verdict(State.OK, said)

    async def run(self) -> None:
        pause = self._first
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._asked.wait()
            try:
                await self.once()
                pause, self.problem = self._every, ""
            except Exception as error:
                if not is_away(error):
                    log.exception("recordings_not_reconciled")
                pause, self.problem = AGAIN if is_away(error) else self._every, in_words(error)
            finally:
                self.running = None
                self._asked.clear()

    @property
    def busy(self) -> bool:
        """A run is under way, or about to begin."""
        return self.running is not None or self._asked.is_set()

    def ask(self) -> None:
        """Run now, and not only when it is due. AlreadyRunning."""
        if self.busy:
            raise AlreadyRunning("folder and index are being compared already")
        self._asked.set()

    async def once(self) -> Report:
        report = self.running = Report(self._clock())
        await self._describe_again(report)
        if await asyncio.to_thread(self._folder.path.is_dir):
            strange = await self._strange(report)
            gone = await self._gone(report)
            if gone.rows and not report.files:
                report.problem = "the recordings folder is empty: nothing was marked as missing"
            else:
                await self._put_right(gone, strange, report)
        else:
            report.problem = "the recordings folder is not there"
        async with self._database.reading() as session:
            report.missing, report.unmatched = await queries.counted(session)
        RECORDINGS_MISSING.set(report.missing)
        RECORDINGS_UNMATCHED.set(report.unmatched)
        self.report, self.running = report, None
        log.info("recordings_reconciled", **{n: getattr(report, n) for n in _SAID})
        return report

    @unbroken
    async def _describe_again(self, report: Report) -> None:
        """Those that were looked at before the rows of their call were all there."""
        async with self._database.session() as session:
            await queries.describe_again(session, since=report.at - 86_400.0)
            await session.commit()

    async def _strange(self, report: Report) -> list[Seen]:
        """The files of no row."""
        scan, found = self._folder.scan(), []
        while portion := await asyncio.to_thread(_next, scan):
            report.files += len(portion)
            async with self._database.reading() as session:
                known = await queries.known_files(session, [seen.name for seen in portion])
            late = report.at - SETTLED
            found += [one for one in portion if one.name not in known and one.changed_at <= late]
            await asyncio.sleep(PAUSE)
        return found

    async def _gone(self, report: Report) -> _Gone:
        """Rows without a file; those whose file came back or changed are to be looked at anew."""
        gone, last = _Gone(), ""
        while True:
            async with self._database.reading() as session:
                rows = await queries.with_files(session, after=last, limit=AT_ONCE)
            if not rows:
                return gone
            last = rows[-1].id
            report.rows += len(rows)
            await self._compare(rows, gone, report)
            await asyncio.sleep(PAUSE)

    async def _compare(self, rows: Sequence[Known], gone: _Gone, report: Report) -> None:
        seen = await asyncio.to_thread(lambda: [self._look(row) for row in rows])
        anew: list[str] = []
        for row, (file, reason) in zip(rows, seen, strict=True):
            if file is None:
                if row.status != "missing":
                    gone.rows.append((row, reason))
                continue
            gone.there += 1
            if row.status == "missing":
                report.returned += 1
                anew.append(row.id)
            elif row.size is not None and file.size != row.size:
                log.warning("recording_changed", recording=row.id, was=row.size, now=file.size)
                report.changed += 1
                anew.append(row.id)
        if anew:
            await self._look_anew(anew)

    @unbroken
    async def _look_anew(self, rows: list[str]) -> None:
        async with self._database.session() as session:
            await queries.look_anew(session, rows)
            await session.commit()

    def _look(self, row: Known) -> tuple[Seen | None, str]:
        found = self._folder.look(row.file)
        if found is not None:
            return found, ""
        path = self._folder.path / row.file
        try:
            if path.exists():
                return None, "the file cannot be read"
            if not path.parent.exists():
                return None, "the folder of the file is gone"
        except OSError:
            return None, "the file cannot be read"
        return None, "the file is gone"

    async def _put_right(self, gone: _Gone, strange: Sequence[Seen], report: Report) -> None:
        renamed = await self._renamed(gone, strange)
        old = {row.id for row, _ in renamed}
        new = {seen.name for _, seen in renamed}
        lost = [(row, reason) for row, reason in gone.rows if row.id not in old]
        await self._write_down(renamed, lost, report.at)
        report.renamed, report.lost = len(renamed), len(lost)
        for row, why in lost[:100]:
            log.warning("recording_lost", recording=row.id, file=row.file, reason=why)
        left = [seen for seen in strange if seen.name not in new]
        for start in range(0, len(left), AT_ONCE):
            report.adopted += await self._adopt(left[start : start + AT_ONCE])

    @unbroken
    async def _write_down(
        self, renamed: Sequence[tuple[Known, Seen]], lost: Sequence[tuple[Known, str]], now: float
    ) -> None:
        async with self._database.session() as session:
            for row, seen in renamed:
                log.warning("recording_renamed", recording=row.id, was=row.file, now=seen.name)
                await queries.rename(session, row.id, seen.name)
            await queries.mark_missing(session, [(row.id, why) for row, why in lost], now)
            await session.commit()

    async def _renamed(self, gone: _Gone, strange: Sequence[Seen]) -> list[tuple[Known, Seen]]:
        """What lies there under another name: of the same size, and with the same sound."""
        by_size: dict[int, list[Known]] = defaultdict(list)
        for row, _ in gone.rows:
            if row.size:
                by_size[row.size].append(row)
        likely = [seen for seen in strange if seen.size in by_size][:MOST_EXAMINED]
        if not likely:
            return []
        found, examiner = [], Examiner()
        try:
            for seen in likely:
                rows = by_size[seen.size]
                sound = await examiner.examine(self._folder.path / seen.name)
                async with self._database.reading() as session:
                    peaks = await queries.peaks_of(session, [row.id for row in rows])
                same = [row for row in rows if sound.peaks and peaks.get(row.id) == sound.peaks]
                if len(same) == 1:  # of several alike nobody can say which
                    found.append((same[0], seen))
                    rows.remove(same[0])
        finally:
            examiner.close()
        return found

    @unbroken
    async def _adopt(self, files: Sequence[Seen]) -> int:
        told = {seen.name: clues(seen.name) for seen in files}
        async with self._database.session() as session:
            legs = await queries.legs_of(session, list(told.values()))
            rows = [
                queries.adopted(seen, legs.of(told[seen.name]), pbx=self._pbx) for seen in files
            ]
            added = await queries.adopt(session, rows)
            await session.commit()
        return added


_SAID = (
    "files",
    "rows",
    "adopted",
    "lost",
    "returned",
    "changed",
    "renamed",
    "missing",
    "unmatched",
)


def _next(scan: Iterator[Seen]) -> list[Seen]:
    return list(islice(scan, AT_ONCE))
