"""Wires our own distribution of calls: what administrators describe, agents, desk, and the calls.

In the order in which a call passes: the dialplan asks over FastAGI, a flow tells the call's story,
the desk finds an agent, the staff says how the agents are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from callcenter.agi.server import serve
from callcenter.ami.commands import Commands, Context, Send
from callcenter.calls.names import parse_name
from callcenter.config import Config
from callcenter.errors import Forbidden, InvalidInput
from callcenter.events import AgentPhone, AgentState
from callcenter.listening import listening
from callcenter.running import Running
from callcenter.taping import Taping, tape_calls, taping
from crm.facts import FactSource
from crm.numbers import TrunkRules
from crm.wishes import CustomerWishes
from routing import callback_runner, calls_now, monitoring, pbx_queues, waits
from routing import desk as desks
from routing import legs as legs_of_calls
from routing import staff as staffs
from routing.callback_runner import CallbackRunner
from routing.calls_now import CallsNow
from routing.control import CallControl
from routing.desk import Desk
from routing.dialling import DialRules, destination
from routing.directory import Directory
from routing.entry import Entries
from routing.flows import Flows
from routing.legs import Legs
from routing.monitoring import Monitoring
from routing.pbx_queues import PbxQueues
from routing.pbx_steering import PbxSteering
from routing.phones import PhoneBook
from routing.setup import Setup, SetupKeeper
from routing.staff import Staff
from routing.steering import Steering
from routing.waits import Waits
from web.monitor_log import MonitorLog

_AWAY = frozenset({"UNAVAILABLE", "INVALID", "UNKNOWN"})


@dataclass(frozen=True, slots=True)
class Distribution:
    """The parts that the doors talk to."""

    directory: Directory
    setup: SetupKeeper
    staff: Staff
    desk: Desk
    waits: Waits
    numbers: DialPlan
    phones: PhoneBook
    now: CallsNow
    control: CallControl
    callbacks: CallbackRunner
    taping: Taping
    steering: Steering
    pbx_steering: PbxSteering
    monitoring: Monitoring
    monitor_log: MonitorLog


async def distribution(
    service: Running, directory: Directory, send: Send, rules: TrunkRules
) -> Distribution:
    """The parts, not yet at work, for the doors to be built on. `send` gives the PBX orders."""
    config, bus = service.config, service.bus
    keeper = SetupKeeper(service.database, config.ami.name)
    await keeper.load()
    phones = _phones(config)
    staff = Staff(
        config.ami.name,
        service.database,
        lambda: keeper.current,
        bus.publish,
        kind_of=phones.kind_of,
    )
    forecast = Waits(lambda agent: _queues_of(keeper.current, agent), staff.signed_in)
    desk = _desk(service, keeper, staff, forecast)
    numbers, now = DialPlan(dial_rules(config)), CallsNow(directory.agent_of)
    commands, house = Commands(send), House(staff, keeper)
    wishes = CustomerWishes(service.database, rules.default)
    control = CallControl(commands, now, house, numbers.rules, wishes=wishes)
    uses = MonitorLog(service.database)
    steering = _steering(service, keeper, desk, house, now)
    return Distribution(
        *(directory, keeper, staff, desk, forecast, numbers, phones, now, control),
        callbacks=_callbacks(service, desk, staff, control),
        taping=await taping(service, directory, commands, control),
        steering=steering,
        pbx_steering=PbxSteering(steering=steering, queues=PbxQueues(), now=now, commands=commands),
        monitoring=Monitoring(
            commands, now, house, bus.publish, uses, config.supervision.agents_see
        ),
        monitor_log=uses,
    )


def _phones(config: Config) -> PhoneBook:
    phones = config.phones
    return PhoneBook(phones.browser, phones.websocket_url, config.phone_secrets, phones.sip_domain)


def _desk(service: Running, keeper: SetupKeeper, staff: Staff, forecast: Waits) -> Desk:
    """As administrators describe queues and agents, now and from now on."""
    zone = ZoneInfo(service.config.timezone)
    desk = Desk(service.config.ami.name, staff, service.bus.publish, forecast, zone=zone)
    desk.arrange(keeper.current)
    keeper.on_change += [desk.arrange, staff.arrange]
    return desk


def _callbacks(service: Running, desk: Desk, staff: Staff, control: CallControl) -> CallbackRunner:
    return CallbackRunner(
        service.database,
        desk,
        control.dial,
        staff.interface,
        service.bus.publish,
        zone=ZoneInfo(service.config.timezone),
    )


def _steering(
    service: Running, keeper: SetupKeeper, desk: Desk, house: House, now: CallsNow
) -> Steering:
    return Steering(
        pbx=service.config.ami.name,
        desk=desk,
        crew=house.staff,
        phones=house,
        setup=lambda: keeper.current,
        goes_on=lambda interaction: now.call(interaction) is not None,
        publish=service.bus.publish,
    )


def dial_rules(config: Config) -> DialRules:
    """Which numbers may be called here."""
    calls = config.calls
    return DialRules(
        country=config.numbers.country,
        inside=tuple(calls.inside),
        outside=tuple(calls.outside),
        prefix=calls.outside_prefix,
        blocked=tuple(calls.blocked),
        restricted=tuple(calls.restricted),
        unrestricted=tuple(calls.unrestricted),
        emergency=tuple(calls.emergency),
    )


def _queues_of(setup: Setup, agent: int) -> Collection[str]:
    found = setup.agents.get(agent)
    return () if found is None else found.queues


@dataclass(frozen=True, slots=True)
class House:
    """Whom and what a call can be put through to."""

    staff: Staff
    setup: SetupKeeper

    def phone(self, agent: int) -> AgentPhone | None:
        status = self.staff.status(agent)
        return None if status is None else status.phone

    def own(self, agent: int) -> AgentPhone | None:
        """Where they are signed in, else the first of theirs that would ring."""
        signed_in = self.phone(agent)
        if signed_in is not None or agent not in self.setup.current.agents:
            return signed_in
        theirs = self.staff.phones(agent)
        return next((one for one in theirs if one.state not in _AWAY), next(iter(theirs), None))

    def queues(self) -> Collection[str]:
        return self.setup.current.queues.keys()


@asynccontextmanager
async def at_work(service: Running, made: Distribution, rules: TrunkRules) -> AsyncIterator[None]:
    """Agents as they were before a restart, the desk's clock, and the door for calls.

    Everybody who wants to hear of agents and calls has subscribed before.
    """
    bus, crew, staff, desk = service.bus, service.crew, made.staff, made.desk
    happens = bus.subscribe("staff", types=staffs.EVENTS)
    changes = bus.subscribe("waits", types=waits.EVENTS)
    await staff.load()
    made.waits.look()
    crew.keeper("setup", made.setup.run())
    crew.consumer("staff", staff.run(happens), vital=True)
    crew.consumer("desk", desk.follow(bus.subscribe("desk", types=desks.EVENTS)), vital=True)
    crew.keeper("desk clock", desk.run(), vital=True)
    crew.consumer("waits", made.waits.follow(changes))
    crew.consumer("calls now", made.now.run(bus.subscribe("calls-now", types=calls_now.EVENTS)))
    in_the_pbx = bus.subscribe("pbx-queues", types=pbx_queues.EVENTS)
    crew.consumer("pbx queues", made.pbx_steering.queues.follow(in_the_pbx))
    listening_in = bus.subscribe("monitoring", types=monitoring.EVENTS)
    crew.consumer("monitoring", made.monitoring.follow(listening_in))
    crew.keeper("monitor log", made.monitor_log.run())
    told = bus.subscribe("callbacks", types=callback_runner.EVENTS)
    crew.consumer("callbacks", made.callbacks.follow(told))
    crew.keeper("callback clock", made.callbacks.run())
    tape_calls(service, made.taping)
    facts = FactSource(service.database, rules)
    try:
        if service.config.agi.port:
            async with _calls(service, made, facts):
                yield
        else:
            yield
    finally:
        await made.taping.journal.finish()
        await made.monitor_log.finish()
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
        numbers=made.numbers,
        voicemail_folder=config.recordings.pbx_folder or config.recordings.folder,
        sound=sounds(lambda: made.setup.current, config.pbx_prompts),
        publish=bus.publish,
        recorder=made.taping.book,
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
        return f"Local/{where.extension}@{Context.NUMBER}/n"


def _present(staff: Staff, agent: int) -> bool:
    status = staff.status(agent)
    return status is not None and status.state is not AgentState.OFFLINE


def sounds(setup: Callable[[], Setup], folder: str) -> Callable[[str], str]:
    """A prompt of ours by its file in `folder`; any other name is a sound of the PBX."""

    def file_of(name: str) -> str:
        return f"{folder}/{name}" if folder and name in setup().prompts else name

    return file_of
