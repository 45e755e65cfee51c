"""How scores and single questions go, week by week or month by month: by when the call was.

A mean is that of the scores of the span, each once; a question's is what it earned of its weight,
in percent. What did not apply is left out, and where nothing counts there is no value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from recording.quality.names import AGENTS
from recording.quality.sampling import Span
from recording.quality.sheets import get_sheet, list_versions
from recording.quality.states import PUBLISHED
from recording.quality.tables import QualityAnswer, QualityScore
from recording.queries import table_of

_scores = table_of(QualityScore)
_answers = table_of(QualityAnswer)


class TrendPoint(msgspec.Struct, frozen=True):
    """`mean` in percent; null: nothing was counted. `count`: of how many."""

    mean: float | None
    count: int


class AgentTrend(msgspec.Struct, frozen=True):
    agent: int
    name: str
    whole: TrendPoint
    points: list[TrendPoint]


class QuestionTrend(msgspec.Struct, frozen=True):
    """`asked` false: the sheet does not ask it any more; its text is that of the last time."""

    key: str
    text: str
    asked: bool
    whole: TrendPoint
    points: list[TrendPoint]


@dataclass(frozen=True, slots=True)
class Selection:
    """Whose scores: `reach` is what the right reaches."""

    reach: tuple[ColumnElement[bool], ...]
    agent: int | None = None
    sheet: int | None = None


async def overall(
    session: AsyncSession, spans: Sequence[Span], chosen: Selection
) -> tuple[TrendPoint, list[TrendPoint]]:
    rows = await session.execute(_means(spans, chosen, _scores.c.score))
    return _folded(rows, len(spans))


async def by_agent(
    session: AsyncSession, spans: Sequence[Span], chosen: Selection
) -> list[AgentTrend]:
    """By name; only those who were scored."""
    query = _means(spans, chosen, _scores.c.score, _scores.c.agent_id)
    found: dict[int, list[Any]] = defaultdict(list)
    for agent, *rest in await session.execute(query):
        found[agent].append(rest)
    named = await session.execute(
        select(AGENTS.c.id, AGENTS.c.name).where(AGENTS.c.id.in_(found.keys()))
    )
    names = {row.id: row.name for row in named}
    trends = [
        AgentTrend(agent, names.get(agent, ""), *_folded(rows, len(spans)))
        for agent, rows in found.items()
    ]
    return sorted(trends, key=lambda one: (one.name, one.agent))


async def by_question(
    session: AsyncSession, spans: Sequence[Span], chosen: Selection, sheet: int
) -> list[QuestionTrend]:
    """In the order of the sheet, those that it no longer asks behind. NotFound."""
    now = {one.key for one in (await get_sheet(session, sheet)).questions}
    texts: dict[str, str] = {}
    for version in await list_versions(session, sheet):
        for one in version.content.questions:
            texts.setdefault(one.key or "", one.text)
    query = _means(spans, chosen, _answers.c.earned * 100, _answers.c.question)
    query = query.join(_answers, _answers.c.score_id == _scores.c.id)
    found: dict[str, list[Any]] = defaultdict(list)
    for key, *rest in await session.execute(query.where(_scores.c.sheet_id == sheet)):
        found[key].append(rest)
    return [
        QuestionTrend(key, text, key in now, *_folded(found.get(key, ()), len(spans)))
        for key, text in texts.items()
        if key in now or key in found
    ]


def _means(
    spans: Sequence[Span], chosen: Selection, value: ColumnElement[Any], *by: ColumnElement[Any]
) -> Select[Any]:
    """Rows of (*by, place of the span, sum, count)."""
    at = _scores.c.recorded_at
    place = case(*((at < span.end, place) for place, span in enumerate(spans)))
    where = [_scores.c.state.in_(PUBLISHED), at >= spans[0].begin, at < spans[-1].end]
    if chosen.agent is not None:
        where.append(_scores.c.agent_id == chosen.agent)
    if chosen.sheet is not None:
        where.append(_scores.c.sheet_id == chosen.sheet)
    inner = (*by, place.label("place"))
    return (
        select(*inner, func.sum(value), func.count(value))
        .select_from(_scores)
        .where(*where, *chosen.reach)
        .group_by(*by, "place")
    )


def _folded(rows: Iterable[Any], length: int) -> tuple[TrendPoint, list[TrendPoint]]:
    sums: dict[int, tuple[float, int]] = {}
    for place, total, count in rows:
        sums[place] = (float(total or 0), count)
    points = [_point(*sums.get(place, (0.0, 0))) for place in range(length)]
    whole = _point(sum(one[0] for one in sums.values()), sum(one[1] for one in sums.values()))
    return whole, points


def _point(total: float, count: int) -> TrendPoint:
    return TrendPoint(round(total / count, 2) if count else None, count)
