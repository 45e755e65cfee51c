"""Takes what is due out of the outbox and hands it to the mail server, for as long as we run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import CallCenterError
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from crm.mail import outbox, smtp
from crm.mail.message import File, Letter, Sender, message
from crm.mail.outbox import Due
from crm.mail.patience import again
from crm.mail.smtp import Refused, Server, Unreachable
from crm.mail.templates import gap

EVERY = 3.0  # seconds between looks
AT_ONCE = 20  # mails in one session
DAY = 86_400.0
CLEAR_EVERY = 3600.0  # seconds between looks for what is old
CLEAR_AT_ONCE = 500
LEASE = 900.0  # seconds after which a mail of somebody who is gone is taken by the next

Link = Callable[[int], Awaitable[str | None]]  # ticket → a fresh link to its feedback page

log = structlog.get_logger(__name__)


class Postman:
    """`link` makes the secret link of a feedback mail at the moment of sending; when it gives none
    the mail is no longer wanted. What is over is forgotten after `keep_days`."""

    def __init__(
        self,
        database: Database,
        server: Server,
        sender: Sender,
        link: Link,
        *,
        keep_days: float = 90.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._keep = keep_days * DAY
        self._cleared = 0.0  # when it was last looked for what is old
        self._server = server
        self._sender = sender
        self._link = link
        self._clock = clock
        self.trouble: str | None = None  # why no mail goes out
        self.dead = 0  # given up, as of the last look

    async def run(self) -> None:
        """Until cancelled. What is being sent then is sent again after the lease."""
        while True:
            more = False
            try:
                more = await self.look()
                more |= await self.clear()
            except Exception as error:
                log.warning("mail_not_looked_at", error=in_words(error), away=is_away(error))
            await asyncio.sleep(0 if more else EVERY)

    async def look(self) -> bool:
        """Send what is due. Whether there may be more."""
        due = await self._take()
        if not due:
            return False
        try:
            await self._deliver(due)
        finally:
            log.info("mails_tried", count=len(due), trouble=self.trouble)
        return self.trouble is None and len(due) == AT_ONCE

    @unbroken
    async def _take(self) -> list[Due]:
        now = self._clock()
        async with self._database.session() as session:
            due = await outbox.take(session, now=now, until=now + LEASE, limit=AT_ONCE)
            self.dead = await outbox.dead(session)
            await session.commit()
        return due

    @unbroken
    async def clear(self) -> bool:
        """Now and then, forget what is old. Whether there may be more."""
        now = self._clock()
        if now - self._cleared < CLEAR_EVERY:
            return False
        async with self._database.session() as session:
            gone = await outbox.clear(session, before=now - self._keep, limit=CLEAR_AT_ONCE)
            await session.commit()
        if gone == CLEAR_AT_ONCE:
            return True
        self._cleared = now
        return False

    async def _deliver(self, due: list[Due]) -> None:
        left = list(due)
        try:
            async with smtp.connected(self._server) as client:
                self.trouble = None
                while left:
                    await self._one(left[0], lambda made: smtp.send(client, self._server, made))
                    left.pop(0)
        except Unreachable as error:
            self.trouble = str(error)
            for mail in left:
                await self._failed(mail, self.trouble, for_good=False)

    async def _one(self, due: Due, hand_over: Callable[..., Awaitable[None]]) -> None:
        """Unreachable comes out; every other trouble is this mail's, and no other waits for it."""
        if not await self._hold(due):
            return
        try:
            body = await self._body(due)
            if body is None:
                await self._note(outbox.dropped, due)
                return
            file = await self._file(due)
            letter = Letter(due.recipient, due.subject, body, due.language, due.message_id, file)
            await hand_over(message(letter, self._sender, self._clock()))
        except Refused as error:
            await self._failed(due, error.reason, for_good=error.for_good)
        except CallCenterError as error:
            await self._failed(due, error.message, for_good=True)
        except Unreachable:
            raise
        except Exception as error:
            if is_away(error):
                raise
            log.exception("mail_not_made", mail=due.id)
            await self._failed(due, in_words(error), for_good=False)
        else:
            await self._note(partial(outbox.sent, now=self._clock()), due)

    @unbroken
    async def _hold(self, due: Due) -> bool:
        async with self._database.session() as session:
            held = await outbox.hold(session, due, until=self._clock() + LEASE)
            await session.commit()
        return held

    @unbroken
    async def _note(self, done: Callable[[AsyncSession, int], Awaitable[None]], due: Due) -> None:
        async with self._database.session() as session:
            await done(session, due.id)
            await session.commit()

    async def _file(self, due: Due) -> File | None:
        async with self._database.reading() as session:
            return await outbox.file_of(session, due.id)

    async def _body(self, due: Due) -> str | None:
        hole = gap(due.message_id)
        if hole not in due.body or due.ticket is None:
            return due.body
        link = await self._link(due.ticket)
        return None if link is None else due.body.replace(hole, link)

    async def _failed(self, due: Due, reason: str, *, for_good: bool) -> None:
        at = again(due.attempts, for_good=for_good, now=self._clock())
        log.warning("mail_not_sent", mail=due.id, reason=reason, given_up=at is None)
        await self._note(partial(outbox.failed, error=reason, again=at), due)
