"""Listening in on calls of others: the order, who is allowed to hear of it, and its record.

An order is checked against the picture of this moment: whose call it is, which channel is theirs,
and at which telephone the supervisor sits. Nobody names a channel. That somebody listens is said
when the PBX says so.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

import structlog

from callcenter.ami.commands import Commands, is_telephone
from callcenter.bus import Subscription
from callcenter.errors import Conflict, NoSuchChannel, NotFound
from callcenter.events import (
    AgentPhone,
    CallMonitored,
    DomainEvent,
    MonitorEnded,
    MonitorMode,
    MonitorStarted,
)
from routing.calls_now import CallsNow, Leg, NowCall
from routing.control import AlreadyInCall, NoPhone, NotTalking, PhoneUnavailable

EVENTS = (MonitorStarted, MonitorEnded)
ASKED = 45.0  # seconds in which the telephone must have picked up, or the order is forgotten
RINGS = 3.0  # seconds after which a telephone that is asked to ring does, or will not
_AWAY = frozenset({"UNAVAILABLE", "INVALID"})
_TAKEN = frozenset({"BUSY", "INUSE", "RINGING", "RINGINUSE", "ONHOLD"})

log = structlog.get_logger(__name__)


class OwnCall(Conflict):
    """Nobody listens to themselves."""

    code = "own_call"


class AlreadyListening(Conflict):
    """To somebody else's call; that is to be ended first."""

    code = "already_listening"


class Phones(Protocol):
    """At which telephone somebody sits."""

    def own(self, agent: int) -> AgentPhone | None:
        """Where they are signed in, else one of theirs that would ring."""


