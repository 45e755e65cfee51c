"""What the PBX says of one channel: it is there, it changed, it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import hearing, moves, on_recordings
from callcenter.calls.on_queues import exit_by_hangup, join_ours, leave_ours, queue_status
from callcenter.calls.outcomes import ANSWERED_ELSEWHERE, offer_result
from callcenter.calls.world import World, known
from callcenter.events import OfferResult, QueueExit, RecordingStarted, TransferKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from callcenter.calls.state import Channel

Fields = dict[str, str]


def newchannel(world: World, fields: Fields) -> None:
    uniqueid, name = fields.get("Uniqueid"), fields.get("Channel")
    if not uniqueid or not name or world.is_over(uniqueid):
        return
    channel = world.find(uniqueid)
    if channel is not None:
        world.mention(fields)
        return
    channel = world.open(uniqueid, name, fields.get("Linkedid") or uniqueid)
    if channel is None:
        return
    world.describe(channel, fields)
    _tell_start(world, channel, fields)


def newstate(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is None:
        return
    state = fields.get("ChannelState")
    channel.up = channel.up or state == "6"
    _identify(world, channel, fields)
    _tell_start(world, channel, fields)


def newcallerid(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None:
        _identify(world, channel, fields)


def rename(world: World, fields: Fields) -> None:
    """Old PBXs rename channels when they swap them; the leg stays."""
    channel = world.mention(fields)
    name = fields.get("Newname")
    if channel is not None and name:
        world.by_name.pop(channel.name, None)
        channel.name = name
        world.by_name[name] = channel


def hangup_request(world: World, fields: Fields) -> None:
    """The other side of this channel asked to hang up; told before the bridge is left."""
    world.hears_requests = True
    channel = world.find(fields.get("Uniqueid"))
    if channel is not None:
        channel.asked_to_hang_up = True


def hangup(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is None:
        return
    text = fields.get("Cause", "")
    end_leg(world, channel, int(text) if text.isdecimal() else None)


def end_leg(world: World, channel: Channel, cause: int | None, *, lost: bool = False) -> None:
    """Close what is open on a channel, then the channel."""
    interaction = channel.interaction
    if lost and channel.real:
        world.announce(interaction)
    if channel.bridge is not None:
        hearing.leave(world, channel)
    hearing.end_talks(world, channel)
    if channel.offer is not None:
        _end_offer(world, channel, cause, lost=lost)
    entry = world.entries.get(channel.uniqueid)
    if entry is not None:
        moves.leave(world, entry, QueueExit.LOST if lost else exit_by_hangup(world, entry))
    spoke = channel.answered or channel is interaction.caller
    if interaction.ends_by is None and channel.asked_to_hang_up and spoke:
        interaction.ends_by = channel
    for transfer in [t for t in interaction.transfers if t.moved is channel]:
        moves.end_transfer(
            world, interaction, transfer, transfer.last_result or OfferResult.CALLER_GONE
        )
    world.close(channel, cause, lost=lost)


def _end_offer(world: World, channel: Channel, cause: int | None, *, lost: bool) -> None:
    offer = channel.offer
    assert offer is not None  # noqa: S101  # the only caller has looked
    if lost:
        moves.end_offer(world, offer, OfferResult.FAILED)
        return
    result = offer_result(offer, cause)
    if result is OfferResult.CALLER_GONE and _picked_up(channel):
        result = OfferResult.ANSWERED_ELSEWHERE
    entry = next((e for e in world.entries.values() if e.id == offer.entry), None)
    unsure = result is OfferResult.CALLER_GONE and cause != ANSWERED_ELSEWHERE
    if entry is not None and unsure and not entry.abandoned:
        entry.undecided.append(offer)  # cancelled: only the queue's exit says why
        return
    moves.end_offer(world, offer, result)


def _picked_up(channel: Channel) -> bool:
    """Whether somebody else took this call; old PBXs hang the rung phone up without a cause."""
    return any(t.kind is TransferKind.PICKUP for t in channel.interaction.transfers) or any(
        other.picked_up for other in channel.interaction.channels.values()
    )


def hold(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None and channel.real:
        moves.start_hold(world, channel)


def unhold(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None:
        moves.end_hold(world, channel)


def variable(world: World, fields: Fields) -> None:
    """The few variables that say something of a call."""
    told = _VARIABLES.get(fields.get("Variable", ""))
    channel = world.mention(fields)
    value = fields.get("Value")
    if channel is None or told is None:
        return
    if value:
        told(world, channel, value)
    elif told is _held:
        _held_no_more(world, channel)


def _recording_file(world: World, channel: Channel, file: str) -> None:
    if channel.recording_file != file:
        channel.recording, channel.recording_file = True, file
        interaction = channel.interaction
        world.tell(RecordingStarted, interaction, file=file, channel=channel.name, leg=channel.leg)


def _held(world: World, channel: Channel, by: str) -> None:
    """CALLCENTER_HELD: our dialplan plays music to `channel` for the telephone of channel `by`."""
    holder = world.by_name.get(by)
    if holder is not None and holder.real:
        channel.held_by = holder
        moves.start_hold(world, holder)


def _held_no_more(world: World, channel: Channel) -> None:
    if channel.held_by is not None:
        moves.end_hold(world, channel.held_by)
        channel.held_by = None


_VARIABLES: dict[str, Callable[[World, Channel, str], None]] = {
    "CALLCENTER_HELD": _held,
    "MIXMONITOR_FILENAME": _recording_file,
    "CALLCENTER_RECORD_PAUSE": on_recordings.pause_asked,
    "QUEUESTATUS": queue_status,
    "CALLCENTER_QUEUE": join_ours,
    "CALLCENTER_QUEUE_EXIT": leave_ours,
}


def recording_stopped(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None and channel.recording:
        moves.stop_recording(world, channel)


def _identify(world: World, channel: Channel, fields: Fields) -> None:
    """A caller is known better with every event until somebody talks to them; a called phone
    was named when it was dialled."""
    interaction = channel.interaction
    if channel.offer is not None or channel.dialled_by is not None or channel.talks:
        return
    if channel.answered or "CallerIDNum" not in fields:
        return
    before = world.view(interaction)
    channel.number = known(fields.get("CallerIDNum")) or channel.number
    channel.caller_name = known(fields.get("CallerIDName")) or channel.caller_name
    if channel is interaction.caller:
        world.learned(interaction, before)


def _tell_start(world: World, channel: Channel, fields: Fields) -> None:
    """A channel that rings in, or knows where it wants to go, is a call; one that is merely
    created may be the telephone of a click-to-call, which the next event will say."""
    interaction = channel.interaction
    wants = (channel.exten or "s") != "s" or fields.get("ChannelState") == "4"
    if channel.real and (wants or interaction.announced):
        world.announce(interaction)
