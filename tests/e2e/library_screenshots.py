"""Takes the pictures of the library of recordings: calls with names, sound, marks and comments."""

from __future__ import annotations

import array
import math
import random
import tempfile
import time
import wave
from pathlib import Path

from sqlalchemy import insert, update

from callcenter.store.migrate import upgrade
from callcenter.store.tables import Interaction
from crm.customers.service import NewCustomer, NewNumber, create_customer
from recording.queries import table_of
from recording.tables import Recording, RecordingComment
from routing.work_tables import InteractionDisposition
from tests.e2e import test_library
from tests.e2e.browser import Desk, chromium
from tests.e2e.office import Office, at_work, office_in
from tests.e2e.pictures import both_languages

RATE, SECONDS = 8_000, 96
CALLERS = ("王芳", "Harbour Logistics", "陈志强")
SAID = ((11.0, "Greeting by name: well done."), (52.0, "说明到货时间时可以更具体一些。"))


def write_talk(path: Path, seed: int) -> None:
    """Two who take turns, as loud as people are."""
    chance = random.Random(seed)  # noqa: S311 - a picture, no secret
    samples = array.array("h")
    while len(samples) < RATE * SECONDS:
        words, quiet = chance.uniform(0.8, 5.0), chance.uniform(0.2, 1.2)
        loud = chance.uniform(3_000, 16_000)
        for n in range(round(words * RATE)):
            shape = abs(math.sin(n / RATE * 9)) * abs(math.sin(n / RATE * 1.7 + seed))
            samples.append(round(loud * shape * chance.uniform(-1, 1)))
        samples.extend([0] * round(quiet * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples[: RATE * SECONDS].tobytes())


async def _told(office: Office) -> None:
    """Who called, how it came out, and what was said of it."""
    async with office.database() as database, database.session() as session:
        for n, name in enumerate(CALLERS):
            new = NewCustomer(name=name, numbers=[NewNumber(f"1380013800{n}")])
            made, _ = await create_customer(session, new, now=time.time())
            call, customer = test_library.call(n), {"customer_id": made.customer.id}
            mine = update(Interaction).where(Interaction.id == call)
            await session.execute(mine.values(customer))
            said = {"interaction_id": call, "agent_id": 1, "disposition": "resolved"}
            await session.execute(insert(InteractionDisposition).values(**said, at=time.time()))
        for at, text in SAID:
            comment = {"recording_id": test_library.call(1), "at": at, "text": text}
            by = {"author_id": office.users["supervisor"], "created_at": time.time()}
            await session.execute(insert(table_of(RecordingComment)).values(**comment, **by))
        await session.execute(update(table_of(Recording)).values(described=False))
        await session.commit()


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-library-") as path:
        folder = Path(path)
        url = f"sqlite:///{folder}/callcenter.db"
        await upgrade(url)
        office = office_in(folder, url)
        await office.furnish("en")
        for n in range(test_library.CALLS):
            write_talk(folder / f"2026/{n}.wav", n + 1)
        async with at_work(office), chromium() as browser:
            await test_library.recorded(office)
            await _told(office)
            async with Desk(browser, office, "supervisor", locale="en-GB") as desk:
                page = desk.page
                await page.goto(f"{office.address}/recordings")
                await test_library.listed(page, test_library.CALLS)
                await page.get_by_text(CALLERS[1]).first.wait_for()
                await both_languages(page, "recordings")
                await page.goto(f"{office.address}/recordings/{test_library.call(1)}")
                await page.get_by_test_id("comment").first.wait_for()
                await page.get_by_test_id("spot").first.wait_for()
                await page.wait_for_load_state("networkidle")
                await both_languages(page, "recording")
