"""The rows behind a figure: what exactly was counted, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.events import OfferResult, QueueExit
from callcenter.store.tables import Interaction, Offer, Segment
from crm.tickets.tables import Ticket
from recording.quality.states import PUBLISHED
from recording.quality.tables import QualityScore
from routing.tables import AgentStateLogRow
from routing.work_tables import Callback, CallbackAttempt, InteractionDisposition, Satisfaction
from web.reports import columns, ticket_queries
from web.reports.contacts import NOBODY, next_entry, owner
from web.reports.metrics import Metric, Rows, Subject, Unit
from web.reports.pages import PAGE, Picked, picked
from web.reports.queries import Reach, members
from web.reports.request import Wanted
from web.reports.sql import micros
from web.reports.tables import ReportContact, ReportPhone


class Behind(msgspec.Struct, frozen=True):
    """One row that a figure counts. `at`: what places it in its interval; lengths in seconds.
    `in_time`: whether it counts as answered in time; `reasons`: of an agent who was not ready.
    `recording` and `customer` of the call, for who may see them."""

    at: float
    interaction: str | None = None
    ticket: int | None = None
    queue: str | None = None
    agent: int | None = None
    result: str | None = None
    lengths: dict[str, float] = {}
    score: float | None = None
    in_time: bool | None = None
    reasons: list[str] = []
    recording: str | None = None
    customer: int | None = None


NAMES = ("at", "interaction", "ticket", "queue", "agent", "result", "score", "in_time", "reasons")
LENGTHS = ("wait", "talk", "hold", "wrap_up", "ring", "length")  # microseconds, after those
MOST_COUNTED = 10_000  # rows; a figure of more is not held against them
SEVERAL = frozenset({"transfers_out", "consults"})  # one row may count more than once


async def read(
    db: AsyncSession, asked: Asked, cursor: str | None
) -> tuple[list[Behind], str | None]:
    """Rows behind `cursor`, and the cursor of the next page, if there is one."""
    found = _ROWS[asked.metric.rows](asked)
    rows = (await db.execute(found.page(cursor))).all()
    more = found.cursor(rows[PAGE - 1]._mapping) if len(rows) > PAGE else None
    return [_row(row._mapping) for row in rows[:PAGE]], more


async def count(db: AsyncSession, asked: Asked) -> int | None:
    """How many rows there are now, where the figure is their number."""
    metric = asked.metric
    if metric.unit is not Unit.COUNT or metric.under is not None or metric.name in SEVERAL:
        return None
    found = _ROWS[metric.rows](asked)
    one = found.query.with_only_columns(literal(1).label("one"), maintain_column_froms=True)
    some = one.limit(MOST_COUNTED + 1)
    rows = await db.scalar(select(func.count()).select_from(some.subquery()))
    return None if rows is None or rows > MOST_COUNTED else rows


def _row(row: Mapping[Any, Any]) -> Behind:
    lengths = {name: row[name] / columns.MICROS for name in LENGTHS if row.get(name) is not None}
    plain = {name: row[name] for name in NAMES if name in row}
    if plain.get("in_time") is not None:
        plain["in_time"] = bool(plain["in_time"])  # SQLite has numbers for them
    return Behind(**plain, lengths=lengths)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is behind which figure, in [begin, end)."""

    wanted: Wanted
    metric: Metric
    reach: Reach
    begin: float
    end: float
    now: float

    def within(self, at: Any) -> ColumnElement[bool]:
        return and_(at >= self.begin, at < self.end)

    def agents(self, agent: Any) -> ColumnElement[bool]:
        chosen = [self.reach.of(agent)]
        if self.wanted.agents:
            chosen.append(agent.in_(self.wanted.agents))
        if self.wanted.teams:
            chosen.append(agent.in_(members(self.wanted.teams)))
        return and_(*chosen)

    def queues(self, queue: Any) -> ColumnElement[bool]:
        chosen = and_(queue.is_not(None), self.reach.of_queue(queue))
        return and_(chosen, queue.in_(self.wanted.queues)) if self.wanted.queues else chosen

    def named(self, agent: Any) -> Any:
        """Of a queue that others serve too one sees the work, and whose it was of one's own."""
        return agent if self.reach.agents is None else case((self.reach.of(agent), agent))

    def counted(self, known: Mapping[str, Callable[[Any], Any]], row: Any) -> Any:
        """What adds to the sum, or to the sum below the line."""
        weights = self.metric.under or self.metric.over

        def any_of(sign: int) -> list[Any]:
            names = [name for name, weight in weights.items() if weight * sign > 0]
            return [known[name](row) for name in names if name in known]

        more, less = any_of(1), any_of(-1)
        counted = or_(*more) if more else true()
        return and_(counted, not_(func.coalesce(or_(*less), false()))) if less else counted


def _left(exit_: str) -> Callable[[Any], Any]:
    return lambda row: row.exit == exit_


