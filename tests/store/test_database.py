"""A database is reached the same way on both kinds, and comes back after a loss."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.errors import ConfigError
from callcenter.store.base import epoch
from callcenter.store.database import Database, database_url, in_words, is_away
from callcenter.store.tables import Gap, Segment

AT = 1_714_000_000.123457


async def _add_gap(database: Database, id_: str = "g", at: float = AT) -> None:
    async with database.session() as session:
        await session.execute(insert(Gap).values(id=id_, pbx="p", began_at=at))
        await session.commit()


async def test_a_time_comes_back_to_the_microsecond(database: Database) -> None:
    await _add_gap(database)
    async with database.reading() as session:
        assert (await session.execute(select(Gap.began_at))).scalar_one() == AT
        assert (await session.execute(select(epoch(Gap.began_at)))).scalar_one() == AT
        assert (
            await session.execute(select(Gap).where(Gap.began_at >= AT))
        ).scalar_one().ended_at is None


async def test_what_is_not_committed_is_undone(database: Database) -> None:
    async with database.session() as session:
        await session.execute(insert(Gap).values(id="g", pbx="p", began_at=AT))
    async with database.session() as session:
        assert (await session.execute(select(Gap))).all() == []


async def test_two_writers_that_read_first_both_get_through(database: Database) -> None:
    async def read_then_write(id_: str) -> None:
        async with database.session() as session:
            await session.execute(select(Gap))
            await asyncio.sleep(0.02)
            await session.execute(insert(Gap).values(id=id_, pbx="p", began_at=AT))
            await session.commit()

    await asyncio.gather(*(read_then_write(str(n)) for n in range(5)))
    async with database.reading() as session:
        assert len((await session.execute(select(Gap))).all()) == 5


async def test_a_reader_does_not_wait_for_the_writer(database: Database) -> None:
    async with database.session() as writer:
        await writer.execute(insert(Gap).values(id="g", pbx="p", began_at=AT))
        async with asyncio.timeout(2), database.reading() as reader:
            assert (await reader.execute(select(Gap))).all() == []


async def test_foreign_keys_hold(database: Database) -> None:
    async with database.session() as session:
        with pytest.raises(DBAPIError) as refused:
            await session.execute(
                insert(Segment).values(id="s", interaction_id="nobody", kind="talk")
            )
    assert not is_away(refused.value)


async def _backend(connection: AsyncConnection) -> int:
    pid: int = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    return pid


async def test_a_held_connection_is_reopened_after_a_loss(postgres_url: str) -> None:
    database = Database(postgres_url)
    held = database.held()
    first = await held.run(_backend)
    assert await held.run(_backend) == first
    async with database.session() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    assert await held.run(_backend) != first
    await held.close()
    await database.close()


async def test_a_held_connection_is_made_ready_each_time_it_is_opened(
    postgres_url: str,
) -> None:
    database, opened = Database(postgres_url), []

    async def ready(connection: AsyncConnection) -> None:
        opened.append(await _backend(connection))

    held = database.held(ready)
    first = await held.run(_backend)
    assert await held.run(_backend) == first
    async with database.session() as session:
        await session.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": first})
    second = await held.run(_backend)
    assert opened == [first, second]
    await held.close()
    await database.close()


async def test_a_held_connection_sees_what_others_commit(database: Database) -> None:
    held = database.held()

    async def count(connection: AsyncConnection) -> int:
        return len((await connection.execute(select(Gap.id))).all())

    assert await held.run(count) == 0
    await _add_gap(database)
    assert await held.run(count) == 1
    await held.close()


async def test_a_held_connection_survives_a_cancelled_lookup(database: Database) -> None:
    held = database.held()

    async def forever(connection: AsyncConnection) -> None:
        await connection.execute(select(Gap.id))
        await asyncio.sleep(60)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(held.run(forever), 0.05)
    assert (await held.run(lambda c: c.execute(select(Gap.id)))).all() == []
    await held.close()


async def test_an_unreachable_server_counts_as_away() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Exception) as failure:
        await database.ping()
    assert is_away(failure.value)
    await database.close()


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite://"])
def test_a_wrong_url_names_what_is_wrong(url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Database(url)
    assert refused.value.field == "database.url"


def test_a_wrong_url_does_not_show_its_password() -> None:
    with pytest.raises(ConfigError) as caught:
        database_url("postgresql:/callcenter:hunter2@host/name")
    assert "hunter2" not in str(caught.value)


async def test_a_failure_in_words_has_no_values_in_it(database: Database) -> None:
    await _add_gap(database, "13800138000")
    with pytest.raises(IntegrityError) as caught:
        await _add_gap(database, "13800138000")
    assert "[parameters" not in str(caught.value)
    assert in_words(caught.value).startswith("IntegrityError: ")
    assert "13800138000" not in in_words(caught.value)
    assert "INSERT" not in in_words(caught.value)


async def test_a_server_that_hangs_counts_as_away(postgres_url: str) -> None:
    database = Database(postgres_url, answer_within=0.2)
    with pytest.raises(Exception) as caught:
        async with database.session() as session:
            await session.execute(text("SELECT pg_sleep(30)"))
    await database.close()
    assert is_away(caught.value)


def modes_in(folder: Path) -> list[int]:
    return [file.stat().st_mode & 0o777 for file in folder.iterdir()]


async def test_a_new_file_is_for_us_alone(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    async with database.session() as session:
        await session.execute(text("CREATE TABLE t (id INTEGER)"))
        await session.commit()
        modes = modes_in(tmp_path)
    await database.close()
    assert len(modes) > 1  # its log lies beside it
    assert set(modes) == {0o600}


def test_plain_urls_get_our_drivers() -> None:
    assert database_url("postgresql://u@h/n").drivername == "postgresql+asyncpg"
    assert database_url("sqlite:////tmp/x.db").drivername == "sqlite+aiosqlite"
