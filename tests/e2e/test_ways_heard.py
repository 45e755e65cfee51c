"""What callers hear while they wait, on a holiday and when nobody wants them: one house, on a real
PBX that tells which sounds it played to whom."""

from __future__ import annotations

import asyncio
import datetime
import functools
import json
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from callcenter import distribution
from callcenter.calendars import DAYS
from callcenter.config_sections import PromptsConfig
from callcenter.events import AgentState
from callcenter.pbx.robots import Call, Robot, answers, phone, rings, trunk
from routing import flows
from tests.e2e.administrator import Administrator, described
from tests.e2e.caller import Book, book_of, both_hear, hears
from tests.e2e.center import Center, agi_port, asked_house, until
from tests.pbx.harness import AmiRecorder, asterisk

FANG, WEI, MIN = "+8613500000001", "+8613500000002", "+8613500000003"
TALKS, BLOCKED = "+8613500000004", "+8613500000005"
EVERY = 4.0  # seconds between announcements
DEAD_AIR = 3.0  # seconds
SHANGHAI = ZoneInfo("Asia/Shanghai")
ALWAYS = {day: [{"begin": "00:00", "end": "24:00"}] for day in DAYS}
NEXT = ["queue-youarenext"]
SECOND = ["queue-thereare", "digits/2", "queue-callswaiting"]
SOON = ["queue-holdtime", "queue-less-than", "digits/2", "queue-minutes"]


@dataclass(slots=True)
class Scene:
    """A house with its one agent, ready, and what the PBX did in it."""

    here: Center
    administrator: Administrator
    book: Book
    telephone: Robot
    outside: Robot
    ami: AmiRecorder
    agent: int
    now: list[float | None]  # what the clock shows to callers; None: the time

    def did(self, number: str) -> list[str]:
        """The sounds and telephones that we had the PBX begin for this caller, in order."""
        events = self.ami.data.decode(errors="replace").split("\r\n\r\n")
        mine = [e for e in events if "AGIExecStart" in e and f"CallerIDNum: {number}\r" in e]
        return [name for name in map(_begun, mine) if name]

    async def idle(self) -> None:
        await self.here.until_state(self.agent, AgentState.READY)


_BEGUN = re.compile(
    r'^Command: "?(?:(?P<rings>EXEC"? "?Dial)|STREAM"? "?FILE"? "?(?P<sound>[^" ]+))'
)


def _begun(event: str) -> str | None:
    """The sound or `Dial`; None for commands that nobody hears."""
    lines = (line for line in event.split("\r\n") if line.startswith("Command: "))
    found = _BEGUN.match(next(lines, ""))
    if found is None:
        return None
    return "Dial" if found["rings"] else found["sound"].rpartition("prompts/")[2]


