"""What is done with a ticket: given, begun, put off, resolved, answered, merged, split, watched."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, Literal, TypeVar

from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import Forbidden, InvalidInput
from callcenter.events import TicketChanged
from crm.tickets import links, merging, messages, queries, steps
from crm.tickets.changes import Stale
from crm.tickets.views import TicketMessageView, TicketView
from crm.tickets.words import LinkKind
from web import keys, ownership
from web.api import ticket_values as values
from web.api.ticket_values import Moment, Title, Version, Words
from web.api.values import Body, EventKey, NoteText, RowId, View
from web.auth.rights import Right
from web.routes import Call
from web.scopes import visible_tickets

T = TypeVar("T")
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Kind = Literal["related", "duplicate", "follow_up", "split"]


class StepSent(Body, frozen=True, kw_only=True):
    """`version`: the one that was read; without it whatever is there now is meant."""

    version: Version | None = None


class AssignSent(StepSent, frozen=True, kw_only=True):
    """What is absent stays; null: nobody, no team."""

    owner: RowId | UnsetType | None = UNSET
    team: RowId | UnsetType | None = UNSET


class PendSent(StepSent, frozen=True, kw_only=True):
    """`wake_at`: when it goes on by itself; a reply of the customer wakes it as well."""

    reason: Reason
    wake_at: Moment | None = None


class ResolveSent(StepSent, frozen=True, kw_only=True):
    solution: Words | None = None


class MergeSent(StepSent, frozen=True, kw_only=True):
    """`target` keeps its number; this ticket becomes read-only and points at it."""

    target: RowId


class SplitSent(StepSent, frozen=True, kw_only=True):
    """`messages` go to the new ticket."""

    title: Title
    messages: Annotated[tuple[RowId, ...], Meta(max_length=200)] = ()


class LinkSent(Body, frozen=True):
    """`kind`: what this ticket is to the other."""

    ticket: RowId
    kind: Kind = "related"


class WatchSent(Body, frozen=True):
    """Without `user` it is oneself; for others one needs the right to assign."""

    user: RowId | None = None


class CallSent(Body, frozen=True):
    interaction: EventKey


class SaidSent(Body, frozen=True):
    text: NoteText


class SaidView(View, frozen=True):
    """`ticket` is where it was said: a merged ticket goes on in another."""

    message: TicketMessageView
    ticket: TicketView


async def assign_ticket(call: Call, id: RowId, body: AssignSent) -> TicketView:
    if body.owner is UNSET and body.team is UNSET:
        raise InvalidInput("say to whom", field="owner")
    await values.reach(call, id, Right.TICKET_ASSIGN)
    step = steps.assign(call.db, id, owner=body.owner, team=body.team, **_who(call, body))
    return await _step(call, id, body, step)


async def start_ticket(call: Call, id: RowId, body: StepSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    return await _step(call, id, body, steps.start(call.db, id, **_who(call, body)))


async def pend_ticket(call: Call, id: RowId, body: PendSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    step = steps.pend(call.db, id, reason=body.reason, wake_at=body.wake_at, **_who(call, body))
    return await _step(call, id, body, step)


async def wake_ticket(call: Call, id: RowId, body: StepSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    return await _step(call, id, body, steps.wake(call.db, id, **_who(call, body)))


async def resolve_ticket(call: Call, id: RowId, body: ResolveSent) -> TicketView:
    """The customer is asked by mail what they think of it, where there is an address."""
    await values.reach(call, id, Right.TICKET_RESOLVE)
    step = steps.resolve(call.db, id, solution=body.solution, **_who(call, body))
    view = await _step(call, id, body, step)
    await call.request.app[keys.LETTERS].feedback(call.db, id, now=values.now())
    return view


async def reopen_ticket(call: Call, id: RowId, body: StepSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    return await _step(call, id, body, steps.reopen(call.db, id, **_who(call, body)))


async def archive_ticket(call: Call, id: RowId, body: StepSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_ARCHIVE)
    return await _step(call, id, body, steps.archive(call.db, id, **_who(call, body)))


async def merge_ticket(call: Call, id: RowId, body: MergeSent) -> TicketView:
    """Answers with the target."""
    await values.reach(call, id, Right.TICKET_MERGE)
    await _other(call, body.target, Right.TICKET_MERGE, "target")
    events = await _or_stale(
        call, id, body, merging.merge(call.db, id, body.target, **_who(call, body))
    )
    await _goes_on(call, body.target, events[-1].ticket, Right.TICKET_MERGE)
    return await values.changed(call, events[-1].ticket, *events)


async def split_ticket(call: Call, id: RowId, body: SplitSent) -> TicketView:
    """Answers with the new ticket."""
    await values.reach(call, id, Right.TICKET_MERGE)
    made = merging.split(call.db, id, title=body.title, messages=body.messages, **_who(call, body))
    new, events = await _or_stale(call, id, body, made)
    return await values.changed(call, new, *events)


async def link_ticket(call: Call, id: RowId, body: LinkSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    await _other(call, body.ticket, Right.TICKET_READ, "ticket")
    event = await links.link(call.db, id, body.ticket, LinkKind(body.kind), **_now(call))
    return await values.changed(call, id, event)


async def unlink_ticket(call: Call, id: RowId, body: LinkSent) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    event = await links.unlink(call.db, id, body.ticket, LinkKind(body.kind), **_now(call))
    return await values.changed(call, id, event)


async def watch_ticket(call: Call, id: RowId, body: WatchSent) -> TicketView:
    user = await _watcher(call, id, body)
    event = await links.watch(call.db, id, user, **_now(call))
    return await values.changed(call, id, event)


async def unwatch_ticket(call: Call, id: RowId, body: WatchSent) -> TicketView:
    user = await _watcher(call, id, body)
    event = await links.unwatch(call.db, id, user, **_now(call))
    return await values.changed(call, id, event)


async def reply_to_customer(call: Call, id: RowId, body: SaidSent) -> SaidView:
    """It goes out by mail as well, where there is an address."""
    await values.reach(call, id, Right.TICKET_WRITE)
    said = await messages.reply(call.db, id, body.text, **_now(call))
    await _goes_on(call, id, said.ticket, Right.TICKET_WRITE)
    author, now = call.principal.user, values.now()
    await call.request.app[keys.LETTERS].reply(
        call.db, said.ticket, body.text, author=author, now=now
    )
    return await _said(call, said)


async def add_ticket_note(call: Call, id: RowId, body: SaidSent) -> SaidView:
    await values.reach(call, id, Right.TICKET_WRITE)
    said = await messages.note(call.db, id, body.text, **_now(call))
    await _goes_on(call, id, said.ticket, Right.TICKET_WRITE)
    return await _said(call, said)


async def add_call(call: Call, id: RowId, body: CallSent) -> TicketView:
    """A call was about this ticket; if it was answered, the customer has heard of us."""
    await values.reach(call, id, Right.TICKET_WRITE)
    seen = await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
    event = await messages.answered_call(call.db, id, seen.id, **_now(call))
    await _goes_on(call, id, event.ticket, Right.TICKET_WRITE)
    return await values.changed(call, event.ticket, event)


# --- parts ----------------------------------------------------------------------------------


def _now(call: Call) -> dict[str, Any]:
    return {"by": values.actor(call), "now": values.now()}


def _who(call: Call, body: StepSent) -> dict[str, Any]:
    return _now(call) | {"version": body.version}


async def _step(
    call: Call, ticket: int, body: StepSent, step: Awaitable[TicketChanged]
) -> TicketView:
    return await values.changed(call, ticket, await _or_stale(call, ticket, body, step))


async def _or_stale(call: Call, ticket: int, body: StepSent, step: Awaitable[T]) -> T:
    """A stale version gets both sides: what was sent, and what is there."""
    try:
        return await step
    except Stale:
        sent = {n: v for n, v in values.given(body).items() if n not in {"target", "messages"}}
        raise await values.stale(call, ticket, sent or {"status": None}) from None


async def _other(call: Call, ticket: int, right: Right, field: str) -> None:
    """InvalidInput names the field when this person cannot reach the other ticket."""
    seen = [visible_tickets(call, one) for one in sorted({Right.TICKET_READ, right})]
    if not await queries.is_visible(call.db, ticket, *seen):
        raise InvalidInput("there is no such ticket", field=field)


async def _goes_on(call: Call, asked: int, there: int, right: Right) -> None:
    """What was merged leads on, but nobody to what they do not reach: then nothing is kept."""
    if there != asked:
        await values.reach(call, there, right)


async def _watcher(call: Call, ticket: int, body: WatchSent) -> int:
    """Who watches sees: to show others a ticket one must be able to give it to them."""
    user = body.user or call.principal.user
    others = user != call.principal.user
    if others and not call.principal.may(Right.TICKET_ASSIGN):
        raise Forbidden(f"this needs the right {Right.TICKET_ASSIGN}")
    await values.reach(call, ticket, Right.TICKET_ASSIGN if others else Right.TICKET_READ)
    return user


async def _said(call: Call, said: messages.Said) -> SaidView:
    ticket = await values.changed(call, said.ticket, *said.events)
    return SaidView(await queries.get_message(call.db, said.message), ticket)
