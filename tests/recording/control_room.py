"""Recording control, and a PBX at the wire's end that does what a test tells it, or nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from callcenter import events as ev
from callcenter.ami.commands import Commands
from callcenter.ami.connection import Reply
from callcenter.errors import AmiRefused
from callcenter.store.database import Database
from recording.control import RecordingControl
from recording.control_events import hear
from recording.control_journal import Journal
from recording.rules import Facts, Rule, Verdict, decide
from recording.tapes import Tape, tape

CALL, LEG, CHANNEL = "c" * 32, "1" * 32, "PJSIP/trunk-00000001"
OTHER, OTHER_LEG, OTHER_CHANNEL = "d" * 32, "3" * 32, "PJSIP/trunk-00000003"
WHO = 7  # the user who pauses
AGENT = 1001


class Wire:
    """What the PBX was sent; it confirms by `hear`, as the tracker would, unless it is `deaf`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.deaf = False
        self.refuses = False
        self.late = 0.01  # seconds until it confirms
        # What the tracker knows of each channel.
        self.legs = {CHANNEL: (CALL, LEG), OTHER_CHANNEL: (OTHER, OTHER_LEG)}
        self.tell: Callable[[ev.DomainEvent], None] = lambda _: None

    async def send(self, headers: Any) -> Reply:
        self.sent.append((headers["Action"], headers.get("State", "")))
        if self.refuses:
            raise AmiRefused("Cannot set mute flag")
        if not self.deaf and headers["Action"] == "MixMonitorMute":
            self.confirm(headers["Channel"], muted=headers["State"] == "1")
        if not self.deaf and headers["Action"] == "StopMixMonitor":
            over = ev.RecordingStopped(at=1.0, pbx="pbx", interaction=CALL, channel="", leg=LEG)
            asyncio.get_running_loop().call_later(0.01, self.tell, over)
        return Reply({"Response": "Success"})

    def confirm(self, channel: str, *, muted: bool) -> None:
        kind = ev.RecordingPaused if muted else ev.RecordingResumed
        call, leg = self.legs[channel]
        told = kind(at=time.time(), pbx="pbx", interaction=call, channel=channel, leg=leg)
        asyncio.get_running_loop().call_later(self.late, self.tell, told)

    async def record(self, agent: int, interaction: str, base: str) -> None:
        self.sent.append(("record", base.rpartition("/")[0]))
        self.tell(taped())


class Rules:
    def __init__(self, *rules: Rule) -> None:
        self.rules = rules

    def decide(self, facts: Facts) -> Verdict:
        return decide(self.rules, facts)

    def new_tape(self, uniqueid: str, verdict: Verdict) -> Tape:
        return tape("/monitor", uniqueid, "0" * 16, 0.0, customer="in")


class Room:
    """A control with nobody's database behind it, unless one is given."""

    def __init__(self, *rules: Rule, database: Database | None = None) -> None:
        self.wire = Wire()
        self.told: list[ev.RecordingChanged] = []
        self.journal = Journal(database) if database else Journal(None)  # type: ignore[arg-type]  # not run
        commands = Commands(self.wire.send)
        self.control = RecordingControl(
            "pbx",
            commands,
            self.wire,
            rules=Rules(*(rules or (Rule(1),))),
            journal=self.journal,
            publish=self._publish,
            agent_of=lambda _, interface: AGENT if interface == "PJSIP/1001" else None,
        )
        self.wire.tell = self.hear

    def _publish(self, event: ev.DomainEvent) -> None:
        assert isinstance(event, ev.RecordingChanged)
        self.told.append(event)

    def hear(self, *happened: ev.DomainEvent) -> None:
        for event in happened:
            hear(self.control, event)

    @property
    def shown(self) -> ev.RecordingChanged:
        return self.told[-1]

    async def until(self, test: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not test():  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.005)


def party(channel: str, leg: str) -> ev.Party:
    return ev.Party(channel, channel.rpartition("-")[0], None, None, leg)


CUSTOMER, PHONE = party(CHANNEL, LEG), party("PJSIP/1001-00000002", "2" * 32)
COMMON: dict[str, Any] = {"at": 1.0, "pbx": "pbx", "interaction": CALL}


def begun() -> ev.InteractionStarted:
    return ev.InteractionStarted(
        **COMMON, direction=ev.Direction.INBOUND, caller=CUSTOMER, dialled="8000"
    )


def taped() -> ev.RecordingStarted:
    return ev.RecordingStarted(**COMMON, file="/monitor/x.wav", channel=CHANNEL, leg=LEG)


def second() -> tuple[ev.DomainEvent, ...]:
    """Another recorded call, which turns out to be the same."""
    common = COMMON | {"interaction": OTHER}
    return (
        ev.InteractionStarted(
            **common,
            direction=ev.Direction.INBOUND,
            caller=party(OTHER_CHANNEL, OTHER_LEG),
            dialled="8000",
        ),
        ev.RecordingStarted(**common, file="/monitor/y.wav", channel=OTHER_CHANNEL, leg=OTHER_LEG),
    )


def talk() -> ev.TalkStarted:
    return ev.TalkStarted(**COMMON, talk="t" * 32, a=CUSTOMER, b=PHONE)


def ended() -> ev.InteractionEnded:
    return ev.InteractionEnded(
        **COMMON, reason=ev.EndReason.COMPLETED, by="caller", cause=16, answered=True
    )


RECORDED = (taped(), talk())
