"""The revisions make exactly the tables that the models describe, on both databases."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from callcenter.migrations.models import METADATA
from callcenter.store.database import Database
from callcenter.store.migrate import SCRIPTS, current, downgrade, newest, upgrade


def _differences(connection: Connection) -> list[object]:
    opts = {"compare_type": True, "include_object": _modelled}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, METADATA))


def _modelled(_: object, name: str | None, *rest: object) -> bool:
    """The search's indexes are the databases' own affair, each in its own words."""
    return not (name or "").startswith("search_")


async def test_migrated_schema_is_what_the_models_say(database: Database) -> None:
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_migrated_database_is_at_the_newest_revision(database: Database) -> None:
    assert await current(database) == newest()


async def test_every_revision_can_be_undone_and_done_again(
    database: Database, database_url: str
) -> None:
    await downgrade(database_url, "base")
    async with database.engine.connect() as connection:
        left = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert left == ["alembic_version"]
    await upgrade(database_url)
    async with database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


async def test_nodes_that_start_together_take_turns(postgres_url: str) -> None:
    await downgrade(postgres_url, "base")
    await asyncio.gather(*(upgrade(postgres_url) for _ in range(3)))
    database = Database(postgres_url)
    assert await current(database) == newest()
    await database.close()


def test_revisions_are_one_line() -> None:
    assert len(ScriptDirectory(SCRIPTS).get_heads()) == 1
