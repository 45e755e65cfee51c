"""Phones that are rung: offers, and the calls that are made for somebody by a click."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from callcenter.calls import moves
from callcenter.calls.world import World, known
from callcenter.events import Direction, TransferKind

if TYPE_CHECKING:
    from callcenter.calls.on_channels import Fields
    from callcenter.calls.state import Channel, Entry

_DIALLABLE = re.compile(r"^[+*#0-9]+$")
_MAX_CHAIN = 32  # Local channels behind each other; more is a loop


def dial_begin(world: World, fields: Fields) -> None:
    source = world.mention(fields) if fields.get("Channel") else None
    called = world.mention(fields, "Dest")
    if called is None:
        return
    if source is None:
        _originated(world, called, has_source="Channel" in fields)
        return
    first_time = called.dialled_by is None
    called.dialled_by = source.uniqueid
    if called.offer is not None:  # told twice, or taken over by a transfer while ringing
        called.offer.status = None
    elif called.real and (called.up or called.picked_up):
        pickup(world, called, called_for=source)
    elif called.real and first_time:
        _rung(world, source, called, fields)


def _rung(world: World, source: Channel, called: Channel, fields: Fields) -> None:
    """A telephone rings: for an agent that is an offer, for the caller's own it is none."""
    if _for_the_caller(world, source):
        world.announce(called.interaction)
        return
    entry = _entry(world, source)
    called.number = _number(called, fields, entry)
    _learn_dialled(world, source, called, fields)
    moves.start_offer(world, called, entry)


def dial_end(world: World, fields: Fields) -> None:
    if fields.get("Channel"):
        world.mention(fields)
    called = world.find(fields.get("DestUniqueid"))
    if called is None:
        return
    world.mention(fields, "Dest")
    offer = called.offer
    if offer is None or offer.status is not None:
        return
    offer.status = fields.get("DialStatus") or None
    offer.ended_at = world.now
    forward = fields.get("Forward")
    if forward:
        offer.forwarded = True
        source = _speaker(world, world.find(fields.get("Uniqueid")))
        moves.start_transfer(world, TransferKind.FORWARD, called, source, _extension(forward))


def pickup_event(world: World, fields: Fields) -> None:
    """`Channel` took the call that rang `TargetChannel`."""
    picker = world.mention(fields)
    target = world.mention(fields, "Target")
    if picker is None:
        return
    source = world.find(target.dialled_by) if target is not None else None
    if target is not None:
        world.merge(target.interaction, picker.interaction)
    pickup(world, picker, called_for=source)


def pickup(world: World, picker: Channel, called_for: Channel | None) -> None:
    """Somebody who was not rung takes the call. The picker's own dialling is no offer."""
    if picker.picked_up:
        return
    picker.picked_up = True
    caller = _speaker(world, called_for) if called_for is not None else None
    picker.led_by = _waits_for(called_for)
    if caller is not None:
        world.merge(caller.interaction, picker.interaction)
    moves.start_transfer(world, TransferKind.PICKUP, picker, caller, picker.number)


def _waits_for(source: Channel | None) -> str | None:
    """The queue entry for which `source` rings telephones; the queue may have let go of it."""
    if source is None:
        return None
    for rung in source.interaction.channels.values():
        if rung.offer is not None and rung.dialled_by == source.uniqueid:
            return rung.offer.entry
    return None


def _originated(world: World, channel: Channel, *, has_source: bool) -> None:
    """Dialled by nobody: an Originate, so this side is the caller's."""
    if has_source:
        return  # the source is a channel the PBX makes for itself
    interaction = channel.interaction
    if interaction.originated:
        return
    before = world.view(interaction)
    channel.originated = interaction.originated = True
    world.learned(interaction, before)
    world.announce(interaction)


def _for_the_caller(world: World, source: Channel) -> bool:
    """Whether what `source` dials is the telephone of the one who wanted the call."""
    for _ in range(_MAX_CHAIN):
        if source.real or not source.name.endswith(";2"):
            return False
        front = world.by_name.get(source.parsed.pair or "")
        if front is None:
            return False
        if front.originated:
            return True
        before = world.find(front.dialled_by)
        if before is None:
            return False
        source = before
    return False


def _ancestors(world: World, source: Channel | None) -> list[Channel]:
    """The channels on whose behalf this one dials, nearest first."""
    chain: list[Channel] = []
    while source is not None and source not in chain and len(chain) < _MAX_CHAIN:
        chain.append(source)
        if source.real:
            break
        front = world.by_name.get(source.parsed.pair or "")
        if front is None:
            break
        chain.append(front)
        source = world.find(front.dialled_by)
    return chain


def _entry(world: World, source: Channel) -> Entry | None:
    for channel in _ancestors(world, source):
        entry = world.entries.get(channel.uniqueid)
        if entry is not None:
            return entry
    return None


def _speaker(world: World, source: Channel | None) -> Channel | None:
    """The real channel on whose behalf something is dialled."""
    for channel in _ancestors(world, source):
        if channel.real:
            return channel
    return source.interaction.caller if source is not None else None


def _number(called: Channel, fields: Fields, entry: Entry | None) -> str | None:
    """Who was rung. A phone without a number of its own shows the number that was dialled,
    which is right for one called directly and says nothing about a member of a queue, nor
    about whom a number of the house leads to."""
    if called.number_at_birth:
        return called.number
    resource = called.parsed.resource
    shown = known(fields.get("DestCallerIDNum")) or called.number
    interaction = called.interaction
    house_number = interaction.direction is Direction.INBOUND and shown == interaction.dialled
    if resource.isdigit() and (entry is not None or shown is None or house_number):
        return resource
    return shown or resource


def _learn_dialled(world: World, source: Channel, called: Channel, fields: Fields) -> None:
    """Where a click-to-call goes is known when it is dialled."""
    interaction = called.interaction
    if not interaction.originated or interaction.dialled is not None:
        return
    before = world.view(interaction)
    wanted = fields.get("Exten") or ""
    interaction.dialled = wanted if _DIALLABLE.match(wanted) else called.number
    world.learned(interaction, before)


def _extension(forward: str) -> str:
    """The number in `Local/2003@context`, `2003@context` or `PJSIP/2003`."""
    return forward.split("@", 1)[0].rsplit("/", 1)[-1]
