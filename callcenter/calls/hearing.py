"""Who hears whom: bridges joined through Local channels, and the conversations that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import moves
from callcenter.calls.state import Bridge, Channel, Interaction, Talk
from callcenter.events import OfferResult, QueueExit, TalkEnded, TalkStarted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from callcenter.calls.world import World

#: A break shorter than this (seconds) is the PBX rearranging its bridges, not a goodbye.
MENDS = 1.0


def enter(world: World, channel: Channel, bridge: Bridge) -> None:
    """A channel is in a bridge, and in no other."""
    if channel.bridge is not None and channel.bridge != bridge.bridge:
        leave(world, channel)
    channel.bridge = bridge.bridge
    bridge.members[channel.uniqueid] = None
    parties = _hearing(world, bridge)
    for index, one in enumerate(parties):
        for other in parties[index + 1 :]:
            _talk(world, one, other)


def leave(world: World, channel: Channel) -> None:
    """A channel is in no bridge; conversations that went through it are broken for now."""
    bridge = world.bridges.get(channel.bridge or "")
    channel.bridge = None
    if bridge is None:
        return
    before = _hearing(world, bridge)
    bridge.members.pop(channel.uniqueid, None)
    parties = [*before, channel] if channel.real else before
    for one in parties:
        for talk in list(one.talks.values()):
            if not talk.broken and not _connected(world, talk):
                talk.broken, talk.broken_at = True, world.now
                talk.broken_by = channel if channel in {talk.a, talk.b} else None
                world.broken[talk.id] = talk
    if not channel.real:
        return
    for talk in channel.talks.values():
        if not talk.broken:
            talk.broken, talk.broken_at, talk.broken_by = True, world.now, channel
            world.broken[talk.id] = talk


def settle(world: World, *, everything: bool = False) -> None:
    """End the conversations whose break has lasted too long to mend."""
    if not world.broken:
        return
    for talk in list(world.broken.values()):
        old = (
            world.now is not None
            and talk.broken_at is not None
            and world.now - talk.broken_at > MENDS
        )
        if old or everything:
            end_talk(world, talk)


def end_talks(world: World, channel: Channel) -> None:
    """A channel talks no more: it hung up, or was sent elsewhere."""
    for talk in list(channel.talks.values()):
        if not talk.broken:
            talk.broken_by = channel
        end_talk(world, talk)


def end_talk(world: World, talk: Talk) -> None:
    ended_at = talk.broken_at if talk.broken else world.now
    unseen = world.adopting and ended_at == world.now  # found ended: nobody saw when
    seconds = None
    if talk.started_at is not None and ended_at is not None and not unseen:
        seconds = max(0.0, ended_at - talk.started_at)
    world.broken.pop(talk.id, None)
    talk.a.talks.pop(talk.b.uniqueid, None)
    talk.b.talks.pop(talk.a.uniqueid, None)
    talk.a.last_partner, talk.b.last_partner = talk.b, talk.a
    interaction = talk.a.interaction
    interaction.ends_by = _who_ended(world, talk)
    world.tell(
        TalkEnded,
        interaction,
        talk=talk.id,
        a=talk.a.party(),
        b=talk.b.party(),
        seconds=seconds,
        estimated=unseen,
        at=ended_at,
    )


def far_end(world: World, channel: Channel | None, *but: Channel | None) -> Channel | None:
    """Who speaks at the other end of a Local channel, `but` not these; a real one is its own."""
    if channel is None or channel.real:
        return channel
    other = world.by_name.get(channel.parsed.pair or "")
    for start in (other, channel):
        bridge = world.bridges.get(start.bridge or "") if start else None
        if bridge is None:
            continue
        for party in _hearing(world, bridge):
            if party not in but:
                return party
    return None


def partner(channel: Channel | None) -> Channel | None:
    """Who a channel talks to (the first, when several)."""
    if channel is None:
        return None
    for talk in channel.talks.values():
        return talk.b if talk.a is channel else talk.a
    return None


def _who_ended(world: World, talk: Talk) -> Channel | None:
    """Who asked to hang up; where the PBX tells that of everybody, silence means the PBX itself."""
    for party in (talk.broken_by, talk.a, talk.b):
        if party is not None and party.asked_to_hang_up:
            return party
    return None if world.hears_requests else talk.broken_by


def _hearing(world: World, bridge: Bridge) -> list[Channel]:
    """Everybody who speaks in a bridge or in one joined to it through Local channels."""
    return [
        channel
        for each in _joined(world, bridge)
        for uniqueid in each.members
        if (channel := world.channels.get(uniqueid)) is not None and channel.real
    ]


def _joined(world: World, start: Bridge) -> list[Bridge]:
    if start.holding:
        return []
    found = [start]
    for bridge in found:
        for neighbour in _neighbours(world, bridge):
            if neighbour not in found:
                found.append(neighbour)
    return found


def _neighbours(world: World, bridge: Bridge) -> Iterator[Bridge]:
    for uniqueid in bridge.members:
        channel = world.channels.get(uniqueid)
        if channel is None or channel.real:
            continue
        other = world.by_name.get(channel.parsed.pair or "")
        far = world.bridges.get(other.bridge or "") if other else None
        if far is not None and not far.holding:
            yield far


def _connected(world: World, talk: Talk) -> bool:
    bridge = world.bridges.get(talk.a.bridge or "")
    return bridge is not None and talk.b in _hearing(world, bridge)


def _talk(world: World, one: Channel, other: Channel) -> None:
    """Two hear each other, now or again."""
    talk = one.talks.get(other.uniqueid)
    if talk is not None:
        if talk.broken:
            talk.broken, talk.broken_at, talk.broken_by = False, None, None
            world.broken.pop(talk.id, None)
        return
    a, b = (one, other) if one.order < other.order else (other, one)
    interaction = world.merge(a.interaction, b.interaction)
    for party in (a, b):
        for old in [t for t in party.talks.values() if t.broken]:
            end_talk(world, old)
    entry = _answers(world, interaction, a, b)
    talk = Talk(
        id=interaction.new_id("talk", a.leg, b.leg),
        a=a,
        b=b,
        started_at=None if world.adopting else world.now,
    )
    a.talks[b.uniqueid] = b.talks[a.uniqueid] = talk
    interaction.answered = True
    interaction.ends_by = None
    for party, peer in ((a, b), (b, a)):
        moves.answered(world, party)
        if peer.uniqueid in party.holds:  # joined again without a word, as in a conference by keys
            moves.end_hold(world, party)
    world.tell(
        TalkStarted,
        interaction,
        talk=talk.id,
        a=a.party(),
        b=b.party(),
        entry=entry,
        at=talk.started_at,
    )
    _complete_transfers(world, interaction, a, b)


def _answers(world: World, interaction: Interaction, a: Channel, b: Channel) -> str | None:
    """A conversation answers the offers that led to it, and the queue they came from; also that
    of somebody else, whose call was picked up."""
    entry_id = None
    for party in (a, b):
        offer, taken, party.led_by = party.offer, party.led_by, None
        if offer is None and taken is None:
            continue
        entry_id = offer.entry if offer is not None else taken
        entry = next((e for e in interaction.entries if e.id == entry_id), None)
        if offer is not None:
            moves.end_offer(world, offer, OfferResult.ANSWERED)
        if entry is not None:
            moves.leave(world, entry, QueueExit.ANSWERED)
    return entry_id


def _complete_transfers(world: World, interaction: Interaction, a: Channel, b: Channel) -> None:
    for transfer in list(interaction.transfers):
        moved, by = transfer.moved, transfer.by
        if moved is not None and moved not in {a, b}:
            continue
        if by in {a, b}:  # handed back to the one who gave it away
            if transfer.kind in {"blind", "blonde"} and transfer.last_result is not None:
                moves.end_transfer(world, interaction, transfer, transfer.last_result)
            if transfer.kind != "pickup":
                continue
        if transfer in interaction.transfers:
            moves.end_transfer(world, interaction, transfer, OfferResult.ANSWERED)
