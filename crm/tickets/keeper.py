"""Does what time brings to tickets: escalations, waking what was put off, putting old ones away.

What is due stands in the database, so a restart forgets nothing; each is done in a transaction of
its own that first takes it, so two services never do it twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog
from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict
from callcenter.events import TicketChanged
from callcenter.store.database import Database, in_words, is_away
from callcenter.unbroken import unbroken
from crm.sql import table_of
from crm.tickets import people, promises, settings
from crm.tickets.changes import Edit, locked
from crm.tickets.life import DAY, Priority, Step, TicketStatus
from crm.tickets.sla import EscalationStep
from crm.tickets.steps import give
from crm.tickets.tables import Ticket, TicketEscalation
from crm.tickets.words import CLOCK, SLA, Happened

LOOK_AGAIN = 15.0  # seconds at most: what others write may be due sooner than what was seen
AFTER_FAILURE = 5.0
AFTER_TROUBLE = 300.0  # seconds until what could not be done is tried again
AT_ONCE = 200  # of each kind in one look

Did = TicketChanged | None
Deed = Callable[[AsyncSession, int, float], Awaitable[Did]]

escalations = table_of(TicketEscalation)
log = structlog.get_logger(__name__)


class TicketKeeper:
    """`run` until cancelled."""

    def __init__(
        self,
        database: Database,
        publish: Callable[[TicketChanged], object],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._publish = publish
        self._clock = clock
        self._put_off: dict[tuple[Deed, int], float] = {}  # what could not be done → until when

    async def run(self) -> None:
        while True:
            try:
                soonest = await self.turn()
            except Exception as error:
                log.warning("tickets_not_kept", error=in_words(error), away=is_away(error))
                await asyncio.sleep(AFTER_FAILURE)
                continue
            # What is put off is still due, and must not make this a busy loop.
            least = 1.0 if self._put_off else 0.05
            await asyncio.sleep(min(LOOK_AGAIN, max(least, soonest - self._clock())))

    async def turn(self) -> float:
        """Do what is due now; when the next is, as far as that is known."""
        now = self._clock()
        self._put_off = {key: until for key, until in self._put_off.items() if until > now}
        for ids, deed in (
            (_due_escalations(now), escalate),
            (_due_to_wake(now), wake_one),
            (await self._due_to_archive(now), archive_one),
            (_to_recount(), recount_one),
        ):
            await self._do_all(ids, deed, now)
        async with self._database.reading() as session:
            return await _soonest(session, now)

    async def _due_to_archive(self, now: float) -> Select[int] | None:
        async with self._database.reading() as session:
            days = (await settings.read(session)).archive_days
        return None if days is None else _old(now - days * DAY)

    async def _do_all(self, query: Select[int] | None, deed: Deed, now: float) -> None:
        """Everything the query finds; what one look does not reach, the next does."""
        if query is None:
            return
        put_off = [id_ for kind, id_ in self._put_off if kind is deed]
        (key,) = query.selected_columns
        query = query.where(key.not_in(put_off)).limit(AT_ONCE)
        async with self._database.reading() as session:
            ids: Sequence[int] = (await session.scalars(query)).all()
        for id_ in ids:
            await self._do(deed, id_, now)

    @unbroken
    async def _do(self, deed: Deed, id_: int, now: float) -> None:
        """One that cannot be done does not keep the others waiting."""
        try:
            async with self._database.session() as session:
                event = await deed(session, id_, now)
                await session.commit()
        except Exception as error:
            if is_away(error):
                raise
            log.exception("ticket_not_kept", deed=deed.__name__, id=id_)
            self._put_off[deed, id_] = now + AFTER_TROUBLE
            return
        if event is not None:
            self._publish(event)


# --- what is due ------------------------------------------------------------------------------


def _due_escalations(now: float) -> Select[int]:
    return (
        select(TicketEscalation.id)
        .where(TicketEscalation.done_at.is_(None), TicketEscalation.at <= now)
        .order_by(TicketEscalation.at, TicketEscalation.id)
    )


def _due_to_wake(now: float) -> Select[int]:
    return select(Ticket.id).where(Ticket.wake_at <= now).order_by(Ticket.wake_at, Ticket.id)


def _old(before: float) -> Select[int]:
    over = (TicketStatus.RESOLVED.value, TicketStatus.FEEDBACK.value)
    return (
        select(Ticket.id)
        .where(Ticket.status.in_(over), Ticket.resolved_at <= before)
        .order_by(Ticket.resolved_at, Ticket.id)
    )


def _to_recount() -> Select[int]:
    return select(Ticket.id).where(Ticket.recount).order_by(Ticket.id)


async def _soonest(session: AsyncSession, now: float) -> float:
    """The next escalation or waking; putting away is not for the minute."""
    planned = select(func.min(escalations.c.at)).where(escalations.c.done_at.is_(None))
    waking = select(func.min(Ticket.wake_at))
    found = [await session.scalar(planned), await session.scalar(waking)]
    return min((at for at in found if at is not None), default=now + LOOK_AGAIN)


# --- doing it ---------------------------------------------------------------------------------


async def escalate(session: AsyncSession, escalation: int, now: float) -> Did:
    """Do one escalation, if it is still to be done. The ticket's row is locked first, as everywhere
    else, so who changes the ticket at this moment either moves it or finds it done."""
    of_it = escalations.c.id == escalation
    ticket = await session.scalar(select(escalations.c.ticket_id).where(of_it))
    if ticket is None:
        return None
    edit = Edit(session, await locked(session, ticket), SLA, now)
    taken = await session.execute(
        update(escalations)
        .where(of_it, escalations.c.done_at.is_(None), escalations.c.at <= now)
        .values(done_at=now)
        .returning(escalations.c.step, escalations.c.at)
    )
    row = taken.one_or_none()
    if row is None:
        return None
    step = msgspec.convert(row.step, EscalationStep)
    edit.tell(Happened.ESCALATED, {"target": step.target, "minutes": step.minutes, "due": row.at})
    await _carry_out(edit, step)
    return await edit.save()


async def _carry_out(edit: Edit, step: EscalationStep) -> None:
    """Who looked after it until now is told too, when it is taken from them. The promise stays
    what it was: a raised priority makes nothing due sooner."""
    ticket = edit.ticket
    told = [*step.notify, ticket.owner_id if step.notify_owner else None]
    if step.notify_team:
        told += await people.members(edit.session, ticket.team_id)
    if step.raise_priority and ticket.priority < Priority.URGENT:
        edit.set(Happened.EDITED, priority=ticket.priority + 1)
    await _hand_over(edit, step)
    data = {"minutes": step.minutes}
    await people.notify(edit.session, told, ticket.id, step.target, now=edit.now, data=data)


async def _hand_over(edit: Edit, step: EscalationStep) -> None:
    """To its person, if they are still there, else to its team, for one of them to take."""
    if step.owner is None and step.team is None:
        return
    team = edit.ticket.team_id if step.team is None else step.team
    there = step.owner is not None and await people.active(edit.session, [step.owner])
    if there:
        await give(edit, owner=step.owner, team=team)
    elif step.team is not None:
        await give(edit, owner=None, team=team)


async def wake_one(session: AsyncSession, ticket: int, now: float) -> Did:
    """What was put off until now goes on, and its owner is told."""
    edit = Edit(session, await locked(session, ticket), CLOCK, now)
    due = edit.ticket.wake_at
    if edit.status is not TicketStatus.PENDING or due is None or due > now:
        return None
    edit.step(Step.WAKE)
    await people.notify(session, [edit.ticket.owner_id], ticket, "woken", now=now)
    return await edit.save()


async def archive_one(session: AsyncSession, ticket: int, now: float) -> Did:
    """What was resolved long ago, unless it came back this moment."""
    edit = Edit(session, await locked(session, ticket), CLOCK, now)
    days = (await settings.read(session)).archive_days
    since = edit.ticket.resolved_at
    if days is None or since is None or since > now - days * DAY:
        return None
    try:
        edit.step(Step.ARCHIVE)
    except Conflict:
        return None
    return await edit.save()


async def recount_one(session: AsyncSession, ticket: int, now: float) -> Did:
    """Its calendar has changed, and with it when what is due; nothing else has."""
    found = await locked(session, ticket)
    if not found.recount:
        return None
    await promises.keep(session, found, choose=False)
    dues = ("respond_due", "update_due", "resolve_due", "next_due")
    counted = {name: getattr(found, name) for name in dues} | {"recount": False}
    table = table_of(Ticket)
    await session.execute(update(table).where(table.c.id == ticket).values(counted))
    return TicketChanged(
        at=now, ticket=ticket, number=found.number, version=found.version, kind="recounted"
    )
