"""What tests of call control stand on: a PBX with telephones, followed by us, and our orders."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from callcenter.ami.commands import Commands
from callcenter.ami.connection import Endpoint
from callcenter.events import (
    AgentPhone,
    DomainEvent,
    InteractionsMerged,
    InteractionStarted,
    LinkRestored,
    TalkStarted,
)
from callcenter.pbx.call import Call
from routing.calls_now import CallsNow
from routing.control import CallControl
from routing.dialling import DialRules
from tests.ami.heard import Heard, following
from tests.pbx.harness import Stage

CUSTOMER = "+8613800138000"
LOUD = 1000.0  # of a voice; the PBX's music is above it too, silence far below


@dataclass
class House:
    """Everybody sits at the telephone of their own number."""

    def phone(self, agent: int) -> AgentPhone:
        return AgentPhone(interface=f"PJSIP/{agent}", kind="desk", state="NOT_INUSE")

    def queues(self) -> list[str]:
        return ["support", "sales"]


@dataclass
class Floor:
    """A PBX with telephones, followed by us, and our orders to it."""

    stage: Stage
    heard: Heard
    now: CallsNow
    control: CallControl
    commands: Commands
    listeners: list[Callable[[DomainEvent], object]] = field(default_factory=list)

    async def talk(self, number: str = "1001") -> tuple[Call, Call, str]:
        """A customer who called `number` in conversation with 1001: both ends, and the contact."""
        customer = await self.stage.outside.call(number, caller=CUSTOMER, name="Wang Fang")
        taken = await self.stage.phones["1001"].next_call()
        await taken.answer()
        talk = await self.heard.first(TalkStarted)
        return customer, taken, talk.interaction

    async def answered(self, number: str) -> Call:
        call = await self.stage.phones[number].next_call()
        await call.answer()
        return call

    async def talking(self, a: str, b: str, since: int = 0) -> TalkStarted:
        """Wait until these two hear each other."""
        wanted = {f"PJSIP/{a}", f"PJSIP/{b}"}
        return await self.heard.first(
            TalkStarted, since, lambda t: {t.a.interface, t.b.interface} == wanted
        )

    @property
    def mark(self) -> int:
        return len(self.heard.events)

    def contacts(self) -> set[str]:
        """The contacts there were, those that turned out to be one counted once."""
        merged = {event.merged for event in self.heard.all(InteractionsMerged)}
        return {event.interaction for event in self.heard.all(InteractionStarted)} - merged


@asynccontextmanager
async def floor_of(stage: Stage) -> AsyncIterator[Floor]:
    """1001, 1002 and 1004 are there."""
    heard = Heard()
    now = CallsNow(lambda _, interface: _agent_of(interface))

    listeners: list[Callable[[DomainEvent], object]] = []

    def publish(event: DomainEvent) -> None:
        now.hear(event)
        heard(event)
        for listener in listeners:
            listener(event)

    pbx = stage.pbx
    endpoint = Endpoint(pbx.host, pbx.ami_port, pbx.ami_user, pbx.ami_secret)
    await stage.add_phones("1001", "1002", "1004")
    async with following(heard, endpoint, publish=publish) as service:
        await heard.first(LinkRestored)
        commands = Commands(service.send)
        control = CallControl(commands, now, House(), DialRules())
        yield Floor(stage, heard, now, control, commands, listeners)


def _agent_of(interface: str) -> int | None:
    number = interface.removeprefix("PJSIP/")
    return int(number) if number.isdecimal() else None


async def hears(call: Call, loud: bool = True, within: float = 5.0) -> None:
    """Wait until this party has heard a voice or music, or nothing at all, for half a second."""
    async with asyncio.timeout(within):
        while True:
            before = call.media.received
            await asyncio.sleep(0.5)
            received = call.media.received - before
            if loud and received > 15 and call.heard > LOUD:
                return
            if not loud and received <= 2:
                return
