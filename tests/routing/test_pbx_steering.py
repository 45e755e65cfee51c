"""Calls in the PBX's own queues: one order for each, and what the second of two is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from callcenter import events as ev
from callcenter.ami.commands import Commands
from callcenter.ami.connection import Reply
from callcenter.ami.messages import Message
from callcenter.errors import AmiRefused, AmiTimeout, InvalidInput, NotFound
from routing.calls_now import CallsNow
from routing.pbx_queues import PbxQueues
from routing.pbx_steering import NotByThisPbx, PbxSteering, StaticMember, hurries
from routing.steering import TooLate
from tests.routing.test_steering import LI, MA, House

CALL, LEG, CHANNEL = "c" * 32, "leg", "PJSIP/trunk-00000001"
ON: dict[str, Any] = {"at": 1.0, "pbx": "main", "interaction": CALL}
PHONE = ev.Party("PJSIP/1001-00000002", "PJSIP/1001", "1001", None, "phone")


class Pbx:
    """Keeps what it was sent; answers as told."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.fails: Exception | None = None
        self.answers = asyncio.Event()
        self.answers.set()
        self.release = "22.10.0"
        self.members: set[str] = set()  # of `sales`

    async def __call__(self, headers: Any) -> Reply:
        if headers["Action"] == "CoreSettings":
            return Reply({"AsteriskVersion": self.release})
        if headers["Action"] == "QueueStatus":
            return Reply({}, self.status(headers.get("Queue", ""), headers.get("Member", "")))
        self.sent.append(dict(headers))
        await self.answers.wait()
        if self.fails is not None:
            raise self.fails
        return Reply({})

    def status(self, queue: str, member: str) -> tuple[Message, ...]:
        names = [name for name in ("sales", "service") if queue in {"", name}]
        found = [Message("QueueParams", {"Queue": name}, 0.0) for name in names]
        if member in self.members and "sales" in names:
            fields = {"Queue": "sales", "Location": member, "Paused": "0"}
            found.append(Message("QueueMember", fields, 0.0))
        return tuple(found)


class Room(House):
    """One call waits in `sales`, a queue of the PBX; 1 is ready, at their desk."""

    def __init__(self) -> None:
        super().__init__(1)
        self.pbx, self.queues = Pbx(), PbxQueues()
        self.calls = CallsNow(lambda _, interface: 1 if interface == PHONE.interface else None)
        self.pbx_steering = PbxSteering(
            steering=self.steering, queues=self.queues, now=self.calls,
            commands=Commands(self.pbx),
        )  # fmt: skip
        caller = ev.Party(CHANNEL, "PJSIP/trunk", "110", None, LEG)
        self.tell(
            ev.LegStarted(**ON, party=caller, uniqueid="1.1", boot=""),
            ev.QueueJoined(**ON, entry="e1", queue="sales", leg=LEG, position=1),
        )

    def tell(self, *events: ev.DomainEvent) -> None:
        for event in events:
            self.queues.hear(event)
            self.calls.hear(event)

    @property
    def orders(self) -> list[tuple[str, ...]]:
        shown = ("Action", "Context", "Exten", "Variable", "Value", "Queue", "Priority")
        return [tuple(one[name] for name in shown if name in one) for one in self.pbx.sent]


@pytest.fixture
async def room() -> Room:
    return Room()


async def late(room: Room, seen_in: str = "sales") -> dict[str, object]:
    with pytest.raises(TooLate) as caught:
        await room.pbx_steering.move(CALL, seen_in, "service", LI)
    return dict(caught.value.values)


async def test_two_who_move_the_same_call_one_wins_and_the_other_is_told(room: Room) -> None:
    room.pbx.answers.clear()
    first = asyncio.create_task(room.pbx_steering.move(CALL, "sales", "service", MA))
    await asyncio.sleep(0)
    told = await late(room)  # while the PBX has not answered the first yet
    assert (told["became"], told["by"], told["queue"]) == ("moved", "Ma", "service")
    room.pbx.answers.set()
    assert await first == "moved"
    assert (await late(room))["by"] == "Ma"
    assert room.orders == [("Redirect", "callcenter-move", "service", "1")]
    steered = [one for one in room.events if isinstance(one, ev.CallSteered)]
    assert [(one.what, one.queue, one.user) for one in steered] == [("moved", "service", 7)]
    room.tell(
        ev.QueueLeft(**ON, entry="e1", queue="sales", exit=ev.QueueExit.WITHDRAWN, waited=3.0),
        ev.QueueJoined(**ON, entry="e2", queue="service", leg=LEG, position=1),
    )
    assert (await late(room))["queue"] == "service"
    assert await room.pbx_steering.move(CALL, "service", "support", LI) == "moved"


