"""Puts customers back into the pool whom nobody has spoken to for too long, and writes it down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from crm.pool.service import Given, read_rules, recall

EVERY = 3_600.0  # seconds
AGAIN = 60.0  # seconds until a database that was away is tried again
AT_ONCE = 200  # customers in one transaction: nobody else's audit waits long

log = structlog.get_logger(__name__)


class PoolKeeper:
    """`run` works until it is cancelled. Several may run: each customer goes back once."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.recall()
                pause = EVERY
            except Exception as error:
                if not is_away(error):
                    log.exception("pool_not_kept")
                else:
                    log.warning("pool_not_kept", error=in_words(error))
                pause = AGAIN
            await asyncio.sleep(pause)

    async def recall(self) -> int:
        """Everybody who is due now; how many they were."""
        count = 0
        while True:
            back = await self._some()
            count += len(back)
            if len(back) < AT_ONCE:
                break
        if count:
            log.info("customers_back_in_pool", count=count)
        return count

    @unbroken
    async def _some(self) -> list[Given]:
        now = self._clock()
        async with self._database.session() as session:
            rules = await read_rules(session)
            back = await recall(session, rules, now=now, limit=AT_ONCE)
            for one in back:
                entry = Audited(
                    now,
                    None,
                    "customer.recall",
                    f"customer/{one.customer}",
                    before={"owner_id": one.before},
                    after={"owner_id": None},
                )
                await audit.record(session, entry)
            await session.commit()
        return back
