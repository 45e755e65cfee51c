"""Gives out samples as they fall due and takes back what can no longer be heard."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from recording.quality import sampler, sampling_rules
from recording.quality.sampler import Given
from recording.quality.states import ScoreState

EVERY = 900.0  # seconds
AGAIN = 60.0  # seconds until a database that was away is tried again

log = structlog.get_logger(__name__)


class QualityKeeper:
    """`run` works until it is cancelled. Several may run: each call is given out once."""

    def __init__(
        self, database: Database, zone: ZoneInfo, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._zone = zone
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
                pause = EVERY
            except Exception as error:
                if not is_away(error):
                    log.exception("quality_not_kept")
                else:
                    log.warning("quality_not_kept", error=in_words(error))
                pause = AGAIN
            await asyncio.sleep(pause)

    async def turn(self) -> int:
        """What is due now, a transaction for each rule; how many calls were given out."""
        await self._take_back()
        async with self._database.reading() as session:
            rules = await sampler.active_rules(session)
        count = 0
        for rule in rules:
            count += await self._run(rule)
        if count:
            log.info("quality_samples_given", count=count)
        return count

    @unbroken
    async def _run(self, rule: int) -> int:
        now = self._clock()
        async with self._database.session() as session:
            try:
                given = await run_rule(session, rule, zone=self._zone, now=now)
            except NotFound:  # deleted since
                return 0
            if given:
                ids = {"scores": [one.score for one in given]}
                await self._write_down(session, now, "quality_rule.sample", rule, ids)
            await session.commit()
        return len(given)

    @unbroken
    async def _take_back(self) -> None:
        now = self._clock()
        async with self._database.session() as session:
            for score in await sampler.drop_lost(session, now=now):
                state = {"state": ScoreState.DROPPED.value}
                await self._write_down(session, now, "quality_score.drop", score, state)
            await session.commit()

    @staticmethod
    async def _write_down(
        session: AsyncSession, now: float, action: str, id_: int, after: dict[str, Any]
    ) -> None:
        object_ = f"{action.partition('.')[0]}/{id_}"
        await audit.record(session, Audited(now, None, action, object_, after=after))


async def run_rule(session: AsyncSession, rule: int, *, zone: ZoneInfo, now: float) -> list[Given]:
    """Give out what a rule wants now; nothing when it is not in use. NotFound."""
    found = await sampling_rules.get_rule(session, rule, lock=True)
    if not found.active:
        return []
    return await sampler.sample(session, found, zone=zone, now=now)
