"""Queues, the PBX's own and ours: who waits, who left and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import moves
from callcenter.calls.outcomes import QUEUE_STATUS
from callcenter.calls.state import Member
from callcenter.events import QueueExit, QueueMemberChanged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from callcenter.calls.on_channels import Fields
    from callcenter.calls.state import Channel, Entry
    from callcenter.calls.world import World


_MOST = 1e9  # seconds, places, milliseconds: more is no number of a queue's


def _number(text: str | None) -> float | None:
    """A count or a duration, if it can be one."""
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < _MOST else None


def _entry(world: World, fields: Fields) -> Entry | None:
    entry = world.entries.get(fields.get("Uniqueid", ""))
    if entry is None or entry.queue != fields.get("Queue"):
        return None
    return entry


def join(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    queue = fields.get("Queue")
    if channel is None or not queue:
        return
    old = world.entries.get(channel.uniqueid)
    if old is not None:
        if old.queue == queue and not old.leaving:
            return
        moves.leave(world, old, _default_exit(old))
    channel.exten = fields.get("Exten") or channel.exten
    position = _number(fields.get("Position"))
    moves.join(world, channel, queue, None if position is None else int(position), world.now)


def leave(world: World, fields: Fields) -> None:
    """Every way out says this; which one it was, the next events tell."""
    world.mention(fields)
    entry = _entry(world, fields)
    if entry is None:
        return
    entry.leaving = True
    entry.left_at = world.now if entry.left_at is None else entry.left_at
    if entry.abandoned and entry.channel.asked_to_hang_up:
        moves.leave(world, entry, QueueExit.ABANDONED)


def abandon(world: World, fields: Fields) -> None:
    """Said of a caller who hung up, and also of one who timed out or was withdrawn."""
    channel = world.mention(fields)
    queue = fields.get("Queue")
    if channel is None or not queue:
        return
    entry = _entry(world, fields)
    if entry is None:
        if any(old.queue == queue for old in channel.interaction.entries):
            return  # told twice
        old = world.entries.get(channel.uniqueid)
        if old is not None:
            moves.leave(world, old, _default_exit(old))
        entry = moves.join(world, channel, queue, None, None)
        channel.interaction.incomplete = True
    entry.abandoned = True
    entry.hold_time = _number(fields.get("HoldTime"))
    entry.left_at = world.now if entry.left_at is None else entry.left_at


def connect(world: World, fields: Fields) -> None:
    """A member took the call. The conversation itself is the bridge's to tell."""
    world.mention(fields)
    entry = _entry(world, fields)
    if entry is None:
        return
    entry.hold_time = _number(fields.get("HoldTime"))
    member = world.find(fields.get("DestUniqueid"))
    if member is not None and member.offer is not None:
        member.offer.rang = _number(fields.get("RingTime"))
    moves.leave(world, entry, QueueExit.ANSWERED)


def ring_no_answer(world: World, fields: Fields) -> None:
    """Its ring time is in milliseconds; AgentConnect's is in seconds."""
    member = world.find(fields.get("DestUniqueid"))
    ring = _number(fields.get("RingTime"))
    if member is not None and member.offer is not None and ring is not None:
        member.offer.rang = ring / 1000


def queue_status(world: World, channel: Channel, status: str) -> None:
    """QUEUESTATUS, set when the queue lets go of a caller, or would not take one."""
    how = QUEUE_STATUS.get(status)
    entry = world.entries.get(channel.uniqueid)
    if how is None:
        return
    if entry is not None:
        moves.leave(world, entry, how)
    else:
        channel.interaction.exit = channel.interaction.exit or how


def join_ours(world: World, channel: Channel, queue: str) -> None:
    """CALLCENTER_QUEUE: the caller waits for an agent of our own distribution."""
    old = world.entries.get(channel.uniqueid)
    if old is not None:
        if old.queue == queue and not old.leaving:
            return
        moves.leave(world, old, QueueExit.OVERFLOW)
    moves.join(world, channel, queue, None, world.now, ours=True)


def leave_ours(world: World, channel: Channel, how: str) -> None:
    """CALLCENTER_QUEUE_EXIT: any way out but an answer, which the conversation tells."""
    entry = world.entries.get(channel.uniqueid)
    exit_ = _OUR_EXITS.get(how)
    if entry is not None and exit_ is not None:
        moves.leave(world, entry, exit_)


_OUR_EXITS = {exit_.value: exit_ for exit_ in QueueExit if exit_ is not QueueExit.ANSWERED}


def moved_on(world: World, channel: Channel) -> None:
    """A caller who left a queue is seen elsewhere, so the exit was none that ends a call."""
    entry = world.entries.get(channel.uniqueid)
    if entry is not None and entry.leaving:
        moves.leave(world, entry, _default_exit(entry))


def _default_exit(entry: Entry) -> QueueExit:
    return QueueExit.TIMED_OUT if entry.abandoned else QueueExit.KEY_EXIT


def exit_by_hangup(world: World, entry: Entry) -> QueueExit:
    """The exit of a caller whose channel is gone: who left long before has left by a key."""
    if not entry.leaving or (entry.channel.asked_to_hang_up and not _long_ago(world, entry)):
        return QueueExit.ABANDONED
    if entry.abandoned:
        told = world.hears_requests and not entry.channel.asked_to_hang_up
        return QueueExit.TIMED_OUT if told else QueueExit.ABANDONED
    return QueueExit.KEY_EXIT


def _long_ago(world: World, entry: Entry) -> bool:
    return entry.left_at is not None and world.now is not None and world.now - entry.left_at > 1.0


def member(world: World, fields: Fields) -> None:
    key = _whose(fields)
    if key is not None:
        world.members[key] = found = _member(fields)
        _tell_member(world, key, found)


def member_removed(world: World, fields: Fields) -> None:
    key = _whose(fields)
    if key is not None:
        world.members.pop(key, None)
        _tell_member(world, key, _member(fields), removed=True)


def members(world: World, listed: Iterable[Fields]) -> None:
    """The PBX's whole list: only what we did not know is told."""
    found = {key: _member(fields) for fields in listed if (key := _whose(fields)) is not None}
    for key, before in world.members.items():
        if key not in found:
            _tell_member(world, key, before, removed=True)
    for key, now in found.items():
        if world.members.get(key) != now:
            _tell_member(world, key, now, listed=not world.members_listed)
    world.members, world.members_listed = found, True


def _whose(fields: Fields) -> tuple[str, str] | None:
    queue = fields.get("Queue")
    interface = fields.get("StateInterface") or fields.get("Interface") or fields.get("Location")
    return (queue, interface) if queue and interface else None


def _member(fields: Fields) -> Member:
    return Member(
        name=fields.get("MemberName") or fields.get("Name") or None,
        paused=fields.get("Paused") == "1",
        reason=fields.get("PausedReason") or None,
    )


def _tell_member(
    world: World,
    key: tuple[str, str],
    member: Member,
    *,
    removed: bool = False,
    listed: bool = False,
) -> None:
    queue, interface = key
    world.out.append(
        QueueMemberChanged(
            at=world.now,
            pbx=world.pbx,
            queue=queue,
            interface=interface,
            name=member.name,
            paused=member.paused,
            reason=member.reason,
            removed=removed,
            listed=listed,
        )
    )
