"""Wires what leaves the house: whose telephone it is, how numbers are written, who is told."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from callcenter.config import Config
from callcenter.outward.addresses import Policy
from callcenter.outward.backoff import DAY
from callcenter.outward.payloads import AgentRef
from callcenter.outward.recorder import EVENTS, Recorder
from callcenter.outward.service import PURPOSE, Outward, OutwardSettings
from callcenter.running import Running
from callcenter.store.database import Database
from crm.numbers import ContactKeys, TrunkRules
from routing.fresh import Fresh
from routing.tables import Agent, AgentInterface
from web.auth.tables import User

GATHER = 0.02  # seconds: what is told of a call comes in bursts


class People(Fresh):
    """Agents and what they sign in as, by their telephones; from memory."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._at: dict[tuple[str, str], AgentRef] = {}
        self._agents: dict[int, AgentRef] = {}

    def at(self, pbx: str, interface: str, /) -> AgentRef | None:
        return self._at.get((pbx, interface))

    def agent(self, id_: int, /) -> AgentRef | None:
        return self._agents.get(id_)

    async def load(self) -> None:
        """Raises what the database raises."""
        who = select(Agent.id, Agent.name, User.username).outerjoin(User, User.id == Agent.user_id)
        phones = select(AgentInterface.pbx, AgentInterface.interface, AgentInterface.agent_id)
        async with self._database.reading() as session:
            people = {row[0]: AgentRef(*row) for row in await session.execute(who)}
            found = (await session.execute(phones)).all()
        self._agents = people
        self._at = {(row.pbx, row.interface): people[row.agent_id] for row in found}


@dataclass(frozen=True, slots=True)
class HelpdeskNumbers:
    """Outside numbers as E.164 without a plus; what is none stays as it is."""

    keys: ContactKeys

    def __call__(self, number: str | None, interface: str | None, /) -> str | None:
        found = self.keys(number, interface)
        return found.removeprefix("+") if found else number


@dataclass(frozen=True, slots=True)
class Outreach:
    """The parts that the doors talk to."""

    outward: Outward
    people: People


async def outreach(service: Running, rules: TrunkRules) -> Outreach:
    """Everything at work: what happens from now on is told."""
    config, database, crew = service.config, service.database, service.crew
    people = People(database)
    await people.load()
    outward = Outward(database, service.keys.box(PURPOSE), settings_of(config))
    await outward.load()
    recorder = Recorder(
        service.bus.subscribe("outward", types=EVENTS, durable=True, gather=GATHER),
        database,
        people,
        HelpdeskNumbers(ContactKeys(rules, config.calls.outside_prefix)),
        targets=lambda: outward.targets,
        wake=outward.wake,
    )
    service.health.register("webhooks", outward.health)
    crew.keeper("people told outside", people.run())
    crew.keeper("webhooks", outward.run())
    crew.consumer("outward", recorder.run())
    return Outreach(outward, people)


def settings_of(config: Config) -> OutwardSettings:
    given = config.outward
    return OutwardSettings(
        policy=Policy.of(given.allowed_networks, plain=given.allow_http),
        timeout=given.timeout,
        disable_after=given.disable_after_days * DAY,
        keep=given.keep_days * DAY,
    )
