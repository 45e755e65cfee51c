"""The SQL that indexes recordings, one question or change each; the caller owns the transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Integer,
    Table,
    Text,
    bindparam,
    column,
    delete,
    func,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Base
from callcenter.store.tables import Interaction, Leg
from recording.tables import Recording, RecordingPeaks

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


@dataclass(frozen=True, slots=True)
class Settled:
    """What the file of a recording turned out to be; `peaks` is empty without sound."""

    id: str
    values: dict[str, Any]
    peaks: bytes


def table_of(model: type[Base]) -> Table:
    """The table itself: writing through it asks nothing of the other rooms' tables."""
    found = model.__table__
    if not isinstance(found, Table):
        raise TypeError(f"{model} is not one table")
    return found


_recordings = table_of(Recording)
_peaks = table_of(RecordingPeaks)


async def insert_once(session: AsyncSession, into: Table, rows: list[dict[str, Any]]) -> None:
    """Rows that are there already, by their key, stay as they are."""
    if not rows:
        return
    if session.get_bind().dialect.name == "postgresql":
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        await session.execute(_in_columns(into, tuple(columns)), columns)
    else:
        await session.execute(sqlite.insert(into).on_conflict_do_nothing(), rows)


@cache
def _in_columns(into: Table, names: tuple[str, ...]) -> postgresql.Insert:
    """All rows by one statement, each column as one list."""
    columns = [into.c[name] for name in names]
    lists = (bindparam(one.name, type_=ARRAY(one.type, dimensions=1)) for one in columns)
    rows = func.unnest(*lists).table_valued(*names).render_derived()
    whole = postgresql.insert(into).from_select(columns, select(rows))
    return whole.on_conflict_do_nothing()


async def add(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """New recordings; those that are there stay as they are."""
    await insert_once(session, _recordings, rows)


Ends = Sequence[tuple[str, float]]  # whose, when


async def stop_legs(session: AsyncSession, ends: Ends) -> None:
    """What was recorded of these legs up to then is over."""
    await _stop(session, "leg_id", ends)


async def stop_calls(session: AsyncSession, ends: Ends) -> None:
    """What was recorded of these calls is over."""
    await _stop(session, "interaction_id", ends)


async def _stop(session: AsyncSession, whose: str, ends: Ends) -> None:
    at = bindparam("until", type_=_recordings.c.stopped_at.type)
    began = _recordings.c.started_at
    await session.execute(
        update(_recordings)
        .where(_recordings.c[whose] == bindparam("whose"), _recordings.c.stopped_at.is_(None))
        .where(or_(began.is_(None), began <= at))
        .values(stopped_at=at),
        [{"whose": key, "until": at} for key, at in ends],
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
        update(_recordings)
        .where(_recordings.c.interaction_id == source)
        .values(interaction_id=target, described=False)
    )


async def give_customers(session: AsyncSession, calls: Sequence[tuple[str, int]]) -> None:
    """Whose these calls are."""
    await session.execute(
        update(_recordings)
        .where(_recordings.c.interaction_id == bindparam("call"))
        .values(customer_id=bindparam("whose")),
        [{"call": call, "whose": customer} for call, customer in calls],
    )


async def mark(session: AsyncSession, calls: Sequence[tuple[str, int]]) -> None:
    """What callers thought of these calls."""
    await session.execute(
        update(_recordings)
        .where(_recordings.c.interaction_id == bindparam("call"))
        .values(satisfaction=bindparam("score")),
        [{"call": call, "score": score} for call, score in calls],
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


async def settle(session: AsyncSession, found: Sequence[Settled]) -> set[str]:
    """Write what files turned out to be; the ids of those that nobody else had settled."""
    ids = [one.id for one in found]
    waiting = select(_recordings.c.id).where(
        _recordings.c.id.in_(ids), _recordings.c.status == "pending"
    )
    mine = set(await session.scalars(waiting.with_for_update()))
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for one in found:
        if one.id in mine:
            row = {f"to_{name}": value for name, value in one.values.items()}
            alike[tuple(one.values)].append(row | {"one": one.id})
    for names, rows in alike.items():
        await session.execute(
            update(_recordings)
            .where(_recordings.c.id == bindparam("one"))
            .values({name: bindparam(f"to_{name}") for name in names}),
            rows,
        )
    peaks = [{"recording_id": one.id, "peaks": one.peaks} for one in found if one.peaks]
    await session.execute(delete(_peaks).where(_peaks.c.recording_id.in_(mine)))
    await insert_once(session, _peaks, [row for row in peaks if row["recording_id"] in mine])
    return mine
