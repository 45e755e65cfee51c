"""Examines sound files in a process of its own: neither length nor malice stops the calls."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import structlog

from recording.audio import Sound, be_modest, examine

PATIENCE = 120.0  # seconds for one file; ten hours take two

log = structlog.get_logger()


class Examiner:
    """Starts its process when the first file comes."""

    def __init__(self, *, workers: int = 1, patience: float = PATIENCE) -> None:
        self._workers = workers
        self._patience = patience
        self._pool: ProcessPoolExecutor | None = None

    async def examine(self, path: Path) -> Sound:
        """What is in the file; one that kills or stalls the reader is a problem, not an error."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience):
                return await loop.run_in_executor(self._ready(), examine, str(path))
        except BrokenProcessPool:
            self._drop()
            return self._gave_up(path, "reading it crashed")
        except TimeoutError:
            self._drop()
            return self._gave_up(path, f"reading it took over {self._patience:.0f} s")
        except OSError as error:
            return self._gave_up(path, f"cannot be opened: {error.strerror}")

    def close(self) -> None:
        self._drop()

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._workers, multiprocessing.get_context("spawn"), initializer=be_modest
            )
        return self._pool

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            # The pool has no way of its own to end a process that hangs (before Python 3.14).
            processes = list((pool._processes or {}).values())
            pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.kill()

    def _gave_up(self, path: Path, problem: str) -> Sound:
        log.warning("recording_not_examined", file=str(path), problem=problem)
        return Sound(problem=problem)
