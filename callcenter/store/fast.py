"""Asks what is asked all day without building it anew: once for each shape, then driver-direct.

Building a statement of some joins costs more than PostgreSQL needs to answer it ten times over. So
its text is kept for each shape (which filters, which order), the values are filled in, and it goes
to the driver, which keeps it prepared, on the connection of the session: what the session has
written is seen. SQLite is asked the ordinary way.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import BindParameter, ColumnElement, Float, Numeric, Select, Table, and_, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import TypeEngine

_IDS = "SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)"
MOST = 2_000  # shapes kept; sorts, filters and rights together make some hundreds
_NOTHING: Mapping[str, Any] = {}
Rows = Sequence[Sequence[Any]]
Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Value:
    """Where a value comes from: by `name`, of the conditions by `place`, else it is `fixed`."""

    name: str | None
    place: int | None
    item: int | None  # of a list
    fixed: Any
    write: Change | None

    def of(self, named: Mapping[str, Any], given: Sequence[BindParameter[Any]]) -> Any:
        if self.name is not None:
            value = named[self.name]
        else:
            value = self.fixed if self.place is None else given[self.place].effective_value
        if self.item is not None:
            value = list(value)[self.item]
        return value if self.write is None or value is None else self.write(value)


@dataclass(frozen=True, slots=True)
class _Question:
    """`reads`: how the driver's values of these columns become ours."""

    sql: str
    values: tuple[_Value, ...]
    reads: tuple[tuple[int, Change], ...]

    def rows(self, found: Sequence[Any]) -> Rows:
        if not self.reads:
            return found
        rows = [list(row) for row in found]
        for place, read in self.reads:
            for row in rows:
                if row[place] is not None:
                    row[place] = read(row[place])
        return rows


_kept: dict[Hashable, _Question] = {}


async def fetch(
    session: AsyncSession,
    shape: Hashable,
    build: Callable[[], Select[Any]],
    named: Mapping[str, Any] = _NOTHING,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> Rows:
    """The rows of `build()`, which is called once for each shape: what it makes must follow from
    `shape` alone, but for the values of the `bindparam`s in `named`, and for the `conditions`,
    whose own shape is seen to here.
    """
    dialect = session.get_bind().dialect
    if dialect.name != "postgresql":
        rows: Rows = (await session.execute(build(), dict(named))).all()
        return rows
    seen, given = _shape_of(conditions)
    whole = (shape, seen)
    question = _kept.get(whole)
    if question is None:
        if len(_kept) >= MOST:
            _kept.clear()
        question = _kept[whole] = _compiled(build(), dialect, named, given)
    if session.new or session.dirty or session.deleted:
        await session.flush()
    raw = await driver_of(session)
    with _in_our_words(raw):
        found = await raw.fetch(question.sql, *(one.of(named, given) for one in question.values))
    return question.rows(found)


async def copy(session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Many rows of the same columns at once, in the session's transaction. What a column would
    fill in by Python is not."""
    if not rows:
        return
    dialect = session.get_bind().dialect
    if dialect.name != "postgresql":
        await session.execute(insert(table), rows)
        return
    columns = tuple(rows[0])
    writes = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]
    cells = [
        [row[name] for row in rows] if write is None else [write(row[name]) for row in rows]
        for name, write in zip(columns, writes, strict=True)
    ]
    raw = await driver_of(session)
    with _in_our_words(raw):
        await raw.copy_records_to_table(
            table.name, records=list(zip(*cells, strict=True)), columns=columns
        )


async def add(
    session: AsyncSession, table: Table, rows: Sequence[Mapping[str, Any]]
) -> Sequence[int]:
    """The same for rows whose `id` the database gives; the ids, in the order of the rows."""
    if not rows:
        return []
    if session.get_bind().dialect.name != "postgresql":
        made = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return (await session.scalars(made, rows)).all()
    raw = await driver_of(session)
    with _in_our_words(raw):
        found = await raw.fetch(_IDS, table.name, len(rows))
    ids = [row[0] for row in found]
    await copy(session, table, [{"id": id_, **row} for id_, row in zip(ids, rows, strict=True)])
    return ids


@asynccontextmanager
async def settings(session: AsyncSession, **values: str) -> AsyncIterator[None]:
    """These settings of PostgreSQL count for what is asked meanwhile, and then no more.

    Inside a transaction that is under way they count until it ends.
    """
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    raw = await driver_of(session)
    alone = not raw.is_in_transaction()
    words = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in values.items())
    with _in_our_words(raw):
        await raw.execute(f"BEGIN; {words}" if alone else words)
    try:
        yield
    finally:
        if alone and raw.is_in_transaction():
            await raw.execute("ROLLBACK")


async def driver_of(session: AsyncSession) -> Any:
    """asyncpg's own connection, in the midst of what the session does."""
    return driver(await session.connection())


def driver(connection: AsyncConnection) -> Any:
    """The same, of a connection that is open already: without a switch of contexts."""
    sync = connection.sync_connection
    assert sync is not None  # noqa: S101 - an open one has it; for the type checker
    return sync.connection.driver_connection


@contextmanager
def _in_our_words(raw: Any) -> Iterator[None]:
    """What the driver raises as everybody above knows it."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        gone = raw.is_closed()
        refused = isinstance(error, asyncpg.IntegrityConstraintViolationError)
        raise (IntegrityError if refused else DBAPIError)(
            None, None, error, hide_parameters=True, connection_invalidated=gone
        ) from error


def _shape_of(
    conditions: Sequence[ColumnElement[bool]],
) -> tuple[Hashable, Sequence[BindParameter[Any]]]:
    """What the text of these follows from, as SQLAlchemy's own cache has it, and their values."""
    if not conditions:
        return None, ()
    key = and_(*conditions)._generate_cache_key()
    if key is None:
        raise TypeError("a condition that cannot be kept")
    given = key.bindparams
    lengths = tuple(len(one.effective_value or ()) for one in given if one.expanding)
    return (key.key, lengths), given


def _compiled(
    statement: Select[Any],
    dialect: Dialect,
    named: Mapping[str, Any],
    given: Sequence[BindParameter[Any]],
) -> _Question:
    compiled: Any = statement.compile(dialect=dialect)
    places = {id(one): place for place, one in enumerate(given)}
    sources: dict[str, tuple[str | None, int | None, BindParameter[Any]]] = {}
    for one, name in compiled.bind_names.items():
        # Compiling may copy a value's place in the statement; copies know what they are copies of.
        place = next((places[id(o)] for o in one._cloned_set if id(o) in places), None)
        sources[name] = (one.key if one.key in named else None, place, one)
    state = compiled.construct_expanded_state(dict(named))
    items = {
        part: (name, item)
        for name, parts in state.parameter_expansion.items()
        for item, part in enumerate(parts)
    }
    values = []
    for part in state.positiontup or ():
        name, item = items.get(part, (part, None))
        by_name, place, one = sources[name]
        write = compiled._bind_processors.get(name) or state.processors.get(part)
        values.append(_Value(by_name, place, item, one.effective_value, write))
    changes = enumerate(_read(one.type, dialect) for one in statement.selected_columns)
    return _Question(
        state.statement,
        tuple(values),
        tuple((place, change) for place, change in changes if change is not None),
    )


def _read(kind: TypeEngine[Any], dialect: Dialect) -> Change | None:
    """How the driver's value becomes ours."""
    if isinstance(kind, Float | Numeric):  # the processor would want to know what really came
        return None if kind.asdecimal else float
    change: Change | None = kind.dialect_impl(dialect).result_processor(dialect, None)
    return change
