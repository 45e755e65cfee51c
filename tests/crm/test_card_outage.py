"""While the database is away, pops go on from what is known, quickly; and all heals by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import text

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from crm.card import CardSource, CardUnavailable, Found
from crm.sample import fill, mobile_of
from tests.crm.conftest import NOW
from tests.servers import PostgresServer


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of our own, which we may stop."""
    with PostgresServer() as server:
        yield server


@pytest.fixture
async def away_database(server: PostgresServer) -> AsyncIterator[Database]:
    await upgrade(server.url())
    database = Database(server.url())
    await fill(database, 20, now=NOW)
    yield database
    await database.close()


async def _answered(cards: CardSource) -> Found:
    """The first answer that is not from memory."""
    for _ in range(100):
        try:
            found = await cards.look_up(mobile_of(1))
        except CardUnavailable:
            found = None
        if found is not None and not found.stale:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("the database is back, the cards are not")


@pytest.mark.postgres
async def test_known_cards_are_shown_while_the_database_is_stopped(
    server: PostgresServer, away_database: Database
) -> None:
    cards = CardSource(away_database)
    await cards.start()
    known = await cards.look_up(mobile_of(1))
    await asyncio.to_thread(server.pause)
    began = time.monotonic()
    remembered = await cards.look_up("0086" + mobile_of(1))
    assert (remembered.card, remembered.stale) == (known.card, True)
    with pytest.raises(CardUnavailable):
        await cards.look_up(mobile_of(2))
    assert time.monotonic() - began < 2.5
    assert cards.away
    began = time.monotonic()
    for _ in range(200):  # a storm of calls does not wait for a dead database one by one
        assert (await cards.look_up(mobile_of(1))).stale
    assert time.monotonic() - began < 3.0
    await asyncio.to_thread(server.resume)
    assert not (await _answered(cards)).stale
    assert (await cards.look_up(mobile_of(2))).match == "known"
    await cards.close()


@pytest.mark.postgres
async def test_a_database_that_hangs_is_given_up_at_the_deadline(away_database: Database) -> None:
    cards = CardSource(away_database, deadline=0.4)
    await cards.start()
    async with away_database.session() as session:
        await session.execute(text("LOCK TABLE phone_numbers IN ACCESS EXCLUSIVE MODE"))
        began = time.monotonic()
        with pytest.raises(CardUnavailable):
            await cards.look_up(mobile_of(1))
        assert 0.3 < time.monotonic() - began < 1.5
        asked = [cards.look_up(mobile_of(n)) for n in range(10)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(one) for one in found} == {CardUnavailable}
        assert time.monotonic() - began < 3.0
        await session.rollback()
    assert (await _answered(cards)).match in {"known", "several"}
    await cards.close()


async def test_memory_is_bounded(database: Database) -> None:
    await fill(database, 5, now=NOW)
    cards = CardSource(database, remembered=3)
    for n in range(5):
        await cards.look_up(mobile_of(n))
    assert len(cards._memory._cards) == 3
    await cards.close()


@pytest.mark.postgres
async def test_a_start_without_a_database_waits_for_none(server: PostgresServer) -> None:
    await asyncio.to_thread(server.pause)
    database = Database(server.url())
    cards = CardSource(database)
    await cards.start()
    assert (await cards.look_up("anonymous")).match == "withheld"
    await cards.close()
    await database.close()
    await asyncio.to_thread(server.resume)