class Log(Protocol):
    """Keeps who listened to whom; neither raises nor waits."""

    def began(self, use: Use) -> None: ...

    def ended(self, use: Use, seconds: float | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who gives the order: the user, and the agent whose telephone they have."""

    user: int
    name: str
    agent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One stretch of listening in one mode."""

    monitor: str
    user: int
    agent: int
    interaction: str
    mode: MonitorMode
    at: float


@dataclass(slots=True)
class Monitor:
    """An order that was given; `use` once the PBX says that it is so."""

    id: str
    by: Supervisor
    agent: int
    mode: MonitorMode
    may: frozenset[MonitorMode]
    asked_at: float
    channel: str | None = None
    use: Use | None = None
    leg: str = ""


@dataclass(slots=True)
class Monitoring:
    """`shown`: the modes of which the agent is told too. Orders raise NotFound, a Conflict that
    says what is in the way, and what `Commands` raises."""

    commands: Commands
    now: CallsNow
    phones: Phones
    publish: Callable[[DomainEvent], object]
    log: Log
    shown: Collection[str] = ("listen", "whisper", "barge")
    clock: Callable[[], float] = time.time
    _monitors: dict[str, Monitor] = field(default_factory=dict)

    # --- orders ------------------------------------------------------------------------------

    async def listen(
        self, by: Supervisor, agent: int, mode: MonitorMode, may: Collection[MonitorMode]
    ) -> str:
        """Hear the agent's call from now on, in this mode; who does already, changes the mode.

        The interaction listened to. `may`: the modes that keys of the telephone can change to.
        """
        if agent == by.agent:
            raise OwnCall("that is your own call")
        call, leg = self._call_of(agent)
        running = self._of(by.user)
        if running is not None:
            await self._change(running, agent, mode)
            return call.id
        phone = self._own_phone(by.agent)
        monitor = Monitor(secrets.token_hex(16), by, agent, mode, frozenset(may), self.clock())
        self._monitors[monitor.id] = monitor
        try:
            await self.commands.monitor(
                phone.interface, leg.channel, mode, monitor.id, sorted(monitor.may)
            )
        except Exception:
            self._monitors.pop(monitor.id, None)
            raise
        return call.id

    async def stop(self, user: int) -> None:
        """Listen no more."""
        monitor = self._of(user)
        if monitor is None or monitor.channel is None:
            raise NotFound("you listen to nobody")
        await self.commands.hang_up(monitor.channel)

    async def _change(self, monitor: Monitor, agent: int, mode: MonitorMode) -> None:
        if monitor.agent != agent:
            raise AlreadyListening("you listen to another call; end that first")
        if monitor.channel is None:
            raise AlreadyListening("your telephone is being rung for this")
        if monitor.mode == mode:
            return
        try:
            await self.commands.change_monitor(monitor.channel, mode)
        except NoSuchChannel:
            self._forget(monitor)
            raise

    # --- what must hold ----------------------------------------------------------------------

    def _call_of(self, agent: int) -> tuple[NowCall, Leg]:
        for call in self.now.calls_of(agent):
            for leg in self.now.legs_of(agent, call):
                if call.partners(leg):
                    return call, leg
        raise NotTalking("this agent talks with nobody now", field="agent")

    def _own_phone(self, agent: int) -> AgentPhone:
        phone = self.phones.own(agent)
        if phone is None or not is_telephone(phone.interface):
            raise NoPhone("you have no telephone that could ring")
        if phone.state in _AWAY:
            raise PhoneUnavailable("your telephone is not connected to the PBX")
        if phone.state in _TAKEN or self.now.calls_of(agent):
            raise AlreadyInCall("your telephone is in a call already")
        return phone

    def _of(self, user: int) -> Monitor | None:
        """What this person listens to; an order that came to nothing is forgotten."""
        for monitor in list(self._monitors.values()):
            if monitor.channel is None and self._came_to_nothing(monitor):
                self._forget(monitor)
        return next((one for one in self._monitors.values() if one.by.user == user), None)

    def _came_to_nothing(self, monitor: Monitor) -> bool:
        waited = self.clock() - monitor.asked_at
        phone = self.phones.own(monitor.by.agent)
        idle = phone is not None and phone.state not in _TAKEN
        return waited > ASKED or (waited > RINGS and idle)

    # --- what the PBX says -------------------------------------------------------------------

    async def follow(self, subscription: Subscription) -> None:
        """Until the bus ends. Subscribed to EVENTS."""
        async for batch in subscription:
            if batch.missed:
                log.error("monitoring_missed_events", events=batch.missed)
            for _, event in batch:
                self.hear(event)

    def hear(self, event: DomainEvent) -> None:
        if isinstance(event, MonitorStarted):
            self._started(event)
        elif isinstance(event, MonitorEnded):
            self._ended(event)

    def _started(self, event: MonitorStarted) -> None:
        monitor = self._monitors.get(event.monitor)
        if monitor is None:
            log.warning("monitor_unknown", interaction=event.interaction, mode=event.mode)
            return
        at = self.clock() if event.at is None else event.at
        monitor.channel, monitor.mode, monitor.leg = event.channel, event.mode, event.leg
        monitor.use = Use(
            monitor=monitor.id,
            user=monitor.by.user,
            agent=monitor.agent,
            interaction=event.interaction,
            mode=event.mode,
            at=at,
        )
        self.log.began(monitor.use)
        self._tell(monitor, event, event.mode, at)

    def _ended(self, event: MonitorEnded) -> None:
        monitor = self._monitors.get(event.monitor)
        if monitor is None or monitor.use is None:
            return
        self.log.ended(replace(monitor.use, interaction=event.interaction), event.seconds)
        monitor.use = None
        if not event.changed:
            self._forget(monitor)
            self._tell(monitor, event, None, event.at)

    def _tell(
        self,
        monitor: Monitor,
        event: MonitorStarted | MonitorEnded,
        mode: MonitorMode | None,
        at: float | None,
    ) -> None:
        self.publish(
            CallMonitored(
                at=at,
                pbx=event.pbx,
                interaction=event.interaction,
                monitor=monitor.id,
                agent=monitor.agent,
                leg=monitor.leg,
                user=monitor.by.user,
                name=monitor.by.name,
                mode=mode,
                shown=monitor.mode in self.shown,
            )
        )

    def _forget(self, monitor: Monitor) -> None:
        self._monitors.pop(monitor.id, None)
