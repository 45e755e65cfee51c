"""The revisions keep what a database holds: every table with rows in it, up and down again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from callcenter.store.database import Database
from callcenter.store.migrate import SCRIPTS, current, downgrade, newest, upgrade

ROWS = 3  # of each table
FIRST = "0003"  # from which on there are customers
AT = 1_700_000_000.0
# What must be one of a few words; a list gives each row its own.
SAID: dict[tuple[str, str], Any] = {
    ("customers", "kind"): "company",
    ("customers", "level"): ["VIP", "长期合作", "no such level"],
    ("tickets", "status"): ["new", "in_progress", "resolved"],
    ("role_rights", "scope"): "all",
    ("ticket_feedback", "score"): 5,
    ("audit_head", "last"): 0,
}
SKIPPED = ("alembic_version", "search_", "audit_head")


def _revisions() -> list[str]:
    return [one.revision for one in ScriptDirectory(SCRIPTS).walk_revisions()][::-1]


def _fill(connection: Connection) -> None:
    """Rows for every table that is still empty."""
    empty = [name for name, count in _counted(connection) if not count]
    found = sa.MetaData()
    found.reflect(connection, only=empty)
    for table in found.sorted_tables:
        count = sa.select(sa.func.count()).select_from(table)
        if table.name in empty and not connection.scalar(count):  # rows of others may make some
            for number in range(ROWS):
                connection.execute(table.insert().values(_row(connection, table, number)))


def _row(connection: Connection, table: sa.Table, number: int) -> dict[str, Any]:
    values = {}
    for column in table.columns:
        if "nextval" in str(getattr(column.server_default, "arg", "")):
            continue  # counted by the database
        value = SAID.get((table.name, column.name), ...)
        if value is ...:
            value = _referred(connection, table, column, number) or _value(column, number)
        values[column.name] = value[number] if isinstance(value, list) and value else value
    return values


def _referred(connection: Connection, table: sa.Table, column: sa.Column[Any], number: int) -> Any:
    for key in column.foreign_keys:
        if key.column.table is not table:
            query = sa.select(key.column).order_by(key.column).offset(number)
            return connection.scalar(query)
    return None


def _value(column: sa.Column[Any], number: int) -> Any:
    if column.foreign_keys and column.nullable:
        return None
    kinds: tuple[tuple[type[Any], Any], ...] = (
        (sa.Boolean, False),
        (sa.JSON, {}),
        (sa.DateTime, datetime.fromtimestamp(AT, UTC)),
        (sa.Date, date(2026, 3, 1)),
        (sa.Integer, number + 1),
        (sa.LargeBinary, b"\x00"),
        (sa.Float, AT + number),
        (sa.Numeric, AT + number),
    )
    for kind, value in kinds:
        if isinstance(column.type, kind):
            return value
    text = f"{number}{column.table.name}{column.name}"
    return text[: getattr(column.type, "length", None) or 200]


def _counted(connection: Connection) -> Iterator[tuple[str, int]]:
    for name in sa.inspect(connection).get_table_names():
        if not name.startswith(SKIPPED):
            query = sa.select(sa.func.count()).select_from(sa.table(name))
            yield name, connection.scalar(query) or 0


@pytest.mark.timeout(240)  # some twenty revisions, each with rows in every table
async def test_a_filled_database_goes_through_every_revision_and_loses_nothing(
    database: Database, database_url: str
) -> None:
    await downgrade(database_url, "base")
    revisions = _revisions()
    await upgrade(database_url, FIRST)
    for revision in revisions[revisions.index(FIRST) + 1 :]:
        async with database.engine.begin() as connection:
            await connection.run_sync(_fill)
            before = await connection.run_sync(lambda sync: dict(_counted(sync)))
        await upgrade(database_url, revision)
        async with database.engine.connect() as connection:
            after = await connection.run_sync(lambda sync: dict(_counted(sync)))
        lost = {name: (count, after[name]) for name, count in before.items() if after[name] < count}
        assert lost == {}, revision
    assert await current(database) == newest()


async def test_a_filled_database_goes_back_and_up_again(
    database: Database, database_url: str
) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill)
    for revision in _revisions()[-2::-1]:
        await downgrade(database_url, revision)
    await upgrade(database_url)
    assert await current(database) == newest()


async def test_every_level_that_customers_have_is_a_word_of_the_dictionary(
    database: Database, database_url: str
) -> None:
    await downgrade(database_url, "0007")
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill)
    await upgrade(database_url)
    async with database.engine.connect() as connection:
        levels = set(await connection.scalars(sa.text("SELECT level FROM customers")))
        words = set(
            await connection.scalars(sa.text("SELECT value FROM dictionary WHERE kind = 'level'"))
        )
    assert levels == {"VIP", "长期合作", "no such level"}
    assert levels <= words
