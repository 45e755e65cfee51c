"""How scores go by week or month: all of them, by agent, and by question of a sheet."""

from __future__ import annotations

import datetime
import time

from recording.quality import sampling, trends
from recording.quality.sampling import By
from recording.quality.trends import AgentTrend, QuestionTrend, Selection, TrendPoint
from web.api import quality_parts as parts
from web.api.quality_days import Day, check_order, read_day, zone_of
from web.api.values import Body, RowId, View
from web.routes import Call

USUAL = {"week": 12 * 7, "month": 365}  # days, when no begin is given


class TrendQuery(Body, frozen=True, kw_only=True):
    """Whole weeks or months that hold the days from `begin` up to, not with, `end`.

    Without days the last twelve weeks or months, today included.
    """

    by: By = "week"
    begin: Day | None = None
    end: Day | None = None
    agent: RowId | None = None
    sheet: RowId | None = None


class TrendSpan(View, frozen=True):
    """Half open; `day` is the first one in the installation's zone."""

    day: str
    begin: float
    end: float


class TrendView(View, frozen=True):
    """By when the calls were. `questions` only with a sheet."""

    by: By
    spans: list[TrendSpan]
    whole: TrendPoint
    points: list[TrendPoint]
    agents: list[AgentTrend]
    questions: list[QuestionTrend]


async def read_quality_trend(call: Call, query: TrendQuery) -> TrendView:
    zone = zone_of(call)
    today = datetime.datetime.fromtimestamp(time.time(), zone).date()
    end = read_day(query.end, "end") if query.end else today + datetime.timedelta(days=1)
    usual = end - datetime.timedelta(days=USUAL[query.by])
    begin = read_day(query.begin, "begin") if query.begin else usual
    check_order(begin, end)
    spans = sampling.spans(query.by, begin, end, zone)
    chosen = Selection((parts.readable(call),), agent=query.agent, sheet=query.sheet)
    whole, points = await trends.overall(call.db, spans, chosen)
    questions: list[QuestionTrend] = []
    if query.sheet is not None:
        questions = await trends.by_question(call.db, spans, chosen, query.sheet)
    return TrendView(
        by=query.by,
        spans=[TrendSpan(one.day.isoformat(), one.begin, one.end) for one in spans],
        whole=whole,
        points=points,
        agents=await trends.by_agent(call.db, spans, chosen),
        questions=questions,
    )
