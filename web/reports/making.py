"""Makes a whole report: what the page shows, files hold and mails carry."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from callcenter.errors import InvalidInput
from crm.tickets.tables import TicketCategory
from routing.tables import Agent, Disposition, Queue
from web.auth.tables import Team
from web.reports import periods, queries
from web.reports.figures import Figures, Key, figures
from web.reports.metrics import Metric
from web.reports.queries import Reach
from web.reports.request import FIGURES, Wanted, checked, zone_of
from web.reports.words import WORDS

Value = int | float | None


class TextView(msgspec.Struct, frozen=True):
    """In both languages: `what` is exactly what the figure means."""

    zh: str
    en: str
    what_zh: str
    what_en: str


class MetricView(msgspec.Struct, frozen=True):
    """`over` and `under` are sums of what is counted, with + or - (1, -1); `rows`: what is behind
    it; `better`: which way is good news."""

    name: str
    unit: str
    over: dict[str, int]
    under: dict[str, int] | None
    rows: str
    better: str
    text: TextView


class SpanView(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    begin: float
    end: float


class RowView(msgspec.Struct, frozen=True):
    """One key. `cells`: for each span, in order, a figure for each metric; `total` of the whole."""

    key: str | int | None
    label: str | None
    cells: list[list[Value]]
    total: list[Value]
    before: list[Value] | None = None


class BeforeView(msgspec.Struct, frozen=True, rename={"begin": "from", "end": "to"}):
    """The period just before."""

    begin: float
    end: float
    total: list[Value]


class ReportView(msgspec.Struct, frozen=True):
    """`spans` in order; figures are null over nothing. `fresh`: the roll-ups are as of then."""

    timezone: str
    metrics: list[MetricView]
    spans: list[SpanView]
    rows: list[RowView]
    totals: list[list[Value]]
    total: list[Value]
    before: BeforeView | None
    made_at: float


async def made(db: Any, wanted: Wanted, reach: Reach, timezone: str, language: str) -> ReportView:
    """The whole report; also what is written to files and sent by mail."""
    metrics = checked(wanted)
    zone = zone_of(wanted.timezone, timezone)
    now = time.time()
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, zone)
    found = await queries.read(db, wanted, spans, metrics, reach, now=now)
    if len({key for key, _, _ in found}) * len(spans) * len(metrics) > FIGURES:
        raise InvalidInput(f"more than {FIGURES} figures; take longer steps", field="step")
    # Tens of thousands of divisions: calls do not wait for them.
    whole = await asyncio.to_thread(figures, found, len(spans), metrics)
    before, rows_before = await _before(db, wanted, metrics, reach, zone=zone, now=now)
    labels = await names(db, wanted.by, whole.keys, language)
    ordered = sorted(whole.keys, key=lambda key: (key is None, labels.get(key) or "", str(key)))
    return ReportView(
        timezone=str(zone),
        metrics=[metric_view(one) for one in metrics],
        spans=[SpanView(float(one.begin), float(one.end)) for one in spans],
        rows=[_row(key, whole, labels, rows_before) for key in ordered],
        totals=whole.spans,
        total=whole.total,
        before=before,
        made_at=now,
    )


def _row(key: Key, whole: Figures, labels: dict[Key, str], before: Figures | None) -> RowView:
    earlier = None if before is None else before.rows.get(key)
    return RowView(key, labels.get(key), whole.cells[key], whole.rows[key], earlier)


async def _before(
    db: Any, wanted: Wanted, metrics: Sequence[Metric], reach: Reach, *, zone: Any, now: float
) -> tuple[BeforeView | None, Figures | None]:
    if not wanted.compare:
        return None, None
    begin, end = periods.before(wanted.begin, wanted.end)
    span = periods.whole(begin, end, zone)
    found = await queries.read(db, wanted, [span], metrics, reach, now=now)
    whole = figures(found, 1, metrics)
    return BeforeView(float(span.begin), float(span.end), whole.total), whole


def metric_view(metric: Metric) -> MetricView:
    under = None if metric.under is None else dict(metric.under)
    said = WORDS[metric.name]
    return MetricView(
        metric.name,
        str(metric.unit),
        dict(metric.over),
        under,
        metric.rows,
        metric.better,
        TextView(said.zh, said.en, said.what_zh, said.what_en),
    )


async def names(db: Any, by: str, found: Sequence[Key], language: str) -> dict[Key, str]:
    """What people call the keys."""
    wanted = [key for key in dict.fromkeys(found) if key is not None]
    said = Disposition.en if language == "en" else Disposition.zh
    columns: dict[str, tuple[Any, Any]] = {
        "agent": (Agent.id, Agent.name),
        "team": (Team.id, Team.name),
        "queue": (Queue.name, Queue.label),
        "disposition": (Disposition.name, said),
        "category": (TicketCategory.id, TicketCategory.name),
    }
    if by not in columns or not wanted:
        return {}
    key, label = columns[by]
    rows = await db.execute(select(key, label).where(key.in_(wanted)))
    return {key: label for key, label in rows if label}
