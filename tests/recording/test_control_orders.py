"""What the PBX is told when pauses and their ends follow each other before it has answered."""

from __future__ import annotations

import asyncio

import pytest

from recording import spans
from recording.control import StillPaused
from recording.spans import Reason
from tests.recording.control_room import CALL, RECORDED, WHO, Room, begun

MUTE, UNMUTE = ("MixMonitorMute", "1"), ("MixMonitorMute", "0")


async def paused() -> Room:
    room = Room()
    room.hear(begun(), *RECORDED)
    await room.control.pause(CALL, Reason.AGENT, by=WHO)
    return room


async def test_a_pause_asked_while_it_is_about_to_go_on_is_sent() -> None:
    room = await paused()
    room.wire.late = 0.1
    resuming = asyncio.create_task(room.control.resume(CALL, by=WHO))
    await asyncio.sleep(0.02)
    assert room.wire.sent == [MUTE, UNMUTE]
    assert (await room.control.pause(CALL, Reason.AGENT, by=WHO)).phase == "paused"
    await resuming
    assert room.wire.sent == [MUTE, UNMUTE, MUTE]
    assert [one.alarm for one in room.told if one.alarm] == []


async def test_a_resume_asked_before_the_pause_came_about_is_sent() -> None:
    room = Room()
    room.wire.late = 0.1
    room.hear(begun(), *RECORDED)
    room.control.apply(room.control.opened(CALL), spans.Asked(Reason.AGENT, 60.0))
    await asyncio.sleep(0.02)
    assert (await room.control.resume(CALL, by=WHO)).phase == "recording"
    assert room.wire.sent == [MUTE, UNMUTE]
    assert [one.alarm for one in room.told if one.alarm] == []


async def test_it_is_paused_when_the_last_order_is_confirmed_not_the_first() -> None:
    room = Room()
    room.wire.late = 0.1
    room.hear(begun(), *RECORDED)
    call = room.control.opened(CALL)
    for what in (spans.Asked(Reason.AGENT, 60.0), spans.Released(), spans.Asked(Reason.API, 60.0)):
        room.control.apply(call, what)
        await asyncio.sleep(0.02)
    await room.until(lambda: room.shown.phase == "paused")
    assert room.wire.sent == [MUTE, UNMUTE, MUTE]
    await asyncio.sleep(0.1)
    assert [one.phase for one in room.told] == [
        *("recording", "pausing", "resuming", "pausing", "paused"),
    ]


async def test_an_order_that_is_no_longer_wanted_is_not_sent() -> None:
    room = Room()
    room.hear(begun(), *RECORDED)
    call = room.control.opened(CALL)
    room.control.apply(call, spans.Asked(Reason.AGENT, 60.0))
    room.control.apply(call, spans.Released())  # nothing was sent yet
    await room.until(lambda: room.shown.phase == "recording")
    assert room.wire.sent == []


async def test_an_order_that_went_unanswered_is_given_again() -> None:
    room = await paused()
    room.wire.deaf = True
    with pytest.raises(StillPaused):
        await room.control.resume(CALL, by=WHO)
    room.wire.deaf = False
    assert (await room.control.resume(CALL, by=WHO)).phase == "recording"
    assert room.wire.sent == [MUTE, UNMUTE, UNMUTE]
