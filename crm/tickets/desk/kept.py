"""Canned responses, macros and views are kept alike: these are their rows, whichever they are.

The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, Forbidden, InvalidInput, NotFound
from callcenter.store.base import Base
from crm.sql import insert_row, table_of
from crm.tickets.desk import sharing
from crm.tickets.desk.sharing import Owned, Sharing, Viewer
from crm.tickets.desk.tables import CannedResponse, Macro, SavedView

K = TypeVar("K", CannedResponse, Macro, SavedView)

MOST = {Sharing.PERSONAL: 200, Sharing.TEAM: 500, Sharing.SHARED: 1000}
_NAMES: Mapping[type[Base], str] = {
    CannedResponse: "canned response",
    Macro: "macro",
    SavedView: "view",
}


class Stale(Conflict):
    """Somebody changed it since; `values` holds what was sent and what is there."""

    code = "stale_version"

    def __init__(self, what: str, values: dict[str, Any]) -> None:
        super().__init__(f"somebody else changed this {what} meanwhile", field="version")
        self.values = values


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be different; `version` is the one that was read."""

    version: int
    sharing: Sharing | None
    team: int | None
    values: Mapping[str, Any]


async def listed(session: AsyncSession, kind: type[K], viewer: Viewer) -> list[K]:
    """Everything this person sees, by title."""
    query = select(kind).where(sharing.visible(kind, viewer)).order_by(kind.title, kind.id)
    return list(await session.scalars(query))


async def read(session: AsyncSession, kind: type[K], id_: int, viewer: Viewer) -> K:
    """NotFound also for another's."""
    query = select(kind).where(kind.id == id_, sharing.visible(kind, viewer))
    found = await session.scalar(query.execution_options(populate_existing=True))
    if found is None:
        raise NotFound(f"there is no such {_NAMES[kind]}")
    return found


async def create(
    session: AsyncSession,
    kind: type[K],
    viewer: Viewer,
    wanted: tuple[Sharing, int | None],
    values: Mapping[str, Any],
    *,
    now: float,
) -> K:
    """InvalidInput, Forbidden."""
    owned = sharing.placed(viewer, *wanted, viewer.user)
    await _check_room(session, kind, owned)
    row = await _written(
        insert_row(session, kind, **values, **_columns(owned), updated_at=now), owned
    )
    return await read(session, kind, row, viewer)


async def change(
    session: AsyncSession, kind: type[K], id_: int, viewer: Viewer, asked: Change, *, now: float
) -> K:
    """Stale with both sides; NotFound, Forbidden, InvalidInput."""
    row = await _mine(session, kind, id_, viewer)
    owned = _owned(row)
    if asked.sharing is not None:
        owned = sharing.placed(viewer, asked.sharing, asked.team, row.owner_id or viewer.user)
    table = table_of(kind)
    same = (table.c.id == id_) & (table.c.version == asked.version)
    new = {**asked.values, **_columns(owned), "version": table.c.version + 1, "updated_at": now}
    statement = update(table).where(same).values(new).returning(table.c.id)
    if await _written(session.scalar(statement), owned) is None:
        raise Stale(_NAMES[kind], _both(await read(session, kind, id_, viewer), asked.values))
    return await read(session, kind, id_, viewer)


async def remove(session: AsyncSession, kind: type[K], id_: int, viewer: Viewer) -> None:
    await _mine(session, kind, id_, viewer)
    await session.execute(delete(table_of(kind)).where(table_of(kind).c.id == id_))


async def _mine(session: AsyncSession, kind: type[K], id_: int, viewer: Viewer) -> K:
    row = await read(session, kind, id_, viewer)
    if not sharing.may_change(viewer, _owned(row)):
        raise Forbidden(f"this {_NAMES[kind]} is used by others: it needs ticket.configure")
    return row


async def _check_room(session: AsyncSession, kind: type[K], owned: Owned) -> None:
    """Lists are read whole, so they must not grow without end."""
    whose = {
        Sharing.PERSONAL: kind.owner_id == owned.owner,
        Sharing.TEAM: kind.team_id == owned.team,
        Sharing.SHARED: kind.sharing == Sharing.SHARED.value,
    }
    query = select(func.count()).where(kind.sharing == owned.sharing.value, whose[owned.sharing])
    if int(await session.scalar(query) or 0) >= MOST[owned.sharing]:
        raise InvalidInput(f"at most {MOST[owned.sharing]} of them", field="sharing")


async def _written(writing: Any, owned: Owned) -> Any:
    """A team that is not there (any more) is the sender's mistake."""
    try:
        return await writing
    except IntegrityError:
        if owned.team is None:
            raise
        raise InvalidInput("there is no such team", field="team") from None


def _owned(row: CannedResponse | Macro | SavedView) -> Owned:
    return Owned(Sharing(row.sharing), row.owner_id, row.team_id)


def _columns(owned: Owned) -> dict[str, Any]:
    return {"sharing": owned.sharing.value, "owner_id": owned.owner, "team_id": owned.team}


def _both(row: Any, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent beside what is there."""
    there = {name: getattr(row, name) for name in sent}
    return {"sent": dict(sent), "current": there | {"version": row.version}}
