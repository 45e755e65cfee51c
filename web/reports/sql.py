"""The few words of SQL that the roll-ups need and the two databases spell differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, Integer, case, func, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from callcenter.store.base import Instant
from web.reports.columns import HOUR, MICROS, QUARTER

Sql = ColumnElement[Any]


class micros(FunctionElement[int]):  # noqa: N801 - reads as the SQL function it is
    """`micros(moment)`: an Instant as whole microseconds since 1970."""

    inherit_cache = True
    type = BigInteger()


@compiles(micros)
def _micros(element: micros, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(ROUND({compiler.process(element.clauses, **kw)} * 1000000.0) AS BIGINT)"


@compiles(micros, "postgresql")
def _micros_postgresql(element: micros, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}) * 1000000)::bigint"


class _rounded(FunctionElement[int]):  # noqa: N801 - as SQL
    """A float that is not negative, to the nearest whole number, halves up in both databases."""

    inherit_cache = True
    type = BigInteger()


@compiles(_rounded)
def _rounded_down(element: _rounded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **kw)} + 0.5 AS BIGINT)"


@compiles(_rounded, "postgresql")
def _rounded_postgresql(element: _rounded, compiler: SQLCompiler, **kw: Any) -> str:
    return f"FLOOR({compiler.process(element.clauses, **kw)} + 0.5::float8)::bigint"


class after(FunctionElement[float]):  # noqa: N801 - as SQL
    """`after(moment, seconds)`: an Instant so much later; seconds may be negative."""

    inherit_cache = True
    type = Instant()


@compiles(after)
def _after(element: after, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = element.clauses
    return f"({compiler.process(moment, **kw)} + {compiler.process(seconds, **kw)})"


@compiles(after, "postgresql")
def _after_postgresql(element: after, compiler: SQLCompiler, **kw: Any) -> str:
    moment, seconds = element.clauses
    length = compiler.process(seconds, **kw)
    return f"({compiler.process(moment, **kw)} + make_interval(secs => {length}))"


class plain(FunctionElement[Any]):  # noqa: N801 - as SQL
    """The column itself, but not to be looked up by: SQLite takes the first index it sees, which is
    rarely the one for a call's rows or an hour's."""

    inherit_cache = True


@compiles(plain)
def _plain(element: plain, compiler: SQLCompiler, **kw: Any) -> str:
    return f"(+{compiler.process(element.clauses, **kw)})"


@compiles(plain, "postgresql")
def _plain_postgresql(element: plain, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


def length(seconds: Any) -> Sql:
    """Seconds as whole microseconds; what ran backwards had no length."""
    forwards = case((seconds < literal(0.0, Float), literal(0.0, Float)), else_=seconds)
    return _rounded(forwards * literal(float(MICROS), Float))


def slot(moment: Any) -> Sql:
    """The quarter hour of a moment."""
    return micros(moment) // literal(QUARTER * MICROS, BigInteger)


def hour(moment: Any) -> Sql:
    return micros(moment) // literal(QUARTER * HOUR * MICROS, BigInteger)


def flag(condition: Any) -> Sql:
    """1 where it holds, else 0."""
    return case((condition, literal(1, Integer)), else_=literal(0, Integer))


def count_of(condition: Any) -> Sql:
    """How many rows it holds for."""
    return func.coalesce(func.sum(flag(condition)), 0)


def sum_of(what: Any, condition: Any = None) -> Sql:
    value = what if condition is None else case((condition, what))
    return func.coalesce(func.sum(value), 0)


def overlap(begin: Any, end: Any, other_begin: Any, other_end: Any) -> Sql:
    """For how long two spans (in microseconds) were at the same time."""
    latest = case((begin > other_begin, begin), else_=other_begin)
    earliest = case((end < other_end, end), else_=other_end)
    return case((earliest > latest, earliest - latest), else_=literal(0, BigInteger))
