"""Taking calls: signing in with a phone, ready, not ready, the time after a call.

What is answered is the state as it is then, never the wish: a change that has to wait for the end
of a call is `pending`. Agents work while the database is away: nothing of theirs asks it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import Forbidden, InvalidInput, NotFound
from callcenter.events import AgentPhone
from routing.agent_record import SUPERVISOR
from routing.staff import Staff
from routing.tables import Agent
from screenpop.contact import status_of
from screenpop.frames import AgentStatus
from web import keys
from web.api.directory import InterfaceName
from web.api.values import Body, RowId, View
from web.auth.rights import Scope
from web.auth.teams import colleagues
from web.routes import Call

Reason = Annotated[str, Meta(min_length=1, max_length=64)]


class PhoneList(View, frozen=True):
    """`state` is what the PBX says of it; UNAVAILABLE is not registered, UNKNOWN not heard of."""

    items: list[AgentPhone]


class TakeCalls(Body, frozen=True):
    interface: InterfaceName


class Pause(Body, frozen=True):
    """`reason` is one of the pause reasons."""

    reason: Reason


class MoreTime(Body, frozen=True):
    """The queue says how much there is in all; what is beyond it is not given."""

    seconds: Annotated[float, Meta(gt=0, le=3600)]


class Command(Body, frozen=True):
    """What a supervisor asks for; in a call it takes effect after it."""

    command: Literal["ready", "not_ready", "sign_out"]
    reason: Reason | None = None


async def read_my_state(call: Call) -> AgentStatus:
    return _status(call, _me(call))


async def list_my_phones(call: Call) -> PhoneList:
    return PhoneList(_staff(call).phones(_me(call)))


async def take_calls(call: Call, body: TakeCalls) -> AgentStatus:
    me = _me(call)
    await _staff(call).sign_in(me, body.interface, by=call.principal.user)
    return _status(call, me)


async def stop_taking_calls(call: Call) -> AgentStatus:
    me = _me(call)
    await _staff(call).sign_out(me, by=call.principal.user)
    return _status(call, me)


async def go_ready(call: Call) -> AgentStatus:
    me = _me(call)
    await _staff(call).ready(me, by=call.principal.user)
    return _status(call, me)


async def go_not_ready(call: Call, body: Pause) -> AgentStatus:
    me = _me(call)
    if body.reason == SUPERVISOR:
        raise InvalidInput("that is for supervisors to give", field="reason")
    await _staff(call).not_ready(me, body.reason, by=call.principal.user)
    return _status(call, me)


async def finish_wrap_up(call: Call) -> AgentStatus:
    me = _me(call)
    await _staff(call).finish_wrap_up(me, by=call.principal.user)
    return _status(call, me)


async def extend_wrap_up(call: Call, body: MoreTime) -> AgentStatus:
    me = _me(call)
    await _staff(call).extend_wrap_up(me, body.seconds, by=call.principal.user)
    return _status(call, me)


async def change_agent_state(call: Call, id: RowId, body: Command) -> AgentStatus:
    """For supervisors, of a team too; written down with who did it."""
    if call.scope is Scope.OWN:
        raise Forbidden("this needs the right agent.state for a team or all agents")
    if call.scope is Scope.TEAM and not await _is_mine(call, id):
        raise NotFound("there is no such agent")
    staff, by = _staff(call), call.principal.user
    if body.command == "ready":
        await staff.ready(id, by=by)
    elif body.command == "not_ready":
        await staff.not_ready(id, body.reason or SUPERVISOR, by=by)
    else:
        await staff.sign_out(id, by=by)
    given = {"command": body.command} | ({"reason": body.reason} if body.reason else {})
    await call.audit("agent.state", f"agent/{id}", after=given)
    return _status(call, id)


async def _is_mine(call: Call, agent: int) -> bool:
    found = select(Agent.id).where(
        Agent.id == agent, Agent.user_id.in_(colleagues(call.principal.user))
    )
    return await call.db.scalar(found) is not None


def _staff(call: Call) -> Staff:
    staff = call.request.app[keys.STAFF]
    if staff is None:
        raise NotFound("this service distributes no calls")
    return staff


def _me(call: Call) -> int:
    if call.principal.agent is None:
        raise NotFound("you are no agent; an administrator can make you one")
    return call.principal.agent


def _status(call: Call, agent: int) -> AgentStatus:
    status = _staff(call).status(agent)
    if status is None:
        raise NotFound("there is no such agent")
    return status_of(status)
