"""Knows whether the database is there, so that consoles can say it and nobody has to guess."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from callcenter.health import OK, State, Verdict
from callcenter.store.database import Database, in_words

EVERY = 5.0  # seconds between looks
OnChange = Callable[[bool, float], None]

log = structlog.get_logger(__name__)


class StoreWatch:
    """Up when the database answers and takes what is written; listeners hear of each change."""

    def __init__(
        self, database: Database, *, every: float = EVERY, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._every = every
        self._clock = clock
        self._listeners: list[OnChange] = []
        self._answers = self._takes = True
        self._reason = ""
        self.since = clock()

    @property
    def up(self) -> bool:
        return self._answers and self._takes

    def listen(self, listener: OnChange) -> None:
        self._listeners.append(listener)

    def written(self, up: bool, _at: float) -> None:
        """The writer's word: what it writes is taken, or not."""
        self._note(self._answers, up)

    def health(self) -> Verdict:
        if self.up:
            return OK
        return Verdict(State.DEGRADED, self._reason or "does not take what is written", self.since)

    async def run(self) -> None:
        while True:
            try:
                await self._database.ping()
                self._note(True, self._takes)
            except Exception as error:
                self._reason = in_words(error)
                self._note(False, self._takes)
            await asyncio.sleep(self._every)

    def _note(self, answers: bool, takes: bool) -> None:
        before = self.up
        self._answers, self._takes = answers, takes
        if answers:
            self._reason = ""
        if self.up != before:
            self.since = self._clock()
            log.warning("store_changed", up=self.up, reason=self._reason)
            for listener in self._listeners:
                listener(self.up, self.since)
