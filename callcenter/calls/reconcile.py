"""After a gap: what the PBX says is true now, laid over what was known before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcenter.calls import hearing, moves, on_queues
from callcenter.calls.on_channels import end_leg
from callcenter.calls.on_monitors import take_out
from callcenter.calls.state import Bridge
from callcenter.calls.world import known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callcenter.ami.messages import Message
    from callcenter.calls.state import Channel, Entry
    from callcenter.calls.world import World

_RINGING = "5"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The PBX's own lists: CoreShowChannel, BridgeListItem, QueueEntry, QueueMember messages."""

    channels: tuple[Message, ...]
    bridges: tuple[Message, ...] = ()
    entries: tuple[Message, ...] = ()
    members: tuple[Message, ...] = ()


def reconcile(world: World, snapshot: Snapshot) -> None:
    """Close what is gone as lost, adopt what is new, correct what moved. Nothing is told twice."""
    world.adopting = True
    try:
        present = {m.fields["Uniqueid"]: m for m in snapshot.channels if m.fields.get("Uniqueid")}
        for uniqueid in [u for u in world.channels if u not in present]:
            _lose(world, uniqueid)
        take_out(world, present)
        _bridges(world, snapshot.bridges)
        adopted = [
            channel
            for message in sorted(present.values(), key=_eldest_first)
            if (channel := _adopt(world, message)) is not None
        ]
        for message in present.values():
            _place(world, message)
        for message in snapshot.entries:
            _wait(world, message)
        _ring(world, adopted, present)
        on_queues.members(world, (message.fields for message in snapshot.members))
        hearing.settle(world, everything=True)
    finally:
        world.adopting = False


def _lose(world: World, uniqueid: str) -> None:
    channel = world.find(uniqueid)
    if channel is not None:
        end_leg(world, channel, None, lost=True)


def _bridges(world: World, messages: Iterable[Message]) -> None:
    for message in messages:
        name = message.fields.get("BridgeUniqueid", "")
        bridge = world.bridges.setdefault(name, Bridge(bridge=name, holding=False))
        bridge.holding = message.fields.get("BridgeTechnology") == "holding_bridge"
    live = {message.fields.get("BridgeUniqueid", "") for message in messages}
    for name in [n for n, b in world.bridges.items() if not b.members and n not in live]:
        del world.bridges[name]


def _eldest_first(message: Message) -> tuple[float, bool, str]:
    fields = message.fields
    root = fields.get("Uniqueid") == fields.get("Linkedid")
    return (-_age(fields), not root, fields.get("Uniqueid", ""))


def _age(fields: dict[str, str]) -> float:
    """`Duration` is written 00:01:23; seconds."""
    try:
        hours, minutes, seconds = fields.get("Duration", "").split(":")
        return int(hours) * 3600.0 + int(minutes) * 60 + int(seconds)
    except ValueError:
        return 0.0


def _adopt(world: World, message: Message) -> Channel | None:
    """A channel that began while nobody looked. None when it is known, or the PBX's own."""
    fields = message.fields
    uniqueid = fields["Uniqueid"]
    if world.find(uniqueid) is not None or uniqueid in world.gone:
        world.mention(fields)
        return None
    channel = world.open(uniqueid, fields.get("Channel", ""), fields.get("Linkedid") or uniqueid)
    if channel is None:
        return None
    world.describe(channel, fields)
    if world.now is not None:
        channel.started_at = world.now - _age(fields)
        interaction = channel.interaction
        if interaction.adopted and interaction.started_at is not None:
            interaction.started_at = min(interaction.started_at, channel.started_at)
    return channel


def _place(world: World, message: Message) -> None:
    """Put a channel into the bridge the PBX says it is in."""
    fields = message.fields
    channel = world.find(fields.get("Uniqueid"))
    if channel is None:
        return
    name = known(fields.get("BridgeId"))
    if channel.bridge is not None and channel.bridge != name:
        hearing.leave(world, channel)
    if name is not None and channel.bridge != name:
        bridge = world.bridges.setdefault(name, Bridge(bridge=name, holding=False))
        hearing.enter(world, channel, bridge)
    if channel.real:
        world.announce(channel.interaction)


def _wait(world: World, message: Message) -> None:
    """A caller in one of the PBX's queues; when it joined follows from how long it waits."""
    fields = message.fields
    channel = world.find(fields.get("Uniqueid"))
    queue = fields.get("Queue")
    if channel is None or not queue or channel.uniqueid in world.entries:
        return
    waited = fields.get("Wait", "")
    joined = world.now - float(waited) if world.now is not None and waited.isdecimal() else None
    position = fields.get("Position", "")
    moves.join(world, channel, queue, int(position) if position.isdecimal() else None, joined)


def _ring(world: World, adopted: list[Channel], present: dict[str, Message]) -> None:
    """Phones that ring now were offered the call, whenever that was."""
    for channel in adopted:
        ringing = present[channel.uniqueid].fields.get("ChannelState") == _RINGING
        if ringing and channel.real and channel is not channel.interaction.caller:
            moves.start_offer(world, channel, _entry_of(channel))


def _entry_of(channel: Channel) -> Entry | None:
    world_entries = (e for e in channel.interaction.entries if not e.leaving)
    return next(world_entries, None)
