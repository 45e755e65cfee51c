"""The rows of what is to be delivered; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import Table, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.outward.backoff import Outcome
from callcenter.outward.tables import CtiCallRow, DeliveryRow, DeliveryState, WebhookRow
from callcenter.store.base import Base
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor

CHUNK = 200  # rows in one statement: SQLite takes so many values
LONGEST_ERROR = 500

State = Literal["waiting", "delivered", "dead"]


def _table(model: type[Base]) -> Table:
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model} is not one table")
    return table


_ROWS = _table(DeliveryRow)
_IS_WAITING = _ROWS.c.state == DeliveryState.WAITING.value


@dataclass(frozen=True, slots=True)
class NewDelivery:
    webhook: int
    message: str
    type: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is ours to try now."""

    id: int
    webhook: int
    message: str
    body: str
    queued_at: float
    attempts: int  # with this one


class DeliveryView(msgspec.Struct, frozen=True):
    """What became of a message. `error` and `answer` are the target's words: hostile text."""

    id: int
    message: str
    type: str
    subject: str
    state: State
    attempts: int
    queued_at: float
    next_at: float | None
    done_at: float | None
    status: int | None
    seconds: float | None
    error: str | None
    answer: str | None
    body: str | None = None  # only of one that is asked for by itself


class DeliveryPage(msgspec.Struct, frozen=True):
    items: list[DeliveryView]
    next: str | None  # cursor of the next page


async def record(session: AsyncSession, new: Iterable[NewDelivery], *, now: float) -> int:
    """Queue messages; one that is there already is not queued again. How many were new.

    A target that was deleted a moment ago is told nothing.
    """
    there = set(await session.scalars(select(WebhookRow.id)))
    rows = [_values(one, now) for one in new if one.webhook in there]
    make: Any = insert_of(session)
    count = 0
    for start in range(0, len(rows), CHUNK):
        chunk = make(_ROWS).values(rows[start : start + CHUNK])
        unique = [_ROWS.c.webhook_id, _ROWS.c.message_id]
        done = await session.execute(
            chunk.on_conflict_do_nothing(index_elements=unique).returning(_ROWS.c.id)
        )
        count += len(done.all())
    return count


def insert_of(session: AsyncSession) -> Any:
    postgres = session.get_bind().dialect.name == "postgresql"
    return postgresql.insert if postgres else sqlite.insert


def _values(new: NewDelivery, now: float) -> dict[str, Any]:
    return {
        "webhook_id": new.webhook,
        "message_id": new.message,
        "type": new.type,
        "subject": new.subject,
        "body": new.body,
        "queued_at": now,
        "next_at": now,
        "state": DeliveryState.WAITING.value,
    }


async def add_test(session: AsyncSession, new: NewDelivery, *, now: float, until: float) -> int:
    """Queue one that whoever asked sends by themselves, before `until`."""
    values = _values(new, now) | {"next_at": until}
    done = await session.execute(insert(_ROWS).values(values).returning(_ROWS.c.id))
    return int(done.scalar_one())


async def soonest(session: AsyncSession, webhook: int) -> float | None:
    """When the next message may be tried."""
    mine = select(func.min(_ROWS.c.next_at)).where(_IS_WAITING, _ROWS.c.webhook_id == webhook)
    found: float | None = await session.scalar(mine)
    return found


async def take(
    session: AsyncSession, webhook: int, *, now: float, until: float, limit: int
) -> list[Due]:
    """Messages to try now, none before an earlier one of its subject is done with.

    Until `until` nobody else takes them: whoever is gone loses them then.
    """
    earlier = _ROWS.alias("earlier")
    blocked = (
        select(earlier.c.id)
        .where(
            earlier.c.webhook_id == _ROWS.c.webhook_id,
            earlier.c.subject == _ROWS.c.subject,
            earlier.c.state == DeliveryState.WAITING.value,
            earlier.c.id < _ROWS.c.id,
        )
        .exists()
    )
    ready = _IS_WAITING & (_ROWS.c.webhook_id == webhook) & (_ROWS.c.next_at <= now)
    mine = select(_ROWS.c.id).where(ready, ~blocked).order_by(_ROWS.c.id).limit(limit)
    taken = await session.execute(
        update(_ROWS)
        .where(_ROWS.c.id.in_(mine.with_for_update(skip_locked=True, of=_ROWS)))
        .values(next_at=until, attempts=_ROWS.c.attempts + 1)
        .returning(*_due_columns())
    )
    return sorted((Due(*row) for row in taken), key=lambda due: due.id)


async def take_one(session: AsyncSession, delivery: int, *, until: float) -> Due | None:
    """This one, whatever waits before it."""
    waiting = (_ROWS.c.id == delivery) & _IS_WAITING
    values = {"next_at": until, "attempts": _ROWS.c.attempts + 1}
    taken = await session.execute(
        update(_ROWS).where(waiting).values(values).returning(*_due_columns())
    )
    row = taken.one_or_none()
    return None if row is None else Due(*row)


def _due_columns() -> list[Any]:
    names = ("id", "webhook_id", "message_id", "body", "queued_at", "attempts")
    return [_ROWS.c[name] for name in names]


