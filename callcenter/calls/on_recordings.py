"""What the PBX says of a recording in progress: silent for a while, and what is not in its file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.events import RecordingGap, RecordingPauseAsked, RecordingPaused, RecordingResumed

if TYPE_CHECKING:
    from callcenter.calls.state import Channel
    from callcenter.calls.world import World

_BOTH = frozenset({"read", "write"})
_ON = frozenset({"1", "on", "true", "yes"})
#: Bridges that are swapped leave a hole shorter than this (seconds), which nobody hears.
NOTICED = 0.03


def muted(world: World, fields: dict[str, str]) -> None:
    """MixMonitorMute: told of what was done, with the direction and whether it is now silent."""
    channel = world.mention(fields)
    if channel is None:
        return
    told = fields.get("Direction", "both").lower()
    directions = _BOTH if told == "both" else _BOTH & {told}
    before = channel.muted
    silent = fields.get("State", "").lower() in _ON
    channel.muted = before | directions if silent else before - directions
    changed = (before == _BOTH) != (channel.muted == _BOTH)
    # Of a call found in progress nobody knows whether it was silent: its end is told all the same.
    if not changed and (silent or not channel.interaction.adopted):
        return
    kind = RecordingPaused if channel.muted == _BOTH else RecordingResumed
    world.tell(kind, channel.interaction, channel=channel.name, leg=channel.leg)


def apart(world: World, channel: Channel) -> None:
    """It left its bridge: from here nothing is written."""
    channel.apart_since = world.now


def together(world: World, channel: Channel) -> None:
    """It is in a bridge again. After a restart nobody knows any more whether it is recorded."""
    since, channel.apart_since = channel.apart_since, None
    if since is None or world.now is None or world.now - since < NOTICED:
        return
    if channel.recording or channel.interaction.adopted:
        world.tell(RecordingGap, channel.interaction, leg=channel.leg, since=since)


def pause_asked(world: World, channel: Channel, value: str) -> None:
    """CALLCENTER_RECORD_PAUSE: 1 before somebody says or keys in what nobody is to keep, then 0."""
    world.tell(
        RecordingPauseAsked, channel.interaction, leg=channel.leg, paused=value.lower() in _ON
    )
