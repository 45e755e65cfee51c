"""Imports that are worked on: each in a process of its own, limited, watched, cancelled.

How far each is stands in the database; here is only who works on it and who waits for news.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import to_the_end
from crm.numbers import DEFAULT_RULE, TrunkRule
from crm.transfer import service
from crm.transfer.worker import Line, Order

AT_ONCE = 2
ARRIVING = "arriving-"  # how files are called while they are uploaded
LOST = 3600.0  # seconds after which nobody uploads one any more

log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Job:
    version: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def note(self, version: int) -> None:
        self.version = max(version, self.version)
        self.changed.set()
        self.changed = asyncio.Event()


class Imports:
    """Starts the work on imports in `folder`, where each has one file, named by its id."""

    def __init__(
        self,
        database: Database,
        folder: Path,
        *,
        rule: TrunkRule = DEFAULT_RULE,
        worker: str = "crm.transfer.worker",
        node: str | None = None,
        at_once: int = AT_ONCE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.folder = folder
        self._worker = worker  # the module that a process runs
        self._node = node or platform.node()
        self._database = database
        self._rule = rule
        self._clock = clock
        self._turn = asyncio.Semaphore(at_once)
        self._jobs: dict[str, _Job] = {}

    @property
    def node(self) -> str:
        return self._node

    def file_of(self, id_: str) -> Path:
        """Ids are ours; what a file was called outside never becomes a path."""
        return self.folder / id_

    def start(self, id_: str) -> None:
        """Work on what the import's row says is to be done; the caller has committed it."""
        job = self._jobs.setdefault(id_, _Job())
        before = job.task
        job.task = asyncio.create_task(self._run(id_, job, before), name=f"import {id_}")

    async def news(self, id_: str, seen: int, seconds: float) -> None:
        """Wait until there is a newer version than `seen`, not longer than this."""
        job = self._jobs.get(id_)
        if job is None or job.version > seen:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await job.changed.wait()

    def cancel(self, id_: str) -> None:
        """Whoever works on it stops; its file is deleted. The caller has said so in its row."""
        job = self._jobs.get(id_)
        if job is not None and job.task is not None:
            job.task.cancel()
        else:
            self.forget(id_)

    def forget(self, id_: str) -> None:
        """An import that is over needs its file no more."""
        self.file_of(id_).unlink(missing_ok=True)

    async def tidy(self) -> None:
        """At the start: what was left behind here is said, what is long over is forgotten."""
        try:
            async with self._database.session() as session:
                await service.left_behind(session, self._node)
                gone = await service.sweep(session, self._clock())
                await session.commit()
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("imports_not_tidied", error=in_words(error))
            return
        await asyncio.to_thread(self._sweep, gone)

    def _sweep(self, gone: list[str]) -> None:
        """Files of imports that are forgotten, and of uploads that never ended."""
        for id_ in gone:
            self.forget(id_)
        for path in self.folder.glob(ARRIVING + "*") if self.folder.is_dir() else ():
            with suppress(OSError):
                if path.stat().st_mtime < self._clock() - LOST:
                    path.unlink()

    async def close(self) -> None:
        """What is being worked on is interrupted; it can be continued."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(Exception):  # the database may be closed already; the next start says so
            async with self._database.session() as session:
                await service.left_behind(session, self._node)
                await session.commit()

    async def _run(self, id_: str, job: _Job, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.gather(before, return_exceptions=True)
        try:
            settled = False
            try:
                async with self._turn:
                    settled = await self._process(id_, job)
            finally:
                await to_the_end(self._ended(id_, settled))
        except OSError as error:
            log.error("import_failed", id=id_, error=str(error))
        except Exception as error:
            log.error("import_failed", id=id_, error=in_words(error))
        finally:
            if job.task is asyncio.current_task():
                self._jobs.pop(id_, None)
            job.note(job.version + 1)

    async def _ended(self, id_: str, settled: bool) -> None:
        """The process is gone; if it did not get to its end, the row says so."""
        async with self._database.session() as session:
            if not settled:
                await service.left_alone(session, id_)
            over = await service.is_over(session, id_)
            await session.commit()
        if over:
            self.forget(id_)

    async def _process(self, id_: str, job: _Job) -> bool:
        """Follow the process to its end; whether it got there. However this ends, it does too."""
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                sys.executable, "-m", self._worker,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )
        )  # fmt: skip
        try:
            process = await asyncio.shield(starting)
            if process.stdin is None or process.stdout is None:
                raise OSError("no pipes")
            process.stdin.write(msgspec.json.encode(self._order(id_)) + b"\n")
            await process.stdin.drain()
            async for raw in process.stdout:
                job.note(msgspec.json.decode(raw, type=Line).version)
            if code := await process.wait():
                log.error("import_worker_died", id=id_, code=code)
            return code == 0
        finally:
            await to_the_end(_gone(starting))

    def _order(self, id_: str) -> Order:
        url = self._database.url.render_as_string(hide_password=False)
        file = str(self.file_of(id_))
        return Order(url, id_, file, self._rule.country, self._rule.writing.value)


async def _gone(starting: asyncio.Future[Process]) -> None:
    """Nothing is left of the process, nor of the pipes to it."""
    try:
        process = await starting
    except OSError:  # it never began
        return
    with suppress(ProcessLookupError):
        process.kill()
    if process.stdout is not None:
        await process.stdout.read()
    await process.wait()
