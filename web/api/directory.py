"""Agents with their phones, queues and skills: everybody's filters, the administrators' care."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import InvalidInput, NotFound
from routing import queries, setup_queries
from routing.queries import AgentRecord, Phone
from routing.rule_settings import Level
from web.api.queues import PbxName
from web.api.setup_parts import SetupName, pbx_of, picture, told
from web.api.values import Body, Name, RowId, View
from web.auth import users
from web.routes import Call

# As the PBX names a telephone: technology and peer, nothing that could end an AMI header.
InterfaceName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]+/[^\s,&|]+(?!\n)$", max_length=80)]


class Interface(Body, frozen=True):
    pbx: PbxName
    interface: InterfaceName


class InterfaceSent(Body, frozen=True):
    """Without `pbx` it is the one that is followed here."""

    interface: InterfaceName
    pbx: PbxName | None = None


Interfaces = Annotated[list[InterfaceSent], Meta(max_length=10)]
QueueNames = Annotated[tuple[SetupName, ...], Meta(max_length=200)]
Skills = Annotated[dict[SetupName, Level], Meta(max_length=200)]
Rank = Annotated[int, Meta(ge=0, le=10_000)]


class AgentView(View, frozen=True):
    """`queues` that they take calls of, `skills` with levels; lowest `rank` first in order."""

    id: int
    name: str
    user: int | None
    active: bool
    interfaces: list[Interface]
    queues: list[str]
    skills: dict[str, int]
    rank: int


class AgentList(View, frozen=True):
    items: list[AgentView]


class NewAgent(Body, frozen=True):
    """`user` is the sign-in of this agent."""

    name: Name
    user: RowId | None = None
    interfaces: Interfaces = msgspec.field(default_factory=list)
    queues: QueueNames = ()
    skills: Skills = msgspec.field(default_factory=dict)
    rank: Rank = 0


class AgentChange(Body, frozen=True):
    name: Name | UnsetType = UNSET
    user: RowId | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    interfaces: Interfaces | UnsetType = UNSET
    queues: QueueNames | UnsetType = UNSET
    skills: Skills | UnsetType = UNSET
    rank: Rank | UnsetType = UNSET


async def list_agents(call: Call) -> AgentList:
    of_queues = await setup_queries.queues_of(call.db, pbx_of(call))
    of_skills = await setup_queries.skills_of(call.db)
    return AgentList(
        [
            _view(one, of_queues.get(one.id, []), of_skills.get(one.id, {}))
            for one in await queries.list_agents(call.db)
        ]
    )


async def create_agent(call: Call, body: NewAgent) -> AgentView:
    await _check_user(call, body.user)
    agent = await queries.create_agent(
        call.db, name=body.name, user=body.user, phones=_phones(call, body.interfaces)
    )
    await queries.change_agent(call.db, agent, {"rank": body.rank})
    await _set_work(call, agent, body.queues, body.skills)
    told(call)
    view = await _answer(call, agent)
    await call.audit("agent.create", f"agent/{agent}", after=view)
    return view


async def change_agent(call: Call, id: RowId, body: AgentChange) -> AgentView:
    before = await _answer(call, id)
    await _check_user(call, body.user or None)
    values = {"name": body.name, "user_id": body.user, "active": body.active, "rank": body.rank}
    given = {name: value for name, value in values.items() if value is not UNSET}
    await queries.change_agent(call.db, id, given)
    if body.interfaces is not UNSET:
        await queries.set_phones(call.db, id, _phones(call, body.interfaces))
    await _set_work(call, id, body.queues, body.skills)
    told(call)
    view = await _answer(call, id)
    await call.audit("agent.change", f"agent/{id}", before=before, after=view)
    return view


async def _set_work(
    call: Call,
    agent: int,
    queues: tuple[str, ...] | UnsetType,
    skills: dict[str, int] | UnsetType,
) -> None:
    """What the agent takes calls of and is able to; InvalidInput for what is not described."""
    if queues is UNSET and skills is UNSET:
        return
    setup = await picture(call)
    if queues is not UNSET:
        for place, name in enumerate(queues):
            if name not in setup.queues:
                raise InvalidInput(f"there is no queue {name!r}", field=f"queues[{place}]")
        ids = [setup.queues[name].id for name in queues]
        await setup_queries.set_queues(call.db, agent, ids)
    if skills is not UNSET:
        for name in skills:
            if name not in setup.skills:
                raise InvalidInput(f"there is no skill {name!r}", field=f"skills.{name}")
        await setup_queries.set_skills(call.db, agent, skills)


async def _read(call: Call, agent: int) -> AgentRecord:
    found = await queries.list_agents(call.db, only=agent)
    if not found:
        raise NotFound("there is no such agent")
    return found[0]


async def _check_user(call: Call, user: int | None) -> None:
    if user is None:
        return
    try:
        await users.get(call.db, user)
    except NotFound:
        raise InvalidInput("there is no such user", field="user") from None


def _phones(call: Call, interfaces: list[InterfaceSent]) -> list[Phone]:
    return [Phone(one.pbx or pbx_of(call), one.interface) for one in interfaces]


async def _answer(call: Call, agent: int) -> AgentView:
    queues = await setup_queries.queues_of(call.db, pbx_of(call))
    skills = await setup_queries.skills_of(call.db)
    return _view(await _read(call, agent), queues.get(agent, []), skills.get(agent, {}))


def _view(record: AgentRecord, queues: list[str], skills: dict[str, int]) -> AgentView:
    return AgentView(
        id=record.id,
        name=record.name,
        user=record.user,
        active=record.active,
        interfaces=[Interface(phone.pbx, phone.interface) for phone in record.phones],
        queues=queues,
        skills=skills,
        rank=record.rank,
    )
