"""SQL: the contacts of agents, one row for all the conversations that one queue entry led to.

Every definition of who handled what stands here once; roll-ups add these rows up, and a figure's
rows are these rows.

A conversation is external when one of the two telephones is no agent's: those are handled, and
their length less the time that the agent's telephone held them is talk. Between two agents it is a
consult. What nobody saw the end of has no length and is left out.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import (
    CTE,
    Alias,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    and_,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import aliased

from callcenter.events import AgentState, Direction, OfferResult, TransferKind
from callcenter.store.tables import Interaction, Leg, Segment, Transfer
from routing.tables import AgentStateLogRow
from routing.work_tables import InteractionDisposition
from web.reports.columns import FCR_DAYS
from web.reports.sql import after, flag, length, micros, overlap, plain, slot, sum_of
from web.reports.tables import ReportPhone

NOBODY = 0  # the agent of a telephone that is nobody's
MOVES = tuple(one.value for one in (TransferKind.BLIND, TransferKind.ATTENDED, TransferKind.BLONDE))
_segments = cast(Table, Segment.__table__)


def contacts_of(begin: Any, end: Any) -> Select[Any]:
    """The contacts that count in the hours from `begin` to `end`, with all that is known of them.

    They may have begun earlier or gone on later: a call counts where its queue entry joined.
    """
    touched = _touched(begin, end)
    sides = _sides(touched)
    contacts = _contacts(sides)
    external = contacts.c.external > 0
    wrap_up = _latest(contacts, _wrap_ups(touched), func.sum)
    moved = _latest(contacts, _moved(touched), func.count)
    entry = aliased(Segment)
    joined = func.coalesce(entry.started_at, contacts.c.began_at)
    call = aliased(Interaction)
    other = contacts.alias()
    came_from = exists(
        select(literal(1)).where(
            other.c.interaction_id == contacts.c.interaction_id,
            other.c.agent_id != contacts.c.agent_id,
            *(other.c.agent_id != NOBODY, other.c.external > 0),
            other.c.began_at < contacts.c.began_at,
        )
    )
    return (
        select(
            *(contacts.c.interaction_id, contacts.c.agent_id, contacts.c.entry_id),
            slot(joined).label("slot"),
            entry.queue.label("queue"),
            # The agent's word stands on the latest of their contacts in the call.
            case((and_(external, contacts.c.place == 1), _disposition(contacts))).label(
                "disposition"
            ),
            call.direction.label("direction"),
            contacts.c.began_at,
            contacts.c.handled,
            (contacts.c.gross - contacts.c.hold).label("talk"),
            contacts.c.hold,
            func.coalesce(wrap_up.c.value, 0).label("wrap_up"),
            *(contacts.c.consults, contacts.c.consult_talk),
            flag(and_(external, came_from)).label("transferred_in"),
            func.coalesce(moved.c.value, 0).label("transfers_out"),
            _resolved(call, contacts).label("fcr"),
        )
        .select_from(contacts)
        .join(call, call.id == contacts.c.interaction_id)
        .outerjoin(entry, entry.id == contacts.c.entry_id)
        .outerjoin(wrap_up, _same(wrap_up, contacts))
        .outerjoin(moved, _same(moved, contacts))
        .where(joined >= begin, joined < end)
    )


def _same(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(
        one.c.interaction_id == other.c.interaction_id,
        one.c.agent_id == other.c.agent_id,
        one.c.entry_id == other.c.entry_id,
    )


def _touched(begin: Any, end: Any) -> CTE:
    """The calls of which something began in these hours."""
    found = select(_segments.c.interaction_id).where(
        _segments.c.started_at >= begin, _segments.c.started_at < end
    )
    return found.distinct().cte("touched")


def owner(phone: Any, pbx: Any, interface: Any, at: Any) -> ColumnElement[bool]:
    """`phone` says whose this telephone was then."""
    return and_(
        *(phone.pbx == pbx, phone.interface == interface, phone.since <= at),
        or_(phone.until.is_(None), phone.until > at),
    )


def _sides(touched: CTE) -> CTE:
    """Each agent's end of each conversation; NOBODY's, where a queue led to somebody unknown."""
    talk, call = aliased(Segment), aliased(Interaction)
    one, two = aliased(ReportPhone), aliased(ReportPhone)
    moment = func.coalesce(talk.started_at, talk.ended_at)
    talks = (
        select(
            *(talk.id, talk.interaction_id, talk.leg_id, talk.other_leg_id, talk.seconds),
            *(talk.started_at, talk.ended_at, moment.label("moment")),
            func.coalesce(talk.entry_id, literal("", String)).label("entry_id"),
            one.agent_id.label("one"),
            two.agent_id.label("two"),
        )
        .join(call, call.id == talk.interaction_id)
        .outerjoin(one, owner(one, call.pbx, talk.interface, moment))
        .outerjoin(two, owner(two, call.pbx, talk.other_interface, moment))
        .where(
            talk.interaction_id.in_(select(touched.c.interaction_id)),
            *(plain(talk.kind) == "talk", moment.is_not(None)),
        )
        .cte("talks")
    )
    unknown = and_(talks.c.one.is_(None), talks.c.two.is_(None), talks.c.entry_id != "")
    return union_all(
        _side(talks, talks.c.one, talks.c.leg_id).where(talks.c.one.is_not(None)),
        _side(talks, talks.c.two, talks.c.other_leg_id).where(talks.c.two.is_not(None)),
        _side(talks, literal(NOBODY, Integer), talks.c.other_leg_id).where(unknown),
    ).cte("sides")


def _side(talks: CTE, agent: Any, leg: Any) -> Select[Any]:
    both = and_(talks.c.one.is_not(None), talks.c.two.is_not(None))
    over = talks.c.seconds.is_not(None)
    external = and_(~both, over)
    return select(
        *(talks.c.interaction_id, agent.label("agent_id"), talks.c.entry_id, talks.c.moment),
        flag(~both).label("external"),
        flag(external).label("handled"),
        case((external, length(talks.c.seconds)), else_=0).label("gross"),
        case((external, _held(talks, leg)), else_=0).label("hold"),
        flag(and_(both, over)).label("consults"),
        case((and_(both, over), length(talks.c.seconds)), else_=0).label("consult_talk"),
    )


def _held(talks: CTE, leg: Any) -> ColumnElement[Any]:
    """For how long of this conversation the agent's telephone held it; never longer than it was."""
    hold = aliased(Segment)
    spans = overlap(
        *(micros(hold.started_at), micros(hold.ended_at)),
        *(micros(talks.c.started_at), micros(talks.c.ended_at)),
    )
    held = (
        select(sum_of(spans))
        .where(
            *(hold.interaction_id == talks.c.interaction_id, plain(hold.kind) == "hold"),
            *(hold.leg_id == leg, hold.started_at.is_not(None), hold.ended_at.is_not(None)),
            *(talks.c.started_at.is_not(None), talks.c.ended_at.is_not(None)),
        )
        .scalar_subquery()
    )
    whole = length(talks.c.seconds)
    return case((held > whole, whole), else_=held)


