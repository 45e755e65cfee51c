"""What the customers' room does by itself, a little at a time and whenever there is time.

Names that were written past the service (by COPY, say) learn how they read, so that they are found
by pinyin; and the report of duplicates follows what changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Base
from callcenter.store.database import Database, is_away
from callcenter.unbroken import unbroken
from crm.customers.tables import Contact, Customer
from crm.merge.pairs import look_on
from crm.search.pinyin import load, spell
from crm.sql import table_of

AT_ONCE = 500  # names
LOOKED_AT = 50  # customers in one transaction
IDLE = 30.0  # seconds when there was nothing to do
REST = 1.0  # times as long as the work took

log = structlog.get_logger(__name__)


class Upkeep:
    """`run` goes on until it is cancelled."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        await asyncio.to_thread(load)
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            busy = await self._turn()
            await asyncio.sleep((loop.time() - began) * REST if busy else IDLE)

    async def _turn(self) -> bool:
        """Whether there may be more to do."""
        try:
            return any([await self._spell(), await self._look_on()])
        except Exception as error:
            if not is_away(error):
                log.exception("upkeep_failed")
            return False

    @unbroken
    async def _spell(self) -> bool:
        async with self._database.session() as session:
            counts = [await spell_missing(session, model) for model in (Customer, Contact)]
            await session.commit()
        return max(counts) == AT_ONCE

    @unbroken
    async def _look_on(self) -> bool:
        async with self._database.session() as session:
            count = await look_on(session, now=self._clock(), limit=LOOKED_AT)
            await session.commit()
        return count == LOOKED_AT


async def spell_missing(session: AsyncSession, model: type[Base]) -> int:
    """Give a reading to names that have none yet; how many were found."""
    table = table_of(model)
    missing = select(table.c.id, table.c.name).where(table.c.pinyin.is_(None)).limit(AT_ONCE)
    found = (await session.execute(missing.with_for_update(skip_locked=True))).all()
    if found:
        connection = await session.connection()
        await connection.execute(
            update(table)
            .where(table.c.id == bindparam("row"), table.c.name == bindparam("read"))
            .values(pinyin=bindparam("spelled")),
            [{"row": id_, "read": name, "spelled": spell(name)} for id_, name in found],
        )
    return len(found)
