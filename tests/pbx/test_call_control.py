"""Orders about calls on a real PBX: who hears whom then, and what our own events tell of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from callcenter.ami.commands import Context, Place
from callcenter.errors import NoSuchChannel, NotFound
from callcenter.events import (
    HoldEnded,
    HoldStarted,
    InteractionEnded,
    InteractionStarted,
    OfferResult,
    QueueJoined,
    TalkEnded,
    TalkStarted,
    TransferKind,
    Transferred,
)
from callcenter.pbx.call import Call
from callcenter.pbx.robots import rejects
from routing.control import NotConsulting, Target
from tests.pbx.floor import Floor, floor_of, hears
from tests.pbx.harness import Stage


@pytest.fixture
async def floor(stage: Stage) -> AsyncIterator[Floor]:
    async with floor_of(stage) as ready:
        yield ready


# --- dialling ------------------------------------------------------------------------------------


async def test_a_click_rings_ones_own_telephone_and_then_the_number(floor: Floor) -> None:
    await floor.control.dial(1001, "13900139000", abroad=False)
    near = await floor.stage.phones["1001"].next_call()
    invite = near._invite
    assert invite is not None
    assert "answer-after=0" in invite.get("Call-Info")
    assert "alert-autoanswer" in invite.get("Alert-Info")
    await near.answer()
    far = await floor.stage.outside.next_call()
    await far.answer()
    await floor.heard.first(TalkStarted)
    await asyncio.gather(hears(near), hears(far))
    [started] = floor.heard.all(InteractionStarted)
    assert len(floor.contacts()) == 1
    await floor.control.hang_up(1001, started.interaction)
    await asyncio.gather(near.ended(), far.ended())
    end = await floor.heard.first(InteractionEnded)
    assert end.answered


async def test_a_click_can_be_taken_back_while_it_rings(floor: Floor) -> None:
    await floor.control.dial(1001, "1004", abroad=False)
    near = await floor.stage.phones["1001"].next_call()
    started = await floor.heard.first(InteractionStarted)
    await floor.control.hang_up(1001, started.interaction)
    await near.ended()
    await floor.heard.first(InteractionEnded)


# --- hold ----------------------------------------------------------------------------------------


async def test_on_hold_the_customer_hears_music_and_the_agent_nothing(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    for _ in range(2):
        mark = floor.mark
        await floor.control.hold(1001, call)
        assert len(floor.heard.all(HoldStarted, mark)) == 1
        await asyncio.gather(hears(customer), hears(taken, loud=False))
        await floor.control.resume(1001, call)
        assert len(floor.heard.all(HoldEnded, mark)) == 1
        await asyncio.gather(hears(customer), hears(taken))
    assert len(floor.heard.all(TalkStarted)) == 1
    assert floor.heard.all(TalkEnded) == []


@pytest.mark.parametrize("who", ["agent", "customer"])
async def test_hanging_up_on_hold_ends_the_call_for_both(floor: Floor, who: str) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.hold(1001, call)
    await (taken if who == "agent" else customer).hang_up()
    await asyncio.gather(customer.ended(), taken.ended())
    await floor.heard.first(InteractionEnded)


# --- handing on ----------------------------------------------------------------------------------


async def test_a_customer_is_handed_on_to_an_agent(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.transfer(1001, call, Target(agent=1004), abroad=False)
    second = await floor.answered("1004")
    await taken.ended()
    await floor.talking("trunk", "1004")
    await asyncio.gather(hears(customer), hears(second))
    moved = await floor.heard.first(Transferred)
    assert (moved.kind, moved.to, moved.result) == (
        TransferKind.BLIND, "1004", OfferResult.ANSWERED,
    )  # fmt: skip
    assert floor.contacts() == {call}
    with pytest.raises(NotFound):
        await floor.control.hang_up(1001, call)
    await floor.control.hang_up(1004, call)
    await customer.ended()


async def test_a_held_customer_is_handed_on(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.hold(1001, call)
    await floor.control.transfer(1001, call, Target(agent=1004), abroad=False)
    second = await floor.answered("1004")
    await taken.ended()
    await asyncio.gather(hears(customer), hears(second))


async def test_a_customer_whom_nobody_takes_comes_back(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    floor.stage.phones["1004"].behaviour = rejects(486)
    await floor.control.transfer(1001, call, Target(agent=1004), abroad=False)
    await taken.ended()
    back = await floor.answered("1001")
    await asyncio.gather(hears(customer), hears(back))
    assert floor.contacts() == {call}


async def test_a_customer_is_handed_on_to_a_queue(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.transfer(1001, call, Target(queue="sales"), abroad=False)
    await taken.ended()
    second = await floor.answered("1002")
    await floor.talking("trunk", "1002")
    await asyncio.gather(hears(customer), hears(second))
    assert [event.queue for event in floor.heard.all(QueueJoined)] == ["sales"]
    assert [event.kind for event in floor.heard.all(Transferred)] == [TransferKind.BLIND]
    assert floor.contacts() == {call}


async def test_a_customer_is_handed_on_to_a_number_outside(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.transfer(1001, call, Target(number="13900139000"), abroad=False)
    far = await floor.stage.outside.next_call()
    await far.answer()
    await taken.ended()
    await asyncio.gather(hears(customer), hears(far))
    assert floor.contacts() == {call}


# --- consulting ----------------------------------------------------------------------------------


async def consulted(floor: Floor) -> tuple[Call, Call, Call, str]:
    """1001 has put the customer aside and talks with 1004."""
    customer, taken, call = await floor.talk()
    await floor.control.consult(1001, call, Target(agent=1004), abroad=False)
    second = await floor.answered("1004")
    await floor.talking("1001", "1004")
    await asyncio.gather(hears(taken), hears(second))
    return customer, taken, second, call


async def test_consulting_and_then_connecting(floor: Floor) -> None:
    customer, taken, second, call = await consulted(floor)
    await floor.control.complete(1001, call)
    await taken.ended()
    await floor.talking("trunk", "1004")
    await asyncio.gather(hears(customer), hears(second))
    moved = await floor.heard.first(Transferred)
    assert (moved.kind, moved.to, moved.result) == (
        TransferKind.ATTENDED, "1004", OfferResult.ANSWERED,
    )  # fmt: skip
    assert floor.contacts() == {call}
    await customer.hang_up()
    await second.ended()
    end = await floor.heard.first(InteractionEnded)
    assert end.interaction == call


async def test_consulting_and_then_back(floor: Floor) -> None:
    customer, taken, second, call = await consulted(floor)
    mark = floor.mark
    await floor.control.cancel(1001, call)
    await second.ended()
    await floor.talking("trunk", "1001", mark)
    await asyncio.gather(hears(customer), hears(taken))
    assert floor.heard.all(Transferred) == []
    assert floor.contacts() == {call}
    with pytest.raises(NotConsulting):
        await floor.control.cancel(1001, call)


async def test_connecting_while_the_second_still_rings(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.consult(1001, call, Target(agent=1004), abroad=False)
    second = await floor.stage.phones["1004"].next_call()
    await asyncio.sleep(0.3)
    await floor.control.complete(1001, call)
    await taken.ended()
    await second.answer()
    await floor.talking("trunk", "1004")
    await asyncio.gather(hears(customer), hears(second))
    moved = await floor.heard.first(Transferred)
    # The PBX tells of it when the second may have answered already.
    assert moved.kind in {TransferKind.BLONDE, TransferKind.ATTENDED}
    assert moved.result is OfferResult.ANSWERED
    assert floor.contacts() == {call}


async def test_going_back_while_the_second_still_rings(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.consult(1001, call, Target(agent=1004), abroad=False)
    second = await floor.stage.phones["1004"].next_call()
    await asyncio.sleep(0.3)
    await floor.control.cancel(1001, call)
    await second.ended()
    await asyncio.gather(hears(customer), hears(taken))
    assert floor.contacts() == {call}


async def test_consulting_a_queue(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    await floor.control.consult(1001, call, Target(queue="sales"), abroad=False)
    second = await floor.answered("1002")
    await floor.talking("1001", "1002")
    await floor.control.complete(1001, call)
    await taken.ended()
    await floor.talking("trunk", "1002")
    await asyncio.gather(hears(customer), hears(second))
    assert floor.contacts() == {call}


async def test_three_together_and_two_that_stay(floor: Floor) -> None:
    customer, taken, second, call = await consulted(floor)
    mark = floor.mark
    await floor.control.join(1001, call)
    await floor.talking("trunk", "1001", mark)
    await floor.talking("trunk", "1004", mark)
    await asyncio.gather(hears(customer), hears(taken), hears(second))
    assert len(floor.heard.all(HoldStarted)) == len(floor.heard.all(HoldEnded)) == 1
    assert floor.contacts() == {call}
    await floor.control.hang_up(1001, call)
    await taken.ended()
    await asyncio.gather(hears(customer), hears(second))
    await customer.hang_up()
    await second.ended()
    end = await floor.heard.first(InteractionEnded)
    assert end.interaction == call


# --- too late ------------------------------------------------------------------------------------


async def test_an_order_for_a_call_that_is_over_says_so(floor: Floor) -> None:
    customer, taken, call = await floor.talk()
    gone, place = "PJSIP/1001-0000ffff", Place(Context.QUEUE, "sales")
    orders = floor.commands
    for order in (
        orders.hang_up(gone),
        orders.blind_transfer(gone, place),
        orders.consult(gone, place),
        orders.cancel_consult(gone),
        orders.press(gone, "A"),
        orders.set_variable(gone, "CALLCENTER_HOLD", "x"),
    ):
        with pytest.raises(NoSuchChannel):
            await order
    await customer.hang_up()
    await taken.ended()
    await floor.heard.first(InteractionEnded)
    with pytest.raises(NotFound):
        await floor.control.hang_up(1001, call)
