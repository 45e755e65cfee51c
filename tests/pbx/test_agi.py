"""Our FastAGI sessions on the real PBX, in both versions: what exactly it answers, and how soon."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from callcenter.agi.server import serve
from callcenter.agi.session import Agi, Recorded
from callcenter.errors import AgiHangup
from callcenter.pbx.call import Call
from callcenter.pbx.robots import answers, rejects
from callcenter.pbx.tones import loudness, read_wav
from tests.pbx.harness import AmiRecorder, Stage, asterisk

Flow = Callable[[Agi], Awaitable[Any]]
SOON = 0.05  # seconds within which a wait ends
CUSTOMER = "+8613800138000"


class Switchboard:
    """A PBX that asks us, its telephones, and the flow for the next call."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.flow: Flow
        self.outcome: asyncio.Future[Any]

    async def handle(self, agi: Agi) -> None:
        try:
            result = await self.flow(agi)
        except Exception as error:
            self.outcome.set_exception(error)
            raise
        else:
            self.outcome.set_result(result)
        finally:
            await agi.set_variable("CALLCENTER_SERVED", "1")

    async def call(self, flow: Flow, number: str = "8001") -> Call:
        """A customer dials `number`, and `flow` has the call."""
        self.flow, self.outcome = flow, asyncio.get_running_loop().create_future()
        return await self.stage.outside.call(number, caller=CUSTOMER, name="王芳")

    async def result(self, within: float = 20.0) -> Any:
        return await asyncio.wait_for(self.outcome, within)


@asynccontextmanager
async def switchboard(version: int) -> AsyncIterator[Switchboard]:
    boards: list[Switchboard] = []

    async def handler(agi: Agi) -> None:
        await boards[0].handle(agi)

    with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
        async with (
            serve("127.0.0.1", 0, handler) as server,
            asterisk(Path(workdir), version, agi_url=f"agi://127.0.0.1:{server.port}") as pbx,
            Stage(pbx) as stage,
        ):
            boards.append(Switchboard(stage))
            yield boards[0]


@pytest.fixture
async def board(version: int) -> AsyncIterator[Switchboard]:
    async with switchboard(version) as ready:
        yield ready


async def timed(work: Awaitable[object], after: float) -> float:
    """Seconds `work` takes longer than `after`."""
    began = time.monotonic()
    await work
    return time.monotonic() - began - after


def later(seconds: float) -> asyncio.Event:
    event = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, event.set)
    return event