async def settle(
    session: AsyncSession, due: Due, outcome: Outcome, *, now: float, again: float | None
) -> None:
    """Write down what came of the attempt; `again`: when it is tried next, None: never."""
    state = DeliveryState.DELIVERED if outcome.ok else DeliveryState.DEAD
    values: dict[str, Any] = {
        "status": outcome.status,
        "seconds": outcome.seconds,
        "error": None if outcome.error is None else outcome.error[:LONGEST_ERROR],
        "answer": outcome.excerpt,
    }
    if outcome.ok or again is None:
        values |= {"state": state.value, "done_at": now}
    else:
        values |= {"next_at": again}
    ours = (_ROWS.c.id == due.id) & (_ROWS.c.attempts == due.attempts) & _IS_WAITING
    await session.execute(update(_ROWS).where(ours).values(values))


async def replay(
    session: AsyncSession, webhook: int, *, now: float, delivery: int | None = None
) -> int:
    """Send again what was given up: this one, or all of this target. How many."""
    dead = (_ROWS.c.webhook_id == webhook) & (_ROWS.c.state == DeliveryState.DEAD.value)
    if delivery is not None:
        dead &= _ROWS.c.id == delivery
    values = {
        "state": DeliveryState.WAITING.value,
        "attempts": 0,
        "queued_at": now,
        "next_at": now,
        "done_at": None,
    }
    done = await session.execute(update(_ROWS).where(dead).values(values).returning(_ROWS.c.id))
    count = len(done.all())
    if delivery is not None and not count:
        found = await read(session, webhook, delivery)
        raise Conflict(f"this message is {found.state}")
    return count


async def read(session: AsyncSession, webhook: int, delivery: int) -> DeliveryView:
    """With its body. NotFound."""
    row = await session.get(DeliveryRow, delivery, populate_existing=True)
    if row is None or row.webhook_id != webhook:
        raise NotFound("there is no such message")
    return _view(row, body=row.body)


async def page(
    session: AsyncSession,
    webhook: int,
    *,
    state: State | None,
    type: str | None,
    cursor: str | None,
    limit: int,
) -> DeliveryPage:
    """Newest first."""
    query = select(DeliveryRow).where(DeliveryRow.webhook_id == webhook)
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    if type is not None:
        query = query.where(DeliveryRow.type == type)
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(DeliveryRow.webhook_id, DeliveryRow.id, key, descending=True))
    query = query.order_by(DeliveryRow.id.desc()).limit(check_limit(limit) + 1)
    rows = list(await session.scalars(query))
    last = rows[limit - 1] if len(rows) > limit else None
    next_ = encode_cursor(float(webhook), last.id) if last else None
    return DeliveryPage([_view(row) for row in rows[:limit]], next_)


def _view(row: DeliveryRow, *, body: str | None = None) -> DeliveryView:
    waiting = row.state == DeliveryState.WAITING.value
    return DeliveryView(
        id=row.id,
        message=row.message_id,
        type=row.type,
        subject=row.subject,
        state=msgspec.convert(row.state, State),
        attempts=row.attempts,
        queued_at=row.queued_at,
        next_at=row.next_at if waiting else None,
        done_at=row.done_at,
        status=row.status,
        seconds=row.seconds,
        error=row.error,
        answer=row.answer,
        body=body,
    )


async def counts(session: AsyncSession) -> dict[int, dict[str, int]]:
    """How many wait and how many were given up, by target."""
    found: dict[int, dict[str, int]] = {}
    for state in (text("state = 'waiting'"), text("state = 'dead'")):  # as their indexes have it
        mine = select(_ROWS.c.webhook_id, _ROWS.c.state, func.count()).where(state)
        grouped = mine.group_by(_ROWS.c.webhook_id, _ROWS.c.state)
        for webhook, name, count in await session.execute(grouped):
            found.setdefault(webhook, {})[name] = count
    return found


async def give_up(session: AsyncSession, webhook: int, *, before: float, now: float) -> None:
    """What was queued before that has waited too long."""
    old = (_ROWS.c.webhook_id == webhook) & _IS_WAITING & (_ROWS.c.queued_at < before)
    values = {
        "state": DeliveryState.DEAD.value,
        "done_at": now,
        "error": func.coalesce(_ROWS.c.error, "waited too long"),
    }
    await session.execute(update(_ROWS).where(old).values(values))


async def sweep(session: AsyncSession, *, delivered: float, dead: float, calls: float) -> None:
    """Delete what was done with before these moments."""
    for state, before in ((DeliveryState.DELIVERED, delivered), (DeliveryState.DEAD, dead)):
        old = (_ROWS.c.state == state.value) & (_ROWS.c.done_at < before)
        await session.execute(delete(_ROWS).where(old))
    kept = _table(CtiCallRow)
    await session.execute(delete(kept).where(kept.c.changed_at < calls))


async def load_calls(session: AsyncSession) -> list[tuple[str, bytes]]:
    kept = _table(CtiCallRow)
    rows = await session.execute(select(kept.c.interaction_id, kept.c.state))
    return [(key, state.encode()) for key, state in rows]


async def keep_calls(
    session: AsyncSession, changes: Mapping[str, bytes | None], *, now: float
) -> None:
    """What helpdesks have heard of calls in progress; None: it is over."""
    kept = _table(CtiCallRow)
    keys = list(changes)
    for start in range(0, len(keys), CHUNK):
        part = keys[start : start + CHUNK]
        await session.execute(delete(kept).where(kept.c.interaction_id.in_(part)))
        rows = [
            {"interaction_id": key, "state": data.decode(), "changed_at": now}
            for key in part
            if (data := changes[key]) is not None
        ]
        if rows:
            await session.execute(insert(kept).values(rows))
