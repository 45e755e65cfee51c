"""Who was erased is found nowhere: no table, no file, no stream; and does not come back."""
# ruff: noqa: S608 - every statement is written in this file

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from redis.asyncio import Redis

from callcenter.bus import MemoryBus
from callcenter.bus_redis import STREAM, RedisBus
from callcenter.errors import Conflict, InvalidInput
from callcenter.events import (
    Direction,
    DomainEvent,
    InteractionStarted,
    LegStarted,
    Party,
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
from tests.callcenter.forgetting.somebody import (
    CALL,
    E164,
    MARKS,
    NAME,
    NATIONAL,
    ON,
    PERSONAL,
    RECORDED,
    SAID,
    SEEDED,
    SHARED,
    STORY,
    THEN,
    fill,
    in_files,
    in_tables,
    leave_files,
    traces,
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
    async with house.database.session() as session:
        await session.execute(METADATA.tables["recordings"].insert().values(RECORDED))
        for action in ("customer.create", "customer.change"):
            told = {"name": NAME, "numbers": [E164]}
            await audit.record(session, Audited(THEN, 1, action, "customer/1", None, told))
        await audit.record(session, Audited(THEN, 1, "x", "import/9", None, {"text": SAID}))
        await audit.record(session, Audited(THEN, 1, "y", "user/9", None, {"text": "others"}))
        await session.execute(
            sa.text("UPDATE ticket_attachments SET id = :id WHERE ticket_id = 1"), {"id": "0" * 32}
        )
        await session.commit()
    leave_files(house.data, house.folder.path)
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
