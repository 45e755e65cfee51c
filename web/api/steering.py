"""What supervisors do from the board: with calls that wait, with who serves which queue today, and
with calls that are talked in."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import AmiDisconnected, Conflict, Forbidden, InvalidInput, NotFound
from callcenter.events import MonitorMode
from routing.memberships import Today, set_today, today_of, usual_again
from routing.monitoring import Monitoring, Supervisor
from routing.pbx_steering import Membership, PbxSteering
from routing.setup import Setup
from routing.steering import Became, By, Steering
from routing.tables import Agent
from web import keys
from web.api.calls import Asked
from web.api.values import Body, EventKey, RowId, View
from web.auth.rights import Right, Scope
from web.auth.teams import colleagues
from web.routes import Call

QueueName = Annotated[str, Meta(min_length=1, max_length=64)]
# Seconds of wait that it counts as; a day is more than anybody waits.
Priority = Annotated[float, Meta(ge=-86_400, le=86_400)]
MODES: dict[Right, MonitorMode] = {
    Right.CALL_LISTEN: "listen",
    Right.CALL_WHISPER: "whisper",
    Right.CALL_BARGE: "barge",
}


class NoTelephone(Conflict):
    """Who asks is no agent, so that nothing could ring at their place."""

    code = "no_telephone"

    def __init__(self) -> None:
        super().__init__("you have no telephone: an administrator can make you an agent")


class Move(Body, frozen=True):
    """Where it was seen to wait, and one of the two where it is to go."""

    seen_in: QueueName
    queue: QueueName | None = None
    agent: RowId | None = None


class Pull(Body, frozen=True):
    seen_in: QueueName


class Prioritise(Body, frozen=True):
    """`priority` counts as so many seconds of wait; 0 is usual."""

    seen_in: QueueName
    priority: Priority


class Steered(View, frozen=True):
    """`offered`: it rings there now; `reserved`: it will as soon as that agent is free."""

    became: Became


class TodayBody(Body, frozen=True):
    member: bool


class QueueOfAgent(View, frozen=True):
    """`today`: until `until` otherwise than usual; null when it is as usual."""

    queue: str
    label: str
    usual: bool
    today: bool | None
    until: float | None


class QueuesOfAgent(View, frozen=True):
    items: list[QueueOfAgent]


class PbxMemberBody(Body, frozen=True):
    """One of the two."""

    member: bool | None = None
    paused: bool | None = None


class PbxQueueOfAgent(View, frozen=True):
    """`paused`: it is a member, and not rung."""

    queue: str
    interface: str
    member: bool
    paused: bool


class PbxQueuesOfAgent(View, frozen=True):
    items: list[PbxQueueOfAgent]


# --- calls that wait -----------------------------------------------------------------------------


async def move_waiting_call(call: Call, interaction: EventKey, body: Move) -> Steered:
    """To another queue, or to an agent; 409 `call_moved` says what became of it meanwhile."""
    if (body.queue is None) == (body.agent is None):
        raise InvalidInput("name one of queue and agent", field="queue")
    by, in_pbx = _by(call), _in_pbx(call, interaction)
    if body.queue is not None and in_pbx is not None:
        became = await in_pbx.move(interaction, body.seen_in, body.queue, by)
    elif body.queue is not None:
        became = _steering(call).move(interaction, body.seen_in, body.queue, by)
    else:
        became = await _give(call, interaction, body.seen_in, body.agent or 0)
    after = {"queue": body.queue} if body.queue is not None else {"agent": body.agent}
    await call.audit("call.move", f"interaction/{interaction}", after={**after, "became": became})
    return Steered(became)


async def pull_waiting_call(call: Call, interaction: EventKey, body: Pull) -> Steered:
    """To one's own telephone, which rings now; 409 `no_telephone` for who has none."""
    me = call.principal.agent
    if me is None:
        raise NoTelephone
    became = await _give(call, interaction, body.seen_in, me)
    after = {"agent": me, "became": became}
    await call.audit("call.pull", f"interaction/{interaction}", after=after)
    return Steered(became)


async def prioritise_waiting_call(call: Call, interaction: EventKey, body: Prioritise) -> Steered:
    by, in_pbx = _by(call), _in_pbx(call, interaction)
    if in_pbx is not None:
        became = await in_pbx.prioritise(interaction, body.seen_in, body.priority, by)
    else:
        became = _steering(call).prioritise(interaction, body.seen_in, body.priority, by)
    after = {"priority": body.priority}
    await call.audit("call.prioritise", f"interaction/{interaction}", after=after)
    return Steered(became)


async def _give(call: Call, interaction: str, seen_in: str, agent: int) -> Became:
    in_pbx = _in_pbx(call, interaction)
    if in_pbx is not None:
        return await in_pbx.give(interaction, seen_in, agent, _by(call))
    return _steering(call).give(interaction, seen_in, agent, _by(call))


def _in_pbx(call: Call, interaction: str) -> PbxSteering | None:
    """For a call that waits in a queue that the PBX distributes by itself."""
    found = call.request.app[keys.PBX_STEERING]
    return found if found is not None and found.holds(interaction) else None


# --- who serves what today -----------------------------------------------------------------------


async def list_queues_today(call: Call, id: RowId) -> QueuesOfAgent:
    """All queues that we distribute, and whether the agent takes their calls."""
    setup = _setup(call)
    rows = await today_of(call.db, call.request.app[keys.PBX_NAME], id)
    return QueuesOfAgent([_queue_view(setup, row) for row in rows if row.queue in setup.queues])


