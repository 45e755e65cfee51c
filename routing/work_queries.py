"""Missed calls as people read them, claim them and are done with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import Conflict, NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from callcenter.store.tables import Interaction
from routing.statements import USERS, table_of
from routing.work import WorkState, state_of
from routing.work_tables import MissedWork

Which = Literal["open", "mine", "done"]


class WorkItem(msgspec.Struct, frozen=True):
    """A missed call with all its tries. Times are seconds since the Unix epoch (UTC)."""

    id: int
    number: str | None  # as it came; null when it was withheld
    e164: str | None
    name: str | None
    customer: int | None
    queue: str | None
    kind: str  # abandoned, unanswered, voicemail: of the last try
    short: bool  # nobody waited longer than a short abandon
    interaction: str  # the last try
    first_at: float
    last_at: float
    tries: int
    state: WorkState
    claimed_by: int | None
    claimed_name: str | None
    claimed_at: float | None
    done_at: float | None
    done_name: str | None
    reason: str | None
    closed_by: str | None  # the call in which they were reached


class WorkPage(msgspec.Struct, frozen=True):
    """`next` is the cursor of the following page; `open` counts what waits for somebody."""

    items: list[WorkItem]
    next: str | None
    open: int


class Claimed(Conflict):
    """Somebody else has it: `values` says who and since when."""

    code = "claimed"

    def __init__(self, name: str | None, at: float | None) -> None:
        super().__init__(f"{name or 'somebody'} takes care of it")
        self.values = {"name": name, "at": at}


class AlreadyDone(Conflict):
    code = "already_done"


_work = table_of(MissedWork)


# --- read by people ------------------------------------------------------------------------


async def list_work(
    session: AsyncSession,
    which: Which,
    *,
    user: int,
    queue: str | None = None,
    search: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> WorkPage:
    """Open and mine: who waits longest first; done: the last first."""
    check_limit(limit)
    descending = which == "done"
    order = _work.c.done_at if descending else _work.c.first_at
    page = select(_work.c.id).where(*_filters(which, user, queue, search))
    key = decode_cursor(cursor, float)
    if key is not None:
        page = page.where(after(order, _work.c.id, key, descending=descending))
    items = await _items(session, _ordered(page, order, descending).limit(limit + 1), descending)
    last = items[limit - 1] if len(items) > limit else None
    value = None if last is None else (last.done_at if descending else last.first_at)
    following = None if last is None else encode_cursor(value or 0.0, last.id)
    return WorkPage(items[:limit], following, await count_open(session))


def _ordered(query: Select[Any], order: ColumnElement[Any], descending: bool) -> Select[Any]:
    if descending:
        return query.order_by(order.desc(), _work.c.id.desc())
    return query.order_by(order, _work.c.id)


def _filters(which: Which, user: int, queue: str | None, search: str) -> list[ColumnElement[bool]]:
    wanted: Mapping[Which, Sequence[ColumnElement[bool]]] = {
        "open": (_work.c.done_at.is_(None),),
        "mine": (_work.c.done_at.is_(None), _work.c.claimed_by == user),
        "done": (_work.c.done_at.is_not(None),),
    }
    filters = list(wanted[which])
    if queue is not None:
        filters.append(_work.c.queue == queue)
    if search.strip():
        text, searched = search.strip().lower(), (_work.c.number, _work.c.contact, _work.c.name)
        filters.append(or_(*(func.lower(one).contains(text, autoescape=True) for one in searched)))
    return filters


async def count_open(session: AsyncSession) -> int:
    """Of those that nobody takes care of yet."""
    unclaimed = _work.c.done_at.is_(None), _work.c.claimed_by.is_(None)
    return await session.scalar(select(func.count()).select_from(_work).where(*unclaimed)) or 0


async def get_work(session: AsyncSession, work: int) -> WorkItem:
    """NotFound."""
    found = await _items(session, select(_work.c.id).where(_work.c.id == work), False)
    if not found:
        raise NotFound("there is no such missed call")
    return found[0]


async def _items(session: AsyncSession, page: Select[Any], descending: bool) -> list[WorkItem]:
    chosen = page.subquery()
    claimer, doer = aliased(USERS), aliased(USERS)
    order = _work.c.done_at if descending else _work.c.first_at
    query = (
        select(
            _work,
            func.coalesce(Interaction.picked_customer_id, Interaction.customer_id).label("whose"),
            claimer.c.display_name.label("claimer"),
            doer.c.display_name.label("doer"),
        )
        .join(chosen, chosen.c.id == _work.c.id)
        .outerjoin(Interaction, Interaction.id == _work.c.interaction_id)
        .outerjoin(claimer, claimer.c.id == _work.c.claimed_by)
        .outerjoin(doer, doer.c.id == _work.c.done_by)
    )
    return [_item(row) for row in await session.execute(_ordered(query, order, descending))]


def _item(row: Any) -> WorkItem:
    contact = row.contact or ""
    return WorkItem(
        id=row.id,
        number=row.number if row.contact is not None else None,
        e164=contact if contact.startswith("+") else None,
        name=row.name,
        customer=row.whose,
        queue=row.queue,
        kind=row.kind,
        short=row.short,
        interaction=row.interaction_id,
        first_at=row.first_at,
        last_at=row.last_at,
        tries=row.tries,
        state=state_of(row.claimed_by, row.done_at),
        claimed_by=row.claimed_by,
        claimed_name=row.claimer,
        claimed_at=row.claimed_at,
        done_at=row.done_at,
        done_name=row.doer,
        reason=row.reason,
        closed_by=row.closed_by,
    )


# --- done by people ------------------------------------------------------------------------


async def claim(session: AsyncSession, work: int, *, user: int, now: float) -> WorkItem:
    """It is this person's from now on. Claimed when somebody was faster, AlreadyDone."""
    await session.execute(
        update(_work)
        .where(_work.c.id == work, _work.c.done_at.is_(None), _work.c.claimed_by.is_(None))
        .values(claimed_by=user, claimed_at=now)
    )
    return await _mine(session, work, user)


async def release(session: AsyncSession, work: int, *, user: int, anybodys: bool) -> WorkItem:
    """Nobody's again. `anybodys`: also what somebody else has claimed."""
    if not anybodys:
        await _mine(session, work, user, or_nobodys=True)
    await session.execute(
        update(_work)
        .where(_work.c.id == work, _work.c.done_at.is_(None))
        .values(claimed_by=None, claimed_at=None)
    )
    return await get_work(session, work)


async def finish(
    session: AsyncSession, work: int, *, user: int, reason: str, now: float, anybodys: bool
) -> WorkItem:
    """Taken care of, with a reason. Doing it twice changes nothing."""
    item = await get_work(session, work)
    if item.state is WorkState.DONE:
        return item
    if not anybodys:
        await _mine(session, work, user, or_nobodys=True)
    await session.execute(
        update(_work)
        .where(_work.c.id == work, _work.c.done_at.is_(None))
        .values(done_at=now, done_by=user, reason=reason)
    )
    return await get_work(session, work)


async def _mine(
    session: AsyncSession, work: int, user: int, *, or_nobodys: bool = False
) -> WorkItem:
    item = await get_work(session, work)
    if item.state is WorkState.DONE:
        raise AlreadyDone("it is taken care of already")
    if item.claimed_by != user and not (or_nobodys and item.claimed_by is None):
        raise Claimed(item.claimed_name, item.claimed_at)
    return item
