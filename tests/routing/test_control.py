"""What agents may do with their own call, what stands in the way, and that it is ordered once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from callcenter.ami.commands import Commands
from callcenter.errors import (
    AmiRefused,
    AmiTimeout,
    Forbidden,
    InvalidInput,
    NoSuchChannel,
    NotFound,
)
from callcenter.events import AgentPhone
from routing import control as module
from routing.control import (
    AlreadyInCall,
    CallControl,
    Consulting,
    HeldAtPhone,
    HoldFailed,
    NoPhone,
    NotConsulting,
    NotTalking,
    PhoneUnavailable,
    Target,
)
from routing.dialling import DialRules, DoNotCall
from tests.routing.calls import CALL, ME, OTHER, TRUNK, House, Pbx, Told


@dataclass
class Desk:
    """Call control over a PBX that plays along."""

    told: Told = field(default_factory=Told)
    pbx: Pbx = field(default_factory=Pbx)
    house: House = field(default_factory=House)
    time: float = 100.0

    def __post_init__(self) -> None:
        commands = Commands(self.pbx)
        self.control = CallControl(
            commands, self.told.now, self.house, DialRules(), clock=lambda: self.time
        )


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(module, "CONFIRMED", 0.05)
    return Desk()


@dataclass
class Refusing:
    """Everybody refuses; notes who was asked for."""

    asked: list[str] = field(default_factory=list)

    async def refuses(self, number: str) -> bool:
        self.asked.append(number)
        return True


# --- dialling ------------------------------------------------------------------------------------


async def test_who_does_not_want_to_be_called_is_not(desk: Desk) -> None:
    wishes = Refusing()
    desk.control = CallControl(
        Commands(desk.pbx), desk.told.now, desk.house, DialRules(), wishes=wishes
    )
    with pytest.raises(DoNotCall) as refused:
        await desk.control.dial(1, "138 0013 8000", abroad=False)
    assert (refused.value.code, refused.value.field) == ("do_not_call", "number")
    assert desk.pbx.orders == []
    await desk.control.dial(1, "13800138000", abroad=False, asked_for=True)
    await desk.control.dial(2, "8000", abroad=False)
    assert wishes.asked == ["13800138000"], "not of our own house, nor who asked for it"


async def test_a_click_rings_ones_own_telephone(desk: Desk) -> None:
    await desk.control.dial(1, "13800138000", abroad=False)
    [order] = desk.pbx.orders
    assert (order["Channel"], order["Exten"]) == ("PJSIP/1001", "913800138000")
    assert order["CallerID"] == "<13800138000>"
    assert "Variable" in order  # a desk telephone is asked to pick up


async def test_a_browser_is_asked_to_pick_up_as_a_desk_telephone_is(desk: Desk) -> None:
    await desk.control.dial(2, "8000", abroad=False)
    assert "answer-after=0" in desk.pbx.orders[0]["Variable"]


@pytest.mark.parametrize("number", ["300&Local/8000@to-queue", "*21*1004", "", "x"])
async def test_what_is_no_number_gives_no_order(desk: Desk, number: str) -> None:
    with pytest.raises(InvalidInput):
        await desk.control.dial(1, number, abroad=True)
    assert desk.pbx.orders == []


async def test_abroad_needs_the_right(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        await desk.control.dial(1, "+12125551234", abroad=False)
    assert desk.pbx.orders == []
    await desk.control.dial(1, "+12125551234", abroad=True)
    assert desk.pbx.orders[0]["Exten"] == "+12125551234"


async def test_without_a_telephone_nothing_is_dialled(desk: Desk) -> None:
    with pytest.raises(NoPhone):
        await desk.control.dial(9, "8000", abroad=False)
    desk.house.phones[1] = AgentPhone(interface="PJSIP/1001", kind="desk", state="UNAVAILABLE")
    with pytest.raises(PhoneUnavailable):
        await desk.control.dial(1, "8000", abroad=False)
    desk.house.phones[1] = AgentPhone(interface="Local/1001@x", kind="desk", state="NOT_INUSE")
    with pytest.raises(NoPhone):
        await desk.control.dial(1, "8000", abroad=False)
    assert desk.pbx.orders == []


async def test_two_clicks_are_one_call(desk: Desk) -> None:
    await desk.control.dial(1, "8000", abroad=False)
    with pytest.raises(AlreadyInCall):
        await desk.control.dial(1, "8000", abroad=False)
    desk.time += module.ASKED
    await desk.control.dial(1, "8000", abroad=False)
    assert desk.pbx.names() == ["Originate", "Originate"]


async def test_who_is_in_a_call_dials_no_other(desk: Desk) -> None:
    desk.told.conversation()
    with pytest.raises(AlreadyInCall):
        await desk.control.dial(1, "8000", abroad=False)
    assert desk.pbx.orders == []


async def test_a_call_that_was_refused_can_be_tried_again_one_without_an_answer_not(
    desk: Desk,
) -> None:
    desk.pbx.failure = AmiRefused("Originate: no")
    with pytest.raises(AmiRefused):
        await desk.control.dial(1, "8000", abroad=False)
    desk.pbx.failure = AmiTimeout("Originate had no answer")
    with pytest.raises(AmiTimeout):
        await desk.control.dial(1, "8000", abroad=False)
    desk.pbx.failure = None
    with pytest.raises(AlreadyInCall):  # perhaps it rings
        await desk.control.dial(1, "8000", abroad=False)
    assert len(desk.pbx.orders) == 2


# --- one's own call, and no other's --------------------------------------------------------------


async def test_anothers_call_is_not_there(desk: Desk) -> None:
    desk.told.conversation()
    control = desk.control
    for order in (
        control.hang_up(4, CALL),
        control.hold(4, CALL),
        control.resume(4, CALL),
        control.transfer(4, CALL, Target(queue="support"), abroad=True),
        control.consult(4, CALL, Target(queue="support"), abroad=True),
        control.complete(4, CALL),
        control.cancel(4, CALL),
        control.join(4, CALL),
        control.hang_up(1, "0" * 32),
    ):
        with pytest.raises(NotFound):
            await order
    assert desk.pbx.orders == []


async def test_hanging_up_ends_ones_own_leg(desk: Desk) -> None:
    desk.told.conversation()
    await desk.control.hang_up(1, CALL)
    assert [(o["Action"], o["Channel"]) for o in desk.pbx.orders] == [("Hangup", ME)]


async def test_a_ringing_call_can_be_refused_but_not_held(desk: Desk) -> None:
    desk.told.leg(TRUNK, ME)
    with pytest.raises(NotTalking):
        await desk.control.hold(1, CALL)
    await desk.control.hang_up(1, CALL)
    assert desk.pbx.names() == ["Hangup"]


async def test_a_call_the_pbx_knows_no_more_is_forgotten(desk: Desk) -> None:
    desk.told.conversation()
    desk.pbx.failure = AmiRefused("Hangup: No such channel")
    with pytest.raises(NoSuchChannel):
        await desk.control.hang_up(1, CALL)
    with pytest.raises(NotFound):
        await desk.control.hang_up(1, CALL)


# --- hold ----------------------------------------------------------------------------------------


async def test_hold_and_resume_are_confirmed_by_the_pbx(desk: Desk) -> None:
    desk.told.conversation()
    desk.pbx.does = lambda order: (
        desk.told.held(ME) if order["Action"] == "PlayDTMF" else desk.told.resumed(ME)
    )
    await desk.control.hold(1, CALL)
    await desk.control.hold(1, CALL)  # is so already
    assert desk.pbx.names() == ["Setvar", "PlayDTMF"]
    assert desk.pbx.orders[0]["Channel"] == TRUNK
    assert desk.pbx.orders[0]["Value"] == desk.pbx.orders[1]["Channel"] == ME
    await desk.control.resume(1, CALL)
    assert desk.pbx.names() == ["Setvar", "PlayDTMF", "Setvar"]


async def test_a_hold_that_does_not_come_is_told(desk: Desk) -> None:
    desk.told.conversation()
    with pytest.raises(HoldFailed):
        await desk.control.hold(1, CALL)


async def test_a_hold_of_the_telephone_is_for_the_telephone_to_end(desk: Desk) -> None:
    desk.told.conversation()
    desk.told.held(ME)
    with pytest.raises(HeldAtPhone):
        await desk.control.resume(1, CALL)


# --- handing on ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "context", "extension"),
    [
        (Target(agent=4), "callcenter-agent", "1004"),
        (Target(agent=2), "callcenter-agent", "web-1002"),
        (Target(queue="sales"), "to-queue", "sales"),
        (Target(number="138 0013 8000"), "callcenter-originate", "913800138000"),
    ],
)
async def test_a_call_is_handed_on(
    desk: Desk, target: Target, context: str, extension: str
) -> None:
    desk.told.conversation()
    await desk.control.transfer(1, CALL, target, abroad=False)
    [order] = desk.pbx.orders
    assert (order["Action"], order["Channel"]) == ("BlindTransfer", ME)
    assert (order["Context"], order["Exten"]) == (context, extension)


async def test_a_held_call_is_taken_back_before_it_is_handed_on(desk: Desk) -> None:
    desk.told.conversation()
    desk.told.held(ME)
    desk.pbx.does = lambda _: desk.told.resumed(ME)
    await desk.control.transfer(1, CALL, Target(queue="sales"), abroad=False)
    assert desk.pbx.names() == ["Setvar", "BlindTransfer"]


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (Target(queue="nowhere"), InvalidInput),
        (Target(queue="support,1)x"), InvalidInput),
        (Target(number="300&Local/1@x"), InvalidInput),
        (Target(number="+12125551234"), Forbidden),
        (Target(agent=9), NoPhone),
    ],
)
async def test_nobody_is_sent_where_nothing_is(
    desk: Desk, target: Target, error: type[Exception]
) -> None:
    desk.told.conversation()
    for order in (desk.control.transfer, desk.control.consult):
        with pytest.raises(error):
            await order(1, CALL, target, abroad=False)
    assert desk.pbx.orders == []


@pytest.mark.parametrize("state", ["UNAVAILABLE", "INVALID", "INUSE", "RINGING", "BUSY", "ONHOLD"])
async def test_a_telephone_that_cannot_ring_is_not_rung(desk: Desk, state: str) -> None:
    desk.told.conversation()
    desk.house.phones[4] = AgentPhone(interface="PJSIP/1004", kind="desk", state=state)
    with pytest.raises(PhoneUnavailable):
        await desk.control.transfer(1, CALL, Target(agent=4), abroad=False)
    assert desk.pbx.orders == []


def test_a_target_is_one_thing() -> None:
    for wrong in ({}, {"agent": 1, "queue": "sales"}, {"queue": "a", "number": "1"}):
        with pytest.raises(InvalidInput):
            Target(**wrong)


async def test_consulting_ends_in_one_of_three_ways(desk: Desk) -> None:
    for end, last in (
        (desk.control.complete, ["Hangup"]),
        (desk.control.cancel, ["CancelAtxfer"]),
        (desk.control.join, ["PlayDTMF", "PlayDTMF"]),
    ):
        desk.told.conversation()
        await desk.control.consult(1, CALL, Target(agent=4), abroad=False)
        desk.told.consultation()
        await end(1, CALL)
        assert desk.pbx.names() == ["Setvar", "Atxfer", *last]
        desk.told.over()
        desk.pbx.orders.clear()
        desk.time += 60


async def test_there_is_nothing_to_complete_without_a_consultation(desk: Desk) -> None:
    desk.told.conversation()
    for end in (desk.control.complete, desk.control.cancel, desk.control.join):
        with pytest.raises(NotConsulting):
            await end(1, CALL)
    assert desk.pbx.orders == []


async def test_who_is_consulted_must_have_answered_to_be_joined(desk: Desk) -> None:
    desk.told.conversation()
    await desk.control.consult(1, CALL, Target(agent=4), abroad=False)
    with pytest.raises(NotTalking):
        await desk.control.join(1, CALL)
    desk.told.talked(TRUNK, ME)
    desk.told.leg(OTHER)
    with pytest.raises(NotTalking):
        await desk.control.join(1, CALL)


async def test_a_consultation_that_was_refused_is_none(desk: Desk) -> None:
    desk.told.conversation()
    desk.pbx.failure = AmiRefused("Atxfer: no")
    with pytest.raises(AmiRefused):
        await desk.control.consult(1, CALL, Target(agent=4), abroad=False)
    with pytest.raises(NotConsulting):
        await desk.control.complete(1, CALL)


async def test_one_thing_at_a_time(desk: Desk) -> None:
    desk.told.conversation()
    await desk.control.consult(1, CALL, Target(agent=4), abroad=False)
    for order in (
        desk.control.hold(1, CALL),
        desk.control.resume(1, CALL),
        desk.control.transfer(1, CALL, Target(queue="sales"), abroad=False),
        desk.control.consult(1, CALL, Target(queue="sales"), abroad=False),
    ):
        with pytest.raises(Consulting):
            await order
    desk.told.consultation()
    desk.time += 60
    with pytest.raises(Consulting):
        await desk.control.hold(1, CALL)


async def test_a_hold_that_is_told_late_is_waited_for(desk: Desk) -> None:
    desk.told.conversation()
    loop = asyncio.get_running_loop()

    def later(order: Mapping[str, str]) -> None:
        if order["Action"] == "PlayDTMF":
            loop.call_later(0.01, desk.told.held, ME)

    desk.pbx.does = later
    await desk.control.hold(1, CALL)
