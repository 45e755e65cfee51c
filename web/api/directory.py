"""Agents with their phones, and the queues: everybody's filters, the administrators' care."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import InvalidInput, NotFound
from routing import queries
from routing.queries import AgentRecord, Phone
from web import keys
from web.api.values import Body, Name, RowId, View
from web.auth import users
from web.routes import Call

# As the PBX names a telephone: technology and peer, nothing that could end an AMI header.
InterfaceName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]+/[^\s,&|]+(?!\n)$", max_length=80)]
PbxName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^\S+(?!\n)$")]


class Interface(Body, frozen=True):
    pbx: PbxName
    interface: InterfaceName


Interfaces = Annotated[list[Interface], Meta(max_length=10)]


class AgentView(View, frozen=True):
    id: int
    name: str
    user: int | None
    active: bool
    interfaces: list[Interface]


class AgentList(View, frozen=True):
    items: list[AgentView]


class NewAgent(Body, frozen=True):
    """`user` is the sign-in of this agent."""

    name: Name
    user: RowId | None = None
    interfaces: Interfaces = msgspec.field(default_factory=list)


class AgentChange(Body, frozen=True):
    name: Name | UnsetType = UNSET
    user: RowId | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    interfaces: Interfaces | UnsetType = UNSET


class QueueView(View, frozen=True):
    """`service_level` and `short_abandon` in seconds."""

    pbx: str
    name: str
    service_level: float
    short_abandon: float


class QueueList(View, frozen=True):
    items: list[QueueView]


async def list_agents(call: Call) -> AgentList:
    return AgentList([_view(one) for one in await queries.list_agents(call.db)])


async def create_agent(call: Call, body: NewAgent) -> AgentView:
    await _check_user(call, body.user)
    agent = await queries.create_agent(
        call.db, name=body.name, user=body.user, phones=_phones(body.interfaces)
    )
    _tell(call)
    return _view(await _read(call, agent))


async def change_agent(call: Call, id: RowId, body: AgentChange) -> AgentView:
    await _read(call, id)
    await _check_user(call, body.user or None)
    values = {"name": body.name, "user_id": body.user, "active": body.active}
    given = {name: value for name, value in values.items() if value is not UNSET}
    await queries.change_agent(call.db, id, given)
    if body.interfaces is not UNSET:
        await queries.set_phones(call.db, id, _phones(body.interfaces))
    _tell(call)
    return _view(await _read(call, id))


async def list_queues(call: Call) -> QueueList:
    found = await queries.load_queues(call.db)
    return QueueList(
        [
            QueueView(one.pbx, one.name, one.service_level, one.short_abandon)
            for _, one in sorted(found.items())
        ]
    )


def _tell(call: Call) -> None:
    """Pops and the board find agents by their phones, so they look again."""
    changed = call.request.app[keys.DIRECTORY_CHANGED]
    call.then(lambda _: changed())


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


def _phones(interfaces: list[Interface]) -> list[Phone]:
    return [Phone(one.pbx, one.interface) for one in interfaces]


def _view(record: AgentRecord) -> AgentView:
    return AgentView(
        id=record.id,
        name=record.name,
        user=record.user,
        active=record.active,
        interfaces=[Interface(phone.pbx, phone.interface) for phone in record.phones],
    )
