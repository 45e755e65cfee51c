"""The questions about the audit log, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, String, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.audit import AuditRow
from callcenter.store.paging import check_limit, decode_cursor, encode_cursor

USERS = sql_table("users", sql_column("id"), sql_column("display_name", String))  # sign-in's


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """`action` and `object` are beginnings; an `object` without "/" at its end is meant whole.

    `since` is in the span, `until` is not.
    """

    actor: int | None = None
    action: str | None = None
    object: str | None = None
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Found:
    row: AuditRow
    actor_name: str | None


async def search(
    session: AsyncSession, wanted: AuditFilter, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[Found], str | None]:
    """A page and the cursor of the next one."""
    query = select(AuditRow, USERS.c.display_name).outerjoin(USERS, USERS.c.id == AuditRow.actor)
    query = _filtered(query, wanted)
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(AuditRow.id < key.id)
    rows = await session.execute(query.order_by(AuditRow.id.desc()).limit(check_limit(limit) + 1))
    found = [Found(row, name) for row, name in rows]
    last = found[limit - 1].row if len(found) > limit else None
    return found[:limit], encode_cursor(last.at, last.id) if last else None


async def done_since(
    session: AsyncSession, *, actor: int, action: str, object: str, since: float
) -> bool:
    """Whether somebody did this with that already, since then."""
    row = select(AuditRow.id).where(
        AuditRow.object == object,
        AuditRow.actor == actor,
        AuditRow.action == action,
        AuditRow.at >= since,
    )
    return await session.scalar(row.limit(1)) is not None


def _filtered(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    if wanted.actor is not None:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.action is not None:
        query = query.where(AuditRow.action.startswith(wanted.action, autoescape=True))
    if wanted.object is not None:
        whole = not wanted.object.endswith("/")
        query = query.where(
            AuditRow.object == wanted.object
            if whole
            else AuditRow.object.startswith(wanted.object, autoescape=True)
        )
    if wanted.since is not None:
        query = query.where(AuditRow.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditRow.at < wanted.until)
    return query
