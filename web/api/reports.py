"""Reports: figures by key and span, the rows behind them, and what can be asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import Forbidden, InvalidInput
from crm.tickets.tables import TicketCategory
from routing.tables import Agent, Disposition, Queue
from web import keys, scopes
from web.api.values import View
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.auth.tables import Team
from web.ranges import for_keeping
from web.reports import behind, files, periods, queries
from web.reports.behind import Behind
from web.reports.figures import Figures, Key, figures
from web.reports.files import MEDIA_TYPES, Format
from web.reports.metrics import METRICS, Formula, Metric, Subject
from web.reports.periods import Span
from web.reports.queries import Reach
from web.reports.request import FIGURES, KEYS, By, Id, Wanted, Word, as_values, checked, zone_of
from web.reports.words import WORDS
from web.routes import Call

Many = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]
Value = int | float | None
MOST_LINES: dict[Format, int] = {"csv": 100_000, "xlsx": 100_000, "pdf": 3_000}


class ReportQuery(msgspec.Struct, frozen=True, kw_only=True, rename={"begin": "from", "end": "to"}):
    """`to` is the first day that is not in it. Lists are separated by commas; empty ones narrow
    nothing. `compare`: the period just before as well."""

    subject: Subject = Subject.QUEUES
    begin: date
    end: date
    step: periods.Step = periods.Step.DAY
    by: By = "none"
    metrics: Many = ""
    formula: Formula = Formula.WITHOUT_SHORT
    timezone: Annotated[str, Meta(max_length=64)] = ""
    compare: bool = False
    queues: Many = ""
    agents: Many = ""
    teams: Many = ""
    dispositions: Many = ""
    categories: Many = ""


class BehindQuery(ReportQuery, frozen=True, kw_only=True):
    """`metric`: of which figure; `at`: the number of the span, all of them without."""

    metric: Word
    at: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    cursor: Annotated[str, Meta(max_length=20)] | None = None


class FileQuery(ReportQuery, frozen=True, kw_only=True):
    format: Format = "csv"


class TextView(View, frozen=True):
    """In both languages: `what` is exactly what the figure means."""

    zh: str
    en: str
    what_zh: str
    what_en: str


class MetricView(View, frozen=True):
    """`over` and `under` are sums of what is counted, with + or - (1, -1); `rows`: what is behind
    it; `better`: which way is good news."""

    name: str
    unit: str
    over: dict[str, int]
    under: dict[str, int] | None
    rows: str
    better: str
    text: TextView


class SpanView(View, frozen=True, rename={"begin": "from", "end": "to"}):
    begin: float
    end: float


class RowView(View, frozen=True):
    """One key. `cells`: for each span, in order, a figure for each metric; `total` of the whole."""

    key: str | int | None
    label: str | None
    cells: list[list[Value]]
    total: list[Value]
    before: list[Value] | None = None


class BeforeView(View, frozen=True, rename={"begin": "from", "end": "to"}):
    """The period just before."""

    begin: float
    end: float
    total: list[Value]


class ReportView(View, frozen=True):
    """`spans` in order; figures are null over nothing. `fresh`: the roll-ups are as of then."""

    timezone: str
    metrics: list[MetricView]
    spans: list[SpanView]
    rows: list[RowView]
    totals: list[list[Value]]
    total: list[Value]
    before: BeforeView | None
    made_at: float


class BehindPage(View, frozen=True):
    items: list[Behind]
    names: dict[str, str]
    next: str | None


class MetricList(View, frozen=True):
    """What can be asked for, by subject, with the keys that each goes by."""

    subjects: dict[str, list[MetricView]]
    keys: dict[str, list[str]]
    formulas: list[str]


def wanted_of(query: ReportQuery) -> Wanted:
    return Wanted(
        subject=query.subject,
        begin=query.begin,
        end=query.end,
        step=query.step,
        by=query.by,
        metrics=_words(query.metrics),
        formula=query.formula,
        timezone=query.timezone,
        compare=query.compare,
        queues=_words(query.queues),
        agents=_ids(query.agents, "agents"),
        teams=_ids(query.teams, "teams"),
        dispositions=_words(query.dispositions),
        categories=_ids(query.categories, "categories"),
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in text.split(",") if word))


def _ids(text: str, field: str) -> tuple[int, ...]:
    try:
        return tuple(msgspec.convert(word, Id, strict=False) for word in _words(text))
    except msgspec.ValidationError:
        raise InvalidInput("ids, separated by commas", field=field) from None


def reach_of(call: Call, wanted: Wanted) -> Reach:
    """What report.read reaches for who is asking. A queue belongs to nobody, so its figures are for
    who reaches all."""
    return reach_for(call.principal, call.scope, wanted)


def reach_for(who: Principal, scope: Scope, wanted: Wanted) -> Reach:
    if scope is Scope.ALL:
        agents: Any = None
    elif wanted.subject is Subject.QUEUES:
        raise Forbidden("reports of queues are for those who may see everybody's figures")
    else:
        found = scopes.agents(who, scope)
        none_or_one = [] if found is None else [found]
        agents = none_or_one if found is None or isinstance(found, int) else found
    return Reach(agents, scopes.tickets_of(who, Right.REPORT_READ))


async def read_report(call: Call, query: ReportQuery) -> ReportView:
    settings = call.request.app[keys.SETTINGS]
    wanted = wanted_of(query)
    return await made(call.db, wanted, reach_of(call, wanted), settings.timezone, _language(call))


async def made(db: Any, wanted: Wanted, reach: Reach, timezone: str, language: str) -> ReportView:
    """The whole report; also what is written to files and sent by mail."""
    metrics = checked(wanted)
    zone = zone_of(wanted.timezone, timezone)
    now = time.time()
    spans = periods.spans(wanted.begin, wanted.end, wanted.step, zone)
    found = await queries.read(db, wanted, spans, metrics, reach, now=now)
    if len({key for key, _, _ in found}) * len(spans) * len(metrics) > FIGURES:
        raise InvalidInput(f"more than {FIGURES} figures; take longer steps", field="step")
    whole = figures(found, len(spans), metrics)
    before, rows_before = await _before(db, wanted, metrics, reach, zone, now)
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


async def export_report(call: Call, query: FileQuery) -> web.StreamResponse:
    """The same figures as a file."""
    settings = call.request.app[keys.SETTINGS]
    wanted, language = wanted_of(query), _language(call)
    view = await made(call.db, wanted, reach_of(call, wanted), settings.timezone, language)
    if len(view.rows) * len(view.spans) > MOST_LINES[query.format]:
        raise InvalidInput(f"more than {MOST_LINES[query.format]} lines", field="step")
    data = await asyncio.to_thread(
        files.written, view, query.format, str(wanted.subject), wanted.by, language
    )
    await call.audit("report.export", f"report/{wanted.subject}", after=as_values(wanted))
    name = f"{files.heading(str(wanted.subject), language)}-{wanted.begin}.{query.format}"
    return web.Response(
        body=data,
        content_type=MEDIA_TYPES[query.format],
        headers={hdrs.CONTENT_DISPOSITION: for_keeping(name)},
    )


def _row(key: Key, whole: Figures, labels: dict[Key, str], before: Figures | None) -> RowView:
    earlier = None if before is None else before.rows.get(key)
    return RowView(key, labels.get(key), whole.cells[key], whole.rows[key], earlier)


async def _before(  # noqa: PLR0917
    db: Any, wanted: Wanted, metrics: Sequence[Metric], reach: Reach, zone: Any, now: float
) -> tuple[BeforeView | None, Figures | None]:
    if not wanted.compare:
        return None, None
    begin, end = periods.before(wanted.begin, wanted.end)
    span = periods.whole(begin, end, zone)
    found = await queries.read(db, wanted, [span], metrics, reach, now=now)
    whole = figures(found, 1, metrics)
    return BeforeView(float(span.begin), float(span.end), whole.total), whole


async def read_behind(call: Call, query: BehindQuery) -> BehindPage:
    """Newest first."""
    wanted = wanted_of(query)
    checked(wanted)
    metric = METRICS[wanted.subject].get(query.metric)
    if metric is None:
        raise InvalidInput(f"there is no metric {query.metric!r}", field="metric")
    settings = call.request.app[keys.SETTINGS]
    zone = zone_of(wanted.timezone, settings.timezone)
    span = _chosen(periods.spans(wanted.begin, wanted.end, wanted.step, zone), query.at)
    offset = behind.offset_of(query.cursor)
    items, more = await behind.read(
        call.db,
        wanted,
        metric,
        reach_of(call, wanted),
        begin=span.begin,
        end=span.end,
        offset=offset,
        now=time.time(),
    )
    agents = [one.agent for one in items if one.agent is not None]
    found = await names(call.db, "agent", agents, _language(call))
    told = {str(key): label for key, label in found.items()}
    return BehindPage(items, told, str(offset + len(items)) if more else None)


def _chosen(spans: Sequence[Span], at: int | None) -> Span:
    if at is None:
        return Span(spans[0].first, spans[-1].last)
    if at >= len(spans):
        raise InvalidInput(f"there are {len(spans)} spans", field="at")
    return spans[at]


async def list_metrics(call: Call) -> MetricList:
    return MetricList(
        subjects={
            str(subject): [metric_view(one) for one in known.values()]
            for subject, known in METRICS.items()
            if subject is not Subject.QUEUES or call.scope is Scope.ALL
        },
        keys={str(subject): list(found) for subject, found in KEYS.items()},
        formulas=[str(one) for one in Formula],
    )


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


def _language(call: Call) -> str:
    return "en" if call.principal.language == "en" else "zh"


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
