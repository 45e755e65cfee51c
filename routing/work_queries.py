"""What the database knows of missed calls, and the only SQL that changes it.

Functions take a connection or a session and leave the transaction to the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    ColumnElement,
    Insert,
    Integer,
    Select,
    Table,
    Text,
    column,
    func,
    insert,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import Conflict, NotFound
from callcenter.events import WorkChanged
from callcenter.store.base import Base
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from callcenter.store.tables import Interaction
from routing.work import Miss, WorkKind, WorkState, combined, state_of
from routing.work_tables import MissedTry, MissedWork

Link = AsyncConnection | AsyncSession
Which = Literal["open", "mine", "done"]
USERS = table("users", column("id", Integer), column("display_name", Text))  # the sign-in's
LONGEST = {"number": 80, "name": 200}  # characters kept of hostile text


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


def insert_once(link: Link, model: type[Base], rows: Any, **conflict: Any) -> Any:
    """An insert that leaves alone what is there already."""
    table_ = table_of(model)
    dialect = link.dialect if isinstance(link, AsyncConnection) else link.get_bind().dialect
    make: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement: Insert = make(table_).values(rows).on_conflict_do_nothing(**conflict)
    return statement


def table_of(model: type[Base]) -> Table:
    table_ = model.__table__
    if not isinstance(table_, Table):
        raise TypeError(f"{model} is not one table")
    return table_


_work = table_of(MissedWork)
_tries = table_of(MissedTry)


# --- written by what happens ---------------------------------------------------------------


async def record_miss(link: Link, miss: Miss, contact: str | None) -> WorkChanged | None:
    """Write the try down, under an open row of the same contact if there is one. None when it
    was known."""
    known = await _try_of(link, miss.interaction)
    if known is not None:
        return await _upgrade(link, miss, *known)
    work = await _fold(link, miss, contact) or await _begin(link, miss, contact)
    await link.execute(
        insert_once(
            link,
            MissedTry,
            {
                "interaction_id": miss.interaction,
                "work_id": work,
                "at": miss.at,
                "kind": miss.kind.value,
                "queue": miss.queue,
                "dialled": miss.dialled,
                "waited": miss.waited,
                "short": miss.short,
            },
        )
    )
    return await changed(link, work)


async def _try_of(link: Link, interaction: str) -> tuple[int, WorkKind] | None:
    found = await link.execute(
        select(_tries.c.work_id, _tries.c.kind).where(_tries.c.interaction_id == interaction)
    )
    row = found.one_or_none()
    return None if row is None else (row.work_id, WorkKind(row.kind))


async def _upgrade(link: Link, miss: Miss, work: int, known: WorkKind) -> WorkChanged | None:
    """The same call again: all that can be new is that a message was left in it."""
    if known is miss.kind or miss.kind is not WorkKind.VOICEMAIL:
        return None
    kind = {"kind": miss.kind.value, "short": False}
    await link.execute(
        update(_tries).where(_tries.c.interaction_id == miss.interaction).values(kind)
    )
    await link.execute(update(_work).where(_work.c.id == work).values(kind))
    return await changed(link, work)


async def _fold(link: Link, miss: Miss, contact: str | None) -> int | None:
    """One more try of somebody who is already owed a call."""
    if contact is None:
        return None
    open_one = _work.c.contact == contact, _work.c.done_at.is_(None)
    found = await link.execute(
        select(_work.c.id, _work.c.kind, _work.c.short, _work.c.last_at).where(*open_one)
    )
    row = found.one_or_none()
    if row is None:
        return None
    await link.execute(
        update(_work)
        .where(_work.c.id == row.id)
        .values(
            tries=_work.c.tries + 1,
            last_at=max(row.last_at, miss.at),
            kind=combined(WorkKind(row.kind), miss.kind).value,
            short=row.short and miss.short,
            interaction_id=miss.interaction,
            queue=func.coalesce(miss.queue, _work.c.queue),
        )
    )
    return int(row.id)


async def _begin(link: Link, miss: Miss, contact: str | None) -> int:
    made = await link.execute(
        insert(_work)
        .values(
            pbx=miss.pbx,
            contact=contact,
            number=_kept(miss.number, "number"),
            name=_kept(miss.name, "name"),
            queue=miss.queue,
            kind=miss.kind.value,
            short=miss.short,
            interaction_id=miss.interaction,
            first_at=miss.at,
            last_at=miss.at,
            tries=1,
        )
        .returning(_work.c.id)
    )
    return int(made.scalar_one())


def _kept(text: str | None, name: str) -> str | None:
    return None if text is None else text[: LONGEST[name]]


async def close_reached(
    link: Link, contact: str, *, interaction: str, at: float, reason: str
) -> WorkChanged | None:
    """They were spoken to: what was open until then is done."""
    done = await link.execute(
        update(_work)
        .where(_work.c.contact == contact, _work.c.done_at.is_(None), _work.c.last_at <= at)
        .values(done_at=at, reason=reason, closed_by=interaction)
        .returning(_work.c.id)
    )
    work = done.scalar_one_or_none()
    return None if work is None else await changed(link, work)


async def changed(link: Link, work: int) -> WorkChanged:
    """The event that says how this row is now."""
    found = await link.execute(_change.where(_work.c.id == work))
    return _told(found.one())


async def open_work(link: Link) -> list[WorkChanged]:
    """Everything that is not done, for whoever begins to count."""
    rows = await link.execute(_change.where(_work.c.done_at.is_(None)).order_by(_work.c.id))
    return [_told(row) for row in rows]


_change = select(
    *(_work.c.id, _work.c.queue, _work.c.first_at, _work.c.last_at, _work.c.claimed_by),
    *(_work.c.claimed_at, _work.c.done_at),
)


def _told(row: Any) -> WorkChanged:
    return WorkChanged(
        at=max(row.last_at, row.claimed_at or 0.0, row.done_at or 0.0),
        kind="missed",
        work=row.id,
        state=state_of(row.claimed_by, row.done_at).value,
        queue=row.queue,
        since=row.first_at,
        by=row.claimed_by,
    )


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
        like = f"%{search.strip().lower()}%"
        filters.append(
            or_(
                func.lower(_work.c.number).like(like),
                func.lower(_work.c.contact).like(like),
                func.lower(_work.c.name).like(like),
            )
        )
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
