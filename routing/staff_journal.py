"""Writes down what agents do without ever making them wait for the database.

Of a state only the newest is kept for writing, of the log every entry in order; both wait here
while the database is away.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import structlog

from callcenter.store.database import Database, in_words, is_refused
from routing.agent_queries import write_states

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0  # seconds between attempts while the database is away
ENTRIES = 200_000  # of the log, waiting in memory: a day of 500 agents
AT_ONCE = 1_000

Row = dict[str, Any]
log = structlog.get_logger(__name__)


class Journal:
    """`run` until `end`; `finish` writes what is left once, if the database is there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._states: dict[int, Row] = {}
        self._entries: list[Row] = []
        self._wake = asyncio.Event()
        self._ending = asyncio.Event()
        self._written = asyncio.Event()
        self._written.set()
        self.lost = 0  # entries there was no room for

    @property
    def waiting(self) -> int:
        return len(self._states) + len(self._entries)

    def state(self, row: Row) -> None:
        self._states[row["agent_id"]] = row
        self._more()

    def entry(self, row: Row) -> None:
        if len(self._entries) >= ENTRIES:
            self.lost += 1
            return
        self._entries.append(row)
        self._more()

    def _more(self) -> None:
        self._written.clear()
        self._wake.set()

    async def written(self, within: float) -> bool:
        """Whether all is in the database, after so many seconds at the latest."""
        try:
            async with asyncio.timeout(within):
                await self._written.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Until `end`. A write is never cancelled: SQLite's lock could stay with it."""
        pause = FIRST_PAUSE
        while not self._ending.is_set():
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_all()
                pause = FIRST_PAUSE
            except Exception as error:  # whatever it is: agents go on, and it is tried again
                log.warning("agents_not_written", error=in_words(error), waiting=self.waiting)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._ending.wait()
                pause = min(pause * 2, LONGEST_PAUSE)
                self._wake.set()

    def end(self) -> None:
        """`run` comes to its end."""
        self._ending.set()
        self._wake.set()

    async def finish(self) -> None:
        """What is left, once, if the database is there."""
        try:
            await self._write_all()
        except Exception as error:
            log.error("agents_not_written", error=in_words(error), lost=self.waiting)

    async def _write_all(self) -> None:
        while self.waiting:
            states, entries = self._states, self._entries[:AT_ONCE]
            self._states = {}
            try:
                await self._write(list(states.values()), entries)
            except BaseException as error:
                if not is_refused(error):
                    self._states = states | self._states  # what came meanwhile is newer
                    raise
                log.error("agent_rows_refused", error=in_words(error), entries=len(entries))
            del self._entries[: len(entries)]
        self._written.set()

    async def _write(self, states: list[Row], entries: list[Row]) -> None:
        async with self._database.session() as session:
            await write_states(session, states, entries)
            await session.commit()
