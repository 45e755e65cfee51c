"""SQL: how long agents were in which state, split at the borders of quarter hours.

A state lasts until the agent's next entry in the log; the last one until now. Reasons are kept of
the one state that has them by itself: not_ready.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    Select,
    Text,
    and_,
    case,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy import cast as as_type
from sqlalchemy.orm import aliased

from callcenter.events import AgentState
from routing.tables import Agent, AgentStateLogRow
from web.reports.columns import HOUR, MICROS, QUARTER
from web.reports.contacts import next_entry
from web.reports.sql import micros, overlap


def lengths(first: Any, begin: Any, end: Any, until: Any) -> Select[Any]:
    """Of the quarters of one hour, `first` and those after it; what lasts is counted `until` then
    (in microseconds)."""
    spell = spells(begin, end).subquery()
    quarters = union_all(
        *(select((first + literal(number, Integer)).label("slot")) for number in range(HOUR))
    ).subquery()
    opens = as_type(quarters.c.slot, BigInteger) * literal(QUARTER * MICROS, BigInteger)
    closes = opens + literal(QUARTER * MICROS, BigInteger)
    ended = func.coalesce(micros(spell.c.ended_at), until)
    length = overlap(micros(spell.c.at), ended, opens, closes)
    not_ready = spell.c.state == AgentState.NOT_READY.value
    reasons = case((not_ready, as_type(spell.c.reasons, Text)), else_=literal("[]", Text))
    pieces = (
        select(
            quarters.c.slot,
            *(spell.c.agent_id, spell.c.state),
            reasons.label("reasons"),
            length.label("length"),
        )
        .select_from(quarters)
        .join(spell, literal(1, Integer) == 1)
        .where(spell.c.state != AgentState.OFFLINE.value)
        .subquery()
    )
    key = (pieces.c.slot, pieces.c.agent_id, pieces.c.state, pieces.c.reasons)
    return (
        select(*key, func.sum(pieces.c.length).label("length"))
        .where(pieces.c.length > 0)
        .group_by(*key)
    )


def spells(begin: Any, end: Any) -> Select[Any]:
    """The entries of the log that say how agents were between these moments."""
    entry, before = aliased(AgentStateLogRow), aliased(AgentStateLogRow)
    last_before = (
        select(before.id)
        .where(before.agent_id == Agent.id, before.at < begin)
        .order_by(before.at.desc(), before.id.desc())
        .limit(1)
        .correlate(Agent)
        .scalar_subquery()
    )
    within = select(AgentStateLogRow.id).where(
        and_(AgentStateLogRow.at >= begin, AgentStateLogRow.at < end)
    )
    wanted = union_all(within, select(last_before).select_from(Agent)).subquery()
    return select(
        *(entry.id, entry.agent_id, entry.at, entry.state, entry.reasons),
        next_entry(entry).label("ended_at"),
    ).where(entry.id.in_(select(wanted.c[0])))
