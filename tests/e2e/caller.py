"""Callers who listen before they press a key, and what the database says of their calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call
from callcenter.store.database import Database
from tests.e2e.house import House

LOUD = 300.0  # of a voice or a tone; silence is below 10
NEW = 60  # packets: more than `heard` looks back on
PATIENCE = 20.0  # seconds
LOOK = 0.05


async def hears(call: Call, within: float = PATIENCE) -> None:
    """Wait until something is said to them; they are in SILENCE otherwise."""
    await _until(lambda: call.heard > LOUD, within)


async def both_hear(*calls: Call, within: float = PATIENCE) -> None:
    """Wait until each of them hears somebody, and nothing that was said before."""
    before = {call: call.media.received for call in calls}

    def do() -> bool:
        return all(
            call.media.received - then > NEW and call.heard > LOUD for call, then in before.items()
        )

    await _until(do, within)


async def _until(holds: Callable[[], bool], within: float) -> None:
    async def ask() -> bool:
        return holds()

    assert await _comes_true(ask, within), f"not within {within} s"


async def types(call: Call, keys: str) -> None:
    """One key after the other, not faster than people do."""
    for key in keys:
        await call.press(key)
        await asyncio.sleep(0.2 if len(keys) > 1 else 0)


async def press_until(
    call: Call, keys: str, holds: Callable[[], Awaitable[bool]], every: float = 2.0
) -> None:
    """Press as people do: again, when nothing comes of it. The PBX drops a key that falls between
    two of our commands."""
    async with asyncio.timeout(30):
        while True:
            await types(call, keys)
            if await _comes_true(holds, every):
                return


async def _comes_true(holds: Callable[[], Awaitable[bool]], within: float) -> bool:
    clock = asyncio.get_running_loop().time
    end = clock() + within
    while not (true := await holds()) and clock() < end:  # noqa: ASYNC110 - polls
        await asyncio.sleep(LOOK)
    return true


async def outside_answers(pbx: Asterisk) -> None:
    """Wait until the PBX knows that it can call there: by itself it asks once a minute."""
    await pbx.cli("pjsip qualify trunk")

    async def known() -> bool:
        lines = (await pbx.cli("pjsip show contacts")).splitlines()
        return any("trunk/" in line and " Avail " in line for line in lines)

    assert await _comes_true(known, PATIENCE), await pbx.cli("pjsip show contacts")


class Book:
    """The database, read past the service while it writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        async with self._database.reading() as session:
            return (await session.execute(text(sql), values)).all()

    async def until(
        self,
        sql: str,
        enough: Callable[[Sequence[Any]], bool] = bool,
        within: float = PATIENCE,
        **values: Any,
    ) -> Sequence[Any]:
        """Ask until the answer is enough: rows are written behind the call, not in it."""
        found: Sequence[Any] = ()
        try:
            async with asyncio.timeout(within):
                while not enough(found := await self.rows(sql, **values)):  # noqa: ASYNC110 - polls
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            raise AssertionError(f"after {within} s: {sql} {values} gives {found}") from None
        return found

    async def stays(self, number: str) -> list[tuple[str, str | None]]:
        """Where who calls from this number has waited, and how each wait ended."""
        return [(row.queue, row.exit) for row in await self.rows(_STAYS, number=number)]

    async def was_in(self, number: str, queue: str) -> bool:
        return any(stay[0] == queue for stay in await self.stays(number))

    async def talked(self, number: str) -> None:
        """Wait until somebody has taken the call from this number."""
        await self.until(_TALKS, number=number)

    async def decisions(self, number: str) -> list[tuple[str, str, str]]:
        """Step, outcome and reason, as they came."""
        return [tuple(row) for row in await self.rows(_DECISIONS, number=number)]

    async def decided(self, number: str, *decision: str) -> bool:
        return decision in await self.decisions(number)

    async def until_stays(self, number: str, *stays: tuple[str, str]) -> None:
        """Wait until these were the waits of the call from this number, all over."""
        await self.until(_STAYS, lambda rows: [(r.queue, r.exit) for r in rows] == [*stays],
                         number=number)  # fmt: skip


_OF = "JOIN interactions i ON i.id = {}.interaction_id WHERE i.caller_number = :number"
_STAYS = (
    f"SELECT s.queue, s.exit FROM segments s {_OF.format('s')} AND s.kind = 'queue'"  # noqa: S608
    " ORDER BY s.started_at"
)
_TALKS = f"SELECT s.id FROM segments s {_OF.format('s')} AND s.kind = 'talk'"  # noqa: S608
_DECISIONS = (
    f"SELECT d.step, d.outcome, d.reason FROM decisions d {_OF.format('d')}"  # noqa: S608
    " ORDER BY d.at, d.place"
)


@asynccontextmanager
async def book_of(house: House) -> AsyncIterator[Book]:
    database = Database(house.config.database_url)
    try:
        yield Book(database)
    finally:
        await database.close()