def _contacts(sides: CTE) -> CTE:
    """`place`: 1 is the agent's latest external contact in the call."""
    key = (sides.c.interaction_id, sides.c.agent_id, sides.c.entry_id)
    grouped = (
        select(
            *key,
            func.min(sides.c.moment).label("began_at"),
            func.max(sides.c.external).label("external"),
            func.max(sides.c.handled).label("handled"),
            *(
                func.sum(sides.c[name]).label(name)
                for name in ("gross", "hold", "consults", "consult_talk")
            ),
        )
        .group_by(*key)
        .subquery()
    )
    order = (grouped.c.external.desc(), grouped.c.began_at.desc(), grouped.c.entry_id.desc())
    whose = (grouped.c.interaction_id, grouped.c.agent_id)
    place = func.row_number().over(partition_by=whose, order_by=order)
    return select(*grouped.c, place.label("place")).cte("contacts")


# --- what belongs to the latest contact of an agent in a call ---------------------------------


def _latest(contacts: CTE, things: CTE, total: Any) -> Any:
    """Each thing of (call, agent, at) belongs to the agent's latest external contact by then."""
    rank = (
        func.row_number()
        .over(
            partition_by=things.c.id,
            order_by=(contacts.c.began_at.desc(), contacts.c.entry_id.desc()),
        )
        .label("place")
    )
    ranked = (
        select(
            *(contacts.c.interaction_id, contacts.c.agent_id, contacts.c.entry_id),
            *(things.c.value, rank),
        )
        .join(
            contacts,
            and_(
                contacts.c.interaction_id == things.c.interaction_id,
                contacts.c.agent_id == plain(things.c.agent_id),
                *(contacts.c.external > 0, contacts.c.began_at <= plain(things.c.at)),
            ),
        )
        .subquery()
    )
    key = (ranked.c.interaction_id, ranked.c.agent_id, ranked.c.entry_id)
    return (
        select(*key, total(ranked.c.value).label("value"))
        .where(ranked.c.place == 1)
        .group_by(*key)
        .subquery()
    )