async def test_what_the_pbx_refuses_is_free_for_others_and_what_nobody_knows_is_not(
    room: Room,
) -> None:
    room.pbx.fails = AmiRefused("Redirect failed")
    with pytest.raises(AmiRefused):
        await room.pbx_steering.move(CALL, "sales", "service", MA)
    assert room.events == []
    room.pbx.fails = AmiTimeout("no answer")
    with pytest.raises(AmiTimeout):
        await room.pbx_steering.move(CALL, "sales", "service", MA)
    assert (await late(room))["by"] == "Ma"
    assert len(room.pbx.sent) == 2
    room.now += 6.0
    room.pbx.fails = None
    assert await room.pbx_steering.move(CALL, "sales", "service", LI) == "moved"


async def test_a_call_is_pulled_to_a_telephone_and_knows_where_it_came_from(room: Room) -> None:
    assert await room.pbx_steering.give(CALL, "sales", 1, MA) == "offered"
    assert room.orders == [
        ("Setvar", "CALLCENTER_PULLED_FROM", "sales"),
        ("Redirect", "callcenter-pull", "desk", "1"),
    ]


async def test_what_rings_or_is_answered_already_is_left_alone(room: Room) -> None:
    offer = {**ON, "offer": "o", "party": PHONE}
    room.tell(ev.OfferStarted(**offer, queue="sales", entry="e1"))
    told = await late(room)
    assert (told["became"], told["agent"]) == ("ringing", 1)
    room.tell(ev.OfferEnded(**offer, result=ev.OfferResult.TIMED_OUT, rang=9.0))
    room.tell(ev.TalkStarted(**ON, talk="t", a=PHONE, b=PHONE))
    assert not room.pbx_steering.holds(CALL)
    with pytest.raises(NotFound):
        await room.pbx_steering.move(CALL, "sales", "service", LI)
    for queue in ("nowhere", "sales"):
        with pytest.raises(InvalidInput):
            await room.pbx_steering.move(CALL, "sales", queue, LI)
    assert room.pbx.sent == []


async def test_a_call_goes_before_others_where_the_pbx_can_do_that(room: Room) -> None:
    assert await room.pbx_steering.prioritise(CALL, "sales", 300.0, MA) == "prioritised"
    assert room.orders == [("QueueChangePriorityCaller", "sales", "300")]
    with pytest.raises(InvalidInput):
        await room.pbx_steering.prioritise(CALL, "sales", -1.0, MA)
    older = Room()
    older.pbx.release = "16.28.0~dfsg-0+deb11u4"
    with pytest.raises(NotByThisPbx):
        await older.pbx_steering.prioritise(CALL, "sales", 300.0, MA)
    assert older.pbx.sent == []


@pytest.mark.parametrize(
    ("version", "can"),
    [
        ((), False), ((16, 28, 0), False), ((18, 19), False), ((18, 20, 0), True),
        ((19, 9), False), ((20, 4), False), ((20, 5), True), ((21, 0), True), ((22, 10, 0), True),
    ],
)  # fmt: skip
def test_which_pbx_lets_callers_go_forward(version: tuple[int, ...], can: bool) -> None:
    assert hurries(version) is can


def _static(pbx: Pbx) -> None:
    pbx.fails = AmiRefused("QueueRemove: Member not dynamic")


@pytest.mark.parametrize(("prepare", "fails"), [(lambda _: None, None), (_static, StaticMember)])
async def test_members_of_the_pbx(
    room: Room, prepare: Callable[[Pbx], None], fails: type[Exception] | None
) -> None:
    added = await room.pbx_steering.set_member(1, "sales", member=True)
    assert (added.interface, added.member) == ("PJSIP/desk", True)
    with pytest.raises(NotFound):
        await room.pbx_steering.set_paused(1, "sales", paused=True)  # the PBX has not done it
    room.pbx.members.add("PJSIP/desk")
    assert (await room.pbx_steering.set_paused(1, "sales", paused=True)).paused
    listed = {one.queue: one.member for one in await room.pbx_steering.memberships(1)}
    assert listed == {"sales": True, "service": False}
    with pytest.raises(NotFound):
        await room.pbx_steering.set_member(1, "support", member=True)  # that one is ours
    prepare(room.pbx)
    if fails is None:
        assert not (await room.pbx_steering.set_member(1, "sales", member=False)).member
    else:
        with pytest.raises(fails):
            await room.pbx_steering.set_member(1, "sales", member=False)
    assert [one[0] for one in room.orders] == ["QueueAdd", "QueuePause", "QueueRemove"]
