"""Brings a database to the newest shape, from the command line, at start and in tests alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from callcenter.store.database import Database

LOCK = 4_114_114  # any number, as long as nobody else's
SCRIPTS = Path(__file__).parent.parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError(f"no revisions in {SCRIPTS}")
    return head


async def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


async def upgrade(url: str, revision: str = "head") -> None:
    """Run the missing revisions in one transaction: all of them, or none."""
    await _walk(url, lambda sync: command.upgrade(_config(sync), revision))


async def downgrade(url: str, revision: str) -> None:
    await _walk(url, lambda sync: command.downgrade(_config(sync), revision))


async def _walk(url: str, steps: Callable[[Connection], None]) -> None:
    database = Database(url, answer_within=None)  # an index on millions of rows
    try:
        async with database.engine.begin() as connection:
            if database.dialect == "postgresql":  # nodes that start together take turns
                await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            await connection.run_sync(steps)
    finally:
        await database.close()


def known_revisions() -> frozenset[str]:
    """Every revision this code has."""
    return frozenset(s.revision for s in ScriptDirectory.from_config(_config()).walk_revisions())