async def test_what_ends_a_wait_or_a_prompt_ends_it_at_once(board: Switchboard) -> None:
    async def flow(agi: Agi) -> list[float]:
        await agi.music(True)
        took = [await timed(agi.wait(10, later(0.3)), 0.3) for _ in range(5)]
        took += [await timed(agi.stream("vm-intro", "", later(0.3)), 0.3) for _ in range(5)]
        took += [await timed(agi.say_number(8888, "", later(0.3)), 0.3)]
        # The session is still in step.
        assert await agi.variable("CALLERID(num)") == CUSTOMER
        return took

    await board.call(flow)
    took = sorted(await board.result())
    assert took[len(took) // 2] < SOON, took


async def test_caller_hears_music_before_and_after_a_prompt(board: Switchboard) -> None:
    calls: list[Call] = []

    async def flow(agi: Agi) -> tuple[float, float]:
        await agi.music(True)
        await agi.wait(1.0)
        before = calls[0].heard
        await agi.stream("beep")
        await agi.wait(1.0)
        return before, calls[0].heard

    calls.append(await board.call(flow))
    before, after = await board.result()
    assert before > 500
    assert after > 500


async def test_keys_end_waits_and_prompts(board: Switchboard) -> None:
    async def flow(agi: Agi) -> list[str | None]:
        return [await agi.wait(10), await agi.stream("vm-intro", "5")]

    call = await board.call(flow)
    await call.answered()
    await asyncio.sleep(0.5)
    await call.press("#")
    await asyncio.sleep(0.5)
    await call.press("5")
    assert await board.result() == ["#", "5"]


async def test_agents_answer_can_be_read_after_the_conversation(board: Switchboard) -> None:
    await board.stage.add_phones("1001")
    board.stage.phones["1001"].behaviour = answers(0.2, hang_up_after=2.2)

    async def flow(agi: Agi) -> tuple[str, int, bool, str | None]:
        await agi.music(True)
        dialled = await agi.dial("PJSIP/1001", 10, "tgm")
        # The caller is still there, and can be asked something.
        return dialled.status, dialled.talked, dialled.hung_up, await agi.wait(0.1)

    await board.call(flow)
    status, talked, hung_up, _ = await board.result()
    assert (status, hung_up) == ("ANSWER", False)
    assert talked == 2


async def test_agent_who_declines_gives_the_caller_back(board: Switchboard) -> None:
    await board.stage.add_phones("1001")
    board.stage.phones["1001"].behaviour = rejects(486)

    async def flow(agi: Agi) -> tuple[str, str | None]:
        return (await agi.dial("PJSIP/1001", 10, "g")).status, await agi.variable("HANGUPCAUSE")

    await board.call(flow)
    assert await board.result() == ("BUSY", "17")


@pytest.mark.parametrize(("ring", "status"), [(0.2, "ANSWER"), (20.0, "CANCEL")])
async def test_callers_hang_up_during_dial_is_told(
    board: Switchboard, ring: float, status: str
) -> None:
    await board.stage.add_phones("1001")
    board.stage.phones["1001"].behaviour = answers(ring)
    call = await board.call(lambda agi: agi.dial("PJSIP/1001", 10, "tg"))
    await asyncio.sleep(1.5)
    await call.hang_up()
    dialled = await board.result(3)
    assert (dialled.status, dialled.hung_up) == (status, True)


async def test_callers_hang_up_ends_a_wait_quickly(board: Switchboard) -> None:
    ended: list[float] = []

    async def flow(agi: Agi) -> None:
        try:
            await agi.wait(30)
        finally:
            ended.append(time.monotonic())
            assert agi.closed.is_set()

    call = await board.call(flow)
    await call.answered()
    await asyncio.sleep(0.5)
    began = time.monotonic()
    await call.hang_up()
    with pytest.raises(AgiHangup):
        await board.result(3)
    assert ended[0] - began < 0.3


async def test_variables_of_ours_reach_ami_also_after_the_hang_up(board: Switchboard) -> None:
    async def flow(agi: Agi) -> None:
        await agi.set_variable("CALLCENTER_QUEUE", "sales")
        await agi.set_variable("PRIVATE", "x")
        try:
            await agi.wait(30)
        except AgiHangup:
            await agi.set_variable("CALLCENTER_QUEUE_EXIT", "abandoned")

    async with AmiRecorder(board.stage.pbx, "callcenter") as ami:
        call = await board.call(flow)
        await ami.saw(b"Variable: CALLCENTER_QUEUE\r\nValue: sales\r\n")
        await call.hang_up()
        await board.result()
        await ami.saw(b"Variable: CALLCENTER_QUEUE_EXIT\r\nValue: abandoned\r\n")
        await ami.saw(b"Event: Hangup\r\n")
    assert ami.data.index(b"CALLCENTER_QUEUE_EXIT") < ami.data.index(b"Event: Hangup\r\n")
    assert b"PRIVATE" not in ami.data


async def test_nothing_in_a_value_is_run_or_changed(board: Switchboard) -> None:
    hostile = 'a "b" \\c ${CHANNEL} $[1+1] (d)) 王芳'

    async def flow(agi: Agi) -> str | None:
        await agi.set_variable("CALLCENTER_X", hostile)
        return await agi.variable("CALLCENTER_X")

    await board.call(flow)
    assert await board.result() == hostile


async def test_message_is_kept_when_the_caller_hangs_up(board: Switchboard) -> None:
    file = board.stage.pbx.recordings / "message"

    async def flow(agi: Agi) -> Recorded:
        return await agi.record(str(file), seconds=30)

    call = await board.call(flow)
    await call.answered()
    await asyncio.sleep(2.5)
    await call.hang_up()
    recorded = await board.result(3)
    assert (recorded.why, recorded.hung_up) == ("hangup", True)
    samples = read_wav(file.with_suffix(".wav"))
    assert recorded.seconds == pytest.approx(len(samples) / 8000, abs=0.3)
    assert loudness(samples) > 500


async def test_call_goes_on_where_the_flow_sends_it(board: Switchboard) -> None:
    await board.stage.add_phones("1002")
    call = await board.call(lambda agi: agi.go_to("internal", "1002"))
    taken = await board.stage.phones["1002"].next_call()
    await taken.answer()
    await asyncio.sleep(0.5)
    assert not call.is_over
    await call.hang_up()
    await taken.ended()


async def test_transferred_caller_is_gone_from_us_and_lives_on(board: Switchboard) -> None:
    await board.stage.add_phones("1001", "1002")
    call = await board.call(lambda agi: agi.dial("PJSIP/1001", 10, "tg"))
    taken = await board.stage.phones["1001"].next_call()
    await taken.answer()
    await asyncio.sleep(0.5)
    await taken.transfer("1002")
    dialled = await board.result(5)
    assert (dialled.status, dialled.hung_up) == ("ANSWER", True)
    second = await board.stage.phones["1002"].next_call()
    await second.answer()
    await asyncio.sleep(0.3)
    assert not call.is_over
    await call.hang_up()
    await second.ended()


@pytest.mark.parametrize("number", ["110", "02155555555", "+862155555555"])
async def test_number_dialled_is_asked_for_before_the_call_is_answered(
    board: Switchboard, number: str
) -> None:
    async def flow(agi: Agi) -> tuple[str, str | None]:
        return agi.path, await agi.variable("CHANNEL(state)")

    await board.call(flow, number)
    assert await board.result() == (f"entry/{number}", "Ring")


async def test_wrong_commands_are_told_with_their_usage(board: Switchboard) -> None:
    async def flow(agi: Agi) -> list[str]:
        told = []
        for words in (("WAIT", "FOR", "DIGIT"), ("BOGUS",)):
            with pytest.raises(Exception, match=re.escape(words[0])) as error:
                await agi.command(*words)
            told.append(str(error.value))
        return told

    await board.call(flow)
    usage, unknown = await board.result()
    assert "milliseconds" in usage
    assert "510" in unknown
