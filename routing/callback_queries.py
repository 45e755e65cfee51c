"""What the database knows of callbacks, and the only SQL that changes it.

A step is one conditional UPDATE: of two that come at once the second finds the state changed.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import and_, func, insert, or_, select, update

from callcenter.errors import Conflict, NotFound
from callcenter.events import WorkChanged
from routing.callbacks import ACTIVE, CallbackState, NotNow, Step, after
from routing.statements import Link, insert_once, table_of
from routing.work_tables import Callback, CallbackAttempt

_ACTIVE = tuple(state.value for state in ACTIVE)
_callbacks = table_of(Callback)
_attempts = table_of(CallbackAttempt)


class NewCallback(msgspec.Struct, frozen=True, kw_only=True):
    """What is promised to whom. `window` in minutes of the day."""

    contact: str
    number: str
    queue: str
    joined_at: float
    next_at: float
    created_at: float
    requested_by: Literal["caller", "agent"]
    priority: float = 0.0
    created_by: int | None = None
    interaction: str | None = None
    customer: int | None = None
    note: str | None = None
    wished_agent: int | None = None
    scheduled_at: float | None = None
    window: tuple[int, int] | None = None


class CallbackEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A callback as the live part needs it."""

    id: int
    contact: str
    number: str
    queue: str
    joined_at: float
    priority: float
    state: CallbackState
    wished_agent: int | None
    scheduled_at: float | None
    window: tuple[int, int] | None
    next_at: float
    attempts: int
    agent: int | None
    created_at: float
    asked_for: bool  # by the customer themself


class AlreadyPromised(Conflict):
    """One active callback for each number and queue: `values` names the one there is."""

    code = "already_promised"

    def __init__(self, callback: int) -> None:
        super().__init__("this number is called back by this queue already")
        self.values = {"callback": callback}


async def create(link: Link, new: NewCallback) -> int:
    """Its id. AlreadyPromised when this number waits for this queue already."""
    values = msgspec.structs.asdict(new)
    begin, end = values.pop("window") or (None, None)
    values |= {"window_from": begin, "window_to": end, "state": CallbackState.WAITING.value}
    values["interaction_id"] = values.pop("interaction")
    values["customer_id"] = values.pop("customer")
    made = await link.execute(insert_once(link, Callback, values).returning(_callbacks.c.id))
    id_ = made.scalar_one_or_none()
    if id_ is None:
        raise AlreadyPromised(await _active(link, new.contact, new.queue) or 0)
    return int(id_)


async def promised(link: Link, *, interaction: str, contact: str, queue: str, at: float) -> bool:
    """Whether this call led to a callback by this queue, or asked while one was promised,
    whatever has become of it."""
    same = _callbacks.c.interaction_id == interaction
    over = or_(_callbacks.c.done_at.is_(None), _callbacks.c.done_at >= at)
    then = and_(_callbacks.c.contact == contact, _callbacks.c.created_at <= at, over)
    found = await link.execute(
        select(_callbacks.c.id).where(_callbacks.c.queue == queue, or_(same, then)).limit(1)
    )
    return found.first() is not None


async def _active(link: Link, contact: str, queue: str) -> int | None:
    found = await link.execute(
        select(_callbacks.c.id).where(
            _callbacks.c.contact == contact,
            _callbacks.c.queue == queue,
            _callbacks.c.state.in_(_ACTIVE),
        )
    )
    return found.scalar_one_or_none()


async def take_step(link: Link, callback: int, step: Step, **values: Any) -> WorkChanged:
    """The callback in the state that follows. NotNow when it is in another one by now."""
    state = await _state(link, callback)
    following = after(state, step)
    if following not in ACTIVE or following is CallbackState.WAITING:
        values |= {"agent_id": None, "offered_at": None}
    done = await link.execute(
        update(_callbacks)
        .where(_callbacks.c.id == callback, _callbacks.c.state == state.value)
        .values(state=following.value, **values)
        .returning(_callbacks.c.id)
    )
    if done.scalar_one_or_none() is None:
        raise NotNow(await _state(link, callback), step)
    return await changed(link, callback, at=values.get("done_at") or values.get("offered_at"))


