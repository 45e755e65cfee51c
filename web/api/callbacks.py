"""Promises to call back: seen, made from a customer's card, taken, declined and cancelled."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import Meta, structs
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import AmiDisconnected, Forbidden, InvalidInput
from callcenter.events import WorkChanged
from crm.numbers import read_number
from crm.wishes import refuses
from routing import callback_queries, callback_views
from routing.callback_queries import NewCallback
from routing.callback_runner import CallbackRunner
from routing.callback_views import AttemptView, CallbackView
from routing.callbacks import CallbackState, Step, Window
from routing.dialling import DoNotCall
from routing.queries import list_agents
from web import keys, ownership
from web.api.values import Body, Cursor, EventKey, Limit, NoteText, RowId, View
from web.api.work import QueueName, Which, WorkCustomer, customers_of
from web.auth.rights import Right
from web.routes import Call

LONGEST_AHEAD = 366 * 86_400.0  # seconds
LATE = 60.0  # seconds that a clock may be behind ours
Number = Annotated[str, Meta(min_length=2, max_length=80, pattern=r"\S")]
Minute = Annotated[int, Meta(ge=0, le=1440)]


class CallbackWindow(Body, frozen=True):
    """Minutes of the day between which they may be called, in the installation's zone."""

    begin: Minute
    end: Minute


class CallbackSent(Body, frozen=True):
    """`scheduled_at`: not before, and then whatever the hour; without it as soon as somebody is
    free. `agent`: who is wished to do it. Without `queue` it is that agent's first one."""

    number: Number
    queue: QueueName | None = None
    scheduled_at: Annotated[float, Meta(ge=0, le=1e11)] | None = None
    agent: RowId | None = None
    note: NoteText | None = None
    customer: RowId | None = None
    interaction: EventKey | None = None
    window: CallbackWindow | None = None


class CallbackQuery(Body, frozen=True):
    """`state`: open, mine (made by, wished of, or offered to me), done."""

    state: Which = "open"
    queue: QueueName | None = None
    customer: RowId | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


class CallbackItem(View, frozen=True):
    """`by` is the agent it is offered to or dialled by; `next_at` when it may be tried next."""

    id: int
    number: str
    e164: str | None
    customer: WorkCustomer | None
    queue: str
    joined_at: float
    state: CallbackState
    requested_by: Literal["caller", "agent"]
    created_by: str | None
    created_at: float
    interaction: str | None
    note: str | None
    wished_agent: int | None
    wished_name: str | None
    scheduled_at: float | None
    window: CallbackWindow | None
    next_at: float
    by: int | None
    by_name: str | None
    offered_at: float | None
    done_at: float | None
    result: str | None
    closed_by: str | None
    attempts: list[AttemptView]


class CallbackList(View, frozen=True):
    """`open` counts all that are still promised."""

    items: list[CallbackItem]
    next: str | None
    open: int


async def list_callbacks(call: Call, query: CallbackQuery) -> CallbackList:
    who = call.principal
    page = await callback_views.list_callbacks(
        call.db,
        query.state,
        user=who.user,
        agent=who.agent,
        queue=query.queue,
        customer=query.customer,
        cursor=query.cursor,
        limit=query.limit,
    )
    return CallbackList(await _items(call.db, page.items), page.next, page.open)


async def read_callback(call: Call, id: RowId) -> CallbackItem:
    return await _read(call, id)


async def create_callback(call: Call, body: CallbackSent) -> CallbackItem:
    if body.interaction is not None:
        await ownership.check(call, body.interaction, Right.INTERACTION_READ)
    now = time.time()
    contact = _contact(call, body.number)
    if await refuses(call.db, contact):
        raise DoNotCall
    agent = await _agent(call, body.agent)
    window = None
    if body.window is not None:
        window = Window(body.window.begin, body.window.end)
    new = NewCallback(
        contact=contact,
        number=body.number.strip(),
        queue=await _queue(call, body.queue, agent or call.principal.agent),
        joined_at=_moment(body.scheduled_at, now),
        next_at=_moment(body.scheduled_at, now),
        created_at=now,
        requested_by="agent",
        created_by=call.principal.user,
        interaction=body.interaction,
        customer=body.customer,
        note=body.note,
        wished_agent=agent,
        scheduled_at=body.scheduled_at,
        window=None if window is None else (window.begin, window.end),
    )
    made = await callback_queries.create(call.db, new)
    _publish(call, await callback_queries.changed(call.db, made))
    return await _read(call, made)


async def cancel_callback(call: Call, id: RowId) -> CallbackItem:
    now = time.time()
    over = {"done_at": now, "done_by": call.principal.user, "result": "cancelled"}
    _publish(call, await callback_queries.take_step(call.db, id, Step.CANCEL, **over))
    await callback_queries.end_attempt(call.db, id, at=now, result="cancelled", interaction=None)
    return await _read(call, id)


async def accept_callback(call: Call, id: RowId) -> CallbackItem:
    """What the agent is shown, or one that waits, out of turn: their telephone rings first."""
    item = await _read(call, id)
    abroad = call.principal.may(Right.CALL_DIAL_ABROAD)
    await _runner(call).accept(id, _own_agent(call), abroad=abroad)
    return item


async def decline_callback(call: Call, id: RowId) -> CallbackItem:
    item = await _read(call, id)
    _runner(call).decline(id, _own_agent(call))
    return item


def _runner(call: Call) -> CallbackRunner:
    runner = call.request.app[keys.CALLBACKS]
    if runner is None:
        raise AmiDisconnected("calls are not made here")
    return runner


def _own_agent(call: Call) -> int:
    if call.principal.agent is None:
        raise Forbidden("only who has a telephone here can call")
    return call.principal.agent


def _contact(call: Call, number: str) -> str:
    key = read_number(number, call.request.app[keys.NUMBER_RULE])
    if key.e164 is None:
        raise InvalidInput("this is not a telephone number", field="number")
    return key.e164


def _moment(scheduled_at: float | None, now: float) -> float:
    if scheduled_at is None:
        return now
    if not now - LATE <= scheduled_at <= now + LONGEST_AHEAD:
        raise InvalidInput("within the next year", field="scheduled_at")
    return scheduled_at


async def _agent(call: Call, agent: int | None) -> int | None:
    if agent is None:
        return None
    found = await list_agents(call.db, only=agent)
    if not found or not found[0].active:
        raise InvalidInput("there is no such agent", field="agent")
    return agent


async def _queue(call: Call, asked: str | None, agent: int | None) -> str:
    found = await callback_views.queue_for(call.db, asked, agent)
    if found is None:
        raise InvalidInput("say which queue's agents call back", field="queue")
    return found


def _publish(call: Call, event: WorkChanged) -> None:
    publish = call.request.app[keys.PUBLISH]
    call.then(lambda _: publish(event))


async def _read(call: Call, callback: int) -> CallbackItem:
    return (await _items(call.db, [await callback_views.get_callback(call.db, callback)]))[0]


async def _items(db: AsyncSession, views: list[CallbackView]) -> list[CallbackItem]:
    customers = await customers_of(db, (view.customer for view in views))
    return [
        CallbackItem(
            **structs.asdict(view)
            | {
                "customer": customers.get(view.customer or 0),
                "window": None if view.window is None else CallbackWindow(*view.window),
            }
        )
        for view in views
    ]
