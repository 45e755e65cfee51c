"""The SQL of kept copies, one question or change each; the caller owns the transaction."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from recording.queries import table_of
from recording.store.life import FINAL, Stage
from recording.store.tables import RecordingCopy
from recording.tables import Recording, RecordingComment, RecordingPeaks, RecordingShare

WORKED_ON = tuple(stage.value for stage in Stage if stage not in FINAL)
DELETED = "deleted"  # recordings.status


@dataclass(frozen=True, slots=True)
class Copy:
    """A kept copy, with what its recording says of the PBX's file."""

    recording: str
    stage: Stage
    place: str
    key: str
    file: str | None  # the PBX's, below its folder
    codec: str | None  # of the PBX's file
    size: int | None
    kept_size: int | None
    sha256: str | None
    key_id: str | None
    wrapped: bytes | None
    local: bool
    original: bool
    attempts: int
    next_at: float
    started_at: float | None


def _copies() -> Select[Any]:
    c = RecordingCopy
    columns: tuple[Any, ...] = (
        *(c.recording_id, c.stage, c.place, c.key, Recording.file, Recording.codec, c.size),
        *(c.kept_size, c.sha256, c.key_id, c.wrapped, c.local, c.original),
        *(c.attempts, c.next_at, c.started_at),
    )
    found: Select[Any] = select(*columns)
    return found.outerjoin(Recording, Recording.id == c.recording_id)


def _copy(row: Any) -> Copy:
    recording, stage, *rest = row
    return Copy(recording, Stage(stage), *rest)


async def due(session: AsyncSession, now: float, *, limit: int) -> list[Copy]:
    rows = await session.execute(
        _copies()
        .where(RecordingCopy.stage.in_(WORKED_ON), RecordingCopy.next_at <= now)
        .order_by(RecordingCopy.next_at)
        .limit(limit)
    )
    return [_copy(row) for row in rows]


async def copy_of(session: AsyncSession, recording: str) -> Copy | None:
    query = _copies().where(RecordingCopy.recording_id == recording)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _copy(row)


async def change(
    session: AsyncSession, copy: Copy, values: dict[str, Any], *, now: float | None = None
) -> bool:
    """Unless somebody else has changed it since it was read."""
    at = time.time() if now is None else now
    done = await session.scalar(
        update(RecordingCopy)
        .where(
            RecordingCopy.recording_id == copy.recording,
            RecordingCopy.stage == copy.stage.value,
            RecordingCopy.attempts == copy.attempts,
            RecordingCopy.next_at == copy.next_at,
        )
        .values(changed_at=at, **values)
        .returning(RecordingCopy.recording_id)
        .execution_options(synchronize_session=False)
    )
    return done is not None


async def not_kept(
    session: AsyncSession, *, since: float | None, after: str, limit: int
) -> list[tuple[str, float | None]]:
    """(id, start) of finished recordings that nothing was done with, by id."""
    query = (
        select(Recording.id, Recording.started_at)
        .outerjoin(RecordingCopy, RecordingCopy.recording_id == Recording.id)
        .where(Recording.status.in_(["ready", "silent"]), Recording.file.is_not(None))
        .where(RecordingCopy.recording_id.is_(None), Recording.id > after)
    )
    if since is not None:
        query = query.where(Recording.started_at >= since)
    rows = await session.execute(query.order_by(Recording.id).limit(limit))
    return [(id_, at) for id_, at in rows]


async def begin(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """New copies; those that are there already stay."""
    if not rows:
        return
    insert = postgresql.insert if _is_postgresql(session) else sqlite.insert
    await session.execute(insert(table_of(RecordingCopy)).on_conflict_do_nothing(), rows)


async def delete(session: AsyncSession, recordings: Collection[str], why: str, now: float) -> None:
    """From the commit on nobody hears them; their files go after it, wherever they are.

    `why` is shown to people beside the recording.
    """
    ids = list(recordings)
    if not ids:
        return
    await session.execute(
        update(Recording)
        .where(Recording.id.in_(ids))
        .values(status=DELETED, problem=why)
        .execution_options(synchronize_session=False)
    )
    for of_sound in (RecordingPeaks, RecordingComment, RecordingShare):
        rows = table_of(of_sound)
        await session.execute(sql_delete(rows).where(rows.c.recording_id.in_(ids)))
    marked = {"stage": Stage.DELETING.value, "attempts": 0, "next_at": now, "changed_at": now}
    await begin(
        session,
        [
            {"recording_id": id_, "place": "pbx", "key": id_, "original": True, **marked}
            for id_ in ids
        ],
    )
    copies = RecordingCopy.recording_id.in_(ids)
    await session.execute(
        update(RecordingCopy)
        .where(copies, RecordingCopy.stage != Stage.DELETED.value)
        .values(**marked, problem=None)
        .execution_options(synchronize_session=False)
    )


async def lost(session: AsyncSession, recording: str, why: str) -> None:
    await session.execute(
        update(Recording)
        .where(Recording.id == recording, Recording.status.in_(["ready", "silent"]))
        .values(status="missing", problem=why)
        .execution_options(synchronize_session=False)
    )


async def evictable(session: AsyncSession, *, limit: int) -> list[Copy]:
    """Copies in our folder that are safe in a store as well, the oldest first."""
    rows = await session.execute(
        _copies()
        .where(
            RecordingCopy.local,
            RecordingCopy.place == "s3",
            RecordingCopy.stage.in_([Stage.VERIFIED.value, Stage.KEPT.value]),
        )
        .order_by(RecordingCopy.started_at)
        .limit(limit)
    )
    return [_copy(row) for row in rows]


async def under_old_keys(session: AsyncSession, current: str, *, limit: int) -> list[Copy]:
    rows = await session.execute(
        _copies()
        .where(RecordingCopy.key_id.is_not(None), RecordingCopy.key_id != current)
        .order_by(RecordingCopy.recording_id)
        .limit(limit)
    )
    return [_copy(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Figures:
    """How many copies are at each stage, their bytes, those that wait long, and lost keys."""

    stages: dict[str, int]
    bytes: int
    oldest_waiting: float | None  # since when
    stuck: int  # tried more than once without success
    keys: frozenset[str]


async def figures(session: AsyncSession) -> Figures:
    c = RecordingCopy
    grouped = select(c.stage, func.count(), func.sum(c.kept_size)).group_by(c.stage)
    rows = (await session.execute(grouped)).all()
    waiting = c.stage.in_(WORKED_ON)
    oldest, stuck = (
        await session.execute(
            select(func.min(c.changed_at), func.count(c.recording_id).filter(c.attempts > 1)).where(
                waiting
            )
        )
    ).one()
    keys = await session.scalars(select(c.key_id).where(c.key_id.is_not(None)).distinct())
    return Figures(
        {stage: count for stage, count, _ in rows},
        sum(int(size or 0) for *_, size in rows),
        oldest,
        stuck,
        frozenset(name for name in keys if name is not None),
    )


def _is_postgresql(session: AsyncSession) -> bool:
    return session.get_bind().dialect.name == "postgresql"
