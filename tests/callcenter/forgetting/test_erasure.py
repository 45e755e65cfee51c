"""Who was erased is found nowhere: no table, no file, no stream; and does not come back."""
# ruff: noqa: S608 - every statement is written in this file

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from redis.asyncio import Redis
from sqlalchemy.engine import Connection

from callcenter.bus import MemoryBus
from callcenter.bus_redis import STREAM, RedisBus
from callcenter.errors import Conflict, InvalidInput
from callcenter.events import (
    CallerIdentified,
    Direction,
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionStarted,
    LegStarted,
    Party,
    RecordingStarted,
)
from callcenter.forgetting.calls import Calls
from callcenter.forgetting.guard import Guard, Marks
from callcenter.forgetting.person import Number, Person
from callcenter.forgetting.service import Eraser, Folders, Stage
from callcenter.forgetting.sweep import places
from callcenter.forgetting.tables import Erasure, Tombstone
from callcenter.forgetting.wipe import Room
from callcenter.migrations.models import METADATA
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from callcenter.store.writer import Writer
from crm.erasure import Customers
from recording import holds
from recording.erasure import Recordings
from recording.files import Folder
from recording.store.keeper import Keeper
from recording.store.keyring import KeyRing
from recording.store.places import FolderPlace
from recording.store.steps import Shape, Steps
from routing.erasure import Work
from tests.recording.conftest import write_wave
from tests.store.test_migrations_filled import _row

NAME, NATIONAL, MAIL = "欧阳小满", "13800138007", "xiaoman.ouyang@example.com"
E164 = f"+86{NATIONAL}"
SHARED = "2152345678"  # of the company, though it is written down for the person, too
SAID = f"called {NAME.upper()} on 138-0013 8007, {MAIL}"
MARKS = Marks([b"a key of the tests that nobody else has"])
CALL, LEG = "c" * 32, "d" * 32
RECORDING = "e" * 32
THEN = 1_780_000_000.0
PARTY = Party("PJSIP/trunk-1", "PJSIP/trunk", NATIONAL, NAME, LEG)
ON: dict[str, Any] = {"at": THEN, "pbx": "pbx", "interaction": CALL}
FILE = f"/monitor/in-{NATIONAL}-1001.wav"
CARD = json.dumps({"e164": E164, "name": NAME}).encode()
STORY: list[DomainEvent] = [
    InteractionStarted(**ON, direction=Direction.INBOUND, caller=PARTY, dialled="8001"),
    LegStarted(**ON, party=PARTY, uniqueid="1780000000.1", boot="b"),
    RecordingStarted(**ON, file=FILE, channel="PJSIP/trunk-1", leg=LEG),
    CallerIdentified(**ON, number=E164, card=msgspec.Raw(CARD), customer="1"),
    InteractionEnded(**ON, reason=EndReason.COMPLETED, by="caller", cause=16, answered=True),
]


def traces(text: str) -> list[str]:
    """What of the person is in it, however it is written."""
    bare = re.sub(r"[\s\-().]", "", text)
    escaped = json.dumps(NAME)[1:-1]
    return [
        found
        for found, where in ((NAME, text), (escaped, text), (NATIONAL, bare), (MAIL, text.lower()))
        if found in where
    ]


def in_tables(connection: Connection) -> dict[str, Any]:
    """Every row of every table, also of those that no model knows."""
    found: dict[str, Any] = {}
    for name in sa.inspect(connection).get_table_names():
        for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')):
            texts = [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in row]
            if traces("\n".join(texts)):
                found.setdefault(name, []).append(row)
    return found


def in_files(*folders: Path) -> dict[str, list[str]]:
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            texts = [str(path.relative_to(folder)), data.decode("utf-8", "replace")]
            texts += [data.decode("gb18030", "replace")]
            here = [trace for text in texts for trace in traces(text)]
            if here:
                found[str(path)] = here
    return found


