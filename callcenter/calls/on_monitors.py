"""Telephones that listen to a call without a part in it: kept out of every call, told apart.

We order them ourselves (`callcenter.ami.commands`), and the order's variables are told before the
telephone rings. So no leg, no offer and no conversation ever comes of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from callcenter.calls import on_channels
from callcenter.calls.state import Monitor
from callcenter.events import MonitorEnded, MonitorMode, MonitorStarted

if TYPE_CHECKING:
    from callcenter.ami.messages import Message
    from callcenter.calls.on_channels import Fields
    from callcenter.calls.world import World

CONTEXT = "callcenter-monitor"  # of the dialplan; where such a telephone is once it has answered
MODES: tuple[MonitorMode, ...] = get_args(MonitorMode)


def variable(world: World, fields: Fields) -> None:
    """Our order says who listens and how; every other variable is one of a call."""
    name, value, uniqueid = fields.get("Variable"), fields.get("Value"), fields.get("Uniqueid")
    if not uniqueid or not (name or "").startswith("CALLCENTER_MONITOR"):
        on_channels.variable(world, fields)
    elif name == "CALLCENTER_MONITOR" and value and uniqueid not in world.monitors:
        _hide(world, uniqueid)
        world.monitors[uniqueid] = Monitor(value, fields.get("Channel", ""))
    elif name == "CALLCENTER_MONITOR_MODE" and uniqueid in world.monitors:
        mode = next((mode for mode in MODES if mode == value), None)
        if mode is not None:
            _switch(world, world.monitors[uniqueid], mode)


def started(world: World, fields: Fields) -> None:
    """It hears the call from now on."""
    monitor = world.monitors.get(fields.get("SpyerUniqueid", ""))
    heard = world.find(fields.get("SpyeeUniqueid"))
    if monitor is None or heard is None or monitor.heard is heard:
        return
    _stop(world, monitor, changed=True)
    monitor.heard = heard
    _tell_start(world, monitor)


def hangup(world: World, fields: Fields) -> None:
    if fields.get("Uniqueid") in world.monitors:
        end(world, fields["Uniqueid"])
    else:
        on_channels.hangup(world, fields)


def end(world: World, uniqueid: str) -> None:
    """The telephone listens no more."""
    monitor = world.monitors.pop(uniqueid)
    world.gone[uniqueid] = None
    _stop(world, monitor)


def take_out(world: World, present: dict[str, Message]) -> None:
    """After a gap: those that still listen are no channels to adopt, those that are gone ended."""
    for uniqueid in [known for known in world.monitors if known not in present]:
        end(world, uniqueid)
    for uniqueid, message in list(present.items()):
        if uniqueid not in world.monitors and message.fields.get("Context") == CONTEXT:
            _hide(world, uniqueid)
            world.monitors[uniqueid] = Monitor("", message.fields.get("Channel", ""))
        if uniqueid in world.monitors:
            del present[uniqueid]


def _hide(world: World, uniqueid: str) -> None:
    """It was taken for a call; where nobody was told of that, nothing is said of its end."""
    channel = world.find(uniqueid)
    if channel is not None:
        on_channels.end_leg(world, channel, None)


def _switch(world: World, monitor: Monitor, mode: MonitorMode) -> None:
    if mode == monitor.mode:
        return
    heard = monitor.heard
    _stop(world, monitor, changed=True)
    monitor.mode, monitor.heard = mode, heard
    if heard is not None:
        _tell_start(world, monitor)


def _tell_start(world: World, monitor: Monitor) -> None:
    heard = monitor.heard
    if heard is None:
        return
    monitor.started_at = world.now
    world.tell(
        MonitorStarted,
        heard.interaction,
        monitor=monitor.id,
        mode=monitor.mode,
        channel=monitor.channel,
        leg=heard.leg,
    )


def _stop(world: World, monitor: Monitor, *, changed: bool = False) -> None:
    heard, monitor.heard = monitor.heard, None
    if heard is None:
        return
    seconds = None
    if monitor.started_at is not None and world.now is not None:
        seconds = max(0.0, world.now - monitor.started_at)
    world.tell(
        MonitorEnded,
        heard.interaction,
        monitor=monitor.id,
        mode=monitor.mode,
        seconds=seconds,
        changed=changed,
    )
