"""Counts what people's saved views hold, for everybody who watches at once.

Views that mean the same for several people, among what the same right reaches, are counted once.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, cast

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import DomainEvent, TicketChanged
from callcenter.store.database import Database
from crm.tickets.desk import kept, views
from crm.tickets.desk.filters import Eye, TicketFilter, personal
from crm.tickets.desk.tables import SavedView
from crm.tickets.tables import Ticket
from screenpop.door import Principal as Person
from screenpop.frames import TicketRef, ViewCount
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.desk_people import eye_of, viewer_of
from web.scopes import tickets_of

EVENTS = (TicketChanged,)
KNOWN_FOR = 30.0  # seconds a person's views are remembered; what is saved here is seen at once
MOST_KNOWN = 5_000  # people

log = structlog.get_logger(__name__)


class Batch(Protocol):
    """What the bus hands over; `missed` events were lost before these."""

    @property
    def missed(self) -> int: ...
    @property
    def events(self) -> Collection[tuple[int, DomainEvent]]: ...


@dataclass(frozen=True, slots=True)
class _One:
    """A view as one person means it."""

    who: Principal
    row: SavedView
    filter: TicketFilter
    eye: Eye

    @property
    def key(self) -> Hashable:
        """Alike for all to whom the figure is the same."""
        scope = self.who.rights.get(Right.TICKET_READ)
        whose = None if scope is Scope.ALL and not personal(self.filter) else self.who.user
        return self.row.id, whose


class TicketFeed:
    """What `screenpop.ticket_stream` asks, and the consumer that tells it of changes."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.on_change: list[Callable[[TicketRef], None]] = []
        self._database = database
        self._clock = clock
        self._known: dict[int, tuple[float, list[SavedView], Eye]] = {}

    async def run(self, batches: AsyncIterable[Batch]) -> None:
        """Until the bus ends. Subscribed to EVENTS."""
        async for batch in batches:
            if batch.missed:
                log.error("tickets_missed_events", count=batch.missed)
                self.views_changed()  # the figures at least are right again
            for _, event in batch.events:
                if isinstance(event, TicketChanged):
                    self._tell(TicketRef(event.ticket, event.version, event.kind))

    def views_changed(self) -> None:
        """Somebody saved a view: everybody's figures are told anew."""
        self._known.clear()
        self._tell(TicketRef(0, 0, "views"))

    def _tell(self, ref: TicketRef) -> None:
        for listener in self.on_change:
            listener(ref)

    async def visible(self, who: Person, ticket: int) -> bool:
        """Whether this person may see that ticket."""
        reaches = tickets_of(cast(Principal, who), Right.TICKET_READ)
        async with self._database.reading() as session:
            found = await session.scalar(select(Ticket.id).where(Ticket.id == ticket, reaches))
        return found is not None

    async def reached(
        self, people: Collection[Person], tickets: Collection[int]
    ) -> Mapping[int, Collection[int]]:
        """By user, which of these tickets they may see. Raises what the database raises."""
        found: dict[int, Collection[int]] = {}
        async with self._database.reading() as session:
            for who in people:
                one = cast(Principal, who)
                if one.rights.get(Right.TICKET_READ) is Scope.ALL:
                    found[who.user] = tickets
                    continue
                seen = select(Ticket.id).where(tickets_of(one, Right.TICKET_READ))
                ids = await session.scalars(seen.where(Ticket.id.in_(tickets)))
                found[who.user] = frozenset(ids)
        return found

    async def counts(self, people: Collection[Person]) -> Mapping[int, list[ViewCount]]:
        """By user, each person's views in their order. Raises what the database raises."""
        async with self._database.reading() as session:
            asked = [
                one for who in people for one in await self._known_to(session, cast(Principal, who))
            ]
            return await _counted(session, people, asked)

    async def of(self, session: AsyncSession, who: Principal) -> list[ViewCount]:
        """One person's figures, for who asks over the API."""
        rows, eye = await self._read(session, who)
        asked = _asked(who, rows, eye)
        return (await _counted(session, [who], asked))[who.user]

    async def _known_to(self, session: AsyncSession, who: Principal) -> list[_One]:
        """Thousands who watch are not each looked up again whenever a ticket changes."""
        now = self._clock()
        known = self._known.get(who.user)
        if known is None or known[0] <= now:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            known = (now + KNOWN_FOR, *await self._read(session, who))
            self._known[who.user] = known
        _, rows, eye = known
        return _asked(who, rows, replace(eye, now=now))

    async def _read(self, session: AsyncSession, who: Principal) -> tuple[list[SavedView], Eye]:
        viewer = await viewer_of(session, who)
        rows = views.in_order(await kept.listed(session, SavedView, viewer))
        return rows, await eye_of(session, who, self._clock())


def _asked(who: Principal, rows: Iterable[SavedView], eye: Eye) -> list[_One]:
    return [_One(who, row, views.filter_of(row), eye) for row in rows]


async def _counted(
    session: AsyncSession, people: Collection[Person], asked: Collection[_One]
) -> dict[int, list[ViewCount]]:
    known: dict[Hashable, tuple[int, int]] = {}
    found: dict[int, list[ViewCount]] = {who.user: [] for who in people}
    for one in asked:
        if one.key not in known:
            reaches = tickets_of(one.who, Right.TICKET_READ)
            known[one.key] = await views.count(session, views.Asked(one.filter, one.eye, reaches))
        count, overdue = known[one.key]
        found[one.who.user].append(ViewCount(one.row.id, count, overdue))
    return found
