"""What the distribution of tickets asks: which wait, who has how many, and to write it down."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

import structlog
from sqlalchemy import func, select

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.events import TicketChanged
from callcenter.store.database import Database
from callcenter.unbroken import unbroken
from crm.tickets import steps, tree
from crm.tickets.life import TicketStatus
from crm.tickets.tables import NEVER, Ticket, TicketCategory
from crm.tickets.words import Actor

WORKED_ON = (TicketStatus.ASSIGNED, TicketStatus.IN_PROGRESS)  # what is put off waits for others

log = structlog.get_logger(__name__)

W_co = TypeVar("W_co", covariant=True)


class MakeWaiting(Protocol[W_co]):
    """How whoever asks writes down a ticket that waits."""

    def __call__(  # noqa: PLR0917 - the columns of one row
        self,
        ticket: int,
        version: int,
        joined_at: float,
        priority: int,
        due: float | None,
        way: tuple[int, ...],
    ) -> W_co: ...


W = TypeVar("W")


class HandingOut(Generic[W]):
    """`make` builds what `waiting` gives; `publish` gets each change once it is committed."""

    def __init__(
        self,
        database: Database,
        make: MakeWaiting[W],
        publish: Callable[[TicketChanged], object],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._make = make
        self._publish = publish
        self._clock = clock

    async def waiting(self, limit: int) -> Sequence[W]:
        """New tickets that nobody looks after, the most urgent first."""
        query = (
            select(
                *(Ticket.id, Ticket.version, Ticket.created_at, Ticket.priority),
                *(Ticket.next_due, Ticket.category_id),
            )
            .where(Ticket.status == TicketStatus.NEW.value, Ticket.owner_id.is_(None))
            .order_by(Ticket.priority.desc(), Ticket.next_due, Ticket.id)
            .limit(limit)
        )
        categories = select(TicketCategory.id, TicketCategory.parent_id)
        async with self._database.reading() as session:
            rows = (await session.execute(query)).all()
            found = await session.execute(categories)
            parents = {row.id: row.parent_id for row in found}
        return [
            self._make(
                row.id,
                row.version,
                row.created_at,
                row.priority,
                None if row.next_due >= NEVER else row.next_due,
                tree.above(parents, row.category_id),
            )
            for row in rows
        ]

    async def loads(self) -> Mapping[int, int]:
        """By user, how many tickets they work on now."""
        query = (
            select(Ticket.owner_id, func.count())
            .where(Ticket.status.in_([one.value for one in WORKED_ON]))
            .group_by(Ticket.owner_id)
        )
        async with self._database.reading() as session:
            return {user: count for user, count in await session.execute(query) if user is not None}

    @unbroken
    async def give(self, ticket: int, version: int, user: int, queue: int) -> bool:
        """False when it is not to be given any more: somebody was faster."""
        now = self._clock()
        try:
            async with self._database.session() as session:
                if await session.scalar(select(Ticket.owner_id).where(Ticket.id == ticket)):
                    return False
                event = await steps.assign(
                    session,
                    ticket,
                    owner=user,
                    by=Actor("rule", queue),
                    now=now,
                    version=version,
                )
                await session.commit()
        except (Conflict, InvalidInput, NotFound) as error:
            log.info("ticket_not_given", ticket=ticket, user=user, why=error.code)
            return False
        self._publish(event)
        return True
