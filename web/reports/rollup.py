"""SQL: computes the roll-up of whole hours from the rows, always the same from the same rows.

Each roll-up is the sum of a few sources; a source is one kind of row grouped by quarter hour and
key. An hour is emptied and filled in one transaction, so nobody sees half of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Dialect,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from callcenter.events import AgentState, Direction, OfferResult, QueueExit
from callcenter.store.base import Instant
from callcenter.store.tables import Interaction, Offer, Segment
from recording.quality.states import PUBLISHED
from recording.quality.tables import QualityScore
from routing.work_tables import Callback, CallbackAttempt, InteractionDisposition, Satisfaction
from web.reports import block_sql, columns
from web.reports.columns import HOUR, MICROS, QUARTER
from web.reports.contacts import NOBODY, contacts_of, owner
from web.reports.sql import count_of, flag, length, plain, slot, sum_of
from web.reports.states import lengths
from web.reports.tables import (
    AGENT_BLOCKS,
    AGENTS,
    DISPOSITION_BLOCKS,
    DISPOSITIONS,
    QUEUE_BLOCKS,
    QUEUES,
    ReportContact,
    ReportPhone,
    ReportState,
)

LOCK = 0x5EB0_0018  # of PostgreSQL: one computes at a time
_contacts = cast(Table, ReportContact.__table__)
_states = cast(Table, ReportState.__table__)


# What is computed: whole hours, half open, as quarters since 1970 and as moments.
FIRST, LAST = bindparam("first", 0, Integer), bindparam("last", 0, Integer)
BEGIN, END = bindparam("begin", 0.0, Instant), bindparam("end", 0.0, Instant)
UNTIL = bindparam("until", 0, BigInteger)


def in_quarters(column: Any) -> Any:
    return and_(column >= FIRST, column < LAST)


def in_moments(column: Any) -> Any:
    return and_(column >= BEGIN, column < END)


async def roll_up(connection: AsyncConnection, hour: int, *, until: float) -> None:
    """Compute one hour again, in the caller's transaction. States that last are counted `until`
    then, and nothing else depends on when this is done."""
    first, last = hour * HOUR, (hour + 1) * HOUR
    postgresql = connection.dialect.name == "postgresql"
    begin, end = (
        datetime.fromtimestamp(one * QUARTER, UTC) if postgresql else float(one * QUARTER)
        for one in (first, last)
    )
    values = {"first": first, "last": last, "begin": begin, "end": end, **block_sql.begins(first)}
    values["until"] = round(until * MICROS)
    if postgresql:  # SQLite's writer is alone anyway
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    for sql, fixed in _compiled(connection.dialect):
        given = tuple(values.get(name, value) for name, value in fixed)
        await connection.exec_driver_sql(sql, given)


@cache
def _compiled(dialect: Dialect) -> tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]:
    """Every statement of an hour with its parameters in order, made once: to make them takes the
    loop far longer than to send them."""
    made = []
    for statement in _statements(dialect.name):
        one = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        fixed = one.construct_params(_check=False)
        made.append((str(one), tuple((name, fixed[name]) for name in one.positiontup)))
    return tuple(made)


def _statements(dialect: str) -> list[Any]:
    states = lengths(FIRST, BEGIN, END, UNTIL)
    steps = [
        delete(_contacts).where(in_quarters(_contacts.c.slot)),
        _keep_contacts(dialect),
        delete(_states).where(in_quarters(_states.c.slot)),
        insert(_states).from_select([column.name for column in states.selected_columns], states),
    ]
    for table, blocks, sources in (
        (QUEUES, QUEUE_BLOCKS, queue_sources()),
        (AGENTS, AGENT_BLOCKS, agent_sources()),
        (DISPOSITIONS, DISPOSITION_BLOCKS, disposition_sources()),
    ):
        query = _summed(table, sources)
        names = [column.name for column in query.selected_columns]
        steps += [
            delete(table).where(in_quarters(table.c.slot)),
            insert(table).from_select(names, query),
            *block_sql.renewed(table, blocks),
        ]
    return steps


def _keep_contacts(dialect: str) -> Any:
    """One that has moved here from another hour (two calls became one) is moved, not doubled."""
    query = contacts_of(BEGIN, END).subquery()
    names = [column.name for column in query.c]
    made: Any = sqlite if dialect == "sqlite" else postgresql
    # SQLite needs a WHERE between a SELECT and what to do on conflict.
    insertion = made.insert(_contacts).from_select(names, select(*query.c).where(true()))
    key = [column.name for column in _contacts.primary_key]
    changed = {name: insertion.excluded[name] for name in names if name not in key}
    return insertion.on_conflict_do_update(index_elements=key, set_=changed)


def _summed(table: Table, sources: Sequence[Select[Any]]) -> Select[Any]:
    """All sources as one, each column that a source does not have being nothing."""
    key = [column.name for column in table.primary_key]
    sums = [column.name for column in table.columns if column.name not in key]
    parts = []
    for source in sources:
        part = source.subquery()
        has = {name: part.c.get(name, literal(0, BigInteger)) for name in sums}
        parts.append(
            select(
                *(part.c[name] for name in key),
                *(value.label(name) for name, value in has.items()),
            )
        )
    whole = union_all(*parts).subquery()
    return select(
        *(whole.c[name] for name in key),
        *(
            (func.max if name in columns.LARGEST else func.sum)(whole.c[name]).label(name)
            for name in sums
        ),
    ).group_by(*(whole.c[name] for name in key))


def _grouped(key: Mapping[str, Any], sums: Mapping[str, Any]) -> Select[Any]:
    return select(
        *(value.label(name) for name, value in key.items()),
        *(value.label(name) for name, value in sums.items()),
    ).group_by(*key.values())


# --- by queue ---------------------------------------------------------------------------------


def queue_sources() -> list[Select[Any]]:
    contact = ReportContact
    by_queue = _grouped(
        {"slot": contact.slot, "queue": contact.queue},
        {
            # Of one entry, however many agents it came to.
            "handled": func.count(distinct(case((contact.handled > 0, contact.entry_id)))),
            "fcr_known": func.count(distinct(case((contact.fcr.is_not(None), contact.entry_id)))),
            "fcr_resolved": func.count(distinct(case((contact.fcr == 1, contact.entry_id)))),
            **_lengths(),
        },
    ).where(in_quarters(contact.slot), contact.queue.is_not(None))
    opinion = _grouped(
        {"slot": slot(Satisfaction.at), "queue": Satisfaction.queue},
        {"scores": func.count(), "score_sum": func.sum(Satisfaction.score)},
    ).where(in_moments(Satisfaction.at), Satisfaction.queue.is_not(None))
    return [_entries(), by_queue, _queue_offers(), _callbacks(), opinion]


def _lengths() -> dict[str, Any]:
    contact = ReportContact
    return {
        name: func.sum(getattr(contact, name))
        for name in ("talk", "hold", "wrap_up", "transfers_out")
    }


def _entries() -> Select[Any]:
    entry, talk = Segment, aliased(Segment)
    answered, abandoned = (
        entry.exit == one.value for one in (QueueExit.ANSWERED, QueueExit.ABANDONED)
    )
    threshold = func.coalesce(entry.threshold, columns.SERVICE_LEVEL)
    short = and_(
        abandoned, entry.seconds <= func.coalesce(entry.short_threshold, columns.SHORT_ABANDON)
    )
    long_enough = or_(
        entry.seconds.is_(None),
        entry.seconds > func.coalesce(entry.short_threshold, columns.SHORT_ABANDON),
    )
    waited = length(entry.seconds)
    spoken_before = exists(
        select(literal(1)).where(
            *(talk.interaction_id == entry.interaction_id, plain(talk.kind) == "talk"),
            talk.started_at < entry.started_at,
        )
    )
    certain = and_(entry.exit.is_not(None), entry.exit != QueueExit.LOST.value)
    sums = {
        "offered": func.count(),
        "answered": count_of(answered),
        "abandoned": count_of(abandoned),
        "short_abandons": count_of(short),
        **{name: count_of(entry.exit == name) for name in columns.EXITS},
        "in_time": count_of(and_(answered, entry.seconds <= threshold)),
        "abandoned_in_time": count_of(and_(abandoned, long_enough, entry.seconds <= threshold)),
        "entries_transferred": count_of(spoken_before),
        "wait_answered": sum_of(waited, answered),
        "wait_abandoned": sum_of(waited, abandoned),
        "longest_wait": func.coalesce(func.max(case((certain, waited))), 0),
    }
    key = {"slot": slot(entry.started_at), "queue": entry.queue}
    if_queue = and_(plain(entry.kind) == "queue", plain(entry.queue).is_not(None))
    return _grouped(key, sums).where(if_queue, in_moments(entry.started_at))


def _offer_sums(offer: Any) -> dict[str, Any]:
    refused = (OfferResult.REJECTED.value, OfferResult.BUSY.value)
    return {
        "offers": func.count(),
        "offers_answered": count_of(offer.result == OfferResult.ANSWERED.value),
        "rona": count_of(offer.result == OfferResult.TIMED_OUT.value),
        "offers_rejected": count_of(offer.result.in_(refused)),
        "offers_failed": count_of(offer.result == OfferResult.FAILED.value),
        "ring": sum_of(length(offer.rang)),
    }


def _offers(key: Mapping[str, Any], offer: Any, entry: Any) -> Select[Any]:
    """An offer counts where its queue entry joined, else where it began."""
    joined = func.coalesce(entry.started_at, offer.started_at)
    # By two indexes, one after the other.
    of_entries = select(Segment.interaction_id).where(
        plain(Segment.kind) == "queue", in_moments(Segment.started_at)
    )
    near = union(
        select(Offer.id).where(Offer.interaction_id.in_(of_entries)),
        select(Offer.id).where(in_moments(Offer.started_at)),
    ).subquery()
    return (
        _grouped({"slot": slot(joined), **key}, _offer_sums(offer))
        .select_from(offer)
        .outerjoin(entry, entry.id == offer.entry_id)
        .where(offer.id.in_(select(near.c.id)), in_moments(joined))
    )


def _queue_offers() -> Select[Any]:
    offer, entry = aliased(Offer), aliased(Segment)
    return _offers({"queue": offer.queue}, offer, entry).where(offer.queue.is_not(None))


def _callbacks() -> Select[Any]:
    row = Callback
    sums = {
        "callbacks": func.count(),
        "callbacks_reached": count_of(row.state == "done"),
        "callbacks_failed": count_of(row.state == "failed"),
        "callbacks_cancelled": count_of(row.state == "cancelled"),
    }
    key = {"slot": slot(row.created_at), "queue": row.queue}
    return _grouped(key, sums).where(in_moments(row.created_at))


# --- by agent ---------------------------------------------------------------------------------


def agent_sources() -> list[Select[Any]]:
    offer, entry = aliased(Offer), aliased(Segment)
    call, phone = aliased(Interaction), aliased(ReportPhone)
    offers = (
        _offers({"agent_id": phone.agent_id}, offer, entry)
        .join(call, call.id == offer.interaction_id)
        .join(phone, owner(phone, call.pbx, offer.interface, offer.started_at))
    )
    opinion = _grouped(
        {"slot": slot(Satisfaction.at), "agent_id": Satisfaction.agent_id},
        {"scores": func.count(), "score_sum": func.sum(Satisfaction.score)},
    ).where(in_moments(Satisfaction.at), Satisfaction.agent_id.is_not(None))
    attempt = CallbackAttempt
    spoken = count_of(attempt.result == "answered")
    attempts = _grouped(
        {"slot": slot(attempt.at), "agent_id": attempt.agent_id},
        {"callback_attempts": func.count(), "callbacks_spoken": spoken},
    ).where(in_moments(attempt.at), attempt.agent_id.is_not(None))
    return [_agent_contacts(), offers, opinion, attempts, _quality(), _state_lengths()]


def _agent_contacts() -> Select[Any]:
    contact = ReportContact
    incoming = contact.direction == Direction.INBOUND.value
    outgoing = contact.direction == Direction.OUTBOUND.value
    return _grouped(
        {"slot": contact.slot, "agent_id": contact.agent_id},
        {
            "handled": func.sum(contact.handled),
            **_lengths(),
            "handled_inbound": sum_of(contact.handled, incoming),
            "handled_outbound": sum_of(contact.handled, outgoing),
            "transfers_in": func.sum(contact.transferred_in),
            "consults": func.sum(contact.consults),
            "consult_talk": func.sum(contact.consult_talk),
            **_resolution(),
        },
    ).where(in_quarters(contact.slot), contact.agent_id != NOBODY)


def _resolution() -> dict[str, Any]:
    contact = ReportContact
    return {
        "fcr_known": sum_of(flag(contact.fcr.is_not(None))),
        "fcr_resolved": sum_of(flag(contact.fcr == 1)),
    }


def _quality() -> Select[Any]:
    """Recordings whose score the agent can see, in the hour in which the call was recorded."""
    row = QualityScore
    given = tuple(state.value for state in PUBLISHED)
    return _grouped(
        {"slot": slot(row.recorded_at), "agent_id": row.agent_id},
        {
            "recordings_scored": func.count(),
            "quality_known": func.count(row.score),
            "quality_sum": sum_of(length(row.score)),
        },
    ).where(in_moments(row.recorded_at), row.state.in_(given))


def _state_lengths() -> Select[Any]:
    row = ReportState
    return _grouped(
        {"slot": row.slot, "agent_id": row.agent_id},
        {
            f"state_{state}": sum_of(row.length, row.state == AgentState(state).value)
            for state in columns.STATES
        },
    ).where(in_quarters(row.slot))


# --- by disposition ---------------------------------------------------------------------------


def disposition_sources() -> list[Select[Any]]:
    contact, said = ReportContact, InteractionDisposition
    contacts = _grouped(
        {"slot": contact.slot, "agent_id": contact.agent_id, "disposition": contact.disposition},
        {"handled": func.sum(contact.handled), **_lengths(), **_resolution()},
    ).where(in_quarters(contact.slot), contact.disposition.is_not(None))
    opinion = (
        _grouped(
            {
                "slot": slot(Satisfaction.at),
                "agent_id": said.agent_id,
                "disposition": said.disposition,
            },
            {"scores": func.count(), "score_sum": func.sum(Satisfaction.score)},
        )
        .join(
            said,
            and_(
                said.interaction_id == Satisfaction.interaction_id,
                said.agent_id == Satisfaction.agent_id,
            ),
        )
        .where(in_moments(Satisfaction.at))
    )
    return [contacts, opinion]
