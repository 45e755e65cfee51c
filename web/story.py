"""The whole story of one interaction, as its rows tell it."""

from __future__ import annotations

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import calls
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer
from crm.customers.queries import names_of
from recording.access import RecordingView
from routing.tables import Agent, AgentInterface


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
    recordings: list[RecordingView]


_PLAIN = (
    *("id", "pbx", "direction", "caller_number", "caller_name", "dialled", "started_at"),
    *("answered_at", "ended_at", "answered", "end_reason", "end_by", "cause", "estimated"),
    *("incomplete", "adopted"),
)


async def read_story(db: AsyncSession, interaction: str, recordings: list[RecordingView]) -> Story:
    """Everything about an interaction, with the recordings the reader may know of. NotFound."""
    told = await calls.story(db, interaction)
    call = told.interaction
    phones = {leg.interface for leg in told.legs} | {offer.interface for offer in told.offers}
    names = await _agents(db, call.pbx, phones)
    return Story(
        **{name: getattr(call, name) for name in _PLAIN},
        customer=await _customer(db, call),
        legs=[_leg(row, names) for row in told.legs],
        segments=[_segment(row) for row in told.segments],
        offers=[_offer(row, names) for row in told.offers],
        transfers=[_transfer(row) for row in told.transfers],
        recordings=recordings,
    )


async def _agents(db: AsyncSession, pbx: str, phones: set[str]) -> dict[str, str]:
    """interface → name of the agent whose phone it is."""
    rows = await db.execute(
        select(AgentInterface.interface, Agent.name)
        .join(Agent, Agent.id == AgentInterface.agent_id)
        .where(AgentInterface.pbx == pbx, AgentInterface.interface.in_(phones))
    )
    return {row.interface: row.name for row in rows}


async def _customer(db: AsyncSession, call: Interaction) -> StoryCustomer | None:
    """As the customer is called today, whatever it was merged into."""
    known = call.picked_customer_id or call.customer_id
    if known is None:
        return None
    found = (await names_of(db, [known])).get(known)
    if found is None:  # deleted since
        return None
    return StoryCustomer(*found, call.picked_customer_id is not None)


def _leg(row: Leg, names: dict[str, str]) -> StoryLeg:
    return StoryLeg(
        id=row.id,
        channel=row.channel,
        interface=row.interface,
        number=row.number,
        name=row.name,
        agent=names.get(row.interface),
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        cause=row.cause,
        estimated=row.estimated,
    )


def _segment(row: Segment) -> StorySegment:
    return StorySegment(
        id=row.id,
        kind=row.kind,
        queue=row.queue,
        leg=row.leg_id,
        interface=row.interface,
        number=row.number,
        other=row.other_leg_id,
        other_interface=row.other_interface,
        other_number=row.other_number,
        position=row.position,
        started_at=row.started_at,
        ended_at=row.ended_at,
        seconds=row.seconds,
        exit=row.exit,
    )


def _offer(row: Offer, names: dict[str, str]) -> StoryOffer:
    return StoryOffer(
        id=row.id,
        queue=row.queue,
        leg=row.leg_id,
        channel=row.channel,
        interface=row.interface,
        number=row.number,
        agent=names.get(row.interface),
        started_at=row.started_at,
        ended_at=row.ended_at,
        result=row.result,
        rang=row.rang,
    )


def _transfer(row: Transfer) -> StoryTransfer:
    return StoryTransfer(
        id=row.id,
        kind=row.kind,
        by=row.by,
        moved=row.moved,
        to=row.to,
        result=row.result,
        at=row.at,
    )