def fill(connection: Connection) -> None:
    """The person's own customer, and in every table rows that name them in every text they have."""
    texts = {place.table.name: {c.name for c in place.columns} for place in places()}
    schema = sa.MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        if table.name.startswith(("audit", "erasures", "tombstones", "alembic", "search_")):
            continue
        if connection.scalar(sa.select(sa.func.count()).select_from(table)):
            continue
        for number in range(2):
            values = _row(connection, table, number)
            if number == 0:
                named = [c for c in table.columns if c.name in texts.get(table.name, ())]
                values |= _told(named)
            connection.execute(table.insert().values(values))


def _told(columns: list[sa.Column[Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for column in columns:
        length = getattr(column.type, "length", None) or 1000
        if isinstance(column.type, sa.JSON):
            told[column.name] = {"said": [NAME, {"to": E164}]}
        elif length >= len(SAID):
            told[column.name] = SAID
        elif length >= len(NATIONAL) and column.name not in {"state", "kind", "status", "stage"}:
            told[column.name] = NATIONAL
    return told


# Have rows from the migrations, or no text that somebody writes.
SEEDED = {"dictionary", "dispositions", "pause_reasons", "recording_rules", "role_rights", "roles"}
SEEDED |= {"users"}
PERSONAL = (
    f"UPDATE customers SET name = '{NAME}', pinyin = 'x', merged_into = NULL WHERE id = 1",
    "UPDATE customers SET merged_into = NULL",
    f"UPDATE contacts SET name = '{NAME}' WHERE customer_id = 1",
    f"UPDATE phone_numbers SET customer_id = 1, raw = '{NATIONAL}', e164 = '{E164}', "
    "suffix = '00138007' WHERE id = 1",
    f"UPDATE email_addresses SET customer_id = 1, email = '{MAIL}' WHERE id = 1",
    "UPDATE tickets SET customer_id = 1",
)


@dataclass
class House:
    """A service's parts, as far as an erasure goes."""

    database: Database
    bus: MemoryBus
    data: Path
    folder: Folder
    guard: Guard
    eraser: Eraser
    keeper: Keeper

    async def tell(self, *events: DomainEvent) -> None:
        """To the writer of rows, as an installation would."""
        subscription = self.bus.subscribe(f"rows-{time.monotonic_ns()}", durable=True)
        writer = Writer(self.database, subscription, self.data / "dead-letters.jsonl")
        task = asyncio.create_task(writer.run())
        for event in events:
            self.bus.publish(event)
        while subscription.depth:  # noqa: ASYNC110 - a subscription tells nobody
            await asyncio.sleep(0.01)
        self.bus.unsubscribe(subscription)
        await task

    async def erase(self, asked: Person, *, turns: int = 12) -> None:
        async with self.database.session() as session:
            row = await self.eraser.ask(session, asked, by=None, reason=f"wish of {NAME}")
            await session.commit()
        for _ in range(turns):
            if not await self.eraser.turn():
                return
            await self.keeper.turn()
        async with self.database.reading() as session:
            at = await session.get_one(Erasure, row.id)
        raise AssertionError(f"not finished: {at.state}, {at.problem}")

    async def look(self) -> tuple[dict[str, Any], dict[str, list[str]]]:
        async with self.database.engine.connect() as connection:
            tables = await connection.run_sync(in_tables)
        return tables, in_files(self.data, self.folder.path)


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    # The embedded database lies among the data, as it does in an installation.
    data, monitor = tmp_path, tmp_path / "monitor"
    monitor.mkdir()
    folder, kept = Folder(monitor, "/monitor"), FolderPlace(data / "recordings")
    bus = MemoryBus(data / "waiting")
    guard = Guard(database, MARKS)
    rooms: list[Room] = [Customers(data / "attachments"), Calls(), Work(), Recordings(folder)]
    shape, keys = Shape(), KeyRing({})
    keeper = Keeper(
        database, Steps(folder, kept, {}, keys=keys, shape=shape), keys=keys, shape=shape,
        disks=(data,), threshold=2.0,
    )  # fmt: skip
    folders = Folders(data, (data / "waiting", data / "recordings", monitor))
    eraser = Eraser(database, bus, rooms, marks=MARKS, watch=guard, folders=folders)
    async with bus:
        yield House(database, bus, data, folder, guard, eraser, keeper)


async def settle_in(house: House) -> None:
    """Everything that an installation could have written of somebody."""
    async with house.database.engine.begin() as connection:
        await connection.run_sync(fill)
        for statement in PERSONAL:
            await connection.execute(sa.text(statement))
    await house.tell(*STORY)
    write_wave(house.folder.path / f"in-{NATIONAL}-1001.wav", 0.3)
    write_wave(house.folder.path / f"orphan-{NATIONAL}.wav", 0.3)
    recording: dict[str, Any] = {
        "id": RECORDING,
        "interaction_id": CALL,
        "pbx": "pbx",
        "status": "ready",
    }
    recording |= {"file": f"in-{NATIONAL}-1001.wav", "number": NATIONAL, "started_at": THEN}
    async with house.database.session() as session:
        await session.execute(METADATA.tables["recordings"].insert().values(recording))
        for action in ("customer.create", "customer.change"):
            told = {"name": NAME, "numbers": [E164]}
            await audit.record(session, Audited(THEN, 1, action, "customer/1", None, told))
        await audit.record(session, Audited(THEN, 1, "x", "import/9", None, {"text": SAID}))
        await audit.record(session, Audited(THEN, 1, "y", "user/9", None, {"text": "others"}))
        await session.commit()
    (house.data / "dead-letters.jsonl").write_text(f'{{"error": "no", "event": "{SAID}"}}\n')
    (house.data / "imports").mkdir()
    (house.data / "imports" / ("a" * 32)).write_bytes(f"姓名,电话\n{NAME},1\n".encode("gb18030"))
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w") as pack:
        pack.writestr("xl/sharedStrings.xml", f"<t>{NAME}</t>")
    (house.data / "imports" / ("b" * 32)).write_bytes(book.getvalue())
    attachment = house.data / "attachments" / "00" / ("0" * 32)
    attachment.parent.mkdir(parents=True)
    attachment.write_text(SAID)
    async with house.database.session() as session:
        await session.execute(
            sa.text("UPDATE ticket_attachments SET id = :id WHERE ticket_id = 1"), {"id": "0" * 32}
        )
        await session.commit()
    house.bus.subscribe("away", durable=True, maxsize=1)  # its consumer does not come
    for event in STORY:
        house.bus.publish(event)


async def test_a_search_of_every_table_file_and_stream_finds_nothing_and_no_replay_helps(
    house: House,
) -> None:
    await settle_in(house)
    tables, files = await house.look()
    filled = {place.table.name for place in places()}
    assert len(tables) > 40
    assert filled - tables.keys() <= SEEDED, "tables that the test does not fill"
    assert len(files) >= 6
    await house.erase(Person(customers=[1]))
    await house.guard.load()
    tables, files = await house.look()
    assert (tables, files) == ({}, {})
    async with house.database.reading() as session:
        verdict = await audit.verify(session)
        assert verdict.broken is None
        before = await session.get_one(Interaction, CALL)
        assert (before.caller_number, before.end_reason) == (None, "completed")
        others = await session.scalar(sa.text("SELECT after FROM audit WHERE object = 'user/9'"))
        assert others == '{"text":"others"}'
        assert await session.scalar(sa.select(sa.func.count()).select_from(Tombstone))
    house.bus.guard(house.guard.clean)
    await house.tell(*STORY)
    assert await house.look() == ({}, {})
    async with house.database.reading() as session:
        again = await session.get_one(Interaction, CALL)
        assert (again.caller_number, again.started_at) == (None, THEN)


async def at_a_company(house: House) -> None:
    """The person is one of two people at a company, and one of its numbers is for both."""
    async with house.database.session() as session:
        for statement in (
            "UPDATE customers SET name = 'Acme', pinyin = 'acme' WHERE id = 1",
            "UPDATE contacts SET name = 'x', customer_id = 1",
            f"UPDATE contacts SET name = '{NAME}', pinyin = 'x' WHERE id = 1",
            "UPDATE phone_numbers SET contact_id = 1, extension = NULL, switchboard = false "
            "WHERE id = 1",
            "UPDATE email_addresses SET contact_id = 1 WHERE id = 1",
            *(
                "INSERT INTO phone_numbers (customer_id, contact_id, raw, e164, switchboard) "
                f"VALUES (1, {contact}, '{SHARED}', '+86{SHARED}', {switchboard})"
                for contact, switchboard in ((1, "false"), (2, "false"), (1, "true"))
            ),
        ):
            await session.execute(sa.text(statement))
        await session.commit()


async def test_of_a_company_one_person_goes_and_who_calls_again_is_a_new_contact(
    house: House,
) -> None:
    await settle_in(house)
    await at_a_company(house)
    async with house.database.session() as session:
        found = await house.eraser.find(session, Person(contacts=[1]))
        assert (found.person.names, found.person.stays) == ([NAME], [1])
        assert [number.e164 for number in found.person.numbers] == [E164]
        assert (found.rows["contacts"], found.rows["phone_numbers"]) == (1, 2)
        assert CALL in found.person.calls
        with pytest.raises(InvalidInput, match="nobody"):
            await house.eraser.find(session, Person(contacts=[404]))
    await house.erase(Person(contacts=[1]))
    tables, files = await house.look()
    assert tables == {}
    assert [Path(name).name for name in files] == ["0" * 32]  # attached to the company's ticket
    async with house.database.reading() as session:
        company = sa.text("SELECT name, version FROM customers WHERE id = 1")
        assert tuple((await session.execute(company)).one()) == ("Acme", 2)
        assert list(await session.scalars(sa.text("SELECT id FROM contacts"))) == [2]
        shared = sa.text(f"SELECT contact_id FROM phone_numbers WHERE raw = '{SHARED}'")
        assert set(await session.scalars(shared)) == {2, None}
    house.bus.guard(house.guard.clean)
    new = {**ON, "at": time.time() + 60, "interaction": "f" * 32}
    party = Party("PJSIP/trunk-2", "PJSIP/trunk", NATIONAL, None, "9" * 32)
    await house.tell(
        InteractionStarted(**new, direction=Direction.INBOUND, caller=party, dialled="8001")
    )
    async with house.database.reading() as session:
        row = await session.get_one(Interaction, "f" * 32)
    assert row.caller_number == NATIONAL


async def test_a_backfill_of_calls_that_nobody_knew_brings_nobody_back(house: House) -> None:
    await settle_in(house)
    await house.erase(Person(customers=[1]))
    house.bus.guard(house.guard.clean)
    old = {**ON, "interaction": "8" * 32, "at": THEN - 86_400}
    party = Party("PJSIP/trunk-3", "PJSIP/trunk", f"0086{NATIONAL}", NAME, "7" * 32)
    await house.tell(
        InteractionStarted(**old, direction=Direction.INBOUND, caller=party, dialled="8001"),
        LegStarted(**old, party=party, uniqueid="1770000000.1", boot="b"),
    )
    assert await house.look() == ({}, {})
    async with house.database.reading() as session:
        assert (await session.get_one(Interaction, "8" * 32)).caller_number is None


async def test_a_service_that_ends_in_the_middle_goes_on_where_it_was(house: House) -> None:
    await settle_in(house)
    for stage in (Stage.ROOMS, Stage.SWEEP, Stage.COMPACT):
        work = house.eraser._do[stage]

        async def killed(row: Erasure, person: Person, work: Any = work) -> Any:
            await work(row, person)
            raise asyncio.CancelledError  # as at the end of a process: nothing is written down

        house.eraser._do[stage] = killed
        if stage is Stage.ROOMS:
            async with house.database.session() as session:
                await house.eraser.ask(session, Person(customers=[1]), by=None, reason="wish")
                await session.commit()
        with pytest.raises(asyncio.CancelledError):
            for _ in range(20):
                await house.eraser.turn()
                await house.keeper.turn()
        house.eraser._do[stage] = work
    for _ in range(20):
        if not await house.eraser.turn():
            break
    assert await house.look() == ({}, {})


async def test_what_is_held_is_not_erased(house: House) -> None:
    await settle_in(house)
    async with house.database.session() as session:
        await holds.place(session, "customer", "1", "a court asks", by=None, now=THEN)
        await session.commit()
    async with house.database.session() as session:
        found = await house.eraser.find(session, Person(customers=[1]))
        assert found.held == ["customer 1"] or "customer 1" in found.held
        with pytest.raises(Conflict, match="legal hold"):
            await house.eraser.ask(session, Person(customers=[1]), by=None, reason="wish")


async def test_a_dry_run_says_what_would_go_and_changes_nothing(house: House) -> None:
    await settle_in(house)
    before = (await house.look())[0].keys()
    async with house.database.session() as session:
        found = await house.eraser.find(session, Person(customers=[1]))
    assert found.rows["customers"] == 1
    assert found.rows["recordings"] >= 1
    assert found.mentions["tasks"] >= 1
    assert NAME in found.person.names
    assert (await house.look())[0].keys() == before
    async with house.database.session() as session:
        with pytest.raises(InvalidInput, match="nobody"):
            await house.eraser.find(session, Person())


async def test_the_stream_of_several_services_is_cleared_once_everybody_has_read_it(
    house: House, redis_url: str
) -> None:
    async with RedisBus(redis_url, house.data / "other", node="one") as bus:
        subscription = bus.subscribe("rows", durable=True)
        for event in STORY:
            bus.publish(event)
        first = await anext(subscription)
        assert len(first) > 0
        async with house.database.session() as session:
            session.add(_erasure())
            await session.flush()
            number = Number(E164, NATIONAL)
            found = Person(calls=[CALL], names=[NAME], numbers=[number])
            for kind, digest in MARKS.of(found):
                session.add(Tombstone(erasure_id=1, kind=kind, digest=digest, until=THEN + 1))
            await session.commit()
        await house.guard.load()
        bus.guard(house.guard.clean)
        assert await bus.forget(house.guard.clean) > 0  # in hand, not yet done with
        reading = asyncio.create_task(_read(subscription))
        async with asyncio.timeout(20):
            while await bus.forget(house.guard.clean):  # noqa: ASYNC110 - as the service does
                await asyncio.sleep(0.1)
        reading.cancel()
        client: Any = Redis.from_url(redis_url)
        left = await client.xrange(STREAM)
        await client.aclose()
    assert not any(traces(str(fields[b"event"].decode())) for _, fields in left)


def _erasure() -> Erasure:
    return Erasure(id=1, state="done", asked_at=THEN, reason="", counts={}, changed_at=THEN)


async def _read(subscription: Any) -> None:
    async for _ in subscription:
        pass


def test_tombstones_cannot_be_read_without_their_key() -> None:
    person = Person(names=[NAME], calls=[CALL])
    kinds = dict(MARKS.of(person))
    assert kinds["call"] == CALL
    assert kinds["name"] != Marks([b"another key"]).new("name", NAME)
    assert NAME not in json.dumps(kinds, ensure_ascii=False)
    assert base64.b64encode(NAME.encode()).decode() not in str(kinds)
