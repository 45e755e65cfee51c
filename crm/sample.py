"""Fills a database with customers that look real: some for the demo, a million for measurements.

The n-th customer is always the same, so callers can be given numbers that are known:
`mobile_of(n)` is the number of the n-th (from 0), whatever the total.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.store.base import Base, Instant
from callcenter.store.database import Database
from callcenter.store.fast import driver
from crm import sample_words as words
from crm.customers.tables import Contact, Customer
from crm.fields.tables import CustomField, FieldChoice
from crm.sample_rows import COLUMNS, Crowd, Maker, mobile_of
from crm.sql import table_of
from crm.tickets.tables import Ticket

__all__ = ["fill", "mobile_of"]

MANY = 50_000  # customers from which on indexes are built once afterwards instead of row by row
MEMORY = "256MB"  # for building them


async def fill(
    database: Database,
    count: int,
    *,
    now: float,
    owners: Sequence[int | None] = (),
    teams: Sequence[int | None] = (),
    seed: int = 1,
    calls: float = 1.4,
    tickets: float = 0.1,
    plain: bool = False,
) -> None:
    """Add `count` customers with contacts, numbers, past calls, tickets and whatever else.

    `owners` are user ids to share the customers among, None for the pool, `teams` ids of teams in
    the same turn; `calls` and `tickets` are for each customer, on average. `plain` leaves out what
    is neither, for measurements. Meant for an empty database: a second call adds the same again.
    """
    async with database.engine.begin() as connection:
        ids = [await _next_id(connection, model) for model in (Customer, Contact, Ticket)]
        fields = {} if plain else await _define_fields(connection)
        crowd = Crowd(
            now=now,
            seed=seed,
            owners=owners,
            teams=teams,
            fields=fields,
            calls=calls,
            tickets=tickets,
            plain=plain,
        )
        async with _written_fast(connection, database.dialect, count):
            await _write(connection, database.dialect, Maker(crowd, *ids), count)
    if database.dialect == "postgresql":
        await _analyze(database)


async def _write(connection: AsyncConnection, dialect: str, maker: Maker, count: int) -> None:
    write = _WRITERS[dialect]
    for rows in maker.chunks(count):
        for name, (model, columns) in COLUMNS.items():
            await write(connection, table_of(model), columns, rows.of[name])
    if dialect == "postgresql":
        await _move_sequences(connection)


async def _next_id(connection: AsyncConnection, model: type[Base]) -> int:
    highest = await connection.scalar(select(func.max(table_of(model).c.id)))
    return (highest or 0) + 1


async def _define_fields(connection: AsyncConnection) -> dict[str, int]:
    """The sample company's custom fields by name; those that are there stay as they are."""
    table, choices = table_of(CustomField), table_of(FieldChoice)
    there = {row.name: row.id for row in await connection.execute(select(table.c.name, table.c.id))}
    for position, one in enumerate(words.FIELDS):
        if one.name in there:
            continue
        values = one._asdict() | {"position": position}
        made = await connection.execute(insert(table).values(values).returning(table.c.id))
        there[one.name] = made.scalar_one()
        offered = [
            {"field_id": there[one.name], "value": value, "label_zh": zh, "label_en": en}
            | {"position": place}
            for place, (value, zh, en) in enumerate(words.CHOICES.get(one.name, ()))
        ]
        if offered:
            await connection.execute(insert(choices), offered)
    return there


# --- writing --------------------------------------------------------------------------------


@asynccontextmanager
async def _written_fast(
    connection: AsyncConnection, dialect: str, count: int
) -> AsyncIterator[None]:
    """For very many rows the indexes that nothing depends on are taken away and built again."""
    if dialect != "postgresql" or count < MANY:
        yield
        return
    tables = [table_of(model).name for model, _ in COLUMNS.values()]
    indexes = await connection.execute(
        text(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i "
            "WHERE i.schemaname = current_schema() AND i.tablename = ANY(:tables) "
            "AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)"
        ),
        {"tables": tables},
    )
    found = [(name, definition) for name, definition in indexes]
    for name, _ in found:
        await connection.execute(text(f'DROP INDEX "{name}"'))
    yield
    await connection.execute(text(f"SET LOCAL maintenance_work_mem = '{MEMORY}'"))
    for _, definition in found:
        await connection.exec_driver_sql(definition)


async def _copy(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    raw = driver(connection)
    convert = _moments(table, columns)
    await raw.copy_records_to_table(
        table.name, columns=columns, records=[convert(row) for row in rows]
    )


def _moments(
    table: Table, columns: tuple[str, ...]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """COPY passes by our types, so moments become what the driver wants here."""
    places = {n for n, name in enumerate(columns) if isinstance(table.c[name].type, Instant)}
    if not places:
        return lambda row: row
    return lambda row: tuple(
        datetime.fromtimestamp(value, UTC) if n in places and value is not None else value
        for n, value in enumerate(row)
    )


async def _insert(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    if rows:
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        await connection.execute(insert(table), values)


_WRITERS = {"postgresql": _copy, "sqlite": _insert}


async def _move_sequences(connection: AsyncConnection) -> None:
    """Rows with ids of ours leave the sequences behind."""
    for model in (Customer, Contact, Ticket):
        table = table_of(model)
        highest = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        await connection.execute(select(func.setval(sequence, func.coalesce(highest, 1))))


async def _analyze(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for model, _ in COLUMNS.values():
            await connection.execute(text(f"VACUUM ANALYZE {table_of(model).name}"))
