"""What is recorded of real calls: both sides apart, and silence where the marks say."""

from __future__ import annotations

import array
import asyncio
import math
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.call import Call
from callcenter.pbx.robots import phone, trunk
from callcenter.pbx.tones import RATE, chord, mulaw
from recording.control import RecordingControl
from recording.spans import Reason
from tests.e2e.center import Center, agi_port, asked_house, center, describe, until
from tests.e2e.house import CUSTOMER, House, service
from tests.pbx.harness import asterisk

CUSTOMER_TONE, AGENT_TONE = 440.0, 1200.0  # Hz
FRAME = 160  # samples: 20 ms
EXACT = 0.2  # seconds by which a mark may miss


@pytest_asyncio.fixture(loop_scope="module", params=[22, 16])
async def pbx(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us."""
    url = f"agi://127.0.0.1:{agi_port()}"
    async with asterisk(folder, request.param, agi_url=url) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    return await asked_house(pbx, folder, sqlite_url)


@dataclass(slots=True)
class Talk:
    """A customer in conversation with 1001, by way of our queue."""

    here: Center
    house: House
    customer: Call
    agent: Call
    interaction: str

    @property
    def control(self) -> RecordingControl:
        return self.here.service.distribution.taping.control

    @property
    def phase(self) -> str:
        return self.control.state(self.interaction).phase

    async def end(self) -> str:
        """Hang up; the id of the recording once its file was looked at."""
        await self.customer.hang_up()
        sql = "SELECT id, status FROM recordings WHERE status <> 'pending'"
        ((recording, status),) = await self.house.until_rows(sql)
        assert status == "ready"
        return str(recording)


@asynccontextmanager
async def talking(here: Center, house: House) -> AsyncIterator[Talk]:
    async with phone(house.pbx, "1001") as telephone, trunk(house.pbx) as outside:
        telephone.audio = mulaw(chord([AGENT_TONE], 1.0))
        outside.audio = mulaw(chord([CUSTOMER_TONE], 1.0))
        await here.sign_in("Agent", "1001")
        customer = await outside.call("8000", caller=CUSTOMER)
        ringing = await telephone.next_call()
        await ringing.answer()
        agent = here.agents["Agent"]
        calls = here.service.distribution.control
        await until(lambda: calls.conversation(agent) is not None)
        yield Talk(here, house, customer, ringing, calls.conversation(agent) or "")


@asynccontextmanager
async def signed_in(house: House, user: str) -> AsyncIterator[aiohttp.ClientSession]:
    """As a payment page that has the session of somebody."""
    jar = aiohttp.CookieJar(unsafe=True)  # of an address without a name, too
    async with aiohttp.ClientSession(house.address, cookie_jar=jar) as session:
        who = {"username": user, "password": house.passwords[user]}
        async with session.post("/api/v1/session", json=who) as answer:
            body = await answer.json()
        session.headers["X-CSRF-Token"] = body["csrf"]
        yield session


async def posted(session: aiohttp.ClientSession, path: str, body: Any = None) -> tuple[int, Any]:
    async with session.post(f"/api/v1{path}", json=body) as answer:
        return answer.status, await answer.json()


async def got(session: aiohttp.ClientSession, path: str) -> Any:
    async with session.get(f"/api/v1{path}") as answer:
        assert answer.status == 200
        return await answer.json()


async def test_a_pause_is_silence_at_the_place_where_the_mark_is(house: House) -> None:
    async with (
        center(house) as here,
        signed_in(house, "agent") as page,
        talking(here, house) as talk,
    ):
        await until(lambda: talk.phase == "recording")
        await asyncio.sleep(1.5)
        status, paused = await posted(page, "/me/recording/pause", {"seconds": 5})
        assert status == 200, paused
        assert (paused["phase"], paused["reasons"]) == ("paused", ["api"])
        await asyncio.sleep(4.5)
        assert talk.phase == "paused"
        await until(lambda: talk.phase == "recording")  # by itself
        await asyncio.sleep(1.0)
        status, paused = await posted(page, f"/calls/{talk.interaction}/recording/pause", {})
        assert (status, paused["phase"]) == (200, "paused")
        await asyncio.sleep(1.0)
        status, _ = await posted(page, f"/calls/{talk.interaction}/recording/resume")
        assert status == 200
        await asyncio.sleep(0.5)
        recording = await talk.end()
        items = (await got(page, f"/recordings/{recording}/markers"))["items"]
        async with page.get(f"/api/v1/recordings/{recording}/audio") as answer:
            sound = await answer.read()
    marks = [(one["starts"], one["ends"]) for one in items if one["kind"] == "pause"]
    left, right = sides(sound, house.pbx.recordings)
    assert loudest(left) == CUSTOMER_TONE
    assert loudest(right) == AGENT_TONE
    assert len(marks) == 2
    for side in (left, right):
        heard = list(silences(side))
        assert len(heard) == 2
        for (begins, ends), (starts, stops) in zip(heard, marks, strict=True):
            assert abs(begins - starts) < EXACT
            assert abs(ends - stops) < EXACT


@pytest.mark.parametrize("pbx", [22], indirect=True)
async def test_a_restart_of_ours_in_a_pause_leaves_it_silent_and_ends_it(house: House) -> None:
    agents = await describe(house.config)
    async with phone(house.pbx, "1001") as telephone, trunk(house.pbx) as outside:
        telephone.audio = mulaw(chord([AGENT_TONE], 1.0))
        outside.audio = mulaw(chord([CUSTOMER_TONE], 1.0))
        async with service(house.config) as up:
            here = Center(house, up, agents)
            await here.sign_in("Agent", "1001")
            customer = await outside.call("8000", caller=CUSTOMER)
            await (await telephone.next_call()).answer()
            calls = up.distribution.control
            await until(lambda: calls.conversation(agents["Agent"]) is not None)
            interaction = calls.conversation(agents["Agent"]) or ""
            await asyncio.sleep(1.0)
            await up.distribution.taping.control.pause(interaction, Reason.API, seconds=8, by=None)
        async with service(house.config) as up:
            control = up.distribution.taping.control
            await until(lambda: control.call(interaction) is not None)
            assert control.state(interaction).phase == "paused"
            await until(lambda: control.state(interaction).phase == "recording")
            await asyncio.sleep(1.0)
            talk = Talk(Center(house, up, agents), house, customer, customer, interaction)
            recording = await talk.end()
            async with signed_in(house, "admin") as page:
                [mark] = [
                    one
                    for one in (await got(page, f"/recordings/{recording}/markers"))["items"]
                    if one["kind"] == "pause"
                ]
                async with page.get(f"/api/v1/recordings/{recording}/audio") as answer:
                    left, _ = sides(await answer.read(), house.pbx.recordings)
    [(begins, ends)] = silences(left)
    assert abs(begins - mark["starts"]) < EXACT
    # The robots share this process: while the service starts they say nothing, and a PBX that hears
    # nothing of either side writes nothing.
    assert abs(ends - mark["ends"]) < 2.0


@pytest.mark.parametrize("pbx", [22, 16], indirect=True)
async def test_the_key_to_refuse_and_the_agents_own_button(house: House) -> None:
    async with (
        center(house) as here,
        signed_in(house, "admin") as admin,
        signed_in(house, "agent") as page,
        phone(house.pbx, "1001") as telephone,
        trunk(house.pbx) as outside,
    ):
        await here.sign_in("Agent", "1001")
        rule: dict[str, Any] = {
            "name": "asks",
            "mode": "always",
            "consent": "opt_out",
            "opt_out_key": "9",
        }
        rule |= {"announcement": "vm-goodbye", "queues": ["support"], "opt_out_key": "9"}
        status, saved = await posted(admin, "/recording-rules", rule)
        assert status == 201, saved
        calls, book = here.service.distribution.control, here.service.distribution.taping.book
        await until(lambda: book.asks("support") is not None)
        customer = await outside.call("8000", caller=CUSTOMER)
        await customer.answered()
        await asyncio.sleep(0.5)
        await customer.press("9")
        await (await telephone.next_call()).answer()
        await until(lambda: calls.conversation(here.agents["Agent"]) is not None)
        refused = calls.conversation(here.agents["Agent"])
        status, answer = await posted(page, f"/calls/{refused}/recording/start")
        assert (status, answer["error"]["code"]) == (409, "recording_not_allowed")
        await customer.hang_up()
        await until(lambda: calls.conversation(here.agents["Agent"]) is None)

        on_demand: dict[str, Any] = {"name": "by hand", "mode": "on_demand", "queues": ["support"]}
        assert (await posted(admin, "/recording-rules", on_demand))[0] == 201
        await until(lambda: book.asks("support") is None)
        customer = await outside.call("8000", caller=CUSTOMER)
        await (await telephone.next_call()).answer()
        await until(lambda: calls.conversation(here.agents["Agent"]) is not None)
        call = calls.conversation(here.agents["Agent"])
        status, started = await posted(page, f"/calls/{call}/recording/start")
        assert (status, started.get("phase")) == (200, "recording"), started
        await asyncio.sleep(1.0)
        status, stopped = await posted(page, f"/calls/{call}/recording/stop")
        assert (status, stopped.get("phase")) == (200, "off"), stopped
        await customer.hang_up()
        sql = "SELECT interaction_id, channels, seconds FROM recordings WHERE status = 'ready'"
        [found] = await house.until_rows(sql)
    assert (found.interaction_id, found.channels) == (call, 2)
    assert 0.8 < found.seconds < 5.0  # not the whole call


# --- what is in a file ----------------------------------------------------------------------------


def sides(sound: bytes, folder: Path) -> tuple[array.array[int], array.array[int]]:
    path = folder / "heard.wav"
    path.write_bytes(sound)
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        both = array.array("h", file.readframes(file.getnframes()))
    return both[0::2], both[1::2]


def silences(side: array.array[int]) -> Iterator[tuple[float, float]]:
    """The stretches of half a second and more without a sound."""
    began: int | None = None
    for at in range(0, len(side) + FRAME, FRAME):
        part = side[at : at + FRAME]
        silent = len(part) > 0 and max(map(abs, part)) < 200
        if silent and began is None:
            began = at
        elif not silent and began is not None:
            if at - began >= RATE // 2:
                yield began / RATE, at / RATE
            began = None


def loudest(side: array.array[int]) -> float:
    """Which of the two tones it is, in the first second."""
    part = side[RATE // 4 : RATE]

    def power(tone: float) -> float:
        turns = [math.tau * tone * n / RATE for n in range(len(part))]
        real = sum(s * math.cos(t) for s, t in zip(part, turns, strict=True))
        other = sum(s * math.sin(t) for s, t in zip(part, turns, strict=True))
        return math.hypot(real, other)

    tones = (CUSTOMER_TONE, AGENT_TONE)
    powers = [power(tone) for tone in tones]
    assert max(powers) > 10 * min(powers)
    return tones[powers.index(max(powers))]
