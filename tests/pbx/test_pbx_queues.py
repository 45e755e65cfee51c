"""Supervisors and the PBX's own queues, on a real PBX: moved, pulled, hurried, members."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest

from callcenter.ami.connection import Endpoint
from callcenter.events import (
    AgentPhone,
    InteractionEnded,
    QueueExit,
    QueueJoined,
    QueueLeft,
    QueueMemberChanged,
    TalkStarted,
)
from callcenter.pbx.call import Call
from callcenter.pbx.robots import rejects
from routing.pbx_queues import PbxQueues
from routing.pbx_steering import NotByThisPbx, PbxSteering, StaticMember
from routing.steering import TooLate
from tests.ami.heard import Heard, following
from tests.pbx.floor import CUSTOMER, Floor, floor_of
from tests.pbx.harness import AmiRecorder, Stage
from tests.routing.test_steering import LI, MA, Crew, House

LATER = "13800138001"


class Phones(Crew):
    """Everybody sits at the telephone of their own number."""

    def own(self, agent: int) -> AgentPhone:
        return AgentPhone(f"PJSIP/{agent}", "desk", "NOT_INUSE")


@dataclass
class Hall:
    """A PBX whose queues are its own, and somebody who steers them."""

    floor: Floor
    steering: PbxSteering

    async def waits(self, caller: str = CUSTOMER) -> tuple[Call, str]:
        """A customer in `support`: the call, and its contact."""
        mark = self.floor.mark
        customer = await self.floor.stage.outside.call("8000", caller=caller)
        joined = await self.floor.heard.first(QueueJoined, mark)
        assert (joined.queue, joined.ours) == ("support", False)
        return customer, joined.interaction

    async def places(self) -> dict[str, str]:
        """Who waits in `support` → place, as the PBX has it."""
        reply = await self.floor.commands._send({"Action": "QueueStatus", "Queue": "support"})
        entries = [one.fields for one in reply.events if one.name == "QueueEntry"]
        return {entry["CallerIDNum"]: entry["Position"] for entry in entries}


@pytest.fixture
async def hall(stage: Stage) -> AsyncIterator[Hall]:
    async with floor_of(stage) as floor:
        house, queues = House(1001, 1002, 1004), PbxQueues()
        house.setup = replace(house.setup, queues={})
        house.steering.phones = Phones()
        for event in floor.heard.events:
            queues.hear(event)
        floor.listeners.append(queues.hear)
        steering = PbxSteering(
            steering=house.steering, queues=queues, now=floor.now, commands=floor.commands
        )
        for queue in ("support", "sales"):  # so that callers wait there
            for agent in (1001, 1002):
                await steering.set_paused(agent, queue, paused=True)
                told = _of(agent, queue=queue, paused=True)
                await floor.heard.first(QueueMemberChanged, where=told)
        yield Hall(floor, steering)


def _of(agent: int, **values: object) -> Callable[[QueueMemberChanged], bool]:
    wanted = {"interface": f"PJSIP/{agent}", **values}
    return lambda event: all(getattr(event, name) == one for name, one in wanted.items())


async def test_of_two_who_move_a_call_one_wins_and_a_new_member_takes_it(hall: Hall) -> None:
    floor, steering, heard = hall.floor, hall.steering, hall.floor.heard
    with pytest.raises(StaticMember):
        await steering.set_member(1001, "support", member=False)
    customer, call = await hall.waits()
    mark = floor.mark
    done = await asyncio.gather(
        steering.move(call, "support", "sales", MA),
        steering.move(call, "support", "sales", LI),
        return_exceptions=True,
    )
    assert done[0] == "moved"
    assert isinstance(done[1], TooLate)
    assert done[1].values["by"] == "Ma"
    left, again = await heard.first(QueueLeft, mark), await heard.first(QueueJoined, mark)
    assert (left.queue, left.exit) == ("support", QueueExit.WITHDRAWN)
    assert (again.queue, again.interaction, again.ours) == ("sales", call, False)
    await steering.set_member(1004, "sales", member=True)
    await floor.answered("1004")
    await floor.talking("trunk", "1004", mark)
    await customer.hang_up()
    end = await heard.first(InteractionEnded, mark)
    assert (end.interaction, end.answered) == (call, True)
    await steering.set_member(1004, "sales", member=False)
    await heard.first(QueueMemberChanged, mark, _of(1004, queue="sales", removed=True))


async def test_a_pulled_call_comes_back_if_nobody_picks_up_and_a_later_one_goes_before(
    hall: Hall,
) -> None:
    floor, steering, heard = hall.floor, hall.steering, hall.floor.heard
    customer, first = await hall.waits()
    mark = floor.mark
    telephone = floor.stage.phones["1004"]
    usual, telephone.behaviour = telephone.behaviour, rejects()
    assert await steering.give(first, "support", 1004, MA) == "offered"
    await telephone.next_call()  # declined
    back = await heard.first(QueueJoined, mark)
    assert (back.queue, back.interaction) == ("support", first)
    telephone.behaviour = usual
    other, second = await hall.waits(LATER)
    release = await floor.commands.version()
    if release < (18, 20):
        with pytest.raises(NotByThisPbx):
            await steering.prioritise(second, "support", 300.0, LI)
    else:
        await steering.prioritise(second, "support", 300.0, LI)
        assert (await hall.places())[LATER] == "1"
    mark = floor.mark
    assert await steering.give(first, "support", 1004, LI) == "offered"
    await floor.answered("1004")
    talk = await heard.first(TalkStarted, mark)
    assert talk.interaction == first
    await asyncio.gather(customer.hang_up(), other.hang_up())
    await heard.first(InteractionEnded, mark, lambda end: end.interaction == first)
    await heard.first(InteractionEnded, mark, lambda end: end.interaction == second)


async def test_who_is_at_lunch_is_known_to_a_service_that_comes_later(stage: Stage) -> None:
    pbx, heard = stage.pbx, Heard()
    async with AmiRecorder(pbx) as ami:
        lunch = {"Queue": "support", "Interface": "PJSIP/1001", "Reason": "lunch"}
        ami.send("QueuePause", **lunch, Paused="true")
        await ami.saw(b"Event: QueueMemberPause\r\n")
    endpoint = Endpoint(pbx.host, pbx.ami_port, pbx.ami_user, pbx.ami_secret)
    async with following(heard, endpoint):
        away = await heard.first(QueueMemberChanged, where=_of(1001, queue="support"))
        there = await heard.first(QueueMemberChanged, where=_of(1002, queue="support"))
    assert (away.paused, away.reason, away.listed) == (True, "lunch", True)
    assert (there.paused, there.reason, there.listed) == (False, None, True)
