"""The live staff on real databases, for every test that wants a floor of agents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert

from callcenter.store.database import Database
from routing.tables import Agent
from tests.routing.floor import Floor


@pytest.fixture
async def floor(database: Database) -> AsyncIterator[Floor]:
    async with database.session() as session:
        names = [{"id": n, "name": name, "active": True} for n, name in ((1, "Lucy"), (2, "Bob"))]
        await session.execute(insert(Agent), names)
        await session.commit()
    floor = Floor(database)
    writes = asyncio.create_task(floor.staff.journal.run())
    yield floor
    writes.cancel()
    await asyncio.gather(writes, return_exceptions=True)
