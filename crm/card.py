"""Answers who may be calling with a ready-made card, fast enough to be there before the ring.

The card is JSON (the shape is `screenpop.frames.Card`, which a test holds us to): the candidates
are built inside the database and never become Python objects on the way to the console.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import asyncpg
import msgspec
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.errors import CallCenterError
from callcenter.store.database import Database, HeldConnection, Opened, is_away
from callcenter.store.fast import driver
from crm import card_sql
from crm.numbers import DEFAULT_RULES, NumberKey, TrunkRules, load_places, place_of, read_number

LINES = 4  # connections of our own: one slow lookup leaves the others free
DEADLINE = 1.0  # seconds for a whole lookup
PAUSE = 0.5  # seconds without a new attempt after the database was found to be away
REMEMBERED = 10_000  # cards kept for the time the database is away; about 1 KiB each

MATCHES = ("known", "maybe", "several", "unknown", "withheld")

log = structlog.get_logger()


class CardUnavailable(CallCenterError):
    """The database does not answer in time and this number was not asked for lately."""

    code = "store_unavailable"


@dataclass(frozen=True, slots=True)
class Found:
    """`card` is JSON; `customer` the one that is surely meant. `stale`: from memory."""

    card: bytes
    match: str  # one of MATCHES
    e164: str | None
    customer: int | None = None
    stale: bool = False


class _Head(msgspec.Struct, frozen=True):
    match: str
    number: str | None
    e164: str | None
    place: str | None


_Row = tuple[int, int, int | None, bytes | str]


class CardSource:
    """Looks numbers up on connections of its own; a trunk is named by its interface."""

    def __init__(
        self,
        database: Database,
        rules: TrunkRules = DEFAULT_RULES,
        *,
        language: str = "zh",
        lines: int = LINES,
        deadline: float = DEADLINE,
        remembered: int = REMEMBERED,
    ) -> None:
        self._rules = rules
        self._language = language
        self._deadline = deadline
        self._ask, opened = _WAYS[database.dialect]
        self._all_lines = [database.held(opened) for _ in range(lines)]
        self._lines: asyncio.LifoQueue[HeldConnection] = asyncio.LifoQueue()
        for line in self._all_lines:
            self._lines.put_nowait(line)
        self._memory = _Memory(remembered)
        self._away_until = 0.0
        self._answered_at = 0.0

    async def start(self) -> None:
        """Do the slow first things before the first call; a database may come later."""
        await asyncio.to_thread(load_places)
        try:
            await asyncio.gather(*(line.run(self._warm) for line in self._all_lines))
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("card_store_away", error=str(error))

    async def close(self) -> None:
        for line in self._all_lines:
            await line.close()

    @property
    def away(self) -> bool:
        """Whether the database did not answer a moment ago, for health."""
        return asyncio.get_running_loop().time() < self._away_until

    def key(self, number: str | None, trunk: str | None = None) -> NumberKey:
        """The number read by the rule of its trunk."""
        return read_number(number, self._rules.of(trunk))

    async def card(self, number: str | None, trunk: str | None = None) -> bytes:
        """The card as JSON. Raises CardUnavailable."""
        return (await self.look_up(number, trunk)).card

    async def look_up(self, number: str | None, trunk: str | None = None) -> Found:
        """Everything known about a number. Raises CardUnavailable within the deadline."""
        key = self.key(number, trunk)
        if key.e164 is None and key.suffix is None:
            return self._found(key, (0, 0, None, b"[]"))
        try:
            row = await self._row(key)
        except CardUnavailable:
            remembered = self._memory.get(key)
            if remembered is None:
                raise
            return replace(remembered, stale=True)
        found = self._found(key, row)
        self._memory.put(key, found)
        return found

    async def _row(self, key: NumberKey) -> _Row:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if began < self._away_until:
            raise CardUnavailable("the database is away")
        try:
            async with asyncio.timeout(self._deadline):
                line = await self._lines.get()
                try:
                    row = await line.run(self._ask, key)
                finally:
                    self._lines.put_nowait(line)
        except Exception as error:
            if not is_away(error):
                raise
            if self._answered_at < began:  # nobody else was answered meanwhile: it is not just us
                self._away_until = loop.time() + PAUSE
            raise CardUnavailable(f"the database does not answer: {error}") from error
        self._answered_at = loop.time()
        return row

    async def _warm(self, connection: AsyncConnection) -> None:
        await self._ask(connection, NumberKey("", e164="+", suffix="-"))

    def _found(self, key: NumberKey, row: _Row) -> Found:
        sure, total, first, candidates = row
        match = "withheld" if key.withheld else _match(sure, total)
        head = msgspec.json.encode(
            _Head(match, key.raw or None, key.e164, place_of(key.e164, self._language))
        )
        body = candidates if isinstance(candidates, bytes) else candidates.encode()
        card = b'%b,"candidates":%b}' % (head[:-1], body)
        return Found(card, match, key.e164, first if sure == 1 else None)


def _match(sure: int, total: int) -> str:
    """One sure customer is known, more are several; without any, the others are only maybe."""
    if sure:
        return "known" if sure == 1 else "several"
    return "maybe" if total else "unknown"


class _Memory:
    """The last known cards, bounded, least recently used first to go."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._cards: OrderedDict[str, Found] = OrderedDict()

    def get(self, key: NumberKey) -> Found | None:
        found = self._cards.get(key.e164 or key.raw)
        if found is not None:
            self._cards.move_to_end(key.e164 or key.raw)
        return found

    def put(self, key: NumberKey, found: Found) -> None:
        self._cards[key.e164 or key.raw] = found
        self._cards.move_to_end(key.e164 or key.raw)
        if len(self._cards) > self._size:
            self._cards.popitem(last=False)


# --- how each database is asked -------------------------------------------------------------


def _suffixes(key: NumberKey) -> tuple[str | None, str | None]:
    longest, *shorter = key.suffixes or (None,)
    return longest, shorter[0] if shorter else longest


async def _ask_postgresql(connection: AsyncConnection, key: NumberKey) -> _Row:
    """Straight on the driver, which keeps the statement prepared: half the time of going around."""
    try:
        row = await driver(connection).fetchrow(card_sql.POSTGRESQL, key.e164, *_suffixes(key))
    except _GONE as error:
        raise ConnectionError(str(error)) from error
    return row[0], row[1], row[2], row[3]


async def _settle_postgresql(connection: AsyncConnection) -> None:
    try:
        for setting in card_sql.POSTGRESQL_SETTINGS:
            await driver(connection).execute(setting)
    except _GONE as error:
        raise ConnectionError(str(error)) from error


# What the driver raises by itself when the server goes or is gone.
_GONE = (
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)


_SQLITE = text(card_sql.SQLITE)


async def _ask_sqlite(connection: AsyncConnection, key: NumberKey) -> _Row:
    longest, shorter = _suffixes(key)
    values = {"e164": key.e164, "suffix": longest, "shorter": shorter}
    row = (await connection.execute(_SQLITE, values)).one()
    return row[0], row[1], row[2], row[3]


#: How it is asked, and what a new connection is told first.
_WAYS: dict[str, tuple[Callable[[AsyncConnection, NumberKey], Awaitable[_Row]], Opened | None]] = {
    "postgresql": (_ask_postgresql, _settle_postgresql),
    "sqlite": (_ask_sqlite, None),
}
