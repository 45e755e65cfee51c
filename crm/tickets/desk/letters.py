"""Mail about tickets: public replies, and the question what the customer thinks.

Put into the outbox in the transaction of what it tells of; the caller owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from crm.mail import outbox
from crm.mail.message import is_address
from crm.mail.outbox import NewMail
from crm.mail.templates import Kind
from crm.tickets.desk.matter import Matter, matter, name_of


@dataclass(frozen=True, slots=True)
class Letters:
    """`on` is false where no mail server is configured: nothing is kept for one that may come."""

    on: bool
    language: str  # of the installation, for customers who have none
    zone: tzinfo

    async def reply(
        self, session: AsyncSession, ticket: int, text: str, *, author: int | None, now: float
    ) -> bool:
        """What was said to the customer, as mail. False when there is nowhere to send it."""
        about = await self._about(session, ticket)
        if about is None or about.email is None:
            return False
        values = about.values(agent=await name_of(session, author), now=now, zone=self.zone)
        return await self._post(session, about, "reply", {**values, "text": text}, now)

    async def feedback(self, session: AsyncSession, ticket: int, *, now: float) -> bool:
        """The link to the feedback page, made when the mail is sent."""
        about = await self._about(session, ticket)
        if about is None or about.email is None:
            return False
        values = about.values(agent="", now=now, zone=self.zone)
        return await self._post(session, about, "feedback", values, now)

    async def _about(self, session: AsyncSession, ticket: int) -> Matter | None:
        if not self.on:
            return None
        about = await matter(session, ticket)
        return about if about.email is not None and is_address(about.email) else None

    async def _post(
        self,
        session: AsyncSession,
        about: Matter,
        kind: Kind,
        values: dict[str, str],
        now: float,
    ) -> bool:
        if about.email is None:
            return False
        language = about.in_language(self.language)
        new = NewMail(kind, about.email, language, values, about.ticket)
        await outbox.post(session, new, now=now)
        return True
