"""What a flow can do with a call, against a PBX that answers as the real one was seen to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from callcenter.agi.session import Agi, Dialled
from callcenter.errors import AgiClosed, AgiError, AgiHangup, UnsafeValue
from tests.agi.conftest import Called, Flow

Start = Callable[[Flow], Awaitable[Called]]
DIGIT = "WAIT FOR DIGIT 30000"


async def test_flow_knows_how_the_call_came(call: Start) -> None:
    async def flow(agi: Agi) -> tuple[str, ...]:
        return agi.path, agi.uniqueid, agi.channel, agi.env["calleridname"]

    known = await (await call(flow)).result()
    assert known == ("queue/sales", "1700000000.1", "PJSIP/trunk-00000001", "王芳")


async def test_values_arrive_as_one_word_whatever_is_in_them(call: Start) -> None:
    called = await call(lambda agi: agi.set_variable("CALLCENTER_X", 'a "b" c\\d 王芳'))
    await called.peer.expect(
        r'SET VARIABLE CALLCENTER_X "a \"b\" c\\d 王芳"'.replace("c\\d", "c\\\\d"),
        b"200 result=1",
    )
    await called.result()


@pytest.mark.parametrize("value", ["a\nSET VARIABLE b c", "a\r", "a\0", "x" * 2000])
async def test_nothing_that_could_be_another_command_goes_out(call: Start, value: str) -> None:
    async def flow(agi: Agi) -> None:
        with pytest.raises(UnsafeValue):
            await agi.set_variable("CALLCENTER_X", value)
        await agi.command("NOOP")

    called = await call(flow)
    await called.peer.expect("NOOP", b"200 result=0")
    await called.result()


@pytest.mark.parametrize("argument", ["PJSIP/1001,30,e", "${SHELL(x)}", "$[1+1]"])
async def test_arguments_of_applications_stay_what_they_are(call: Start, argument: str) -> None:
    async def flow(agi: Agi) -> None:
        with pytest.raises(UnsafeValue):
            await agi.exec("Dial", argument, "20")

    await (await call(flow)).result()


async def test_variables_are_read_with_brackets_in_them(call: Start) -> None:
    called = await call(lambda agi: agi.variable("CALLERID(name)"))
    await called.peer.expect('GET VARIABLE "CALLERID(name)"', b"200 result=1 (a (b) ) c)")
    assert await called.result() == "a (b) ) c"


@pytest.mark.parametrize("answer", [b"200 result=0", b"200 result=1 ()"])
async def test_unset_and_empty_variables_are_none(call: Start, answer: bytes) -> None:
    called = await call(lambda agi: agi.variable("NOPE"))
    await called.peer.expect("GET VARIABLE NOPE", answer)
    assert await called.result() is None


async def test_key_ends_a_wait(call: Start) -> None:
    called = await call(lambda agi: agi.wait(30))
    await called.peer.expect(DIGIT, b"200 result=35")
    assert await called.result() == "#"


async def test_wait_is_over_after_its_time(call: Start) -> None:
    called = await call(lambda agi: agi.wait(30))
    await called.peer.expect(DIGIT, b"200 result=0")
    assert await called.result() is None


async def test_event_ends_a_wait_and_the_next_command_has_its_own_answer(call: Start) -> None:
    chosen = asyncio.Event()

    async def flow(agi: Agi) -> tuple[str | None, str | None]:
        return await agi.wait(30, chosen), await agi.variable("X")

    called = await call(flow)
    await called.peer.expect(DIGIT)
    chosen.set()
    await called.peer.expect_mark(b"200 result=1")
    await called.peer.expect("GET VARIABLE X", b"200 result=1 (mine)")
    assert await called.result() == (None, "mine")


async def test_key_pressed_while_a_wait_is_cut_short_is_not_lost(call: Start) -> None:
    chosen = asyncio.Event()
    called = await call(lambda agi: agi.wait(30, chosen))
    await called.peer.expect(DIGIT)
    chosen.set()
    await called.peer.expect_mark(b"200 result=49")
    assert await called.result() == "1"


async def test_future_ends_a_wait(call: Start) -> None:
    until: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    called = await call(lambda agi: agi.wait(30, until))
    await called.peer.expect(DIGIT)
    until.set_result(None)
    await called.peer.expect_mark(b"200 result=1")
    assert await called.result() is None


async def test_interrupt_ends_a_wait(call: Start) -> None:
    sessions: list[Agi] = []

    async def flow(agi: Agi) -> str | None:
        sessions.append(agi)
        return await agi.wait(30)

    called = await call(flow)
    await called.peer.expect(DIGIT)
    sessions[0].interrupt()
    await called.peer.expect_mark(b"200 result=1")
    assert await called.result() is None


async def test_wait_for_what_has_happened_asks_nothing(call: Start) -> None:
    chosen = asyncio.Event()
    chosen.set()
    assert await (await call(lambda agi: agi.wait(30, chosen))).result() is None


async def test_prompt_cut_short_is_not_answered(call: Start) -> None:
    chosen = asyncio.Event()

    async def flow(agi: Agi) -> tuple[str | None, str | None]:
        return await agi.stream("welcome", "12", chosen), await agi.variable("X")

    called = await call(flow)
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect("STREAM FILE welcome 12")
    chosen.set()
    await called.peer.expect_mark()
    await called.peer.expect("GET VARIABLE X", b"200 result=1 (mine)")
    assert await called.result() == (None, "mine")


async def test_prompt_that_ended_while_it_was_cut_short_is_answered_too(call: Start) -> None:
    chosen = asyncio.Event()
    called = await call(lambda agi: agi.stream("welcome", "12", chosen))
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect("STREAM FILE welcome 12")
    chosen.set()
    await called.peer.expect_mark(b"200 result=50 endpos=800")
    assert await called.result() == "2"


async def test_music_goes_on_after_prompts(call: Start) -> None:
    async def flow(agi: Agi) -> None:
        await agi.music(True, "jazz")
        await agi.wait(1)
        await agi.play(["welcome", "beep"])
        await agi.wait(1)
        await agi.music(False)
        await agi.stream("welcome")
        await agi.wait(1)

    heard = [
        *("ANSWER", "SET MUSIC ON jazz", "WAIT FOR DIGIT 1000"),
        *('STREAM FILE welcome ""', 'STREAM FILE beep ""'),
        *("SET MUSIC ON jazz", "WAIT FOR DIGIT 1000"),
        *("SET MUSIC OFF", 'STREAM FILE welcome ""', "WAIT FOR DIGIT 1000"),
    ]
    called = await call(flow)
    for command in heard:
        await called.peer.expect(command, b"200 result=0")
    await called.result()


async def test_missing_sound_is_passed_over(call: Start) -> None:
    called = await call(lambda agi: agi.play(["nowhere", "welcome"]))
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect('STREAM FILE nowhere ""', b"200 result=-1 endpos=0")
    await called.peer.expect('STREAM FILE welcome ""', b"200 result=0 endpos=8000")
    assert await called.result() is None


async def test_numbers_are_said_so_that_they_can_be_cut_short(call: Start) -> None:
    chosen = asyncio.Event()
    called = await call(lambda agi: agi.say_number(125, "", chosen))
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect('STREAM FILE "digits/1" ""', b"200 result=0 endpos=8000")
    await called.peer.expect('STREAM FILE "digits/hundred" ""')
    chosen.set()
    await called.peer.expect_mark()
    assert await called.result() is None


async def test_keys_are_collected_from_the_prompt_on(call: Start) -> None:
    called = await call(lambda agi: agi.get_data("account", 5, 8))
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect('STREAM FILE account "0123456789*#"', b"200 result=52 endpos=8")
    for key in (b"50", b"35"):
        await called.peer.expect("WAIT FOR DIGIT 5000", b"200 result=" + key)
    assert await called.result() == "42"


async def test_hang_up_ends_a_wait_and_variables_can_still_be_set(call: Start) -> None:
    async def flow(agi: Agi) -> bool:
        with pytest.raises(AgiHangup):
            await agi.wait(30)
        await agi.set_variable("CALLCENTER_QUEUE_EXIT", "abandoned")
        with pytest.raises(AgiHangup):
            await agi.wait(30)
        return agi.closed.is_set()

    called = await call(flow)
    await called.peer.expect(DIGIT, b"200 result=-1", b"HANGUP")
    await called.peer.expect("SET VARIABLE CALLCENTER_QUEUE_EXIT abandoned", b"200 result=1")
    assert await called.result()


async def test_hang_up_between_commands_is_known_at_once(call: Start) -> None:
    async def flow(agi: Agi) -> None:
        await asyncio.wait_for(agi.closed.wait(), 1)
        await agi.stream("welcome")

    called = await call(flow)
    called.peer.say(b"HANGUP\n")
    with pytest.raises(AgiHangup):
        await called.result()


async def test_command_on_a_dead_channel_is_a_hang_up(call: Start) -> None:
    called = await call(lambda agi: agi.stream("welcome"))
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect(
        'STREAM FILE welcome ""',
        b"511 Command Not Permitted on a dead channel or intercept routine",
    )
    with pytest.raises(AgiHangup):
        await called.result()


async def test_dial_tells_what_came_of_it(call: Start) -> None:
    called = await call(lambda agi: agi.dial("PJSIP/1001", 20, "tg"))
    await called.peer.expect('EXEC Dial "PJSIP/1001,20,tg"', b"200 result=0")
    await called.peer.expect("GET VARIABLE DIALSTATUS", b"200 result=1 (ANSWER)")
    await called.peer.expect("GET VARIABLE ANSWEREDTIME", b"200 result=1 (65)")
    assert await called.result() == Dialled("ANSWER", 65, hung_up=False)


async def test_dial_tells_of_the_callers_hang_up(call: Start) -> None:
    called = await call(lambda agi: agi.dial("PJSIP/1001", 20))
    await called.peer.expect('EXEC Dial "PJSIP/1001,20,g"', b"200 result=-1")
    await asyncio.sleep(0.05)
    called.peer.say(b"HANGUP\n")
    await called.peer.expect("GET VARIABLE DIALSTATUS", b"200 result=1 (CANCEL)")
    await called.peer.expect("GET VARIABLE ANSWEREDTIME", b"200 result=1 ()")
    assert await called.result() == Dialled("CANCEL", 0, hung_up=True)


async def test_recording_that_ends_with_the_call_is_kept(call: Start) -> None:
    async def flow(agi: Agi) -> tuple[str, float, bool]:
        recorded = await agi.record("/spool/message", seconds=60, silence=5)
        await agi.set_variable("CALLCENTER_VOICEMAIL", "message")
        return recorded.why, recorded.seconds, recorded.hung_up

    called = await call(flow)
    await called.peer.expect("ANSWER", b"200 result=0")
    await called.peer.expect(
        'RECORD FILE "/spool/message" wav "#" 60000 BEEP "s=5"',
        b"200 result=-1 (hangup) endpos=24000",
        b"HANGUP",
    )
    await called.peer.expect("SET VARIABLE CALLCENTER_VOICEMAIL message", b"200 result=1")
    assert await called.result() == ("hangup", 3.0, True)


async def test_wrong_usage_is_an_error_with_the_usage(call: Start) -> None:
    called = await call(lambda agi: agi.command("WAIT", "FOR", "DIGIT"))
    await called.peer.expect(
        "WAIT FOR DIGIT",
        b"520-Invalid command syntax.  Proper usage follows:",
        b"Waits up to <timeout> milliseconds",
        b"HANGUP",
        b"520 End of proper usage.",
    )
    with pytest.raises(AgiError, match="Waits up to"):
        await called.result()


async def test_unknown_application_is_an_error(call: Start) -> None:
    called = await call(lambda agi: agi.exec("Nope", "x"))
    await called.peer.expect("EXEC Nope x", b"200 result=-2")
    with pytest.raises(AgiError, match="no application Nope"):
        await called.result()


async def test_cancelled_command_leaves_the_session_in_step(call: Start) -> None:
    async def flow(agi: Agi) -> str | None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await agi.wait(30)
        return await agi.variable("X")

    called = await call(flow)
    await called.peer.expect(DIGIT)
    await called.peer.expect_mark(b"200 result=1")
    await called.peer.expect("GET VARIABLE X", b"200 result=1 (mine)")
    assert await called.result() == "mine"


async def test_two_coroutines_cannot_command_one_call(call: Start) -> None:
    async def flow(agi: Agi) -> None:
        waiting = asyncio.create_task(agi.wait(30))
        await asyncio.sleep(0.01)
        with pytest.raises(RuntimeError):
            await agi.variable("X")
        waiting.cancel()

    called = await call(flow)
    await called.peer.expect(DIGIT)
    await called.result()


async def test_session_that_breaks_ends_the_wait_at_once(call: Start) -> None:
    called = await call(lambda agi: agi.wait(30))
    await called.peer.expect(DIGIT)
    began = time.monotonic()
    called.peer.writer.close()
    with pytest.raises(AgiClosed):
        await called.result()
    assert time.monotonic() - began < 0.5


async def test_silent_pbx_is_given_up(call: Start) -> None:
    called = await call(lambda agi: agi.command("NOOP", seconds=0.1))
    await called.peer.expect("NOOP")
    with pytest.raises(AgiClosed, match="no answer"):
        await called.result()
    assert await called.peer.is_ended()


async def test_answer_to_nothing_ends_the_session(call: Start) -> None:
    called = await call(lambda agi: agi.wait(30))
    await called.peer.expect(DIGIT, b"200 result=0", b"200 result=0")
    assert await called.peer.is_ended()
