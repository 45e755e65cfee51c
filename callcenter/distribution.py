"""Wires our own distribution of calls: what administrators describe, agents, desk, and the calls.

In the order in which a call passes: the dialplan asks over FastAGI, a flow tells the call's story,
the desk finds an agent, the staff says how the agents are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from callcenter.agi.server import serve
from callcenter.calls.names import parse_name
from callcenter.errors import Forbidden, InvalidInput
from callcenter.events import AgentState
from callcenter.listening import listening
from crm.facts import FactSource
from crm.numbers import TrunkRules
from routing import desk as desks
from routing import legs as legs_of_calls
from routing import staff as staffs
from routing.desk import Desk
from routing.dialling import DialRules, destination
from routing.directory import Directory
from routing.entry import Entries
from routing.flows import Flows
from routing.legs import Legs
from routing.setup import Setup, SetupKeeper
from routing.staff import Staff

OUTWARD = "callcenter-originate"  # the context for numbers we chose

if TYPE_CHECKING:
    from callcenter.main import Running


@dataclass(frozen=True, slots=True)
class Distribution:
    """The parts that the doors talk to."""

    directory: Directory
    setup: SetupKeeper
    staff: Staff
    desk: Desk


async def distribution(service: Running, directory: Directory) -> Distribution:
    """The parts, not yet at work, for the doors to be built on."""
    pbx, bus = service.config.ami.name, service.bus
    keeper = SetupKeeper(service.database, pbx)
    await keeper.load()
    staff = Staff(pbx, service.database, lambda: keeper.current, bus.publish)
    desk = Desk(pbx, staff, bus.publish)
    desk.arrange(keeper.current)
    keeper.on_change += [desk.arrange, staff.arrange]
    return Distribution(directory, keeper, staff, desk)


@asynccontextmanager
async def at_work(service: Running, made: Distribution, rules: TrunkRules) -> AsyncIterator[None]:
    """Agents as they were before a restart, the desk's clock, and the door for calls.

    Everybody who wants to hear of agents and calls has subscribed before.
    """
    bus, crew, staff, desk = service.bus, service.crew, made.staff, made.desk
    happens = bus.subscribe("staff", types=staffs.EVENTS)
    await staff.load()
    crew.keeper("setup", made.setup.run())
    crew.consumer("staff", staff.run(happens), vital=True)
    crew.consumer("desk", desk.follow(bus.subscribe("desk", types=desks.EVENTS)), vital=True)
    crew.keeper("desk clock", desk.run(), vital=True)
    facts = FactSource(service.database, rules)
    try:
        if service.config.agi.port:
            async with _calls(service, made, facts):
                yield
        else:
            yield
    finally:
        await facts.close()


@asynccontextmanager
async def _calls(
    service: Running,
    made: Distribution,
    facts: FactSource,
) -> AsyncIterator[None]:
    """The door at which the dialplan asks."""
    config, bus = service.config, service.bus
    legs = Legs()
    followed = bus.subscribe("legs", types=legs_of_calls.EVENTS)
    service.crew.consumer("legs", legs.run(followed), vital=True)
    entries = Entries(
        setup=lambda: made.setup.current,
        facts=facts,
        present=lambda agent: _present(made.staff, agent),
        trunk_of=lambda channel: parse_name(channel).interface,
        language=config.language,
    )
    flows = Flows(
        pbx=config.ami.name,
        setup=lambda: made.setup.current,
        desk=made.desk,
        legs=legs,
        entry=entries,
        forecast=None,
        numbers=DialPlan(DialRules(country=config.numbers.country)),
        voicemail_folder=config.recordings.pbx_folder or config.recordings.folder,
        sound=sounds(lambda: made.setup.current, config.pbx_prompts),
        publish=bus.publish,
    )
    async with AsyncExitStack() as stack:
        with listening("agi", config.agi.host, config.agi.port):
            door = serve(config.agi.host, config.agi.port, flows.handle)
            await stack.enter_async_context(door)
        yield


@dataclass(frozen=True, slots=True)
class DialPlan:
    """Numbers by the installation's lists, as the dialplan takes them."""

    rules: DialRules

    def dial_string(self, number: str, *, abroad: bool) -> str | None:
        try:
            where = destination(number, self.rules, abroad=abroad)
        except (InvalidInput, Forbidden):
            return None
        return f"Local/{where.extension}@{OUTWARD}/n"


def _present(staff: Staff, agent: int) -> bool:
    status = staff.status(agent)
    return status is not None and status.state is not AgentState.OFFLINE


def sounds(setup: Callable[[], Setup], folder: str) -> Callable[[str], str]:
    """A prompt of ours by its file in `folder`; any other name is a sound of the PBX."""

    def file_of(name: str) -> str:
        return f"{folder}/{name}" if folder and name in setup().prompts else name

    return file_of