_ENTRY: dict[str, Callable[[Any], Any]] = {
    "offered": lambda row: true(),
    **{name: _left(name) for name in ("answered", "abandoned", *columns.EXITS)},
    "wait_answered": lambda row: row.exit == QueueExit.ANSWERED.value,
    "wait_abandoned": lambda row: row.exit == QueueExit.ABANDONED.value,
    "in_time": lambda row: and_(
        row.exit == QueueExit.ANSWERED.value,
        row.seconds <= func.coalesce(row.threshold, columns.SERVICE_LEVEL),
    ),
    "short_abandons": lambda row: and_(
        row.exit == QueueExit.ABANDONED.value,
        row.seconds <= func.coalesce(row.short_threshold, columns.SHORT_ABANDON),
    ),
    "longest_wait": lambda row: row.exit.is_not(None),
}


def _answerer(entry: Any, asked: Asked) -> Any:
    """Whose telephone took the entry: seen at once, before the roll-ups know of it."""
    offer, call, phone = aliased(Offer), aliased(Interaction), aliased(ReportPhone)
    return (
        select(phone.agent_id)
        .select_from(offer)
        .join(call, call.id == offer.interaction_id)
        .join(phone, owner(phone, call.pbx, offer.interface, offer.started_at))
        .where(
            *(offer.interaction_id == entry.interaction_id, offer.entry_id == entry.id),
            *(offer.result == OfferResult.ANSWERED.value, asked.reach.of(phone.agent_id)),
        )
        .order_by(offer.started_at.desc(), offer.id)
        .limit(1)
        .scalar_subquery()
    )


def _in_time(row: Any, asked: Asked) -> Any:
    """Yes or no for each entry that the service level counts; elsewhere for answered ones."""
    in_time = [_ENTRY["in_time"](row)]
    if asked.metric.name != "service_level":
        answered = row.exit == QueueExit.ANSWERED.value
        return case((answered, func.coalesce(in_time[0], false())))
    if "abandoned_in_time" in asked.metric.over:
        threshold = func.coalesce(row.threshold, columns.SERVICE_LEVEL)
        gone = row.exit == QueueExit.ABANDONED.value
        in_time.append(and_(gone, row.seconds <= threshold))
    return func.coalesce(or_(*in_time), false())


def _entries(asked: Asked) -> Picked:
    row, talk = Segment, aliased(Segment)
    longest = asked.metric.name == "longest_wait"  # first, whenever it was
    query = picked(
        func.coalesce(row.seconds, 0.0) if longest else row.started_at,
        row.id,
        at=row.started_at,
        interaction=row.interaction_id,
        queue=row.queue,
        agent=case((row.exit == QueueExit.ANSWERED.value, _answerer(row, asked))),
        result=row.exit,
        in_time=_in_time(row, asked),
        wait=func.coalesce(row.seconds, 0.0) * columns.MICROS,
    ).where(row.kind == "queue", asked.within(row.started_at), asked.queues(row.queue))
    if asked.metric.name == "entries_transferred":
        before = select(talk.id).where(
            talk.interaction_id == row.interaction_id,
            *(talk.kind == "talk", talk.started_at < row.started_at),
        )
        query = query.where(before.exists())
    return query.where(asked.counted(_ENTRY, row))


_CONTACT: dict[str, Callable[[Any], Any]] = {
    "handled": lambda row: row.handled > 0,
    "handled_inbound": lambda row: and_(row.handled > 0, row.direction == "inbound"),
    "handled_outbound": lambda row: and_(row.handled > 0, row.direction == "outbound"),
    "transfers_out": lambda row: row.transfers_out > 0,
    "transfers_in": lambda row: row.transferred_in > 0,
    "consults": lambda row: row.consults > 0,
    "consult_talk": lambda row: row.consults > 0,
    "talk": lambda row: row.talk > 0,
    "hold": lambda row: row.hold > 0,
    "wrap_up": lambda row: row.wrap_up > 0,
    "fcr_known": lambda row: row.fcr.is_not(None),
}


def _contacts(asked: Asked) -> Picked:
    row = ReportContact
    first, last = int(asked.begin) // columns.QUARTER, int(asked.end) // columns.QUARTER
    query = picked(
        row.began_at,
        *(row.interaction_id, row.agent_id, row.entry_id),
        interaction=row.interaction_id,
        queue=row.queue,
        agent=asked.named(row.agent_id),
        result=row.disposition,
        talk=row.talk,
        hold=row.hold,
        wrap_up=row.wrap_up,
    ).where(row.slot >= first, row.slot < last, asked.counted(_CONTACT, row))
    if asked.wanted.subject is Subject.QUEUES:
        return query.where(asked.queues(row.queue))
    if asked.wanted.subject is Subject.DISPOSITIONS:
        said = row.disposition
        query = query.where(
            said.in_(asked.wanted.dispositions) if asked.wanted.dispositions else said.is_not(None)
        )
    return query.where(row.agent_id != NOBODY, asked.agents(row.agent_id))


