"""Watches the board's figures against their thresholds, and tells of alarms: on the board, on the
bus (from where they leave the house), and by mail.

An alarm is one when its row is written; while the database is away none is raised or cleared, and
the board goes on. What was open before a restart is open after it, until its figure is calm.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Literal, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import AlarmChanged, DomainEvent
from callcenter.store.database import Database, in_words
from callcenter.unbroken import unbroken
from screenpop import frames
from web import alarm_queries as queries
from web.alarm_rules import Key, Raised, Threshold, Watch
from web.board import LiveBoard
from web.supervision_tables import AlarmRow

EVERY = 1.0  # seconds
AlarmState = Literal["raised", "acknowledged", "cleared"]
LOOK_AGAIN = 30.0  # seconds until thresholds changed by another service are seen

log = structlog.get_logger(__name__)


class Post(Protocol):
    """Puts a mail where it will be sent from, in the caller's transaction."""

    async def alarm(self, session: AsyncSession, recipient: str, raised: Raised) -> None: ...


class AlarmKeeper:
    """`run` until cancelled. `post` None: there is no mail server, so no mail is written."""

    def __init__(
        self,
        board: LiveBoard,
        database: Database,
        publish: Callable[[DomainEvent], object],
        *,
        post: Post | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._board = board
        self._database = database
        self._publish = publish
        self._post = post
        self._clock = clock
        self._watch = Watch()
        self._thresholds: list[Threshold] = []
        self._open: dict[Key, AlarmRow] = {}
        self._loaded_at: float | None = None
        self._stale = True

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception as error:  # whatever it is: it is looked at again in a second
                log.warning("alarms_not_kept", error=in_words(error))
                await asyncio.sleep(4 * EVERY)
            await asyncio.sleep(EVERY)

    def reload(self) -> None:
        """Thresholds were changed, or an alarm was acknowledged."""
        self._stale = True

    async def look(self) -> None:
        """Once. Raises what the database raises; then nothing has changed."""
        now = self._clock()
        if self._stale or self._loaded_at is None or now - self._loaded_at > LOOK_AGAIN:
            await self._load(now)
        if not self._open and not any(one.alarm for one in self._thresholds):
            return
        ready, rows = self._board.ready(), self._board.queue_rows()
        for change in self._watch.step(now, rows, ready, self._thresholds):
            if isinstance(change, Raised):
                await self._raise(change)
            else:
                await self._clear(change.key, change.at)

    async def _load(self, now: float) -> None:
        self._stale = False
        try:
            async with self._database.reading() as db:
                kept = [one.threshold for one in await queries.thresholds(db)]
                open_ = await queries.open_alarms(db)
        except BaseException:
            self._stale = True
            raise
        self._loaded_at, self._thresholds = now, kept
        self._board.set_thresholds(
            [frames.Threshold(one.queue, one.metric, one.watch, one.bad) for one in kept]
        )
        before = {row.id: row for row in self._open.values()}
        self._open = {(row.queue, row.metric): row for row in open_}
        self._watch.open = set(self._open)
        for row in open_:
            known = before.get(row.id)
            if known is not None and known.acknowledged_at is None and row.acknowledged_at:
                self._tell(row, "acknowledged")
        self._show()

    @unbroken
    async def _raise(self, raised: Raised) -> None:
        async with self._database.session() as db:
            alarm = await queries.raise_alarm(db, raised)
            await self._write_mails(db, raised)
            await db.commit()
        queue, metric = raised.key
        row = AlarmRow(
            id=alarm,
            queue=queue,
            metric=metric,
            level=raised.level,
            value=raised.value,
            threshold=raised.threshold,
            raised_at=raised.at,
            cleared_at=None,
            acknowledged_at=None,
            acknowledged_by=None,
        )
        self._watch.raised(raised.key)
        self._open[raised.key] = row
        self._tell(row, "raised")
        self._show()

    async def _write_mails(self, db: AsyncSession, raised: Raised) -> None:
        if self._post is None:
            return
        queue, metric = raised.key
        rules = {(one.queue, one.metric): one for one in self._thresholds}
        rule = rules.get((queue, metric)) or rules.get(("", metric))
        for recipient in () if rule is None else rule.mail_to:
            await self._post.alarm(db, recipient, raised)

    @unbroken
    async def _clear(self, key: Key, at: float) -> None:
        row = self._open.get(key)
        if row is not None:
            async with self._database.session() as db:
                await queries.clear_alarm(db, row.id, at)
                await db.commit()
            del self._open[key]
            self._tell(row, "cleared")
        self._watch.cleared(key)
        self._show()

    def _show(self) -> None:
        rows = sorted(self._open.values(), key=lambda row: (row.raised_at, row.id))
        self._board.set_alarms([alarm_of(row) for row in rows])

    def _tell(self, row: AlarmRow, state: AlarmState) -> None:
        self._publish(
            AlarmChanged(
                at=self._clock(),
                alarm=row.id,
                queue=row.queue or None,
                metric=row.metric,
                level="bad" if row.level == "bad" else "watch",
                state=state,
                value=row.value,
                threshold=row.threshold,
                since=row.raised_at,
                by=row.acknowledged_by,
            )
        )


def alarm_of(row: AlarmRow) -> frames.Alarm:
    return frames.Alarm(
        id=row.id,
        queue=row.queue,
        metric=row.metric,
        level="bad" if row.level == "bad" else "watch",
        value=row.value,
        threshold=row.threshold,
        since=row.raised_at,
        acknowledged=row.acknowledged_at is not None,
    )
