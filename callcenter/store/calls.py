"""Questions about calls: what was open when we went away, and the story of one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.errors import NotFound
from callcenter.events import (
    DomainEvent,
    EndReason,
    HoldEnded,
    HoldStarted,
    InteractionEnded,
    InteractionStarted,
    LegEnded,
    LegStarted,
    OfferEnded,
    OfferResult,
    OfferStarted,
    Party,
    QueueExit,
    QueueJoined,
    QueueLeft,
    TalkEnded,
    TalkStarted,
)
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer

Row = TypeVar("Row", Leg, Segment, Offer, Transfer)
RECENT = 100  # interactions looked at to tell when we last knew something


@dataclass(frozen=True, slots=True)
class Story:
    """One interaction with all that belongs to it, each in the order in which it began."""

    interaction: Interaction
    legs: Sequence[Leg]
    segments: Sequence[Segment]
    offers: Sequence[Offer]
    transfers: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class OpenCalls:
    """What the rows of one PBX say is still going on."""

    pbx: str
    interactions: Sequence[Interaction]
    legs: Sequence[Leg]
    segments: Sequence[Segment]
    offers: Sequence[Offer]

    def known(self, boot: str) -> dict[str, str]:
        """uniqueid → interaction id, of the channels that this run of the PBX may still have."""
        return {leg.uniqueid: leg.interaction_id for leg in self.legs if leg.boot == boot}


async def open_calls(session: AsyncSession, pbx: str) -> OpenCalls:
    """What was going on when we last looked, for adopting and closing after a restart."""
    interactions = (
        await session.scalars(
            select(Interaction).where(
                Interaction.pbx == pbx,
                Interaction.end_reason.is_(None),
                Interaction.merged_into.is_(None),
            )
        )
    ).all()
    legs = (await session.scalars(select(Leg).where(Leg.pbx == pbx, ~Leg.ended))).all()
    ids = select(Interaction.id).where(
        Interaction.pbx == pbx, Interaction.end_reason.is_(None), Interaction.merged_into.is_(None)
    )
    segments = await session.scalars(
        select(Segment).where(~Segment.ended, Segment.interaction_id.in_(ids))
    )
    offers = await session.scalars(
        select(Offer).where(Offer.result.is_(None), Offer.interaction_id.in_(ids))
    )
    return OpenCalls(pbx, interactions, legs, segments.all(), offers.all())


_TOLD = {
    InteractionStarted: "interaction",
    QueueJoined: "entry",
    TalkStarted: "talk",
    HoldStarted: "hold",
    OfferStarted: "offer",
}


def lost(was: OpenCalls, told: Iterable[DomainEvent], at: float) -> list[DomainEvent]:
    """The end of all that was open and is not among what the PBX tells is there now.

    `told`: what came out of laying the PBX's snapshot over an empty tracker. Ends are estimated.
    """
    there = {_id_of(event) for event in told}
    events: list[DomainEvent] = [
        _over(was.pbx, segment, at) for segment in was.segments if segment.id not in there
    ]
    events += [_no_answer(was.pbx, offer, at) for offer in was.offers if offer.id not in there]
    events += [
        LegEnded(
            at=at, pbx=was.pbx, interaction=leg.interaction_id, leg=leg.id, cause=None,
            estimated=True,
        )
        for leg in was.legs
        if leg.id not in there
    ]  # fmt: skip
    events += [
        InteractionEnded(
            at=at, pbx=was.pbx, interaction=call.id, reason=EndReason.LOST, by=None, cause=None,
            answered=call.answered, estimated=True, incomplete=True,
        )
        for call in was.interactions
        if call.id not in there
    ]  # fmt: skip
    return events


def _id_of(event: DomainEvent) -> str | None:
    if isinstance(event, LegStarted):
        return event.party.leg
    return getattr(event, _TOLD.get(type(event), ""), None)


def _over(pbx: str, segment: Segment, at: float) -> DomainEvent:
    call, leg = segment.interaction_id, segment.leg_id or ""
    if segment.kind == "queue":
        return QueueLeft(
            at=at, pbx=pbx, interaction=call, entry=segment.id, queue=segment.queue or "",
            exit=QueueExit.LOST, waited=None,
        )  # fmt: skip
    if segment.kind == "talk":
        a = _party(leg, segment.interface, segment.number)
        b = _party(segment.other_leg_id, segment.other_interface, segment.other_number)
        return TalkEnded(at=at, pbx=pbx, interaction=call, talk=segment.id, a=a, b=b, seconds=None)
    return HoldEnded(at=at, pbx=pbx, interaction=call, hold=segment.id, leg=leg)


def _no_answer(pbx: str, offer: Offer, at: float) -> DomainEvent:
    party = Party(
        channel=offer.channel, interface=offer.interface, number=offer.number, name=None,
        leg=offer.leg_id or "",
    )  # fmt: skip
    return OfferEnded(
        at=at, pbx=pbx, interaction=offer.interaction_id, offer=offer.id, party=party,
        result=OfferResult.FAILED, rang=None,
    )  # fmt: skip


def _party(leg: str | None, interface: str | None, number: str | None) -> Party:
    return Party(channel="", interface=interface or "", number=number, name=None, leg=leg or "")


async def last_known_at(session: AsyncSession, pbx: str) -> float | None:
    """The latest moment of which rows tell; when we last knew may be later, never earlier."""
    recent = (
        select(Interaction.started_at, Interaction.ended_at)
        .where(Interaction.pbx == pbx, Interaction.started_at.is_not(None))
        .order_by(Interaction.started_at.desc())
        .limit(RECENT)
        .subquery()
    )
    row = (
        await session.execute(select(func.max(recent.c.started_at), func.max(recent.c.ended_at)))
    ).one()
    return max((moment for moment in row if moment is not None), default=None)


async def resolve(session: AsyncSession, interaction: str) -> Interaction:
    """The interaction that this id means now: itself, or what it was merged into. NotFound."""
    row = await session.get(Interaction, interaction)
    if row is not None and row.merged_into is not None:
        row = await session.get(Interaction, row.merged_into)
    if row is None:
        raise NotFound(f"no interaction {interaction!r}")
    return row


async def story(session: AsyncSession, interaction: str) -> Story:
    """One call with its legs, segments, offers and transfers; an old id of a merge will do."""
    call = await resolve(session, interaction)

    return Story(
        call,
        legs=await _of(session, Leg, call.id, Leg.started_at),
        segments=await _of(session, Segment, call.id, Segment.started_at),
        offers=await _of(session, Offer, call.id, Offer.started_at),
        transfers=await _of(session, Transfer, call.id, Transfer.at),
    )


async def _of(
    session: AsyncSession, kind: type[Row], interaction: str, began: InstrumentedAttribute[Any]
) -> Sequence[Row]:
    rows = await session.scalars(
        select(kind).where(kind.interaction_id == interaction).order_by(began, kind.id)
    )
    return rows.all()
