"""The SQL that indexes recordings, one question or change each; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Table, Text, column, or_, select, table, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Base
from callcenter.store.tables import Interaction, Leg, Segment
from recording.tables import Recording

AGENT_INTERFACES = table(
    "agent_interfaces", column("pbx", Text), column("interface", Text), column("agent_id", Integer)
)  # routing's


@dataclass(frozen=True, slots=True)
class Pending:
    """A recording whose call is over and whose file has not been looked at."""

    id: str
    interaction: str | None
    leg: str | None
    pbx: str
    file: str | None
    started_at: float | None
    stopped_at: float | None


def table_of(model: type[Base]) -> Table:
    """The table itself: writing through it asks nothing of the other rooms' tables."""
    found = model.__table__
    if not isinstance(found, Table):
        raise TypeError(f"{model} is not one table")
    return found


async def add(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Rows that are there already, by id, stay as they are."""
    if not rows:
        return
    table_ = table_of(Recording)
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(postgresql.insert(table_).on_conflict_do_nothing(), rows)
    else:
        await session.execute(sqlite.insert(table_).on_conflict_do_nothing(), rows)


async def stop(
    session: AsyncSession, at: float, *, leg: str | None = None, interaction: str | None = None
) -> None:
    """The recordings of this leg, or of this whole call, are over."""
    whose = Recording.leg_id == leg if leg else Recording.interaction_id == interaction
    await session.execute(
        update(Recording).where(whose, Recording.stopped_at.is_(None)).values(stopped_at=at)
    )


async def stop_forgotten(session: AsyncSession, now: float) -> None:
    """Those of calls that ended while nobody listened."""
    over = select(Interaction.id).where(Interaction.end_reason.is_not(None))
    await session.execute(
        update(Recording)
        .where(Recording.status == "pending", Recording.stopped_at.is_(None))
        .where(Recording.interaction_id.in_(over))
        .values(stopped_at=now)
        .execution_options(synchronize_session=False)
    )


async def merge(session: AsyncSession, target: str, source: str) -> None:
    await session.execute(
        update(Recording).where(Recording.interaction_id == source).values(interaction_id=target)
    )


async def give_customer(session: AsyncSession, interaction: str, customer: int) -> None:
    await session.execute(
        update(Recording)
        .where(Recording.interaction_id == interaction)
        .values(customer_id=customer)
    )


async def pending(session: AsyncSession, *, limit: int) -> list[Pending]:
    rows = await session.execute(
        select(
            *(Recording.id, Recording.interaction_id, Recording.leg_id, Recording.pbx),
            *(Recording.file, Recording.started_at, Recording.stopped_at),
        )
        .where(Recording.status == "pending", Recording.stopped_at.is_not(None))
        .order_by(Recording.started_at)
        .limit(limit)
    )
    return [Pending(*row) for row in rows]


async def known_files(session: AsyncSession, names: Collection[str]) -> set[str]:
    rows = await session.scalars(select(Recording.file).where(Recording.file.in_(names)))
    return {name for name in rows if name is not None}


async def legs_by_uniqueid(
    session: AsyncSession, uniqueids: Collection[str]
) -> dict[str, tuple[str, str, str, str]]:
    """uniqueid → (interaction, leg, pbx, channel) of the newest leg that had it."""
    rows = await session.execute(
        select(Leg.uniqueid, Leg.interaction_id, Leg.id, Leg.pbx, Leg.channel)
        .where(Leg.uniqueid.in_(uniqueids))
        .order_by(Leg.started_at)
    )
    return {uniqueid: (call, leg, pbx, channel) for uniqueid, call, leg, pbx, channel in rows}


async def belongs_to(session: AsyncSession, one: Pending) -> dict[str, Any]:
    """Agent and customer of a recording as the call's rows say today."""
    found: dict[str, Any] = {"agent_id": await _agent(session, one)}
    call = select(Interaction.picked_customer_id, Interaction.customer_id)
    row = (await session.execute(call.where(Interaction.id == one.interaction))).one_or_none()
    if row is not None and (row[0] or row[1]):
        found["customer_id"] = row[0] or row[1]
    return found


async def _agent(session: AsyncSession, one: Pending) -> int | None:
    """The first agent who talked with, or on, the leg that was recorded."""
    talks = (
        select(AGENT_INTERFACES.c.agent_id)
        .join(
            Segment,
            or_(
                AGENT_INTERFACES.c.interface == Segment.interface,
                AGENT_INTERFACES.c.interface == Segment.other_interface,
            ),
        )
        .where(Segment.interaction_id == one.interaction, Segment.kind == "talk")
        .where(AGENT_INTERFACES.c.pbx == one.pbx)
        .where(or_(Segment.leg_id == one.leg, Segment.other_leg_id == one.leg))
        .order_by(Segment.started_at)
        .limit(1)
    )
    found: int | None = await session.scalar(talks)
    return found


async def settle(session: AsyncSession, recording: str, values: dict[str, Any]) -> bool:
    """Write what the file turned out to be; False when somebody else did."""
    done = await session.scalar(
        update(Recording)
        .where(Recording.id == recording, Recording.status == "pending")
        .values(values)
        .returning(Recording.id)
        .execution_options(synchronize_session=False)
    )
    return done is not None
