"""Callbacks as people see them: listed, with their history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from callcenter.store.tables import Interaction
from routing.callbacks import ACTIVE, CallbackState
from routing.statements import USERS, table_of
from routing.tables import Agent, AgentQueue, Queue
from routing.work_tables import Callback, CallbackAttempt

Which = Literal["open", "mine", "done"]
_ACTIVE = tuple(state.value for state in ACTIVE)
_callbacks = table_of(Callback)
_attempts = table_of(CallbackAttempt)


class AttemptView(msgspec.Struct, frozen=True):
    number: int
    agent: str | None
    at: float
    ended_at: float | None
    result: str | None
    interaction: str | None


class CallbackView(msgspec.Struct, frozen=True):
    """A callback with its history. `window`: minutes of the day between which they may be called;
    `by` is the agent it is offered to or dialled by."""

    id: int
    number: str
    e164: str | None
    customer: int | None
    queue: str
    joined_at: float
    state: CallbackState
    requested_by: str
    created_by: str | None
    created_at: float
    interaction: str | None
    note: str | None
    wished_agent: int | None
    wished_name: str | None
    scheduled_at: float | None
    window: tuple[int, int] | None
    next_at: float
    by: int | None
    by_name: str | None
    offered_at: float | None
    done_at: float | None
    result: str | None
    closed_by: str | None
    attempts: list[AttemptView]


class CallbackPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; `open` counts all that are still promised."""

    items: list[CallbackView]
    next: str | None
    open: int


async def list_callbacks(
    session: AsyncSession,
    which: Which,
    *,
    user: int,
    agent: int | None,
    queue: str | None = None,
    customer: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> CallbackPage:
    """Open and mine: whose turn is next first; done: the last first."""
    check_limit(limit)
    descending = which == "done"
    order = _callbacks.c.done_at if descending else _callbacks.c.next_at
    page = select(_callbacks.c.id).where(*_filters(which, user, agent))
    if queue is not None:
        page = page.where(_callbacks.c.queue == queue)
    if customer is not None:
        page = page.where(_callbacks.c.customer_id == customer)
    key = decode_cursor(cursor, float)
    if key is not None:
        page = page.where(after(order, _callbacks.c.id, key, descending=descending))
    page = _ordered(page, order, descending).limit(limit + 1)
    items = await _views(session, page, order, descending)
    last = items[limit - 1] if len(items) > limit else None
    value = None if last is None else (last.done_at if descending else last.next_at)
    following = None if last is None else encode_cursor(value or 0.0, last.id)
    return CallbackPage(items[:limit], following, await count_open(session))


def _filters(which: Which, user: int, agent: int | None) -> list[ColumnElement[bool]]:
    promised = _callbacks.c.state.in_(_ACTIVE)
    mine = or_(
        _callbacks.c.created_by == user,
        _callbacks.c.wished_agent == (agent or 0),
        _callbacks.c.agent_id == (agent or 0),
    )
    wanted: Mapping[Which, list[ColumnElement[bool]]] = {
        "open": [promised],
        "mine": [promised, mine],
        "done": [_callbacks.c.done_at.is_not(None)],
    }
    return wanted[which]


def _ordered(query: Select[Any], order: ColumnElement[Any], descending: bool) -> Select[Any]:
    if descending:
        return query.order_by(order.desc(), _callbacks.c.id.desc())
    return query.order_by(order, _callbacks.c.id)


async def count_open(session: AsyncSession) -> int:
    counted = select(func.count()).select_from(_callbacks)
    return await session.scalar(counted.where(_callbacks.c.state.in_(_ACTIVE))) or 0


async def get_callback(session: AsyncSession, callback: int) -> CallbackView:
    """NotFound."""
    one = select(_callbacks.c.id).where(_callbacks.c.id == callback)
    found = await _views(session, one, _callbacks.c.next_at, False)
    if not found:
        raise NotFound("there is no such callback")
    return found[0]


async def _views(
    session: AsyncSession, page: Select[Any], order: ColumnElement[Any], descending: bool
) -> list[CallbackView]:
    chosen = page.subquery()
    wished, by = aliased(Agent), aliased(Agent)
    call_customer = func.coalesce(Interaction.picked_customer_id, Interaction.customer_id)
    query = (
        select(
            _callbacks,
            func.coalesce(_callbacks.c.customer_id, call_customer).label("whose"),
            USERS.c.display_name.label("creator"),
            wished.name.label("wished_name"),
            by.name.label("by_name"),
        )
        .join(chosen, chosen.c.id == _callbacks.c.id)
        .outerjoin(Interaction, Interaction.id == _callbacks.c.interaction_id)
        .outerjoin(USERS, USERS.c.id == _callbacks.c.created_by)
        .outerjoin(wished, wished.id == _callbacks.c.wished_agent)
        .outerjoin(by, by.id == _callbacks.c.agent_id)
    )
    rows = (await session.execute(_ordered(query, order, descending))).all()
    history = await _history(session, [row.id for row in rows])
    return [_view(row, history.get(row.id, [])) for row in rows]


async def _history(session: AsyncSession, callbacks: Sequence[int]) -> dict[int, list[AttemptView]]:
    rows = await session.execute(
        select(_attempts, Agent.name.label("agent_name"))
        .outerjoin(Agent, Agent.id == _attempts.c.agent_id)
        .where(_attempts.c.callback_id.in_(callbacks))
        .order_by(_attempts.c.callback_id, _attempts.c.number)
    )
    found: dict[int, list[AttemptView]] = {}
    for row in rows:
        view = AttemptView(
            *(row.number, row.agent_name, row.at, row.ended_at, row.result, row.interaction_id)
        )
        found.setdefault(row.callback_id, []).append(view)
    return found


def _view(row: Any, history: list[AttemptView]) -> CallbackView:
    return CallbackView(
        id=row.id,
        number=row.number,
        e164=row.contact if row.contact.startswith("+") else None,
        customer=row.whose,
        queue=row.queue,
        joined_at=row.joined_at,
        state=CallbackState(row.state),
        requested_by=row.requested_by,
        created_by=row.creator,
        created_at=row.created_at,
        interaction=row.interaction_id,
        note=row.note,
        wished_agent=row.wished_agent,
        wished_name=row.wished_name,
        scheduled_at=row.scheduled_at,
        window=None if row.window_from is None else (row.window_from, row.window_to),
        next_at=row.next_at,
        by=row.agent_id,
        by_name=row.by_name,
        offered_at=row.offered_at,
        done_at=row.done_at,
        result=row.result,
        closed_by=row.closed_by,
        attempts=history,
    )


async def queue_for(session: AsyncSession, asked: str | None, agent: int | None) -> str | None:
    """The queue that calls back: the one asked for if there is one of that name, else the first
    of the agent's."""
    ours = select(Queue.name).where(Queue.ours).order_by(Queue.name).limit(1)
    if asked is not None:
        found: str | None = await session.scalar(ours.where(Queue.name == asked))
        return found
    mine = ours.join(AgentQueue, AgentQueue.queue_id == Queue.id)
    first: str | None = await session.scalar(mine.where(AgentQueue.agent_id == (agent or 0)))
    return first
