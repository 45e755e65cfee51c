"""Legal holds: what must not be deleted, whatever policies and people say. They beat retention."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    cast,
    column,
    exists,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store import turns
from callcenter.store.tables import Interaction
from recording.retention_tables import HeldKind, LegalHold
from recording.store.queries import DELETED
from recording.tables import Recording

CUSTOMERS = table("customers", column("id", Integer), column("merged_into", Integer))  # crm's
MOST = 1_000  # holds shown


class Hold(msgspec.Struct, frozen=True):
    id: int
    kind: HeldKind
    object: str
    reason: str
    placed_by: int | None
    placed_at: float
    released_by: int | None
    released_at: float | None


async def take_turns(session: AsyncSession) -> None:
    """Nobody else places a hold or deletes: what is not held stays so."""
    await turns.take_turns(session, "recording.holds")


def is_held() -> ColumnElement[bool]:
    """A condition on Recording: itself, its call or its customer is held, also by an old id."""
    customers = CUSTOMERS.alias("held_customers")
    merged = select(cast(customers.c.id, String)).where(
        customers.c.merged_into == Recording.customer_id
    )
    calls = select(Interaction.id).where(Interaction.merged_into == Recording.interaction_id)
    h = LegalHold
    return exists(
        select(h.id).where(
            h.released_at.is_(None),
            or_(
                and_(h.kind == "recording", h.object == Recording.id),
                and_(
                    h.kind == "interaction",
                    or_(h.object == Recording.interaction_id, h.object.in_(calls)),
                ),
                and_(
                    h.kind == "customer",
                    or_(h.object == cast(Recording.customer_id, String), h.object.in_(merged)),
                ),
            ),
        )
    )


async def held(session: AsyncSession, recordings: Collection[str]) -> set[str]:
    """Those of them that must stay."""
    if not recordings:
        return set()
    query = select(Recording.id).where(Recording.id.in_(recordings), is_held())
    return set(await session.scalars(query))


async def held_customers(session: AsyncSession, customers: Collection[int]) -> set[int]:
    rows = await session.scalars(
        select(LegalHold.object).where(
            LegalHold.kind == "customer",
            LegalHold.released_at.is_(None),
            LegalHold.object.in_([str(id_) for id_ in customers]),
        )
    )
    return {int(id_) for id_ in rows}


async def place(
    session: AsyncSession, kind: HeldKind, object: str, reason: str, *, by: int | None, now: float
) -> Hold:
    """InvalidInput when there is no such thing; Conflict when it is held already."""
    await take_turns(session)
    await _must_exist(session, kind, object)
    if not reason.strip():
        raise InvalidInput("say why it is held", field="reason")
    active = LegalHold.kind == kind, LegalHold.object == object, LegalHold.released_at.is_(None)
    if await session.scalar(select(LegalHold.id).where(*active)) is not None:
        raise Conflict("it is held already", field="object")
    row = LegalHold(kind=kind, object=object, reason=reason.strip(), placed_by=by, placed_at=now)
    session.add(row)
    await session.flush()
    return _view(row)


async def _must_exist(session: AsyncSession, kind: HeldKind, object: str) -> None:
    if kind == "customer":
        known = object.isdecimal() and len(object) < 10
        query = select(CUSTOMERS.c.id).where(CUSTOMERS.c.id == (int(object) if known else -1))
    elif kind == "recording":  # one that was deleted cannot be kept from it any more
        query = select(Recording.id).where(Recording.id == object, Recording.status != DELETED)
    else:
        query = select(Interaction.id).where(Interaction.id == object)
    if await session.scalar(query) is None:
        raise InvalidInput(f"there is no such {kind}", field="object")


async def release(session: AsyncSession, hold: int, *, by: int | None, now: float) -> Hold:
    """NotFound; Conflict when it was released already."""
    row = await session.get(LegalHold, hold, with_for_update=True)
    if row is None:
        raise NotFound("there is no such hold")
    if row.released_at is not None:
        raise Conflict("it was released already")
    row.released_by, row.released_at = by, now
    await session.flush()
    return _view(row)


async def all_holds(session: AsyncSession, *, released: bool) -> Sequence[Hold]:
    """Newest first; `released`: those that are over as well."""
    query = select(LegalHold).order_by(LegalHold.id.desc()).limit(MOST)
    if not released:
        query = query.where(LegalHold.released_at.is_(None))
    return [_view(row) for row in await session.scalars(query)]


def _view(row: LegalHold) -> Hold:
    return Hold(
        row.id,
        row.kind,
        row.object,
        row.reason,
        row.placed_by,
        row.placed_at,
        row.released_by,
        row.released_at,
    )
