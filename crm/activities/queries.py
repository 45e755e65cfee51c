"""Reads the timeline: newest first, one query for each page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Double,
    Integer,
    Select,
    String,
    bindparam,
    column,
    select,
    table,
    tuple_,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store import fast
from callcenter.store.base import Instant
from callcenter.store.paging import check_limit, decode_cursor, encode_cursor
from callcenter.store.tables import Interaction
from crm.activities.kinds import ActivityKind
from crm.activities.service import call_source
from crm.activities.tables import Activity
from crm.customers.queries import USERS, target_of

RECORDINGS = table(
    "recordings",
    column("id", String),
    column("interaction_id", String),
    column("started_at", Instant),
    column("seconds", Double),
    column("status", String),
)  # the recording room's


class TimelineRecording(msgspec.Struct, frozen=True):
    id: str
    started_at: float | None
    seconds: float | None


class TimelineItem(msgspec.Struct, frozen=True):
    id: int
    kind: str
    at: float
    summary: str
    direction: str | None
    result: str | None
    interaction: str | None
    author: str | None  # display name
    text: str | None
    data: dict[str, Any] | None
    recordings: list[TimelineRecording]  # that can be played


class Timeline(msgspec.Struct, frozen=True):
    items: list[TimelineItem]
    next: str | None  # cursor of the next page


async def timeline(
    session: AsyncSession,
    customer: int,
    *,
    kinds: Sequence[ActivityKind] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> Timeline:
    """A page of what happened with a customer (or the one it was merged into), newest first."""
    check_limit(limit)
    key = decode_cursor(cursor, float)
    wanted = tuple(sorted(set(kinds)))
    named: dict[str, Any] = {"customer": customer, "most": limit + 1}
    if key is not None:
        named |= {"at": key.value, "id": key.id}
    shape = ("timeline", wanted, key is not None)
    items = _items(
        await fast.fetch(session, shape, lambda: page_query(wanted, later=key is not None), named)
    )
    last = items[limit - 1] if len(items) > limit else None
    return Timeline(items[:limit], encode_cursor(last.at, last.id) if last else None)


def page_query(kinds: Sequence[ActivityKind], *, later: bool) -> Select[Any]:
    """The rows of a page, of `customer` and at `most` so many; `later`: from behind `at`, `id`."""
    return _lines(_page(kinds, later=later))


def _page(kinds: Sequence[ActivityKind], *, later: bool) -> Select[Any]:
    """Ids and moments of a page. Of each kind asked for its own newest ones, and of those the
    newest: each reads the few rows it gives out of an index, however much else there is."""
    whose = Activity.customer_id == target_of(bindparam("customer", type_=Integer))
    if not kinds:
        return _newest(whose, later=later)
    ways = [_newest(whose & (Activity.kind == kind.value), later=later) for kind in kinds]
    if len(ways) == 1:
        return ways[0]
    mixed = union_all(*(select(way.subquery()) for way in ways)).subquery()
    return select(mixed).order_by(mixed.c.at.desc(), mixed.c.id.desc()).limit(_MOST)


def _newest(which: ColumnElement[bool], *, later: bool) -> Select[Any]:
    columns: list[Any] = [Activity.id, Activity.at]
    page: Select[Any] = select(*columns).where(which)
    if later:
        seen = tuple_(bindparam("at", type_=Instant), bindparam("id", type_=Integer))
        page = page.where(tuple_(Activity.at, Activity.id) < seen)
    return page.order_by(Activity.at.desc(), Activity.id.desc()).limit(_MOST)


async def get_activity(session: AsyncSession, activity: int) -> TimelineItem:
    """One line of a timeline. NotFound."""
    lines = _lines(select(Activity.id).where(Activity.id == activity))
    found = _items((await session.execute(lines)).all())
    if not found:
        raise NotFound(f"no activity {activity}")
    return found[0]


def _lines(page: Select[Any]) -> Select[Any]:
    chosen = page.subquery()
    return (
        select(
            *(Activity.id, Activity.kind, Activity.at, Activity.summary, Activity.direction),
            *(Activity.result, Activity.interaction_id, USERS.c.display_name, Activity.text),
            *(Activity.data, RECORDINGS.c.id, RECORDINGS.c.started_at, RECORDINGS.c.seconds),
        )
        .join(chosen, chosen.c.id == Activity.id)
        .outerjoin(USERS, USERS.c.id == Activity.author_id)
        .outerjoin(
            RECORDINGS,
            (RECORDINGS.c.interaction_id == Activity.interaction_id)
            & (RECORDINGS.c.status == "ready")
            & Activity.kind.in_(_WITH_SOUND),
        )
        .order_by(Activity.at.desc(), Activity.id.desc())
        .order_by(RECORDINGS.c.started_at, RECORDINGS.c.id)
    )


def _items(rows: Sequence[Sequence[Any]]) -> list[TimelineItem]:
    found: dict[int, TimelineItem] = {}
    for *plain, recording, started_at, seconds in rows:
        item = found.get(plain[0])
        if item is None:
            values = [*plain, []]  # no recordings yet
            found[plain[0]] = item = TimelineItem(*values)
        if recording is not None:
            item.recordings.append(TimelineRecording(recording, started_at, seconds))
    return list(found.values())


_MOST = bindparam("most", type_=Integer)
_WITH_SOUND = (ActivityKind.CALL.value, ActivityKind.VOICEMAIL.value)


async def unlogged_calls(session: AsyncSession, *, since: float, limit: int) -> list[str]:
    """Calls that ended, whose customer is known, and that no timeline shows yet."""
    logged = (
        select(Activity.id)
        .where(Activity.source == call_source("") + Interaction.id, Activity.kind == "call")
        .exists()
    )
    rows = await session.scalars(
        select(Interaction.id)
        .where(Interaction.started_at >= since, Interaction.end_reason.is_not(None))
        .where(Interaction.merged_into.is_(None), ~logged)
        .where(Interaction.customer_id.is_not(None) | Interaction.picked_customer_id.is_not(None))
        .order_by(Interaction.started_at)
        .limit(limit)
    )
    return list(rows)
