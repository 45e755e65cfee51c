"""What a ticket's texts are filled with, and whom mail about it goes to: one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from crm.customers.queries import USERS
from crm.customers.tables import Customer, EmailAddress
from crm.tickets.tables import Ticket


@dataclass(frozen=True, slots=True)
class Matter:
    """A ticket as its customer knows it. `email` is where mail goes; None: nowhere."""

    ticket: int
    number: str
    title: str
    customer: str
    email: str | None
    language: str | None

    def values(self, *, agent: str, now: float, zone: tzinfo) -> dict[str, str]:
        """What the placeholders stand for."""
        return {
            "ticket.number": self.number,
            "ticket.title": self.title,
            "customer.name": self.customer,
            "agent.name": agent,
            "today": datetime.fromtimestamp(now, zone).date().isoformat(),
        }

    def in_language(self, otherwise: str) -> str:
        """zh or en: the customer's, else the installation's."""
        return "zh" if (self.language or otherwise).lower().startswith("zh") else "en"


async def matter(session: AsyncSession, ticket: int) -> Matter:
    """NotFound. Of several addresses the customer's own, the oldest."""
    email = (
        select(EmailAddress.email)
        .where(EmailAddress.customer_id == Ticket.customer_id)
        .order_by(EmailAddress.contact_id.is_not(None), EmailAddress.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Ticket.number, Ticket.title, Customer.name, email, Customer.language)
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(Ticket.id == ticket)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"no ticket {ticket}")
    return Matter(ticket, *row)


async def name_of(session: AsyncSession, user: int | None) -> str:
    """What a person is called; "" for nobody."""
    if user is None:
        return ""
    found = await session.scalar(select(USERS.c.display_name).where(USERS.c.id == user))
    return str(found or "")
