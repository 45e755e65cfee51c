"""The audit log: added to by many at once, changed by nobody without its showing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from callcenter.cli import main
from callcenter.store import audit
from callcenter.store.audit import Audited, Verdict, difference, record, verify
from callcenter.store.audit_queries import AuditFilter, done_since, search
from callcenter.store.database import Database

NOW = 1_780_000_000.123456
Write = Callable[..., Awaitable[None]]


@pytest.fixture
def write(database: Database) -> Write:
    async def write(count: int = 1, **values: Any) -> None:
        entry = {"at": NOW, "actor": 7, "action": "user.change", "object": "user/1", **values}
        async with database.session() as session:
            for _ in range(count):
                await record(session, Audited(**entry))
            await session.commit()

    return write


async def verdict(database: Database, known: tuple[int, str] | None = None) -> Verdict:
    async with database.reading() as session:
        return await verify(session, known=known)


async def behind_the_back(database: Database, *statements: str) -> None:
    """As somebody who owns the database would, having taken the triggers away."""
    triggers = {
        "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
        "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
    }
    async with database.engine.begin() as connection:
        for statement in (*triggers[database.dialect], *statements):
            await connection.execute(text(statement))


async def test_an_empty_log_is_whole(database: Database) -> None:
    assert await verdict(database) == Verdict(0, audit.GENESIS)


async def test_what_was_written_is_read_back_and_fits(database: Database, write: Write) -> None:
    await write(before={"name": "李伟", "n": 1.5, "at": [1, None]}, after={"name": "\x00"})
    await write(actor=None, address="::1", at=NOW + 0.0000004)
    found = await verdict(database)
    assert (found.rows, found.broken) == (2, None)
    async with database.reading() as session:
        (second, first), following = await search(session, AuditFilter())
    assert (first.row.id, first.row.at, first.row.actor) == (1, NOW, 7)
    assert first.row.before == '{"at":[1,null],"n":1.5,"name":"李伟"}'
    assert (second.row.previous, second.row.hash, following) == (first.row.hash, found.hash, None)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 8", "DELETE FROM audit WHERE id = 1", "DELETE FROM audit"],
)
async def test_the_database_refuses_to_forget(
    statement: str, database: Database, write: Write
) -> None:
    await write()
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.engine.begin() as connection:
            await connection.execute(text(statement))
    assert (await verdict(database)).rows == 1


@pytest.mark.postgres
async def test_the_whole_table_cannot_be_emptied(postgres_url: str) -> None:
    database = Database(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.engine.begin() as connection:
            await connection.execute(text("TRUNCATE audit"))
    await database.close()


@pytest.mark.parametrize(
    ("tampering", "row", "why"),
    [
        ("UPDATE audit SET actor = 8 WHERE id = 3", 3, "was changed"),
        ("UPDATE audit SET after = '{}' WHERE id = 2", 2, "was changed"),
        ("UPDATE audit SET object = 'user/2' WHERE id = 5", 5, "was changed"),
        ("DELETE FROM audit WHERE id = 2", 2, "missing"),
        ("DELETE FROM audit WHERE id = 5", 5, "at the end are missing"),
        ("DELETE FROM audit WHERE id > 1", 2, "at the end are missing"),
        ("UPDATE audit_head SET hash = 'x'", 6, "at the end are missing"),
        ("DELETE FROM audit_head", 6, "at the end are missing"),
        ("UPDATE audit SET previous = hash WHERE id = 4", 4, "does not follow"),
    ],
)
async def test_the_first_broken_row_is_told(
    tampering: str, row: int, why: str, database: Database, write: Write
) -> None:
    await write(5)
    await behind_the_back(database, tampering)
    found = await verdict(database)
    assert found.broken is not None
    assert (found.broken.row, why in found.broken.why) == (row, True)


async def test_a_tail_written_anew_shows_by_what_was_noted_down(
    database: Database, write: Write
) -> None:
    """Who owns the database can make a chain that fits; a hash kept elsewhere gives it away."""
    await write(3)
    noted = await verdict(database)
    await behind_the_back(
        database,
        "DELETE FROM audit WHERE id = 3",
        "UPDATE audit_head SET last = 2, hash = (SELECT hash FROM audit WHERE id = 2)",
    )
    assert (await verdict(database)).broken is None
    missing = await verdict(database, (noted.rows, noted.hash))
    assert missing.broken is not None
    await write(1, action="user.password")
    other = await verdict(database, (noted.rows, noted.hash))
    assert other.broken is not None
    assert other.broken.row == 3


async def test_rows_are_emptied_of_persons_and_the_chain_still_fits(
    database: Database, write: Write
) -> None:
    await write(1, object="customer/1", before={"name": "李伟"}, after={"name": "李薇"})
    await write(1, object="customer/2", after={"name": "王芳"})
    await write(1)  # says nothing of anybody
    noted = await verdict(database)
    async with database.session() as session:
        asked = Audited(NOW, 9, "person.erase", "erasure/1")
        assert await audit.redact(session, [1, 3], asked) == 1
        await session.commit()
    found = await verdict(database, (noted.rows, noted.hash))
    assert (found.rows, found.broken) == (4, None)
    async with database.reading() as session:
        (fourth, _, second, first), _ = await search(session, AuditFilter())
    assert (first.row.before, first.row.after, first.row.salt) == (None, None, None)
    assert (first.row.action, first.row.object) == ("user.change", "customer/1")
    assert second.row.after == '{"name":"王芳"}'
    assert (fourth.row.action, fourth.row.after) == ("audit.redact", '{"rows":[1]}')


@pytest.mark.parametrize(
    ("tampering", "why"),
    [
        ("UPDATE audit SET before = NULL, after = NULL, salt = NULL WHERE id = 1", "no erasure"),
        ("UPDATE audit SET salt = 'x' WHERE id = 1", "was changed"),
        ("UPDATE audit SET after = NULL WHERE id = 1", "was changed"),
        ("UPDATE audit SET sealed = NULL WHERE id = 1", "was changed"),
    ],
)
async def test_rows_emptied_in_secret_show(
    tampering: str, why: str, database: Database, write: Write
) -> None:
    await write(2, after={"name": "李伟"})
    await behind_the_back(database, tampering)
    found = await verdict(database)
    assert found.broken is not None
    assert (found.broken.row, why in found.broken.why) == (1, True)


async def test_the_database_lets_nothing_but_emptying_through(
    database: Database, write: Write
) -> None:
    await write(2, after={"name": "李伟"})
    for change in ("after = '{}'", "after = NULL", "after = NULL, salt = NULL, actor = 8"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with database.engine.begin() as connection:
                await connection.execute(text(f"UPDATE audit SET {change} WHERE id = 1"))  # noqa: S608


async def test_rows_of_the_older_form_fit_and_can_be_emptied(database: Database) -> None:
    older = audit.AuditRow(
        id=1, at=NOW, actor=7, action="user.change", object="user/1", before=None,
        after='{"name":"李伟"}', address=None, salt=None, sealed=None, previous=audit.GENESIS,
    )  # fmt: skip
    older.hash = audit._hash(older, audit.GENESIS)
    head = older.hash
    async with database.session() as session:
        session.add(older)
        await session.execute(text("UPDATE audit_head SET last = 1, hash = :h"), {"h": head})
        await session.commit()
    assert (await verdict(database)).broken is None
    async with database.session() as session:
        assert await audit.redact(session, [1], Audited(NOW, 9, "x", "erasure/1")) == 1
        await session.commit()
    assert (await verdict(database, (1, head))).broken is None


async def test_many_writers_make_one_chain(database: Database, write: Write) -> None:
    await asyncio.gather(*(write(3, actor=one) for one in range(10)))
    found = await verdict(database)
    assert (found.rows, found.broken) == (30, None)


async def test_what_was_rolled_back_leaves_no_gap(database: Database, write: Write) -> None:
    await write()
    async with database.session() as session:
        await record(session, Audited(NOW, 1, "x", "y"))
        await session.rollback()
    await write()
    assert await verdict(database) == Verdict(2, (await verdict(database)).hash)


async def test_long_chains_are_walked_page_by_page(
    database: Database, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "AT_ONCE", 2)
    await write(5)
    assert (await verdict(database)).rows == 5
    await write(1)
    assert (await verdict(database)).rows == 6


async def test_it_is_searched(database: Database, write: Write) -> None:
    await write(action="user.change", object="user/1")
    await write(action="user.create", object="user/12", actor=8, at=NOW + 10)
    await write(action="customer.merge", object="customer/1", at=NOW + 20)
    wishes = {
        AuditFilter(actor=8): [2],
        AuditFilter(action="user."): [2, 1],
        AuditFilter(action="user_"): [],
        AuditFilter(action="%"): [],
        AuditFilter(object="user/1"): [1],
        AuditFilter(object="user/"): [2, 1],
        AuditFilter(since=NOW + 10): [3, 2],
        AuditFilter(until=NOW + 10): [1],
        AuditFilter(since=NOW + 10, until=NOW + 20, actor=8): [2],
    }
    async with database.reading() as session:
        for wanted, ids in wishes.items():
            found, _ = await search(session, wanted)
            assert [one.row.id for one in found] == ids, wanted
        page, following = await search(session, AuditFilter(), limit=2)
        rest, end = await search(session, AuditFilter(), limit=2, cursor=following)
        assert [one.row.id for one in (*page, *rest)] == [3, 2, 1]
        assert end is None
        done = partial(done_since, session, actor=7, action="user.change", object="user/1")
        assert await done(since=NOW)
        assert not await done(since=NOW + 1)


def test_of_a_change_only_the_difference_is_kept() -> None:
    before, after = {"a": 1, "b": None, "c": [1]}, {"a": 1, "b": 2, "c": [1], "d": 0}
    assert difference(before, after) == ({"b": None}, {"b": 2, "d": 0})
    assert difference(before, before) == ({}, {})


def test_the_command_tells_the_first_broken_row(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def prepare(*statements: str) -> None:
        database = Database(sqlite_url)
        if statements:
            await behind_the_back(database, *statements)
        else:
            async with database.session() as session:
                await record(session, Audited(NOW, 7, "user.change", "user/1"))
                await session.commit()
        await database.close()

    config = tmp_path / "callcenter.toml"
    config.write_text(
        '[ami]\nhost = "pbx"\nusername = "u"\nsecret = "only-for-this-test"\n'
        f'[database]\nurl = "{sqlite_url}"\n'
    )
    command = ["audit", "verify", "--config", str(config)]
    asyncio.run(prepare())
    assert main(command) == 0
    said = capsys.readouterr()
    assert said.out.startswith("1:")
    assert "1 rows" in said.err
    assert main([*command, "--known", said.out.strip()]) == 0
    capsys.readouterr()
    asyncio.run(prepare("UPDATE audit SET actor = 8"))
    assert main(command) == 1
    assert "row 1: this row was changed" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*command, "--known", "nonsense"])
