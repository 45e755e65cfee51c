"""Reports: figures by key and span, the rows behind them, and what can be asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import date
from typing import Annotated

import msgspec
from aiohttp import hdrs, web
from msgspec import Meta

from callcenter.errors import InvalidInput
from web import keys
from web.api.report_ways import with_ways
from web.api.values import Cursor, View
from web.auth.rights import Scope
from web.ranges import for_keeping
from web.reports import behind, files, periods
from web.reports.behind import Asked, Behind
from web.reports.files import MEDIA_TYPES, Format
from web.reports.making import MetricView, ReportView, made, metric_view, names
from web.reports.metrics import METRICS, Formula, Subject, with_formula
from web.reports.periods import Span
from web.reports.queries import Reach
from web.reports.reach import reach_for
from web.reports.request import KEYS, By, Id, Wanted, Word, as_values, checked, zone_of
from web.routes import Call

Many = Annotated[str, Meta(max_length=4_000, pattern=r"^[^\x00]*$")]


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
    cursor: Cursor | None = None


class FileQuery(ReportQuery, frozen=True, kw_only=True):
    format: Format = "csv"


class BehindPage(View, frozen=True):
    """`kind`: what the rows are; `names` of agents, `queues` and `dispositions` as people call
    them. `made_at`: they are as of then, and `count` of them there were (on the first page, where
    the figure is their number)."""

    kind: str
    items: list[Behind]
    names: dict[str, str]
    queues: dict[str, str]
    dispositions: dict[str, str]
    made_at: float
    count: int | None
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
    """What report.read reaches for who is asking."""
    return reach_for(call.principal, call.scope, wanted)


async def read_report(call: Call, query: ReportQuery) -> ReportView:
    settings = call.request.app[keys.SETTINGS]
    wanted = wanted_of(query)
    return await made(call.db, wanted, reach_of(call, wanted), settings.timezone, _language(call))


async def export_report(call: Call, query: FileQuery) -> web.StreamResponse:
    """The same figures as a file."""
    settings = call.request.app[keys.SETTINGS]
    wanted, language = wanted_of(query), _language(call)
    view = await made(call.db, wanted, reach_of(call, wanted), settings.timezone, language)
    files.check(view, query.format)
    data = await asyncio.to_thread(
        files.written, view, query.format, str(wanted.subject), wanted.by, language
    )
    await call.audit("report.export", f"report/{wanted.subject}", after=as_values(wanted))
    days = files.days(wanted.begin, wanted.end)
    name = f"{files.heading(str(wanted.subject), language)}-{days}.{query.format}"
    return web.Response(
        body=data,
        content_type=MEDIA_TYPES[query.format],
        headers={hdrs.CONTENT_DISPOSITION: for_keeping(name)},
    )


async def read_behind(call: Call, query: BehindQuery) -> BehindPage:
    """Newest first."""
    wanted = wanted_of(query)
    checked(wanted)
    known = METRICS[wanted.subject].get(query.metric)
    if known is None:
        raise InvalidInput(f"there is no metric {query.metric!r}", field="metric")
    metric = with_formula(known, wanted.formula)
    settings = call.request.app[keys.SETTINGS]
    zone = zone_of(wanted.timezone, settings.timezone)
    span = _chosen(periods.spans(wanted.begin, wanted.end, wanted.step, zone), query.at)
    asked = Asked(
        wanted, metric, reach_of(call, wanted), float(span.begin), float(span.end), time.time()
    )
    items, more = await behind.read(call.db, asked, query.cursor)
    said = [one.result for one in items] if metric.rows == "contacts" else []
    return BehindPage(
        kind=metric.rows,
        items=await with_ways(call, items),
        names=await _named(call, "agent", [one.agent for one in items]),
        queues=await _named(call, "queue", [one.queue for one in items]),
        dispositions=await _named(call, "disposition", said),
        made_at=asked.now,
        count=None if query.cursor else await behind.count(call.db, asked),
        next=more,
    )


async def _named(call: Call, by: str, found: Sequence[str | int | None]) -> dict[str, str]:
    labels = await names(call.db, by, found, _language(call))
    return {str(key): label for key, label in labels.items()}


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
            if subject is not Subject.QUEUES or call.scope is not Scope.OWN
        },
        keys={str(subject): list(found) for subject, found in KEYS.items()},
        formulas=[str(one) for one in Formula],
    )


def _language(call: Call) -> str:
    return "en" if call.principal.language == "en" else "zh"
