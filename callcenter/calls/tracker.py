"""The one table from PBX event to handler, and the object that feeds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callcenter.calls import (
    hearing,
    on_bridges,
    on_channels,
    on_dialling,
    on_monitors,
    on_queues,
    on_recordings,
    on_transfers,
)
from callcenter.calls.reconcile import Snapshot, reconcile
from callcenter.calls.world import World
from callcenter.events import DeviceStateChanged, DomainEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from callcenter.ami.messages import Message


def _device(world: World, fields: dict[str, str]) -> None:
    interface = fields.get("Device", "")
    technology = interface.partition("/")[0]
    if "/" in interface and technology not in {"Queue", "Local", "MWI"}:
        world.out.append(
            DeviceStateChanged(
                at=world.now, pbx=world.pbx, interface=interface, state=fields.get("State", "")
            )
        )


def _shutdown(world: World, _fields: dict[str, str]) -> None:
    """No call outlives its PBX: whoever is still there is lost."""
    hearing.settle(world, everything=True)
    for channel in list(world.channels.values()):
        on_channels.end_leg(world, channel, None, lost=True)
    for uniqueid in list(world.monitors):
        on_monitors.end(world, uniqueid)


HANDLERS: dict[str, Callable[[World, dict[str, str]], None]] = {
    "Newchannel": on_channels.newchannel,
    "Newstate": on_channels.newstate,
    "NewCallerid": on_channels.newcallerid,
    "Rename": on_channels.rename,
    "HangupRequest": on_channels.hangup_request,
    "Hangup": on_monitors.hangup,
    "Hold": on_channels.hold,
    "Unhold": on_channels.unhold,
    "VarSet": on_monitors.variable,
    "ChanSpyStart": on_monitors.started,
    "MixMonitorStop": on_channels.recording_stopped,
    "MonitorStop": on_channels.recording_stopped,
    "MixMonitorMute": on_recordings.muted,
    "DialBegin": on_dialling.dial_begin,
    "DialEnd": on_dialling.dial_end,
    "Pickup": on_dialling.pickup_event,
    "BridgeEnter": on_bridges.enter,
    "BridgeLeave": on_bridges.leave,
    "BridgeMerge": on_bridges.merge,
    "BridgeDestroy": on_bridges.destroy,
    "BlindTransfer": on_transfers.blind,
    "AttendedTransfer": on_transfers.attended,
    "QueueCallerJoin": on_queues.join,
    "QueueCallerLeave": on_queues.leave,
    "QueueCallerAbandon": on_queues.abandon,
    "AgentConnect": on_queues.connect,
    "AgentRingNoAnswer": on_queues.ring_no_answer,
    "QueueMember": on_queues.member,
    "QueueMemberAdded": on_queues.member,
    "QueueMemberPause": on_queues.member,
    "QueueMemberRemoved": on_queues.member_removed,
    "DeviceStateChange": _device,
    "Shutdown": _shutdown,
}

#: After one of these, a caller who left a queue has gone on to something else.
_MOVES_ON = frozenset({"DialBegin", "Newstate", "BridgeEnter"})


_LATEST = 253_402_300_800.0  # the year 10000


class Tracker:
    """Follows every call of one PBX. Pure: the same messages give the same events.

    `boot` is the PBX's boot epoch, part of every leg's key. `trunks` are patterns of the
    interfaces that lead out of the house.
    """

    def __init__(self, pbx: str, boot: str = "", trunks: tuple[str, ...] = ()) -> None:
        self.world = World(pbx, boot, trunks)
        self._last: Message | None = None

    def feed(self, message: Message) -> list[DomainEvent]:
        """Take one message; return what happened. The same one again at once changes nothing."""
        if message == self._last:
            return []
        self._last = message
        handler = HANDLERS.get(message.name)
        world = self.world
        fields = message.fields
        stamp = fields.get("Timestamp")
        world.now = _seconds(stamp) if stamp else message.received_at
        if world.broken:
            hearing.settle(world)
        if handler is not None:
            if message.name in _MOVES_ON and world.entries:
                channel = world.channels.get(fields.get("Uniqueid", ""))
                if channel is not None:
                    on_queues.moved_on(world, channel)
            handler(world, fields)
        return self.take()

    def tick(self, now: float) -> list[DomainEvent]:
        """Time has passed without a message: conversations that broke have ended."""
        self.world.now = now
        hearing.settle(self.world)
        return self.take()

    def reconcile(
        self, snapshot: Snapshot, now: float, known: Mapping[str, str]
    ) -> list[DomainEvent]:
        """Lay the PBX's truth of this moment over ours.

        `known`: uniqueid -> interaction id, as the store remembers them from before a restart.
        """
        world = self.world
        world.now, world.known_interactions = now, known
        reconcile(world, snapshot)
        world.known_interactions = {}
        return self.take()

    def finish(self, *, unseen: float | None = None) -> list[DomainEvent]:
        """The stream is over for good: whoever is still there is lost. `unseen`: it is this moment,
        but they were gone before, and nobody saw when."""
        if unseen is not None:
            self.world.now, self.world.adopting = unseen, True
        _shutdown(self.world, {})
        return self.take()

    def take(self) -> list[DomainEvent]:
        out = self.world.out
        if out:
            self.world.out = []
        return out

    @property
    def open_channels(self) -> int:
        return len(self.world.channels)

    @property
    def open_interactions(self) -> int:
        return len(self.world.interactions)


def _seconds(stamp: str) -> float | None:
    """The time a message gives, if it can be one."""
    try:
        seconds = float(stamp)
    except ValueError:
        return None
    return seconds if 0 <= seconds < _LATEST else None
