"""What every table of every room shares: one metadata, one way to name and to keep time.

Habits: relationships are declared `lazy="raise_on_sql"` (a query says what it loads), ids that come
from events are `EventId`, ids of our own records are integers, and every time is an `Instant`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Float, MetaData, String
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


EventId = String(32)  # what callcenter.ids makes: 32 hex digits


class Instant(TypeDecorator[float]):
    """A moment as seconds since the Unix epoch (UTC): timestamptz in PostgreSQL, REAL in SQLite.

    Both sort and compare as moments and keep microseconds, so a time read back equals the one
    written whichever database is below.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Float() if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: float | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "sqlite":
            return value
        return datetime.fromtimestamp(value, UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> float | None:
        if isinstance(value, datetime):
            return value.timestamp()
        return None if value is None else float(value)


class epoch(FunctionElement[float]):  # noqa: N801 - reads as the SQL function it is
    """`epoch(column)`: an Instant as a number inside SQL, for JSON built by the database."""

    inherit_cache = True
    type = Float()


@compiles(epoch)
def _epoch_plain(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


@compiles(epoch, "postgresql")
def _epoch_postgresql(element: epoch, compiler: SQLCompiler, **kw: Any) -> str:
    return f"EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)})::float8"
