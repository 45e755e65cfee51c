"""What a console writes to its socket is whole and in order, whatever the client reads."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from websockets.frames import Frame, Opcode

from screenpop import frames
from screenpop.console import wire
from tests.screenpop.conftest import House
from tests.screenpop.story import Story


async def test_one_who_reads_again_in_time_has_every_frame_whole_and_in_order(
    house: House,
) -> None:
    """Far more than the kernel holds: what does not fit waits behind what was written in part."""
    late = await house.console(max_queue=None)
    late.socket.transport.pause_reading()
    stories = [Story(f"late{n}") for n in range(100)]
    for story in stories:
        house.gateway.feed(story.started(dialled="x" * 3_000))
        house.gateway.feed(story.rings(1))
    await asyncio.sleep(0.1)
    late.socket.transport.resume_reading()
    heard = [await late.next(frames.PopOffered) for _ in stories]
    assert [frame.pop.interaction for frame in heard] == [story.interaction for story in stories]
    assert [frame.seq for frame in heard] == list(range(heard[0].seq, heard[0].seq + len(stories)))


async def test_one_who_says_goodbye_while_frames_wait_is_let_go_quietly(house: House) -> None:
    wrong: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    late = await house.console(max_queue=None)
    late.socket.transport.pause_reading()
    for n in range(100):
        story = Story(f"goodbye{n}")
        house.gateway.feed(story.started(dialled="x" * 3_000))
        house.gateway.feed(story.rings(1))
    late.socket.protocol.send_close(1000)
    late.socket.send_data()
    await asyncio.sleep(0.1)
    late.socket.transport.resume_reading()
    assert await late.closed() == 1000
    async with asyncio.timeout(5):
        while house.gateway.consoles:  # noqa: ASYNC110  a poll is enough here
            await asyncio.sleep(0.02)
    assert wrong == []


@pytest.mark.parametrize("length", [100, 125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frame_is_written_as_the_library_would_write_it(length: int) -> None:
    bare = len(msgspec.json.encode(frames.Refused(code="c", message="")))
    frame = frames.Refused(code="c", message="x" * (length - bare))
    text = msgspec.json.encode(frame)
    assert len(text) == length
    assert wire(frame) == Frame(Opcode.TEXT, text).serialize(mask=False)