@pytest.fixture(scope="module")
def clock() -> list[float | None]:
    return [None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(sqlite_template: Path, clock: list[float | None]) -> AsyncIterator[Scene]:
    told = functools.partial(flows.Flows, clock=lambda: clock[0] or time.time())
    with (
        tempfile.TemporaryDirectory(prefix="callcenter-e2e-") as place,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(distribution, "Flows", told)
        patch.setattr(flows, "DEAD_AIR_SECONDS", DEAD_AIR)
        folder = Path(place)
        shutil.copy(sqlite_template, folder / "callcenter.db")
        async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as pbx:
            house = await asked_house(pbx, folder, f"sqlite:///{folder / 'callcenter.db'}")
            prompts = PromptsConfig(folder=str(pbx.home / "prompts"))
            house.config = msgspec.structs.replace(house.config, prompts=prompts)
            async with (
                described(house, announce_every=EVERY) as (here, administrator),
                book_of(house) as book,
                phone(pbx, "1001", answers(0.1)) as telephone,
                trunk(pbx) as outside,
                AmiRecorder(pbx) as ami,
            ):
                agent = await here.sign_in("Agent", "1001")
                await administrator.prompt("closed-today", 2.0)
                yield Scene(here, administrator, book, telephone, outside, ami, agent, clock)


async def test_who_waits_hears_the_place_and_the_estimate_and_an_offer_ends_it(
    scene: Scene,
) -> None:
    await _four_wait_and_are_answered(scene)
    scene.telephone.behaviour = answers(0.1)
    talks = await scene.outside.call("8000", caller=TALKS)
    taken = await scene.telephone.next_call()
    await both_hear(talks, taken)
    scene.telephone.behaviour = rings
    first = await _waits(scene, FANG, 1)
    second = await _waits(scene, WEI, 2)
    await hears(first)
    await hears(second)
    await until(lambda: "queue-holdtime" in scene.did(FANG))
    await talks.hang_up()  # in the middle of the sentence
    began = time.monotonic()
    ringing = await scene.telephone.next_call()
    assert time.monotonic() - began < 2.0
    await until(lambda: scene.did(WEI) == [*SECOND, *SOON], 20)
    await asyncio.sleep(max(0.0, EVERY * 1.2 - (time.monotonic() - began)))  # the next were due
    assert not ringing.is_over
    await ringing.answer()
    await both_hear(first, ringing)
    *said, dialled = scene.did(FANG)
    assert dialled == "Dial"
    assert said == [*NEXT, *SOON][: len(said)]
    assert len(said) < len([*NEXT, *SOON])
    await second.hang_up()
    await first.hang_up()
    await scene.book.until_stays(FANG, ("support", "answered"))
    offers = await scene.book.rows(
        "SELECT o.result FROM offers o JOIN interactions i ON i.id = o.interaction_id"
        " WHERE i.caller_number = :number",
        number=FANG,
    )
    assert [row.result for row in offers] == ["answered"]
    await scene.idle()


async def _four_wait_and_are_answered(scene: Scene) -> None:
    """An estimate is made of what was seen."""
    await scene.here.staff.not_ready(scene.agent, "break")
    scene.telephone.behaviour = answers(0.05, hang_up_after=0.6)
    numbers = [f"+861350000010{place}" for place in range(4)]
    calls = [await scene.outside.call("8000", caller=number) for number in numbers]
    await until(lambda: scene.here.service.distribution.desk.waiting("support") == 4)
    await scene.here.staff.ready(scene.agent)
    for call in calls:
        await call.ended(20.0)
        await scene.telephone.next_call()
    await scene.idle()


async def _waits(scene: Scene, number: str, place: int) -> Call:
    call = await scene.outside.call("8000", caller=number)
    await until(lambda: scene.here.service.distribution.desk.waiting("support") == place)
    return call


async def test_dead_air_is_heard_for_its_time_and_takes_nobodys(scene: Scene) -> None:
    unwanted = {"kind": "block_list", "numbers": [BLOCKED], "action": "dead_air"}
    await scene.administrator.number("8041", "support", rules=[unwanted])
    scene.telephone.behaviour = answers(0.1)
    began = time.monotonic()
    blocked = await scene.outside.call("8041", caller=BLOCKED)
    welcome = await scene.outside.call("8041", caller=MIN)
    await both_hear(welcome, await scene.telephone.next_call())
    await welcome.hang_up()
    await scene.idle()
    assert not blocked.is_over
    await blocked.ended()
    assert DEAD_AIR <= time.monotonic() - began < DEAD_AIR + 3.0
    assert not blocked.is_answered
    assert (blocked.media.received, blocked.heard) == (0, 0.0)
    assert scene.telephone.incoming.empty()
    await scene.book.until(
        "SELECT id FROM interactions WHERE caller_number = :number AND end_reason IS NOT NULL",
        number=BLOCKED,
    )
    assert await scene.book.decisions(BLOCKED) == [("block_list", "refused", "listed")]
    assert await scene.book.stays(BLOCKED) == []
    for table in ("offers", "missed_work"):
        assert await _of(scene, table, BLOCKED) == 0


async def _of(scene: Scene, table: str, number: str) -> int:
    sql = {
        "offers": "SELECT o.id FROM offers o JOIN interactions i ON i.id = o.interaction_id"
        " WHERE i.caller_number = :number",
        "missed_work": "SELECT id FROM missed_work WHERE number = :number",
    }[table]
    return len(await scene.book.rows(sql, number=number))


async def test_on_a_day_of_the_house_s_own_the_caller_is_told_and_leaves_a_word(
    scene: Scene,
) -> None:
    today = datetime.datetime.now(SHANGHAI).date()
    days = [{"date": (today + datetime.timedelta(n)).isoformat(), "name": "厂庆"} for n in range(2)]
    await scene.administrator.calendar("anniversary", week=ALWAYS, days=days)
    word = {"kind": "voicemail", "target": "closed-today"}
    closed: dict[str, Any] = {"kind": "calendar", "calendar": "anniversary", "when_closed": word}
    await scene.administrator.number("8042", "support", rules=[closed])
    call = await scene.outside.call("8042", caller=FANG)
    await hears(call)
    await until(lambda: _spoken(scene) > 16_000, 20)  # a second of the message
    await call.press("#")
    await call.ended()
    assert "closed-today" in scene.did(FANG)
    assert await scene.book.decided(FANG, "calendar", "matched", "special_day")
    await scene.book.until(
        "SELECT id FROM missed_work WHERE number = :number AND kind = 'voicemail'", number=FANG
    )
    assert scene.telephone.incoming.empty()


def _spoken(scene: Scene) -> int:
    folder = scene.here.house.pbx.recordings
    return sum(path.stat().st_size for path in folder.glob("voicemail-*.wav"))


async def test_on_a_holiday_of_the_country_the_caller_is_told_and_goes_on_to_who_is_there(
    scene: Scene,
) -> None:
    await scene.administrator.calendar("china", week=ALWAYS, holidays="CN")
    told = {"kind": "message", "target": "closed-today"}
    closed: dict[str, Any] = {"kind": "calendar", "calendar": "china", "when_closed": told}
    await scene.administrator.number("8043", "support", rules=[closed])
    on_duty = {"kind": "queue", "target": "duty"}
    await scene.administrator.queue("duty", "Agent")
    await scene.administrator.queue("weekdays", calendar="china", when_closed=on_duty)
    await scene.administrator.number("8044", "weekdays")
    scene.telephone.behaviour = answers(0.1)
    scene.now[0] = datetime.datetime(2026, 10, 1, 12, tzinfo=SHANGHAI).timestamp()
    try:
        turned_away = await scene.outside.call("8043", caller=WEI)
        await hears(turned_away)
        await turned_away.ended()
        put_through = await scene.outside.call("8044", caller=MIN)
        await both_hear(put_through, await scene.telephone.next_call())
        await put_through.hang_up()
    finally:
        scene.now[0] = None
    assert scene.did(WEI)[-1] == "closed-today"
    (why,) = await scene.book.until(
        "SELECT d.reason, d.facts FROM decisions d JOIN interactions i ON i.id = d.interaction_id"
        " WHERE i.caller_number = :number AND d.step = 'calendar'",
        number=WEI,
    )
    assert why.reason == "holiday"
    assert json.loads(why.facts)["name"].startswith("国庆")
    await scene.book.until(
        "SELECT s.id FROM segments s JOIN interactions i ON i.id = s.interaction_id"
        " WHERE i.caller_number = :number AND s.queue = 'duty' AND s.exit = 'answered'",
        number=MIN,
    )
