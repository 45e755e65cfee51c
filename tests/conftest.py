"""What every test may ask for: real servers, and a fresh migrated database on each kind."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from callcenter import collector
from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from tests.servers import PostgresServer, RedisServer

TEMPLATE = "callcenter_template"
#: A test that drives one of these on a machine that does other things too is run once more when it
#: fails, and the summary says how many were. Pure tests have one try.
REAL = frozenset({"postgres_server", "redis_server", "pbx", "stage", "house", "browser"})


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-traces", action="store_true", help="write the told stories as the expected ones"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by the servers they use, so that they can be chosen by marker."""
    needs = {"postgres_server": "postgres", "redis_server": "redis"}
    for item in items:
        if REAL & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.flaky(reruns=1))
        for fixture in set(getattr(item, "fixturenames", ())) & needs.keys():
            item.add_marker(needs[fixture])
        if "database_url" in getattr(item, "fixturenames", ()) and "postgres" in item.name:
            item.add_marker("postgres")


def pytest_collection_finish() -> None:
    """What was imported stays; walking it over and over takes a tenth of the time of all tests."""
    collector.set_aside()


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on a loop of its own, whether or not this thread has one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def _execute(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real PostgreSQL with a migrated template; shared, so nobody may stop it."""
    with PostgresServer() as server:
        _run(_execute(server.url(), f"CREATE DATABASE {TEMPLATE}"))
        _run(upgrade(server.url(TEMPLATE)))
        yield server


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = f"test_{uuid4().hex}"
    _run(
        _execute(
            postgres_server.url(), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY"
        )
    )
    yield postgres_server.url(name)
    _run(_execute(postgres_server.url(), f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    _run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "callcenter.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A real Redis; shared, so nobody may stop it."""
    with RedisServer() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> Iterator[str]:
    """An empty Redis."""
    redis_server.flush()
    yield redis_server.url
    redis_server.flush()
