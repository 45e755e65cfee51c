"""Reads how well tickets are served, from the tickets themselves.

A ticket counts in the span in which it was opened. Response and resolution are elapsed time;
whether a promise was kept is business time, as it was promised. What is promised and neither done
nor due yet is in no rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, null, or_, select
from sqlalchemy.sql.expression import case

from callcenter.store.base import Instant
from crm.tickets.desk.tables import FeedbackLink
from crm.tickets.tables import Ticket
from web.reports.periods import Span
from web.reports.request import Wanted
from web.reports.sql import flag, micros, slot


def sums(
    wanted: Wanted,
    spans: Sequence[Span],
    names: Sequence[str],
    visible: ColumnElement[bool],
    *,
    now: float,
) -> Select[Any]:
    from web.reports.queries import spread

    known = columns(now)
    number, source, within = spread(slot(Ticket.created_at), spans)
    key = null() if wanted.by == "none" else Ticket.category_id
    totals = (func.coalesce(func.sum(known[name]), 0) for name in names)
    query = select(key.label("key"), number.label("span"), *totals).select_from(Ticket)
    if source is not None:
        query = query.join(source, within)
    query = query.where(*conditions(wanted, spans[0].begin, spans[-1].end, visible))
    by = [*([] if wanted.by == "none" else [key]), *([] if source is None else [number])]
    return query.group_by(*by) if by else query.having(func.count() > 0)


def conditions(
    wanted: Wanted, begin: float, end: float, visible: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """What was merged into another is that one."""
    found = [Ticket.created_at >= float(begin), Ticket.created_at < float(end), visible]
    if wanted.categories:
        found.append(Ticket.category_id.in_(wanted.categories))
    return [*found, Ticket.merged_into.is_(None)]


def columns(now: float) -> Mapping[str, ColumnElement[Any]]:
    """What each ticket adds."""
    moment = literal(now, Instant)
    opened = micros(Ticket.created_at)
    responded, resolved = Ticket.responded_at.is_not(None), Ticket.resolved_at.is_not(None)
    score, scores = (
        select(total)
        .where(FeedbackLink.ticket_id == Ticket.id, FeedbackLink.score.is_not(None))
        .correlate(Ticket)
        .scalar_subquery()
        for total in (func.coalesce(func.sum(FeedbackLink.score), 0), func.count())
    )
    return {
        "tickets_opened": literal(1),
        "responded": flag(responded),
        "response_length": case((responded, micros(Ticket.responded_at) - opened), else_=0),
        "tickets_resolved": flag(resolved),
        "resolution_length": case((resolved, micros(Ticket.resolved_at) - opened), else_=0),
        "tickets_reopened": flag(Ticket.reopened > 0),
        "ever_resolved": flag(or_(resolved, Ticket.reopened > 0)),
        **_promises("respon", Ticket.respond_due, Ticket.responded_at, moment),
        **_promises("resol", Ticket.resolve_due, Ticket.resolved_at, moment),
        "ticket_score_sum": score,
        "ticket_scores": scores,
    }


def _promises(what: str, due: Any, done: Any, now: Any) -> dict[str, ColumnElement[Any]]:
    names = {
        "respon": ("responses_promised", "responses_in_time"),
        "resol": ("resolutions_promised", "resolved_in_time"),
    }
    promised, kept = names[what]
    counts = and_(due.is_not(None), or_(done.is_not(None), due <= now))
    return {promised: flag(counts), kept: flag(and_(counts, done <= due))}
