"""The only SQL by which what happens in calls changes what is owed to callers.

Functions take a connection or a session and leave the transaction to the caller.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select, update

from callcenter.events import WorkChanged
from routing.statements import Link, insert_once, table_of
from routing.work import Miss, WorkKind, combined, state_of
from routing.work_tables import MissedTry, MissedWork

LONGEST = {"number": 80, "name": 200}  # characters kept of hostile text

_work = table_of(MissedWork)
_tries = table_of(MissedTry)


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
