"""The picture of the calls of this moment is what the events add up to, and nothing stays in it."""

from __future__ import annotations

import asyncio

from callcenter.events import InteractionsMerged, LegStarted
from routing.calls_now import CallsNow, NowCall
from tests.routing.calls import CALL, ME, OTHER, TRUNK, Told, party


def call_of(told: Told) -> NowCall:
    call = told.now.call(told.call)
    assert call is not None
    return call


def test_an_agents_leg_is_found_by_the_telephone() -> None:
    told = Told()
    told.conversation()
    assert [leg.channel for leg in told.now.legs_of(1, call_of(told))] == [ME]
    assert told.now.legs_of(4, call_of(told)) == []
    assert told.now.calls_of(1) == [call_of(told)]


def test_the_leg_that_talks_comes_first() -> None:
    told = Told()
    second = "PJSIP/1001-00000009"
    told.leg(second)
    told.conversation()
    assert [leg.channel for leg in told.now.legs_of(1, call_of(told))] == [ME, second]


def test_halves_of_local_channels_are_no_legs() -> None:
    told = Told()
    told.leg("Local/1@callcenter-consult-00000000;1")
    assert call_of(told).legs == {}


def test_partners_are_who_one_talks_with() -> None:
    told = Told()
    told.conversation()
    [mine] = told.now.legs_of(1, call_of(told))
    assert [leg.channel for leg in call_of(told).partners(mine)] == [TRUNK]
    told.talked(TRUNK, ME)
    assert call_of(told).partners(mine) == []


def test_whoever_was_talked_with_and_talks_with_nobody_is_aside() -> None:
    told = Told()
    told.conversation()
    [mine] = told.now.legs_of(1, call_of(told))
    assert call_of(told).aside(mine) == []
    told.consultation()
    assert [leg.channel for leg in call_of(told).aside(mine)] == [TRUNK]
    assert [leg.channel for leg in call_of(told).partners(mine)] == [OTHER]
    told.ended(TRUNK)
    assert call_of(told).aside(mine) == []


def test_two_calls_that_are_one_answer_to_both_names() -> None:
    told, other = Told(), Told(call="d" * 32)
    other.now = told.now
    told.conversation()
    other.leg(OTHER)
    told.tell(InteractionsMerged, merged=other.call)
    assert told.now.call(other.call) is told.now.call(CALL)
    assert told.now.calls_of(4) == [call_of(told)]
    told.over()
    assert (told.now.call(CALL), told.now.call(other.call)) == (None, None)


def test_nothing_is_kept_of_a_call_that_is_over() -> None:
    told = Told()
    told.conversation()
    told.held(ME)
    told.ended(ME)
    assert call_of(told).talks == {}
    told.over()
    assert told.now.call(CALL) is None
    assert told.now.calls_of(1) == []


def test_events_of_calls_that_are_not_known_change_nothing() -> None:
    told = Told()
    told.talk(TRUNK, ME)
    told.held(ME)
    told.resumed(ME)
    told.ended(ME)
    told.over()
    assert told.now.call(CALL) is None


async def test_waiting_ends_with_the_event_or_the_time() -> None:
    told = Told()
    waiting = asyncio.create_task(told.now.until(lambda: told.now.call(CALL) is not None, 5))
    await asyncio.sleep(0)
    told.leg(ME)
    assert await waiting
    assert not await told.now.until(lambda: told.now.call("x") is not None, 0.01)


def test_another_pbxs_telephone_of_the_same_name_is_another() -> None:
    now = CallsNow(lambda pbx, _: 1 if pbx == "main" else None)
    event = LegStarted(
        at=1.0, pbx="branch", interaction=CALL, party=party(ME), uniqueid="1.1", boot="b"
    )
    now.hear(event)
    assert now.calls_of(1) == []
