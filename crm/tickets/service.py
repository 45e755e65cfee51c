"""Opens tickets and changes what stands in them; the caller owns the transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.events import TicketChanged
from callcenter.store.tables import Interaction
from crm.activities import service as activities
from crm.activities.kinds import ActivityKind
from crm.customers.queries import resolve
from crm.fields.rules import Sent
from crm.sql import insert_once, insert_row, table_of
from crm.text import line, paragraphs
from crm.tickets import categories, fields, people, promises, rules
from crm.tickets.changes import Edit, change, locked
from crm.tickets.life import Priority, Step, TicketStatus
from crm.tickets.tables import Ticket, TicketEvent, TicketNumber
from crm.tickets.words import Actor, Happened, Origin


class NewTicket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`owner`: absent, by the rules, else who opens it; null, nobody yet.

    `key`: sending the same request again under the same key opens nothing twice.
    """

    title: str
    customer: int
    interaction: str | None = None  # in which it came up
    description: str | None = None
    priority: Priority = Priority.NORMAL
    category: int | None = None
    fields: dict[str, Sent] = {}
    owner: int | UnsetType | None = UNSET
    team: int | None = None
    origin: Origin = Origin.AGENT
    key: str | None = None


class TicketPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is absent stays; of `fields` each that is absent, and null clears one."""

    title: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    category: int | UnsetType | None = UNSET
    fields: dict[str, Sent] | UnsetType = UNSET
    customer: int | UnsetType = UNSET
    solution: str | UnsetType | None = UNSET


@dataclass(frozen=True, slots=True)
class Opened:
    """`event` is None when this request had opened the ticket before."""

    ticket: int
    event: TicketChanged | None


class KeyReused(Conflict):
    """The same key came with another request."""

    code = "key_reused"


async def open_ticket(session: AsyncSession, new: NewTicket, *, by: Actor, now: float) -> Opened:
    """A new ticket with the next number, its promise, its owner, its line in the timeline.

    InvalidInput names a field; NotFound for a customer or interaction; KeyReused.
    """
    values = await _values(session, new)
    await _take_turns(session, now)
    digest = hashlib.sha256(msgspec.json.encode([new, by.id], order="sorted")).hexdigest()
    known = await _sent_before(session, new, by, digest)
    if known is not None:
        return Opened(known, None)
    answered = await _was_answered(session, new.interaction)
    id_ = await insert_row(
        session,
        Ticket,
        **values,
        number=await _next_number(session, now),
        status=TicketStatus.NEW.value,
        created_by=by.user,
        created_at=now,
        updated_at=now,
        request_key=new.key,
        request_digest=None if new.key is None else digest,
        **({"responded_at": now, "touched_at": now, "touches": 1} if answered else {}),
    )
    ticket = await locked(session, id_)
    await _told(session, ticket, by, now)
    edit = Edit(session, ticket, by, now)
    edit.promise()
    await _distribute(edit, new)
    event = await edit.save()
    return Opened(id_, event)


async def edit_ticket(
    session: AsyncSession,
    ticket: int,
    patch: TicketPatch,
    *,
    by: Actor,
    now: float,
    version: int | None = None,
) -> TicketChanged:
    """Change what stands in it. InvalidInput, NotFound, Stale, ReadOnly."""
    edit = await change(session, ticket, by, now, version=version)
    await apply_patch(edit, patch)
    return await edit.save()


async def apply_patch(edit: Edit, patch: TicketPatch) -> None:
    """As `edit_ticket`, of a ticket under change."""
    values: dict[str, Any] = {}
    if patch.title is not UNSET:
        values["title"] = line(patch.title, "title")
    for name in ("description", "solution"):
        sent = getattr(patch, name)
        if sent is not UNSET:
            values[name] = paragraphs(sent, name) if sent and sent.strip() else None
    if patch.priority is not UNSET:
        values["priority"] = int(patch.priority)
    if patch.customer is not UNSET:
        values["customer_id"] = await resolve(edit.session, patch.customer)
    values |= await _sorted_anew(edit, patch)
    if edit.set(Happened.EDITED, **values) and _CHOSEN_BY & values.keys():
        edit.promise()


_CHOSEN_BY = {"priority", "category_id", "customer_id"}


async def _sorted_anew(edit: Edit, patch: TicketPatch) -> dict[str, Any]:
    """Category and fields: those of the old category that the new one has too stay."""
    if patch.category is UNSET and patch.fields is UNSET:
        return {}
    ticket = edit.ticket
    category = ticket.category_id if patch.category is UNSET else patch.category
    if category != ticket.category_id:
        await categories.check_usable(edit.session, category)
    own = (await categories.rules_of(edit.session, category)).fields
    names = {rule.name for rule in own}
    kept = {name: value for name, value in (ticket.fields or {}).items() if name in names}
    sent = {} if patch.fields is UNSET else patch.fields
    read = fields.read(own, sent, kept)
    merged = {name: value for name, value in kept.items() if name not in sent} | read
    return {"category_id": category, "fields": merged or None}


# --- opening --------------------------------------------------------------------------------


async def _values(session: AsyncSession, new: NewTicket) -> dict[str, Any]:
    if new.owner is not UNSET:
        await people.check_owner(session, new.owner)
    await people.check_team(session, new.team)
    await categories.check_usable(session, new.category)
    if new.interaction is not None and not await session.scalar(
        select(Interaction.id).where(Interaction.id == new.interaction)
    ):
        raise NotFound(f"no interaction {new.interaction}")
    own = (await categories.rules_of(session, new.category)).fields
    told = new.description is not None and new.description.strip()
    return {
        "title": line(new.title, "title"),
        "description": paragraphs(new.description or "", "description") if told else None,
        "customer_id": await resolve(session, new.customer),
        "opened_from": new.interaction,
        "priority": int(new.priority),
        "category_id": new.category,
        "fields": fields.read(own, new.fields) or None,
        "team_id": new.team,
        "source": new.origin.value,
    }


async def _was_answered(session: AsyncSession, interaction: str | None) -> bool:
    """Who opens a ticket in a call that was answered has responded."""
    if interaction is None:
        return False
    query = select(Interaction.answered).where(Interaction.id == interaction)
    return bool(await session.scalar(query))


async def _sent_before(session: AsyncSession, new: NewTicket, by: Actor, digest: str) -> int | None:
    if new.key is None:
        return None
    query = select(Ticket.id, Ticket.request_digest).where(
        Ticket.created_by == by.user, Ticket.request_key == new.key
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    if row.request_digest != digest:
        raise KeyReused("this key was sent with another request", field="key")
    return int(row.id)


async def _told(session: AsyncSession, ticket: Ticket, by: Actor, now: float) -> None:
    """Its first event, and its line in the timeline."""
    await insert_row(
        session,
        TicketEvent,
        ticket_id=ticket.id,
        at=now,
        actor=by.kind,
        actor_id=by.id,
        kind=Happened.CREATED.value,
        version=ticket.version,
        after={
            "title": ticket.title,
            "description": ticket.description,
            "status": ticket.status,
            "priority": ticket.priority,
            "category_id": ticket.category_id,
            "customer_id": ticket.customer_id,
            "team_id": ticket.team_id,
            "fields": ticket.fields,
        },
        data={"source": ticket.source, "interaction": ticket.opened_from},
    )
    opened = activities.NewActivity(
        kind=ActivityKind.TICKET,
        source=f"ticket:{ticket.id}",
        at=now,
        summary=f"{ticket.number} {ticket.title}",
        customer=ticket.customer_id,
        interaction=ticket.opened_from,
        author=by.user,
        result=TicketStatus.NEW.value,
        text=ticket.description,
        data={"ticket": ticket.id, "number": ticket.number},
    )
    await activities.log(session, opened)


async def _distribute(edit: Edit, new: NewTicket) -> None:
    """To whom it was given, else by the rules, else to who opened it."""
    ticket = edit.ticket
    if new.owner is not UNSET:
        if new.owner is not None:
            edit.step(Step.ASSIGN, owner_id=new.owner)
            await _tell_owner(edit)
        return
    facts = await promises.facts_of(edit.session, ticket)
    given = await rules.choose(edit.session, facts)
    if given is None:
        if edit.actor.user is not None and ticket.team_id is None:
            edit.step(Step.ASSIGN, owner_id=edit.actor.user)
        return
    edit.actor, opener = Actor("rule", given.rule), edit.actor
    edit.set(Happened.EDITED, team_id=ticket.team_id or given.team)
    if given.owner is not None:
        edit.step(Step.ASSIGN, owner_id=given.owner)
        await _tell_owner(edit)
    edit.actor = opener


async def _tell_owner(edit: Edit) -> None:
    owner = edit.ticket.owner_id
    if owner != edit.actor.user:
        await people.notify(edit.session, [owner], edit.ticket.id, "assigned", now=edit.now)


async def _take_turns(session: AsyncSession, now: float) -> None:
    """Who opens tickets waits here for who does so already: keys and numbers are given once."""
    numbers = table_of(TicketNumber)
    year = _year(now)
    first = insert_once(session, TicketNumber, [{"year": year, "last": 0}], "year")
    await session.execute(first)
    await session.execute(select(numbers.c.last).where(numbers.c.year == year).with_for_update())


async def _next_number(session: AsyncSession, now: float) -> str:
    numbers = table_of(TicketNumber)
    year = _year(now)
    last = await session.scalar(
        update(numbers)
        .where(numbers.c.year == year)
        .values(last=numbers.c.last + 1)
        .returning(numbers.c.last)
    )
    return f"T-{year}-{last:06d}"


def _year(now: float) -> int:
    return datetime.fromtimestamp(now, UTC).year
