"""The tasks of a running service: started together, watched, and ended in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Self

import structlog

from callcenter.health import OK, Health, State, Verdict

GRACE = 5.0  # seconds for consumers to finish what is queued

log = structlog.get_logger(__name__)


class Crew:
    """A task that fails is down in health; a vital one that fails ends the service."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._consumers: list[asyncio.Task[None]] = []
        self._keepers: list[asyncio.Task[None]] = []
        self.failed = asyncio.Event()  # set when a vital task is gone

    def consumer(
        self, name: str, work: Coroutine[object, object, None], *, vital: bool = False
    ) -> None:
        """Ends by itself when the bus does."""
        self._consumers.append(self._start(name, work, vital))

    def keeper(
        self, name: str, work: Coroutine[object, object, None], *, vital: bool = False
    ) -> None:
        """Never ends by itself: it is cancelled, at the latest with the others."""
        self._keepers.append(self._start(name, work, vital))

    async def end(self, name: str) -> None:
        """End this one task before the others."""
        tasks = [task for task in self._keepers if task.get_name() == name]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _start(
        self, name: str, work: Coroutine[object, object, None], vital: bool
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(lambda done: self._ended(done, vital))
        self._health.register(f"task {name}", lambda: _verdict(task))
        return task

    def _ended(self, task: asyncio.Task[None], vital: bool) -> None:
        if task.cancelled() or task.exception() is None:
            return
        log.critical("task_failed", task=task.get_name(), exc_info=task.exception())
        if vital:
            self.failed.set()

    async def finish(self) -> None:
        """Give the consumers time to come to their end, then end them and all others."""
        for task in self._keepers:
            task.cancel()
        if self._consumers:
            _, late = await asyncio.wait(self._consumers, timeout=GRACE)
            for task in late:
                log.warning("task_not_finished", task=task.get_name())
                task.cancel()
        await asyncio.gather(*self._keepers, *self._consumers, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.finish()


def _verdict(task: asyncio.Task[None]) -> Verdict:
    if not task.done() or task.cancelled() or task.exception() is None:
        return OK
    # What it failed of is in the log: here strangers read, and it may name a customer.
    return Verdict(State.DOWN, f"failed: {type(task.exception()).__name__}")
