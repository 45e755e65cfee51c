"""The questions about thresholds and alarms; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from web.alarm_rules import Raised, Threshold, problem
from web.supervision_tables import AlarmRow, ThresholdRow


class StaleThreshold(Conflict):
    """Somebody changed it meanwhile; `values` is how it is now."""

    code = "stale"

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__("somebody changed this threshold meanwhile", field="version")
        self.values = values


@dataclass(frozen=True, slots=True)
class Kept:
    """A threshold with what the table adds to it."""

    version: int
    threshold: Threshold


async def thresholds(session: AsyncSession) -> list[Kept]:
    """By queue and figure; those for every queue first."""
    rows = await session.scalars(
        select(ThresholdRow)
        .order_by(ThresholdRow.queue, ThresholdRow.metric)
        .execution_options(populate_existing=True)
    )
    return [Kept(row.version, threshold_of(row)) for row in rows]


def threshold_of(row: ThresholdRow) -> Threshold:
    return Threshold(
        queue=row.queue,
        metric=row.metric,
        watch=row.watch,
        bad=row.bad,
        alarm="bad" if row.alarm == "bad" else "watch" if row.alarm == "watch" else None,
        lasting=row.lasting,
        mail_to=tuple(map(str, row.mail_to)),
    )


async def set_threshold(session: AsyncSession, threshold: Threshold, version: int) -> Kept | None:
    """What there was before. `version` 0 is a new one. InvalidInput, StaleThreshold."""
    wrong = problem(threshold)
    if wrong is not None:
        raise InvalidInput(wrong[1], field=wrong[0])
    row = await _row(session, threshold.queue, threshold.metric)
    before = None if row is None else Kept(row.version, threshold_of(row))
    if (0 if before is None else before.version) != version:
        raise StaleThreshold(_values(before))
    values = {
        "watch": threshold.watch,
        "bad": threshold.bad,
        "alarm": threshold.alarm,
        "lasting": threshold.lasting,
        "mail_to": list(threshold.mail_to),
        "version": version + 1,
    }
    if row is None:
        new = insert(ThresholdRow).values(queue=threshold.queue, metric=threshold.metric, **values)
        await session.execute(new)
    else:
        await session.execute(
            update(ThresholdRow).where(ThresholdRow.id == row.id).values(**values)
        )
    return before


async def remove_threshold(session: AsyncSession, queue: str, metric: str) -> Kept:
    """NotFound when there is none."""
    row = await _row(session, queue, metric)
    if row is None:
        raise NotFound("there is no such threshold")
    await session.execute(delete(ThresholdRow).where(ThresholdRow.id == row.id))
    return Kept(row.version, threshold_of(row))


async def _row(session: AsyncSession, queue: str, metric: str) -> ThresholdRow | None:
    found: ThresholdRow | None = await session.scalar(
        select(ThresholdRow)
        .where(ThresholdRow.queue == queue, ThresholdRow.metric == metric)
        .with_for_update()
    )
    return found


def _values(kept: Kept | None) -> dict[str, Any]:
    if kept is None:
        return {"version": 0}
    one = kept.threshold
    return {"version": kept.version, "watch": one.watch, "bad": one.bad, "alarm": one.alarm}


# --- alarms --------------------------------------------------------------------------------------


async def open_alarms(session: AsyncSession) -> Sequence[AlarmRow]:
    still = select(AlarmRow).where(AlarmRow.cleared_at.is_(None)).order_by(AlarmRow.id)
    return (await session.scalars(still)).all()


async def raise_alarm(session: AsyncSession, raised: Raised) -> int:
    queue, metric = raised.key
    made = await session.execute(
        insert(AlarmRow)
        .values(
            queue=queue,
            metric=metric,
            level=raised.level,
            value=raised.value,
            threshold=raised.threshold,
            raised_at=raised.at,
        )
        .returning(AlarmRow.id)
    )
    return int(made.scalar_one())


async def clear_alarm(session: AsyncSession, alarm: int, at: float) -> None:
    await session.execute(update(AlarmRow).where(AlarmRow.id == alarm).values(cleared_at=at))


async def acknowledge(session: AsyncSession, alarm: int, user: int, at: float) -> AlarmRow:
    """Once is enough: who was first stays. NotFound."""
    first = AlarmRow.acknowledged_at.is_(None)
    await session.execute(
        update(AlarmRow)
        .where(AlarmRow.id == alarm, first)
        .values(acknowledged_at=at, acknowledged_by=user)
    )
    row = await session.get(AlarmRow, alarm, populate_existing=True)
    if row is None:
        raise NotFound("there is no such alarm")
    return row


async def alarm_page(
    session: AsyncSession, *, cursor: str | None, limit: int, only_open: bool
) -> tuple[list[AlarmRow], str | None]:
    """The newest first, and the cursor of the page that follows."""
    check_limit(limit)
    query = select(AlarmRow).order_by(AlarmRow.raised_at.desc(), AlarmRow.id.desc())
    if only_open:
        query = query.where(AlarmRow.cleared_at.is_(None))
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(AlarmRow.raised_at, AlarmRow.id, key, descending=True))
    rows = list(await session.scalars(query.limit(limit + 1)))
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    return rows[:limit], None if last is None else encode_cursor(last.raised_at, last.id)
