"""The SQL of the reconciliation, one question or change each; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    String,
    bindparam,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.ids import stable_id
from callcenter.store.tables import Interaction, Leg
from recording.files import Seen
from recording.names import Clues
from recording.queries import insert_once, known_files, table_of
from recording.tables import Recording, RecordingPeaks

_r = table_of(Recording)
_copies = table(
    "recording_copies", column("recording_id", String), column("original", Boolean)
)  # what is kept elsewhere, and whether the PBX's file is still there

__all__ = ["known_files"]


@dataclass(frozen=True, slots=True)
class Known:
    """A recording whose file should be below the folder, or was missing when last looked for."""

    id: str
    file: str
    size: int | None
    status: str


async def with_files(session: AsyncSession, *, after: str, limit: int) -> list[Known]:
    """In the order of their ids. Not those whose file was moved on to where recordings are kept."""
    moved = exists(
        select(literal(1))
        .select_from(_copies)
        .where(_copies.c.recording_id == _r.c.id, ~_copies.c.original)
    )
    never = or_(_r.c.missing_at.is_not(None), _r.c.size.is_(None))  # not what is there, unreadable
    rows = await session.execute(
        select(_r.c.id, _r.c.file, _r.c.size, _r.c.status)
        .where(_r.c.id > after, _r.c.file.is_not(None), ~moved)
        .where(or_(_r.c.status.in_(["ready", "silent"]), (_r.c.status == "missing") & never))
        .order_by(_r.c.id)
        .limit(limit)
    )
    return [Known(*row) for row in rows]


async def look_anew(session: AsyncSession, recordings: Collection[str]) -> None:
    """The index looks at these files as if they had just come."""
    await session.execute(
        update(_r)
        .where(_r.c.id.in_(recordings))
        .values(
            status="pending",
            missing_at=None,
            problem=None,
            described=False,
            stopped_at=func.coalesce(_r.c.stopped_at, _r.c.started_at),
        )
    )


async def mark_missing(session: AsyncSession, lost: Sequence[tuple[str, str]], now: float) -> None:
    if not lost:
        return
    await session.execute(
        update(_r)
        .where(_r.c.id == bindparam("one"))
        .values(
            status="missing",
            problem=bindparam("why"),
            missing_at=bindparam("since", type_=_r.c.missing_at.type),
        ),
        [{"one": id_, "why": why, "since": now} for id_, why in lost],
    )


async def rename(session: AsyncSession, recording: str, file: str) -> None:
    await session.execute(update(_r).where(_r.c.id == recording).values(file=file))


async def peaks_of(session: AsyncSession, recordings: Collection[str]) -> Mapping[str, bytes]:
    found = select(RecordingPeaks.recording_id, RecordingPeaks.peaks).where(
        RecordingPeaks.recording_id.in_(recordings)
    )
    return {id_: bytes(peaks) for id_, peaks in await session.execute(found)}


Whose = tuple[str, str | None, str, str | None]  # call, leg, pbx, channel


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs by uniqueid, and by our ids of legs and of calls."""

    by_uniqueid: Mapping[str, Whose]
    by_id: Mapping[str, Whose]

    def of(self, told: Clues) -> Whose | None:
        ways = [self.by_id.get(one) for one in told.ids]
        ways += [self.by_uniqueid.get(one) for one in told.uniqueids]
        return next((way for way in ways if way is not None), None)


async def legs_of(session: AsyncSession, told: Sequence[Clues]) -> Legs:
    uniqueids = {one for clues in told for one in clues.uniqueids}
    ids = {one for clues in told for one in clues.ids}
    found = await session.execute(
        select(Leg.uniqueid, Leg.id, Leg.interaction_id, Leg.pbx, Leg.channel)
        .where(or_(Leg.uniqueid.in_(uniqueids), Leg.id.in_(ids)))
        .order_by(Leg.started_at)
    )
    by_uniqueid: dict[str, Whose] = {}
    by_id: dict[str, Whose] = {}
    for uniqueid, leg, call, pbx, channel in found:
        by_uniqueid[uniqueid] = by_id[leg] = (call, leg, pbx, channel)
    calls = select(Interaction.id, Interaction.pbx).where(Interaction.id.in_(ids))
    for call, pbx in await session.execute(calls):
        by_id.setdefault(call, (call, None, pbx, None))
    return Legs(by_uniqueid, by_id)


def adopted(seen: Seen, leg: Whose | None, *, pbx: str) -> dict[str, Any]:
    call, leg_id, pbx, channel = leg or (None, None, pbx, None)
    return {
        "id": stable_id("recording", pbx, leg_id or call or "", seen.name),
        "interaction_id": call,
        "leg_id": leg_id,
        "pbx": pbx,
        "channel": channel,
        "file": seen.name,
        "stopped_at": seen.changed_at,
        "status": "pending",
    }


async def adopt(session: AsyncSession, rows: list[dict[str, Any]]) -> int:
    await insert_once(session, _r, rows)
    return len(rows)


async def describe_again(session: AsyncSession, *, since: float) -> None:
    began = bindparam("since", since, type_=_r.c.started_at.type)
    await session.execute(
        update(_r)
        .where(_r.c.agent_id.is_(None), _r.c.interaction_id.is_not(None), _r.c.described)
        .where(_r.c.status == "ready", _r.c.started_at >= began)
        .values(described=False)
    )


async def counted(session: AsyncSession) -> tuple[int, int]:
    """(missing, of no known call)"""
    missing = select(func.count()).where(_r.c.status == "missing").scalar_subquery()
    unmatched = (
        select(func.count())
        .where(_r.c.interaction_id.is_(None), _r.c.status.in_(["ready", "silent", "pending"]))
        .scalar_subquery()
    )
    row = (await session.execute(select(missing, unmatched))).one()
    return int(row[0]), int(row[1])
