"""The SQL that writes changes: a few statements for all tables, each run for many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Float,
    Table,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.events import OfferResult, QueueExit
from callcenter.ids import stable_id
from callcenter.store.base import Instant
from callcenter.store.changes import Changes, Gap, Rule, Values, rule
from callcenter.store.tables import Gap as GapRow
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer

_interactions = cast(Table, Interaction.__table__)
_gaps = cast(Table, GapRow.__table__)
# Parents before children: the order in which rows are written.
TABLES = {
    table.name: table
    for table in (
        cast(Table, model.__table__) for model in (Interaction, Leg, Segment, Offer, Transfer)
    )
}
CHILDREN = tuple(table for table in TABLES.values() if table is not _interactions)
UPDATED = {"legs": ("channel", "interface", "number", "name", "answered_at", "ended", "ended_at",
                    "cause", "estimated")}  # fmt: skip


async def apply(
    connection: AsyncConnection, changes: Changes, known: Iterable[str] = ()
) -> dict[str, int]:
    """Write all of it in the caller's transaction; how many rows of each table were told.

    `known`: interactions that surely have a row already.
    """
    dialect = connection.dialect.name
    stubs = changes.seen.keys() - changes.rows.get("interactions", {}).keys() - set(known)
    if stubs:
        values = [
            {"id": id_, "pbx": changes.seen[id_], "incomplete": True} for id_ in sorted(stubs)
        ]
        await connection.execute(_stub(dialect), values)
    counts: dict[str, int] = {}
    for name, table in TABLES.items():
        rows = changes.rows.get(name)
        if rows:  # in one order everywhere, so that two writers never wait for each other
            await connection.execute(
                _upsert(dialect, name), [_whole(table, rows[i]) for i in sorted(rows)]
            )
            counts[name] = len(rows)
    for name, rows in changes.updates.items():
        await connection.execute(_update(name), [_partial(name, i, rows[i]) for i in sorted(rows)])
    resumed = _resumed(changes)
    if resumed:
        await connection.execute(_length(dialect), [{"row_id": id_} for id_ in resumed])
    for target, source in changes.merges:
        await _merge(connection, target, source)
    if changes.ends:
        values = [{"of": id_, "at": at} for id_, at in sorted(changes.ends.items())]
        for statement in _ENDS:
            await connection.execute(statement, values)
    for gap in changes.gaps:
        await _gap(connection, gap)
    return counts


def _resumed(changes: Changes) -> list[str]:
    """Conversations of which this process saw the end only: they began before a restart."""
    rows = changes.rows.get("segments", {}).values()
    return sorted(
        row["id"]
        for row in rows
        if row.get("kind") == "talk" and row.get("ended") and row.get("seconds") is None
        if row["id"] not in changes.unseen
    )


def _flag(column: str) -> bool:
    return rule(column) is Rule.FLAG


def _whole(table: Table, row: Values) -> Values:
    """The row with every column: what was not told is NULL, or false."""
    names = [column.name for column in table.columns]
    return {name: row.get(name, False if _flag(name) else None) for name in names}


def _partial(table: str, id_: str, row: Values) -> Values:
    told = {f"new_{c}": row.get(c, False if _flag(c) else None) for c in UPDATED[table]}
    return {"row_id": id_, **told}


def _told(column: Column[Any], new: ColumnElement[Any]) -> ColumnElement[Any]:
    """`callcenter.store.changes.merged` in SQL."""
    if rule(column.name) is Rule.FLAG:
        return or_(column, new)
    old_first = rule(column.name) is Rule.FIRST
    return func.coalesce(column, new) if old_first else func.coalesce(new, column)


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@cache
def _upsert(dialect: str, name: str) -> Executable:
    table = TABLES[name]
    statement = _insert(dialect, table).values({c.name: bindparam(c.name) for c in table.columns})
    return statement.on_conflict_do_update(
        index_elements=["id"],
        set_={
            c.name: _told(c, statement.excluded[c.name])
            for c in table.columns
            if c.name not in {"id", "interaction_id"}
        },
    )


@cache
def _stub(dialect: str) -> Executable:
    """An interaction whose start was never told: it exists, and says that it is incomplete."""
    statement = _insert(dialect, _interactions).values(
        id=bindparam("id"), pbx=bindparam("pbx"), incomplete=bindparam("incomplete")
    )
    return statement.on_conflict_do_nothing(index_elements=["id"])


@cache
def _update(name: str) -> Executable:
    table = TABLES[name]
    columns = [table.c[column] for column in UPDATED[name]]
    return (
        update(table)
        .where(table.c.id == bindparam("row_id"))
        .values({c: _told(c, bindparam(f"new_{c.name}", type_=c.type)) for c in columns})
    )


@cache
def _length(dialect: str) -> Executable:
    """The row may still know what the process that began it knew."""

    def moment(column: Column[Any]) -> ColumnElement[Any]:
        plain = dialect == "sqlite"
        return type_coerce(column, Float) if plain else func.date_part("epoch", column)

    ended, started = moment(_segments.c.ended_at), moment(_segments.c.started_at)
    return (
        update(_segments)
        .where(_segments.c.id == bindparam("row_id"), _segments.c.seconds.is_(None))
        .values(seconds=case((ended >= started, ended - started)))
    )


def _end(table: Table, is_open: ColumnElement[bool], **values: Any) -> Executable:
    """What is still open of an interaction that ended was left open by a gap of ours."""
    at = func.coalesce(table.c.ended_at, bindparam("at", type_=Instant))
    return (
        update(table)
        .where(table.c.interaction_id == bindparam("of"), is_open)
        .values(ended_at=at, **values)
    )


_legs, _segments, _offers = TABLES["legs"], TABLES["segments"], TABLES["offers"]
_lost = case((_segments.c.kind == "queue", QueueExit.LOST.value), else_=None)
_ENDS = (
    _end(_legs, ~_legs.c.ended, ended=True, estimated=True),
    _end(_segments, ~_segments.c.ended, ended=True, exit=_lost),
    _end(_offers, _offers.c.result.is_(None), result=OfferResult.FAILED.value),
)


async def _merge(connection: AsyncConnection, target: str, source: str) -> None:
    """Everything of `source` belongs to `target` now; the old id keeps resolving in one step."""
    for table in CHILDREN:
        await connection.execute(
            update(table).where(table.c.interaction_id == source).values(interaction_id=target)
        )
    await connection.execute(_inherit(target, source))
    table = _interactions
    await connection.execute(
        update(table)
        .where(or_(table.c.id == source, table.c.merged_into == source), table.c.id != target)
        .values(merged_into=target)
    )


def _inherit(target: str, source: str) -> Executable:
    """The contact began with the first of the two, and is known if either was."""
    table, both = _interactions, _interactions.alias()
    of_both = both.c.id.in_([target, source])

    def earliest(column: str) -> ColumnElement[Any]:
        return select(func.min(both.c[column])).where(of_both).scalar_subquery()

    def either(column: str) -> ColumnElement[Any]:
        other = select(both.c[column]).where(both.c.id == source).scalar_subquery()
        return func.coalesce(table.c[column], other)

    return (
        update(table)
        .where(table.c.id == target)
        .values(
            started_at=earliest("started_at"),
            answered_at=earliest("answered_at"),
            answered=or_(
                table.c.answered,
                exists(select(both.c.id).where(of_both, both.c.answered)),
            ),
            customer_id=either("customer_id"),
            picked_customer_id=either("picked_customer_id"),
        )
    )


async def _gap(connection: AsyncConnection, gap: Gap) -> None:
    """An open gap begins once; coming back closes it, or tells of one that nobody saw begin."""
    began, ended = _gaps.c.began_at, _gaps.c.ended_at
    here = _gaps.c.pbx == gap.pbx
    if gap.ended_at is None:
        await _insert_gap(connection, gap, and_(here, or_(ended.is_(None), ended >= gap.began_at)))
        return
    close: Values = {"ended_at": gap.ended_at}
    if gap.began_at is not None:  # the loss was noticed later than it happened
        close["began_at"] = case(
            (began > gap.began_at, literal(gap.began_at, Instant)), else_=began
        )
    await connection.execute(
        update(_gaps).where(here, ended.is_(None), began <= gap.ended_at).values(close)
    )
    if gap.began_at is not None and gap.began_at < gap.ended_at:
        overlaps = and_(here, ended > gap.began_at, began < gap.ended_at)
        await _insert_gap(connection, gap, overlaps)


async def _insert_gap(connection: AsyncConnection, gap: Gap, seen: ColumnElement[bool]) -> None:
    """Unless the table has seen it already."""
    columns: Mapping[str, Any] = {
        "id": stable_id("gap", gap.pbx, repr(gap.began_at)),
        "pbx": gap.pbx,
        "began_at": gap.began_at,
        "ended_at": gap.ended_at,
    }
    source = select(
        *(literal(value, _gaps.c[name].type).label(name) for name, value in columns.items())
    ).where(~exists(select(_gaps.c.id).where(seen)))
    statement = _insert(connection.dialect.name, _gaps).from_select(list(columns), source)
    await connection.execute(statement.on_conflict_do_nothing(index_elements=["id"]))
