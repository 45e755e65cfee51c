"""Reads scores: one of them, the work to be done, and results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.paging import after, decode_cursor, encode_cursor
from recording.quality.names import AGENTS, USERS, NamedRef, user_names
from recording.quality.sheets import content_of, get_sheet
from recording.quality.states import ScoreState, ScoreStep
from recording.quality.tables import QualityRule, QualityScore, QualitySheet, QualityStep
from recording.quality.views import ScoreContent, ScoreRow, ScoreView, StepView
from recording.queries import table_of

_scores = table_of(QualityScore)

SORTS: dict[str, tuple[Any, bool]] = {
    "created_at": (_scores.c.created_at, False),
    "-recorded_at": (_scores.c.recorded_at, True),
}
Sort = Literal["created_at", "-recorded_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is filtered by; `begin` and `end` are of the recording, half open."""

    states: Sequence[ScoreState] = ()
    agent: int | None = None
    sheet: int | None = None
    evaluator: int | None = None
    free: bool = False  # given to nobody
    passed: bool | None = None
    recording: str | None = None
    begin: float | None = None
    end: float | None = None


async def list_scores(
    session: AsyncSession,
    wanted: Wanted,
    *reach: ColumnElement[bool],
    sort: Sort,
    cursor: str | None,
    limit: int,
) -> tuple[list[ScoreRow], str | None]:
    """A page and the cursor of the next one. InvalidInput for a foreign cursor."""
    column, descending = SORTS[sort]
    query = _rows().where(*reach, *_filters(wanted))
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(column, _scores.c.id, key, descending=descending))
    order = (column.desc(), _scores.c.id.desc()) if descending else (column, _scores.c.id)
    rows = (await session.execute(query.order_by(*order).limit(limit + 1))).all()
    page = rows[:limit]
    if len(rows) <= limit or not page:
        return [_row(one) for one in page], None
    last = page[-1]
    return [_row(one) for one in page], encode_cursor(getattr(last, column.name), last.id)


async def get_score(session: AsyncSession, score: int, *reach: ColumnElement[bool]) -> ScoreView:
    """With its sheet as it was. NotFound also when it is out of reach."""
    query = _rows().add_columns(_scores.c.content, _scores.c.sheet_version)
    row = (await session.execute(query.where(_scores.c.id == score, *reach))).one_or_none()
    if row is None:
        raise NotFound("there is no such score")
    version = row.sheet_version or (await get_sheet(session, row.sheet_id)).version
    plain = _row(row)
    return ScoreView(
        **{name: getattr(plain, name) for name in ScoreRow.__struct_fields__},
        form=await content_of(session, row.sheet_id, version),
        content=msgspec.convert(row.content, ScoreContent),
        steps=await _steps(session, score),
        possible=[],
    )


async def count_scores(session: AsyncSession, wanted: Wanted, *reach: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(_scores).where(*reach, *_filters(wanted))
    return int(await session.scalar(query) or 0)


async def reached(session: AsyncSession, score: int, *reach: ColumnElement[bool]) -> bool:
    found = await session.scalar(select(_scores.c.id).where(_scores.c.id == score, *reach))
    return found is not None


# --- within -----------------------------------------------------------------------------------


def _rows() -> Select[Any]:
    sheets, rules = table_of(QualitySheet), table_of(QualityRule)
    s = _scores.c
    return (
        select(
            *(s.id, s.version, s.state, s.recording_id, s.interaction_id, s.direction),
            *(s.recorded_at, s.seconds, s.created_at, s.submitted_at),
            *(s.score, s.passed, s.knocked_out, s.agent_id, s.sheet_id, s.evaluator_id),
            AGENTS.c.name.label("agent_name"),
            sheets.c.name.label("sheet_name"),
            USERS.c.display_name.label("evaluator_name"),
            rules.c.name.label("rule_name"),
        )
        .join(sheets, sheets.c.id == s.sheet_id)
        .outerjoin(AGENTS, AGENTS.c.id == s.agent_id)
        .outerjoin(USERS, USERS.c.id == s.evaluator_id)
        .outerjoin(rules, rules.c.id == s.rule_id)
    )


def _row(row: Row[Any]) -> ScoreRow:
    evaluator = row.evaluator_id
    return ScoreRow(
        id=row.id,
        version=row.version,
        state=ScoreState(row.state),
        recording=row.recording_id,
        interaction=row.interaction_id,
        agent=NamedRef(row.agent_id, row.agent_name or ""),
        sheet=NamedRef(row.sheet_id, row.sheet_name),
        evaluator=None if evaluator is None else NamedRef(evaluator, row.evaluator_name or ""),
        rule=row.rule_name,
        direction=row.direction,
        recorded_at=row.recorded_at,
        seconds=row.seconds,
        created_at=row.created_at,
        submitted_at=row.submitted_at,
        score=row.score,
        passed=row.passed,
        knocked_out=row.knocked_out,
    )


async def _steps(session: AsyncSession, score: int) -> list[StepView]:
    steps = table_of(QualityStep)
    query = select(steps).where(steps.c.score_id == score).order_by(steps.c.id)
    rows = (await session.execute(query)).all()
    people = await user_names(session, {row.actor_id for row in rows})
    return [
        StepView(
            at=row.at,
            step=ScoreStep(row.step),
            by=people.get(row.actor_id),
            text=row.text,
            score=row.score,
            content=None if row.content is None else msgspec.convert(row.content, ScoreContent),
        )
        for row in rows
    ]


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    s = _scores.c
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(s.state.in_(wanted.states))
    if wanted.free:
        found.append(s.evaluator_id.is_(None))
    if wanted.begin is not None:
        found.append(s.recorded_at >= wanted.begin)
    if wanted.end is not None:
        found.append(s.recorded_at < wanted.end)
    equal = (
        (s.agent_id, wanted.agent),
        (s.sheet_id, wanted.sheet),
        (s.evaluator_id, wanted.evaluator),
        (s.passed, wanted.passed),
        (s.recording_id, wanted.recording),
    )
    return found + [column == value for column, value in equal if value is not None]