async def _state(link: Link, callback: int) -> CallbackState:
    found = await link.execute(select(_callbacks.c.state).where(_callbacks.c.id == callback))
    state = found.scalar_one_or_none()
    if state is None:
        raise NotFound("there is no such callback")
    return CallbackState(state)


async def begin_attempt(link: Link, callback: int, *, agent: int, at: float) -> int:
    """The number of the attempt that begins now."""
    before = select(func.coalesce(func.max(_attempts.c.number), 0)).where(
        _attempts.c.callback_id == callback
    )
    number = int((await link.execute(before)).scalar_one()) + 1
    await link.execute(
        insert(_attempts).values(callback_id=callback, number=number, agent_id=agent, at=at)
    )
    return number


async def end_attempt(
    link: Link, callback: int, *, at: float, result: str, interaction: str | None
) -> None:
    """The one that is still open, if there is one."""
    await link.execute(
        update(_attempts)
        .where(_attempts.c.callback_id == callback, _attempts.c.ended_at.is_(None))
        .values(ended_at=at, result=result, interaction_id=interaction)
    )


async def close_reached(
    link: Link, contact: str, *, interaction: str, at: float, reason: str
) -> list[WorkChanged]:
    """They were spoken to: every promise that was given before is kept."""
    done = await link.execute(
        update(_callbacks)
        .where(
            _callbacks.c.contact == contact,
            _callbacks.c.state.in_(_ACTIVE),
            _callbacks.c.created_at <= at,
        )
        .values(
            state=CallbackState.DONE.value,
            done_at=at,
            result=reason,
            closed_by=interaction,
            agent_id=None,
            offered_at=None,
        )
        .returning(_callbacks.c.id)
    )
    events = []
    for id_ in done.scalars().all():
        await end_attempt(link, id_, at=at, result=reason, interaction=interaction)
        events.append(await changed(link, id_, at=at))
    return events


async def changed(link: Link, callback: int, *, at: float | None = None) -> WorkChanged:
    """The event that says how this callback is now."""
    found = await link.execute(_change.where(_callbacks.c.id == callback))
    return _told(found.one(), at)


async def open_callbacks(link: Link) -> list[WorkChanged]:
    """Everything that is still promised, for whoever begins to count."""
    rows = await link.execute(
        _change.where(_callbacks.c.state.in_(_ACTIVE)).order_by(_callbacks.c.id)
    )
    return [_told(row, None) for row in rows]


_change = select(
    *(_callbacks.c.id, _callbacks.c.state, _callbacks.c.queue, _callbacks.c.joined_at),
    *(_callbacks.c.agent_id, _callbacks.c.created_at),
)


def _told(row: Any, at: float | None) -> WorkChanged:
    return WorkChanged(
        at=at or row.created_at,
        kind="callback",
        work=row.id,
        state=row.state,
        queue=row.queue,
        since=row.joined_at,
        by=row.agent_id,
    )


# --- read by the live part ------------------------------------------------------------------


async def active(link: Link, only: int | None = None) -> list[CallbackEntry]:
    """All that are still promised, or the one asked for if it is."""
    query = select(_callbacks).where(_callbacks.c.state.in_(_ACTIVE)).order_by(_callbacks.c.id)
    if only is not None:
        query = query.where(_callbacks.c.id == only)
    return [_entry(row) for row in await link.execute(query)]


def _entry(row: Any) -> CallbackEntry:
    return CallbackEntry(
        id=row.id,
        contact=row.contact,
        number=row.number,
        queue=row.queue,
        joined_at=row.joined_at,
        priority=row.priority,
        state=CallbackState(row.state),
        wished_agent=row.wished_agent,
        scheduled_at=row.scheduled_at,
        window=_window(row),
        next_at=row.next_at,
        attempts=row.attempts,
        agent=row.agent_id,
        created_at=row.created_at,
        asked_for=row.requested_by == "caller",
    )


def _window(row: Any) -> tuple[int, int] | None:
    return None if row.window_from is None else (row.window_from, row.window_to)
