"""Moves within a call: offers, queue stays, transfers and holds begin and end, and are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import outcomes
from callcenter.calls.direction import is_external
from callcenter.calls.state import Channel, Entry, Interaction, Offer, Transfer
from callcenter.events import (
    HoldEnded,
    HoldStarted,
    LegAnswered,
    OfferEnded,
    OfferResult,
    OfferStarted,
    QueueExit,
    QueueJoined,
    QueueLeft,
    RecordingStopped,
    TransferKind,
    Transferred,
)
from callcenter.ids import stable_id

if TYPE_CHECKING:
    from callcenter.calls.world import World

# --- offers ------------------------------------------------------------------------------


def start_offer(world: World, channel: Channel, entry: Entry | None) -> None:
    interaction = channel.interaction
    before = world.view(interaction)
    interaction.callee_external |= is_external(channel, world.trunks)
    offer = Offer(
        id=stable_id("offer", channel.leg),
        channel=channel,
        started_at=world.now,
        queue=entry.queue if entry else None,
        entry=entry.id if entry else None,
    )
    channel.offer = offer
    world.learned(interaction, before)
    world.tell(
        OfferStarted,
        interaction,
        offer=offer.id,
        party=channel.party(),
        queue=offer.queue,
        entry=offer.entry,
    )


def end_offer(world: World, offer: Offer, result: OfferResult) -> None:
    """Tell an offer's result; a transfer that waits takes note."""
    channel = offer.channel
    if channel.offer is not offer:
        return
    channel.offer = None
    interaction = channel.interaction
    ended_at = offer.ended_at if offer.ended_at is not None else world.now
    rang = offer.rang
    if offer.started_at is not None and ended_at is not None:
        rang = max(0.0, ended_at - offer.started_at)
    if result is not OfferResult.ANSWERED:
        interaction.last_offer = result
        for transfer in interaction.transfers:
            transfer.last_result = result
    world.tell(
        OfferEnded,
        interaction,
        offer=offer.id,
        party=channel.party(),
        result=result,
        rang=rang,
        forwarded=offer.forwarded,
    )


# --- queues ------------------------------------------------------------------------------


def join(
    world: World,
    channel: Channel,
    queue: str,
    position: int | None,
    at: float | None,
    *,
    ours: bool = False,
) -> Entry:
    interaction = channel.interaction
    entry = Entry(
        id=interaction.new_id("entry", channel.leg, queue),
        queue=queue,
        channel=channel,
        joined_at=at,
    )
    world.entries[channel.uniqueid] = entry
    interaction.entries.append(entry)
    before = world.view(interaction)
    if interaction.originated and interaction.dialled is None:
        interaction.dialled = channel.exten
    world.learned(interaction, before)
    leg = channel if channel.real or interaction.caller is None else interaction.caller
    world.tell(
        QueueJoined,
        interaction,
        entry=entry.id,
        queue=queue,
        leg=leg.leg,
        position=position,
        ours=ours,
        at=at,
    )
    return entry


def leave(world: World, entry: Entry, how: QueueExit) -> None:
    """A queue entry's exit is certain."""
    uniqueid = entry.channel.uniqueid
    if world.entries.get(uniqueid) is not entry:
        return
    del world.entries[uniqueid]
    interaction = entry.channel.interaction
    interaction.exit = how
    left_at = entry.left_at if entry.left_at is not None else world.now
    waited = entry.hold_time
    if entry.joined_at is not None and left_at is not None:
        waited = max(0.0, left_at - entry.joined_at)
    for offer in entry.undecided:
        end_offer(world, offer, outcomes.OFFER_BY_EXIT.get(how, OfferResult.CALLER_GONE))
    world.tell(
        QueueLeft,
        interaction,
        entry=entry.id,
        queue=entry.queue,
        exit=how,
        waited=waited,
        at=left_at,
    )


# --- transfers ---------------------------------------------------------------------------


def start_transfer(
    world: World, kind: TransferKind, by: Channel, moved: Channel | None, to: str | None
) -> Transfer | None:
    """Note a transfer; the same one told twice is one."""
    interaction = by.interaction
    for open_ in interaction.transfers:
        if (open_.kind, open_.by, open_.moved) == (kind, by, moved):
            return None
    transfer = Transfer(
        id=interaction.new_id("transfer", kind, by.leg, moved.leg if moved else ""),
        kind=kind,
        by=by,
        by_name=by.name,
        moved=moved,
        moved_name=moved.name if moved else None,
        to=to,
    )
    interaction.transfers.append(transfer)
    return transfer


def end_transfer(
    world: World, interaction: Interaction, transfer: Transfer, result: OfferResult
) -> None:
    interaction.transfers.remove(transfer)
    world.tell(
        Transferred,
        interaction,
        transfer=transfer.id,
        kind=transfer.kind,
        by=transfer.by_name,
        moved=transfer.moved_name,
        to=transfer.to,
        result=result,
    )


# --- small ones --------------------------------------------------------------------------


def answered(world: World, channel: Channel) -> None:
    if not channel.answered:
        channel.answered = True
        world.tell(LegAnswered, channel.interaction, leg=channel.leg)


def start_hold(world: World, channel: Channel) -> None:
    if channel.hold is None:
        channel.hold = channel.interaction.new_id("hold", channel.leg)
        channel.holds = frozenset(channel.talks)
        world.tell(HoldStarted, channel.interaction, hold=channel.hold, leg=channel.leg)


def end_hold(world: World, channel: Channel) -> None:
    if channel.hold is not None:
        world.tell(HoldEnded, channel.interaction, hold=channel.hold, leg=channel.leg)
        channel.hold = None


def stop_recording(world: World, channel: Channel) -> None:
    channel.recording = False
    world.tell(RecordingStopped, channel.interaction, channel=channel.name, leg=channel.leg)
