"""Two recorded calls that turn out to be one, while one of them is paused or about to be."""

from __future__ import annotations

import asyncio

import pytest

from callcenter import events as ev
from recording.control import StillRecording
from recording.spans import Reason
from tests.recording.control_room import (
    CALL,
    CHANNEL,
    COMMON,
    OTHER,
    OTHER_LEG,
    RECORDED,
    WHO,
    Room,
    begun,
    second,
)

MERGED = ev.InteractionsMerged(**COMMON, merged=OTHER)


def room_of_two() -> Room:
    room = Room()
    room.hear(begun(), *RECORDED, *second())
    return room


def muted(room: Room) -> list[bool | None]:
    call = room.control.call(CALL)
    assert call is not None
    return [one.muted for one in call.taped.values()]


async def test_a_call_that_records_and_comes_to_a_paused_one_is_silenced_too() -> None:
    room = room_of_two()
    until = (await room.control.pause(CALL, Reason.AGENT, by=WHO)).until
    room.hear(MERGED)
    assert room.shown.phase == "pausing"
    await room.until(lambda: room.shown.phase == "paused")
    assert (muted(room), room.shown.until) == ([True, True], until)
    assert (await room.control.resume(CALL, by=WHO)).phase == "recording"
    await room.until(lambda: muted(room) == [False, False])


async def test_a_paused_call_that_comes_to_one_that_records_brings_its_pause() -> None:
    room = room_of_two()
    until = (await room.control.pause(OTHER, Reason.API, by=WHO)).until
    room.hear(MERGED)
    await room.until(lambda: (room.shown.interaction, room.shown.phase) == (CALL, "paused"))
    assert (muted(room), room.shown.until) == ([True, True], until)
    assert room.shown.reasons == ("api",)
    await room.control.resume(CALL, by=WHO)
    await room.until(lambda: muted(room) == [False, False])


async def test_the_pause_of_a_call_that_was_merged_ends_by_itself() -> None:
    room = room_of_two()
    room.control.clock = lambda: 1000.0
    await room.control.pause(OTHER, Reason.API, seconds=5.0, by=WHO)
    room.hear(MERGED)
    await room.until(lambda: room.shown.phase == "paused")
    room.hear(MERGED)  # told twice, nothing changes
    call = room.control.opened(CALL)
    assert (call.timer is not None, call.pause.due) == (True, 1005.0)


async def test_a_merged_call_that_the_pbx_does_not_silence_is_an_alarm() -> None:
    room = room_of_two()
    await room.control.pause(CALL, Reason.AGENT, by=WHO)
    room.wire.refuses = True
    room.hear(MERGED)
    await room.until(lambda: room.shown.alarm == "still_recording")
    assert room.shown.phase == "recording"


async def test_who_waits_for_the_pause_of_a_merged_call_hears_of_it() -> None:
    room = room_of_two()
    room.wire.late = 0.1
    waits = asyncio.create_task(room.control.pause(OTHER, Reason.AGENT, by=WHO))
    await asyncio.sleep(0.02)
    room.hear(MERGED)
    async with asyncio.timeout(0.6):  # long before it would be too late
        told = await waits
    assert (told.interaction, told.phase, muted(room)) == (CALL, "paused", [True, True])
    assert sorted(room.wire.sent) == [("MixMonitorMute", "1")] * 2


async def test_who_waits_for_a_merged_call_hears_when_not_all_of_it_is_silent() -> None:
    room = room_of_two()
    room.wire.deaf = True
    waits = asyncio.create_task(room.control.pause(OTHER, Reason.AGENT, by=WHO))
    await asyncio.sleep(0.02)
    room.hear(MERGED)
    room.wire.confirm(CHANNEL, muted=True)  # and not the other one
    with pytest.raises(StillRecording):
        await waits
    call = room.control.call(OTHER)
    assert call is not None
    assert call.taped[OTHER_LEG].muted is not True