async def set_queue_today(
    call: Call, id: RowId, queue: QueueName, body: TodayBody
) -> QueuesOfAgent:
    """Until the end of the day, in the installation's zone."""
    pbx, zone = call.request.app[keys.PBX_NAME], call.request.app[keys.SETTINGS].timezone
    by = call.principal.user
    row = await set_today(call.db, pbx, id, queue, member=body.member, by=by, zone=ZoneInfo(zone))
    after = {"queue": queue, "member": body.member, "until": row.until}
    await call.audit("queue.today", f"agent/{id}", after=after)
    call.then(lambda _: call.request.app[keys.DIRECTORY_CHANGED]())
    return await list_queues_today(call, id)


async def clear_queue_today(call: Call, id: RowId, queue: QueueName) -> QueuesOfAgent:
    """As usual again."""
    await usual_again(call.db, call.request.app[keys.PBX_NAME], id, queue)
    await call.audit("queue.today", f"agent/{id}", after={"queue": queue, "member": None})
    call.then(lambda _: call.request.app[keys.DIRECTORY_CHANGED]())
    return await list_queues_today(call, id)


def _queue_view(setup: Setup, row: Today) -> QueueOfAgent:
    label = setup.queues[row.queue].label or row.queue
    return QueueOfAgent(row.queue, label, row.usual, row.today, row.until)


# --- queues of the PBX ---------------------------------------------------------------------------


async def list_pbx_queues(call: Call, id: RowId) -> PbxQueuesOfAgent:
    """The queues that the PBX distributes by itself, and whether the agent's telephone is there."""
    found = await _pbx(call).memberships(id)
    return PbxQueuesOfAgent([_membership(one) for one in found])


async def change_pbx_queue(
    call: Call, id: RowId, queue: QueueName, body: PbxMemberBody
) -> PbxQueueOfAgent:
    """At once, until it is changed again. 409 `static_member`: written in the PBX's files."""
    if (body.member is None) == (body.paused is None):
        raise InvalidInput("name one of member and paused", field="member")
    if body.member is not None:
        done = await _pbx(call).set_member(id, queue, member=body.member)
    else:
        done = await _pbx(call).set_paused(id, queue, paused=bool(body.paused))
    after = {"queue": queue, "interface": done.interface, "member": done.member}
    await call.audit("queue.member", f"agent/{id}", after=after | {"paused": done.paused})
    return _membership(done)


def _membership(one: Membership) -> PbxQueueOfAgent:
    return PbxQueueOfAgent(one.queue, one.interface, one.member, one.paused)


# --- calls that are talked in --------------------------------------------------------------------


async def listen_to_agent(call: Call, id: RowId) -> Asked:
    """My telephone rings and hears the agent's call; nobody hears me. 409 `no_telephone` for who
    has none."""
    return await _monitor(call, id, "listen")


async def whisper_to_agent(call: Call, id: RowId) -> Asked:
    """My telephone hears the agent's call; the agent hears me too, the caller does not. 409
    `no_telephone` for who has none."""
    return await _monitor(call, id, "whisper")


async def barge_into_call(call: Call, id: RowId) -> Asked:
    """My telephone hears the agent's call, and everybody hears me. 409 `no_telephone` for who has
    none."""
    return await _monitor(call, id, "barge")


async def stop_monitoring(call: Call) -> Asked:
    """My telephone listens no more. 409 `no_telephone` for who has none."""
    if call.principal.agent is None:
        raise NoTelephone
    await _monitoring(call).stop(call.principal.user)
    return Asked()


async def _monitor(call: Call, agent: int, mode: MonitorMode) -> Asked:
    who = call.principal
    if who.agent is None:
        raise NoTelephone
    await _refuse_out_of_reach(call, agent)
    may = [mode for right, mode in MODES.items() if await _reaches(call, right, agent)]
    by = Supervisor(who.user, who.display_name, who.agent)
    await _monitoring(call).listen(by, agent, mode, may)
    return Asked()


async def _refuse_out_of_reach(call: Call, agent: int) -> None:
    if call.scope is Scope.OWN:
        raise Forbidden("this needs the right for a team or all agents")
    if call.scope is Scope.TEAM and not await _is_mine(call, agent):
        raise NotFound("there is no such agent")


async def _reaches(call: Call, right: Right, agent: int) -> bool:
    scope = call.principal.rights.get(right)
    return scope is Scope.ALL or (scope is Scope.TEAM and await _is_mine(call, agent))


async def _is_mine(call: Call, agent: int) -> bool:
    found = select(Agent.id).where(
        Agent.id == agent, Agent.user_id.in_(colleagues(call.principal.user))
    )
    return await call.db.scalar(found) is not None


# --- what the application has --------------------------------------------------------------------


def _by(call: Call) -> By:
    return By(call.principal.user, call.principal.display_name)


def _steering(call: Call) -> Steering:
    steering = call.request.app[keys.STEERING]
    if steering is None:
        raise NotFound("this service distributes no calls")
    return steering


def _pbx(call: Call) -> PbxSteering:
    found = call.request.app[keys.PBX_STEERING]
    if found is None:
        raise NotFound("no queues of a PBX are followed here")
    return found


def _setup(call: Call) -> Setup:
    return _steering(call).setup()


def _monitoring(call: Call) -> Monitoring:
    monitoring = call.request.app[keys.MONITORING]
    if monitoring is None:
        raise AmiDisconnected("no connection to the PBX")
    return monitoring