_OFFER: dict[str, Callable[[Any], Any]] = {
    "offers_answered": lambda row: row.result == "answered",
    "rona": lambda row: row.result == "timed_out",
    "offers_rejected": lambda row: row.result.in_(("rejected", "busy")),
    "offers_failed": lambda row: row.result == "failed",
}


def _offers(asked: Asked) -> Picked:
    row, entry = aliased(Offer), aliased(Segment)
    call, phone = aliased(Interaction), aliased(ReportPhone)
    at = func.coalesce(entry.started_at, row.started_at, type_=row.started_at.type)
    query = (
        picked(
            at,
            row.id,
            interaction=row.interaction_id,
            queue=row.queue,
            agent=asked.named(phone.agent_id),
            result=row.result,
            ring=func.coalesce(row.rang, 0.0) * columns.MICROS,
        )
        .join(call, call.id == row.interaction_id)
        .outerjoin(entry, entry.id == row.entry_id)
        .outerjoin(phone, owner(phone, call.pbx, row.interface, row.started_at))
        .where(asked.within(at), asked.counted(_OFFER, row))
    )
    if asked.wanted.subject is Subject.QUEUES:
        return query.where(asked.queues(row.queue))
    return query.where(phone.agent_id.is_not(None), asked.agents(phone.agent_id))


def _callbacks(asked: Asked) -> Picked:
    if asked.wanted.subject is Subject.QUEUES:
        row = Callback
        states = {"reached": "done"}
        state = asked.metric.name.removeprefix("callbacks_")
        query = picked(
            row.created_at, row.id, interaction=row.interaction_id, queue=row.queue,
            result=row.state,
        ).where(asked.within(row.created_at), asked.queues(row.queue))  # fmt: skip
        only = asked.metric.name != "callbacks"
        return query.where(row.state == states.get(state, state)) if only else query
    attempt = CallbackAttempt
    query = picked(
        attempt.at, attempt.id, interaction=attempt.interaction_id, agent=attempt.agent_id,
        result=attempt.result,
    ).where(asked.within(attempt.at), asked.agents(attempt.agent_id))  # fmt: skip
    spoken = asked.metric.name == "callbacks_spoken"
    query = query.where(attempt.agent_id.is_not(None))
    return query.where(attempt.result == "answered") if spoken else query


def _scores(asked: Asked) -> Picked:
    row, said = Satisfaction, InteractionDisposition
    about = row.queue if asked.wanted.subject is Subject.QUEUES else row.agent_id
    query = picked(
        row.at, row.interaction_id, interaction=row.interaction_id, queue=row.queue,
        agent=asked.named(row.agent_id), score=row.score,
    ).where(asked.within(row.at), about.is_not(None))  # fmt: skip
    if asked.wanted.subject is Subject.QUEUES:
        return query.where(asked.queues(row.queue))
    if asked.wanted.subject is Subject.DISPOSITIONS:
        own = and_(said.interaction_id == row.interaction_id, said.agent_id == row.agent_id)
        query = query.join(said, own)
        if asked.wanted.dispositions:
            query = query.where(said.disposition.in_(asked.wanted.dispositions))
    return query.where(asked.agents(row.agent_id))


def _states(asked: Asked) -> Picked:
    """Entries of the agents' log; one that began before the interval is shown with its length."""
    row = aliased(AgentStateLogRow)
    ended = next_entry(row)
    length = micros(ended) - micros(row.at)
    name = asked.metric.name.removeprefix("state_")
    query = picked(
        row.at, row.id, interaction=row.interaction_id, agent=row.agent_id, result=row.state,
        reasons=row.reasons, length=length,
    ).where(asked.within(row.at), asked.agents(row.agent_id))  # fmt: skip
    return query.where(row.state == name) if name in columns.STATES else query


def _quality(asked: Asked) -> Picked:
    row = QualityScore
    return picked(
        row.recorded_at, row.id, interaction=row.interaction_id, agent=row.agent_id,
        result=row.state, score=row.score,
    ).where(
        asked.within(row.recorded_at),
        row.state.in_([state.value for state in PUBLISHED]),
        asked.agents(row.agent_id),
    )  # fmt: skip


def _tickets(asked: Asked) -> Picked:
    known = ticket_queries.columns(asked.now)
    names = asked.metric.under or asked.metric.over
    counted = or_(*(known[name] > 0 for name in names))
    conditions = ticket_queries.conditions(
        asked.wanted, asked.begin, asked.end, asked.reach.tickets
    )
    return picked(
        Ticket.created_at, Ticket.id, ticket=Ticket.id, result=Ticket.status, interaction=null()
    ).where(*conditions, counted)


_ROWS: dict[Rows, Callable[[Asked], Picked]] = {
    "entries": _entries,
    "contacts": _contacts,
    "offers": _offers,
    "callbacks": _callbacks,
    "scores": _scores,
    "states": _states,
    "quality": _quality,
    "tickets": _tickets,
}
