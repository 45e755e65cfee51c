"""Listening in on a real PBX: each party sends a tone of its own; what each hears is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from callcenter.events import (
    AgentPhone,
    CallMonitored,
    DomainEvent,
    InteractionStarted,
    LegStarted,
    MonitorEnded,
    MonitorMode,
    MonitorStarted,
    OfferStarted,
    TalkEnded,
    TalkStarted,
)
from callcenter.pbx.call import Call
from routing.control import NotTalking
from routing.monitoring import Monitoring, OwnCall, Supervisor, Use
from tests.pbx.floor import Floor, House, floor_of
from tests.pbx.harness import Stage
from tests.pbx.heard import hears, tuned

EVERYTHING: tuple[MonitorMode, ...] = ("listen", "whisper", "barge")


@dataclass
class Notes:
    """The record of uses, in memory."""

    began_: list[Use] = field(default_factory=list)
    ended_: list[tuple[str, float | None]] = field(default_factory=list)

    def began(self, use: Use) -> None:
        self.began_.append(use)

    def ended(self, use: Use, seconds: float | None) -> None:
        self.ended_.append((use.mode, seconds))


class Desks(House):
    def own(self, agent: int) -> AgentPhone:
        return self.phone(agent)


@dataclass
class Watch:
    """A floor with somebody who may listen in, at 1002."""

    floor: Floor
    monitoring: Monitoring
    notes: Notes
    told: list[DomainEvent] = field(default_factory=list)
    by: Supervisor = field(default_factory=lambda: Supervisor(7, "Ma", 1002))

    async def talk(self) -> tuple[Call, Call, str]:
        """Customer and 1001 talk, each with their tone, and the supervisor's telephone has its."""
        stage = self.floor.stage
        tuned(stage.outside, "customer")
        tuned(stage.phones["1001"], "agent")
        tuned(stage.phones["1002"], "supervisor")
        return await self.floor.talk()

    async def listens(self, mode: MonitorMode) -> Call:
        await self.monitoring.listen(self.by, 1001, mode, EVERYTHING)
        spying = await self.floor.stage.phones["1002"].next_call()
        await spying.answer()
        await self.floor.heard.first(MonitorStarted)
        return spying


@pytest.fixture
async def watch(stage: Stage) -> AsyncIterator[Watch]:
    async with floor_of(stage) as floor:
        notes = Notes()
        told: list[DomainEvent] = []
        monitoring = Monitoring(floor.commands, floor.now, Desks(), told.append, notes)
        floor.listeners.append(monitoring.hear)
        yield Watch(floor, monitoring, notes, told)


async def test_each_mode_is_heard_by_exactly_the_right_parties(watch: Watch) -> None:
    customer, agent, call = await watch.talk()
    await asyncio.gather(hears(customer, "agent"), hears(agent, "customer"))
    mark = watch.floor.mark
    spying = await watch.listens("listen")
    await asyncio.gather(
        hears(customer, "agent"), hears(agent, "customer"), hears(spying, "customer", "agent")
    )
    await watch.monitoring.listen(watch.by, 1001, "whisper", EVERYTHING)
    await asyncio.gather(
        hears(customer, "agent"),
        hears(agent, "customer", "supervisor"),
        hears(spying, "customer", "agent"),
    )
    await spying.press("6")  # the supervisor's own telephone: barge
    await asyncio.gather(
        hears(customer, "agent", "supervisor"),
        hears(agent, "customer", "supervisor"),
        hears(spying, "customer", "agent"),
    )
    await watch.monitoring.stop(watch.by.user)
    await spying.ended()
    await asyncio.gather(hears(customer, "agent"), hears(agent, "customer"))
    nothing_but_monitors(watch, mark)
    assert [use.mode for use in watch.notes.began_] == ["listen", "whisper", "barge"]
    assert [mode for mode, _ in watch.notes.ended_] == ["listen", "whisper", "barge"]
    assert {use.interaction for use in watch.notes.began_} == {call}
    told = [e for e in watch.told if isinstance(e, CallMonitored)]
    assert [e.mode for e in told] == ["listen", "whisper", "barge", None]
    assert {(e.agent, e.user, e.interaction) for e in told} == {(1001, 7, call)}


def nothing_but_monitors(watch: Watch, mark: int) -> None:
    """The telephone that listens is no leg, no offer, no conversation and no contact of its own."""
    heard = watch.floor.heard
    for kind in (InteractionStarted, LegStarted, OfferStarted, TalkStarted, TalkEnded):
        assert heard.all(kind, mark) == []
    assert len(heard.all(MonitorStarted, mark)) == len(heard.all(MonitorEnded, mark)) == 3


async def test_who_hangs_up_ends_it_and_no_key_goes_beyond_the_order(watch: Watch) -> None:
    customer, agent, _ = await watch.talk()
    with pytest.raises(OwnCall):
        await watch.monitoring.listen(Supervisor(8, "Li", 1001), 1001, "listen", EVERYTHING)
    with pytest.raises(NotTalking):
        await watch.monitoring.listen(watch.by, 1004, "listen", EVERYTHING)
    await watch.monitoring.listen(watch.by, 1001, "listen", EVERYTHING[:1])
    spying = await watch.floor.stage.phones["1002"].next_call()
    await spying.answer()
    await watch.floor.heard.first(MonitorStarted)
    await spying.press("6")
    await asyncio.gather(hears(customer, "agent"), hears(spying, "customer", "agent"))
    await customer.hang_up()
    await asyncio.gather(agent.ended(), spying.ended())
    await watch.floor.heard.first(MonitorEnded)
    assert [mode for mode, _ in watch.notes.ended_] == ["listen"]
