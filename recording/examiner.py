"""Examines sound files in a process of its own: neither length nor malice stops the calls."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from recording.audio import Sound, be_modest, examine
from recording.store.opus import Compressed, compress

T = TypeVar("T")

PATIENCE = 120.0  # seconds for one file; ten hours take two

log = structlog.get_logger()


class _GaveUp(Exception):
    """In words why."""


class Examiner:
    """Starts its process when the first file comes; the others wait until it is free.

    So patience is with one file alone, and one that kills or stalls the process is at fault itself.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self._turn = asyncio.Lock()
        self._patience = patience
        self._pool: ProcessPoolExecutor | None = None

    async def examine(self, path: Path) -> Sound:
        """What is in the file; one that kills or stalls the reader is a problem, not an error."""
        try:
            return await self._apart(path, partial(examine, str(path)))
        except _GaveUp as error:
            return Sound(problem=str(error))

    async def compress(self, source: Path, target: Path, bit_rate: int) -> Compressed:
        """An Opus file of it (recording.store.opus); the same holds."""
        work = partial(compress, str(source), str(target), bit_rate)
        try:
            return await self._apart(source, work)
        except _GaveUp as error:
            return Compressed(problem=str(error))

    async def _apart(self, path: Path, work: Callable[[], T]) -> T:
        async with self._turn:
            return await self._alone(path, work)

    async def _alone(self, path: Path, work: Callable[[], T]) -> T:
        pool, loop = self._ready(), asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience):
                return await loop.run_in_executor(pool, work)
        except BrokenProcessPool:
            self._drop(pool)
            raise self._gave_up(path, "reading it crashed") from None
        except TimeoutError:
            self._drop(pool)
            raise self._gave_up(path, f"reading it took over {self._patience:.0f} s") from None
        except asyncio.CancelledError:
            self._drop(pool)  # it would still be busy with this file when the next one comes
            raise
        except OSError as error:
            raise self._gave_up(path, f"cannot be opened: {error.strerror}") from None

    def close(self) -> None:
        self._drop(self._pool)

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, multiprocessing.get_context("spawn"), initializer=be_modest
            )
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor | None) -> None:
        """This one and no other: one that was made since has somebody else's file."""
        if pool is None:
            return
        if self._pool is pool:
            self._pool = None
        # The pool has no way of its own to end a process that hangs (before Python 3.14).
        processes = list((pool._processes or {}).values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()

    def _gave_up(self, path: Path, problem: str) -> _GaveUp:
        log.warning("recording_not_examined", file=str(path), problem=problem)
        return _GaveUp(problem)
