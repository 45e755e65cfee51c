"""The whole story of one interaction, as its rows tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from callcenter.errors import NotFound
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer
from crm.customers.tables import Customer
from recording.tables import Recording
from routing.tables import Agent, AgentInterface

S = TypeVar("S", bound=msgspec.Struct)


class StoryCustomer(msgspec.Struct, frozen=True):
    """`picked`: an agent said who it was."""

    id: int
    name: str
    picked: bool


class StoryLeg(msgspec.Struct, frozen=True):
    """`agent` is the agent's name when the phone is one of theirs."""

    id: str
    channel: str
    interface: str
    number: str | None
    name: str | None
    agent: str | None
    started_at: float | None
    answered_at: float | None
    ended_at: float | None
    cause: int | None
    estimated: bool


class StorySegment(msgspec.Struct, frozen=True):
    """A stay in a queue, a conversation, a hold. `leg` and `other` are legs."""

    id: str
    kind: str
    queue: str | None
    leg: str | None
    interface: str | None
    number: str | None
    other: str | None
    other_interface: str | None
    other_number: str | None
    position: int | None
    started_at: float | None
    ended_at: float | None
    seconds: float | None
    exit: str | None


class StoryOffer(msgspec.Struct, frozen=True):
    id: str
    queue: str | None
    leg: str | None
    channel: str
    interface: str
    number: str | None
    agent: str | None
    started_at: float | None
    ended_at: float | None
    result: str | None
    rang: float | None


class StoryTransfer(msgspec.Struct, frozen=True):
    id: str
    kind: str
    by: str
    moved: str | None
    to: str | None
    result: str
    at: float | None


class StoryRecording(msgspec.Struct, frozen=True):
    id: str
    leg: str | None
    started_at: float | None
    seconds: float | None
    status: str


class Story(msgspec.Struct, frozen=True):
    """One customer contact. `customer` is null while nobody knows who it was."""

    id: str
    pbx: str
    direction: str | None
    caller_number: str | None
    caller_name: str | None
    dialled: str | None
    customer: StoryCustomer | None
    started_at: float | None
    answered_at: float | None
    ended_at: float | None
    answered: bool
    end_reason: str | None
    end_by: str | None
    cause: int | None
    estimated: bool
    incomplete: bool
    adopted: bool
    legs: list[StoryLeg]
    segments: list[StorySegment]
    offers: list[StoryOffer]
    transfers: list[StoryTransfer]
    recordings: list[StoryRecording]


_PLAIN = (
    *("id", "pbx", "direction", "caller_number", "caller_name", "dialled", "started_at"),
    *("answered_at", "ended_at", "answered", "end_reason", "end_by", "cause", "estimated"),
    *("incomplete", "adopted"),
)


async def read_story(db: AsyncSession, interaction: str) -> Story:
    """Everything about an interaction that was not merged away. NotFound."""
    row = await db.scalar(select(Interaction).where(Interaction.id == interaction))
    if row is None:
        raise NotFound("there is no such interaction")
    return Story(
        **{name: getattr(row, name) for name in _PLAIN},
        customer=await _customer(db, row),
        legs=await _rows(db, StoryLeg, _legs(row), Leg.started_at, Leg.id),
        segments=await _rows(db, StorySegment, _segments(row), Segment.started_at, Segment.id),
        offers=await _rows(db, StoryOffer, _offers(row), Offer.started_at, Offer.id),
        transfers=await _rows(db, StoryTransfer, _transfers(row), Transfer.at, Transfer.id),
        recordings=await _rows(
            db, StoryRecording, _recordings(row), Recording.started_at, Recording.id
        ),
    )


async def _rows(
    db: AsyncSession,
    shape: type[S],
    query: Select[*tuple[Any, ...]],
    at: InstrumentedAttribute[Any],
    id_: InstrumentedAttribute[str],
) -> list[S]:
    """In the order of time; what nobody knows the time of comes first, as it began before us."""
    found: Sequence[Any] = (await db.execute(query.order_by(at.is_not(None), at, id_))).all()
    return [shape(*row) for row in found]


async def _customer(db: AsyncSession, row: Interaction) -> StoryCustomer | None:
    """Under today's name, when it was merged; merges are flattened."""
    known = row.picked_customer_id or row.customer_id
    if known is None:
        return None
    target = aliased(Customer)
    found = await db.execute(
        select(Customer.id, Customer.name, target.id, target.name)
        .outerjoin(target, target.id == Customer.merged_into)
        .where(Customer.id == known)
    )
    names = found.one_or_none()
    if names is None:
        return None
    picked = row.picked_customer_id is not None
    return StoryCustomer(names[2] or names[0], names[3] or names[1], picked)


def _agent_name(row: Interaction, interface: InstrumentedAttribute[str]) -> Any:
    return (
        select(Agent.name)
        .join(AgentInterface, AgentInterface.agent_id == Agent.id)
        .where(AgentInterface.pbx == row.pbx, AgentInterface.interface == interface)
        .scalar_subquery()
    )


def _legs(row: Interaction) -> Select[*tuple[Any, ...]]:
    return select(
        *(Leg.id, Leg.channel, Leg.interface, Leg.number, Leg.name),
        _agent_name(row, Leg.interface),
        *(Leg.started_at, Leg.answered_at, Leg.ended_at, Leg.cause, Leg.estimated),
    ).where(Leg.interaction_id == row.id)


def _segments(row: Interaction) -> Select[*tuple[Any, ...]]:
    return select(
        *(Segment.id, Segment.kind, Segment.queue, Segment.leg_id, Segment.interface),
        *(Segment.number, Segment.other_leg_id, Segment.other_interface, Segment.other_number),
        *(Segment.position, Segment.started_at, Segment.ended_at, Segment.seconds, Segment.exit),
    ).where(Segment.interaction_id == row.id)


def _offers(row: Interaction) -> Select[*tuple[Any, ...]]:
    return select(
        *(Offer.id, Offer.queue, Offer.leg_id, Offer.channel, Offer.interface, Offer.number),
        _agent_name(row, Offer.interface),
        *(Offer.started_at, Offer.ended_at, Offer.result, Offer.rang),
    ).where(Offer.interaction_id == row.id)


def _transfers(row: Interaction) -> Select[*tuple[Any, ...]]:
    return select(
        *(Transfer.id, Transfer.kind, Transfer.by, Transfer.moved, Transfer.to),
        *(Transfer.result, Transfer.at),
    ).where(Transfer.interaction_id == row.id)


def _recordings(row: Interaction) -> Select[*tuple[Any, ...]]:
    return select(
        *(Recording.id, Recording.leg_id, Recording.started_at, Recording.seconds),
        Recording.status,
    ).where(Recording.interaction_id == row.id, Recording.status.in_(("pending", "ready")))
