"""Keeps a picture of the database fresh; while the database is away, what is known stays."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from callcenter.store.database import in_words, is_away

AGAIN = 5.0  # seconds until a database that was away is asked again
EVERY = 60.0  # seconds until changes made by somebody else are seen

log = structlog.get_logger(__name__)


class Fresh(ABC):
    """Loaded once by whoever needs it at once, then by `run`."""

    def __init__(self) -> None:
        self._stale = asyncio.Event()

    @abstractmethod
    async def load(self) -> None:
        """Raises what the database raises; nothing has changed then."""

    def reload(self) -> None:
        """Something was changed: load again soon."""
        self._stale.set()

    async def run(self) -> None:
        """Keep it fresh until cancelled."""
        pause = EVERY
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._stale.wait()
            except TimeoutError:
                pass  # time to look again anyway
            self._stale.clear()
            try:
                await self.load()
                pause = EVERY
            except Exception as error:  # whatever it is, what is known stays and is asked again
                what = type(self).__name__.lower()
                log.warning("not_loaded", what=what, error=in_words(error), away=is_away(error))
                pause = AGAIN
