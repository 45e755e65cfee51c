"""Bridges: who is put together with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import hearing, on_recordings
from callcenter.calls.state import Bridge

if TYPE_CHECKING:
    from callcenter.calls.on_channels import Fields
    from callcenter.calls.world import World


def _bridge(world: World, fields: Fields) -> Bridge:
    bridge_id = fields.get("BridgeUniqueid", "")
    bridge = world.bridges.get(bridge_id)
    if bridge is None:
        bridge = world.bridges[bridge_id] = Bridge(bridge=bridge_id, holding=False)
    if "BridgeTechnology" in fields:
        bridge.holding = fields["BridgeTechnology"] == "holding_bridge"
    return bridge


def enter(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None:
        channel.up = True
        hearing.enter(world, channel, _bridge(world, fields))
        on_recordings.together(world, channel)


def leave(world: World, fields: Fields) -> None:
    channel = world.mention(fields)
    if channel is not None and channel.bridge == fields.get("BridgeUniqueid"):
        hearing.leave(world, channel)
        on_recordings.apart(world, channel)


def merge(world: World, fields: Fields) -> None:
    """Everybody of one bridge is moved to another; the moves follow as events of their own."""
    world.bridges.setdefault(
        fields.get("ToBridgeUniqueid", ""),
        Bridge(bridge=fields.get("ToBridgeUniqueid", ""), holding=False),
    )


def destroy(world: World, fields: Fields) -> None:
    bridge = world.bridges.get(fields.get("BridgeUniqueid", ""))
    if bridge is None:
        return
    for uniqueid in list(bridge.members):
        channel = world.find(uniqueid)
        if channel is not None:  # its BridgeLeave was never told
            channel.interaction.incomplete = True
            hearing.leave(world, channel)
    world.bridges.pop(bridge.bridge, None)