def _wrap_ups(touched: CTE) -> CTE:
    """The pieces of wrap-up that are over, of these calls or of what became part of them."""
    entry, part = aliased(AgentStateLogRow), aliased(Interaction)
    family = union(
        select(touched.c.interaction_id.label("part"), touched.c.interaction_id),
        select(part.id, part.merged_into).join(
            touched, touched.c.interaction_id == part.merged_into
        ),
    ).cte("family")
    ended = next_entry(entry)
    return (
        select(
            *(entry.id, family.c.interaction_id, entry.agent_id, entry.at),
            (micros(ended) - micros(entry.at)).label("value"),
        )
        .join(family, family.c.part == entry.interaction_id)
        .where(entry.state == AgentState.WRAP_UP.value, ended.is_not(None))
        .cte("wrap_ups")
    )


def next_entry(entry: Any) -> ColumnElement[Any]:
    """When the agent's state was written down the next time."""
    later = aliased(AgentStateLogRow)
    return (
        select(later.at)
        .where(
            *(later.agent_id == entry.agent_id, later.at >= entry.at),
            or_(later.at > entry.at, and_(later.at == entry.at, later.id > entry.id)),
        )
        .order_by(later.at, later.id)
        .limit(1)
        .scalar_subquery()
    )


def _moved(touched: CTE) -> CTE:
    """Transfers by an agent's telephone that came to something: of the conversation that the
    telephone had, which may not be the agent's latest any more when somebody answers."""
    move, leg = aliased(Transfer), aliased(Leg)
    call, phone = aliased(Interaction), aliased(ReportPhone)
    spoke = func.coalesce(_last_talk(move, leg), move.at)
    return (
        select(
            *(move.id, move.interaction_id, phone.agent_id, spoke.label("at")),
            literal(1, Integer).label("value"),
        )
        .join(call, call.id == move.interaction_id)
        .join(leg, and_(leg.interaction_id == move.interaction_id, leg.channel == move.by))
        .join(phone, owner(phone, call.pbx, leg.interface, move.at))
        .where(
            move.interaction_id.in_(select(touched.c.interaction_id)),
            *(move.result == OfferResult.ANSWERED.value, move.kind.in_(MOVES)),
        )
        .cte("moved")
    )


def _last_talk(move: Any, leg: Any) -> ColumnElement[Any]:
    """When this telephone's last conversation before the transfer began."""
    talk = aliased(Segment)
    return (
        select(func.max(talk.started_at))
        .where(
            *(talk.interaction_id == move.interaction_id, plain(talk.kind) == "talk"),
            or_(talk.leg_id == leg.id, talk.other_leg_id == leg.id),
            talk.started_at <= move.at,
        )
        .correlate(move, leg)
        .scalar_subquery()
    )


# --- what is known of the call ----------------------------------------------------------------


def _disposition(contacts: CTE) -> ColumnElement[Any]:
    said = InteractionDisposition
    return (
        select(said.disposition)
        .where(
            said.interaction_id == contacts.c.interaction_id,
            said.agent_id == contacts.c.agent_id,
        )
        .scalar_subquery()
    )


def _resolved(call: Any, contacts: CTE | Alias) -> ColumnElement[Any]:
    """First contact resolution: 1 when the same number did not call in again within the days after
    this call began, 0 when it did; None of what did not come in, of numbers that are not known, and
    of contacts in which nobody spoke with the customer."""
    again = aliased(Interaction)
    called_again = exists(
        select(literal(1)).where(
            again.caller_e164 == call.caller_e164,
            *(again.merged_into.is_(None), again.direction == Direction.INBOUND.value),
            again.started_at > call.started_at,
            again.started_at <= after(call.started_at, literal(FCR_DAYS * 86_400.0)),
        )
    )
    known = and_(
        call.direction == Direction.INBOUND.value,
        *(call.caller_e164.is_not(None), call.started_at.is_not(None)),
        contacts.c.handled > 0,
    )
    return case((and_(known, called_again), 0), (known, 1), else_=null())
