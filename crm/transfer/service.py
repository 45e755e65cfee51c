"""What is done to an import as a record: begun, mapped, sent on, ended. The caller commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from crm.fields.service import specs
from crm.sql import table_of
from crm.transfer.csv_text import Delimiter
from crm.transfer.encodings import Encoding
from crm.transfer.fields import Existing, Field, Key, headers_key, known, remembered_of
from crm.transfer.lookups import custom_fields
from crm.transfer.states import LEFT, OVER, ImportState, Step, after
from crm.transfer.tables import ImportJob, ImportMapping, RefusedRow
from crm.transfer.tally import Problems

MOST_UNFINISHED = 20  # of one person
KEPT = 30 * 86_400.0  # seconds that what is over can still be looked at
LONGEST_NAME = 200

table = _imports = table_of(ImportJob)


class Chosen(msgspec.Struct, frozen=True):
    """`columns`: a field's code for each column, null for what is left out."""

    columns: list[str | None]
    key: Key
    existing: Existing


class ReadAs(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a file is to be read; what is absent is found out."""

    encoding: Encoding | None = None
    delimiter: Delimiter | None = None
    sheet: str | None = None


class Failure(msgspec.Struct, frozen=True):
    """`code` for programs, `message` for people; `values` are the row and the limit."""

    code: str
    message: str
    values: dict[str, int] = {}


class ImportView(msgspec.Struct, frozen=True):
    """`certainty`: how sure the encoding is. `rows` of the file without its header, `done` of them
    looked at in this step. `counts`: created, updated, unchanged, skipped, refused. `problems`: of
    the dry run or the import, whichever was last."""

    id: str
    name: str
    size: int
    state: ImportState
    version: int
    created_at: float
    changed_at: float
    format: str | None
    encoding: Encoding | None
    certainty: str | None
    delimiter: str | None
    sheet: str | None
    sheets: list[str]
    header: list[str]
    sample: list[list[str]]
    columns: list[str | None]
    key: Key | None
    existing: Existing | None
    rows: int
    done: int
    counts: dict[str, int]
    problems: Problems
    failure: Failure | None


async def create_import(
    session: AsyncSession, id_: str, *, user: int, node: str, name: str, size: int, now: float
) -> ImportView:
    """A file that has arrived, to be looked into. Conflict when one person has too many."""
    unfinished = select(func.count()).where(
        _imports.c.user_id == user, _imports.c.state.not_in([state.value for state in OVER])
    )
    if (await session.scalar(unfinished) or 0) >= MOST_UNFINISHED:
        raise Conflict(f"you have {MOST_UNFINISHED} imports that are not over; cancel some first")
    values = {
        "user_id": user,
        "name": name[:LONGEST_NAME],
        "size": size,
        "state": ImportState.READING.value,
        "created_at": now,
        "changed_at": now,
    }
    await session.execute(_imports.insert().values(id=id_, **values))
    return await get_import(session, id_, user=user)


async def list_imports(session: AsyncSession, user: int, limit: int = 50) -> list[ImportView]:
    """This person's, newest first."""
    rows = await session.execute(
        select(_imports)
        .where(_imports.c.user_id == user)
        .order_by(_imports.c.created_at.desc(), _imports.c.id)
        .limit(limit)
    )
    return [_view(row._asdict()) for row in rows]


async def get_import(session: AsyncSession, id_: str, *, user: int) -> ImportView:
    """NotFound, also for somebody else's."""
    row = (
        await session.execute(
            select(_imports).where(_imports.c.id == id_, _imports.c.user_id == user)
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such import")
    return _view(row._asdict())


async def take_step(
    session: AsyncSession, id_: str, step: Step, *, user: int, now: float, **values: Any
) -> ImportView:
    """Conflict where the step makes no sense now; NotFound."""
    seen = await get_import(session, id_, user=user)
    then = after(seen.state, step)
    taken = await session.scalar(
        update(_imports)
        .where(_imports.c.id == id_, _imports.c.state == seen.state.value)
        .values(state=then.value, changed_at=now, version=_imports.c.version + 1, **values)
        .returning(_imports.c.id)
    )
    if taken is None:
        raise Conflict("it went on at this moment; look again", field="state")
    return await get_import(session, id_, user=user)


async def read_again(
    session: AsyncSession, id_: str, how: ReadAs, *, user: int, node: str, now: float
) -> ImportView:
    """Read the file in another way; its columns are found anew."""
    seen = await get_import(session, id_, user=user)
    if seen.sheets and how.sheet is not None and how.sheet not in seen.sheets:
        raise InvalidInput("there is no such sheet", field="sheet")
    values: dict[str, Any] = {
        "header": [],
        "sample": [],
        "mapping": None,
        "rows": 0,
        "failure": None,
    }
    values |= nothing_done() | {"reading": msgspec.to_builtins(how), "node": node}
    return await take_step(session, id_, Step.READ, user=user, now=now, **values)


def nothing_done() -> dict[str, Any]:
    """How far an import is that has not begun."""
    return {"done": 0, "position": 0, "counts": {}, "problems": None}


async def begin_anew(session: AsyncSession, id_: str) -> None:
    """Before a first import: nothing is refused yet."""
    await session.execute(delete(RefusedRow).where(RefusedRow.import_id == id_))


async def choose(
    session: AsyncSession, id_: str, chosen: Chosen, *, user: int, now: float
) -> ImportView:
    """Map the columns; remembered for files with the same ones. InvalidInput."""
    seen = await get_import(session, id_, user=user)
    check_chosen(chosen, seen.header, await fields_of(session))
    view = await take_step(
        session,
        id_,
        Step.MAP,
        user=user,
        now=now,
        mapping=msgspec.to_builtins(chosen),
        done=0,
        counts={},
        problems=None,
    )
    await _remember(session, seen.header, chosen, now)
    return view


async def fields_of(session: AsyncSession) -> dict[str, Field]:
    """What columns can be, by code."""
    return known(custom_fields(spec for spec in await specs(session) if not spec.retired))


def check_chosen(chosen: Chosen, header: Sequence[str], fields: Mapping[str, Field]) -> None:
    if len(chosen.columns) != len(header):
        raise InvalidInput(f"one for each of the {len(header)} columns", field="columns")
    taken: set[str] = set()
    for n, code in enumerate(chosen.columns):
        if code is None:
            continue
        if code not in fields:
            raise InvalidInput("there is no such field", field=f"columns[{n}]")
        if code in taken and not fields[code].several:
            raise InvalidInput("another column is this already", field=f"columns[{n}]")
        taken.add(code)
    if chosen.key.value not in taken:
        raise InvalidInput("no column is what customers are recognised by", field="key")


async def _remember(
    session: AsyncSession, header: Sequence[str], chosen: Chosen, now: float
) -> None:
    key = headers_key(header)
    await session.execute(delete(ImportMapping).where(ImportMapping.header_key == key))
    session.add(
        ImportMapping(
            header_key=key,
            columns=remembered_of(header, chosen.columns),
            key=chosen.key.value,
            existing=chosen.existing.value,
            used_at=now,
        )
    )
    await session.flush()


async def left_behind(session: AsyncSession, node: str) -> None:
    """What was being worked on here when the service ended, however it did."""
    for state in LEFT:
        mine = (_imports.c.node == node) & (_imports.c.state == state.value)
        await session.execute(update(_imports).where(mine).values(**left(state)))


async def left_alone(session: AsyncSession, id_: str) -> None:
    """Whoever worked on this one is gone."""
    for state in LEFT:
        mine = (_imports.c.id == id_) & (_imports.c.state == state.value)
        await session.execute(update(_imports).where(mine).values(**left(state)))


async def is_over(session: AsyncSession, id_: str) -> bool:
    """Done, cancelled or gone: nobody needs its file."""
    state = await session.scalar(select(_imports.c.state).where(_imports.c.id == id_))
    return state is None or ImportState(state) in OVER


def left(state: ImportState) -> dict[str, Any]:
    values: dict[str, Any] = {
        "state": LEFT[state].value,
        "node": None,
        "version": _imports.c.version + 1,
    }
    if state is ImportState.READING:
        words = "reading it was interrupted; read it again"
        values["failure"] = msgspec.to_builtins(Failure("interrupted", words))
    return values


async def sweep(session: AsyncSession, now: float) -> list[str]:
    """Forget what nobody has touched for long; the ids of what is gone."""
    old = _imports.c.changed_at < now - KEPT
    gone = await session.scalars(delete(_imports).where(old).returning(_imports.c.id))
    return list(gone)


async def refused_rows(
    session: AsyncSession, id_: str, *, behind: int, limit: int
) -> list[tuple[int, list[str], list[Any]]]:
    """A page of what was refused, in the order of the file."""
    rows = await session.execute(
        select(RefusedRow.row, RefusedRow.cells, RefusedRow.problems)
        .where(RefusedRow.import_id == id_, RefusedRow.row > behind)
        .order_by(RefusedRow.row)
        .limit(limit)
    )
    return [(row, cells, problems) for row, cells, problems in rows]


def _view(row: Mapping[str, Any]) -> ImportView:
    reading, mapping = row["reading"] or {}, row["mapping"] or {}
    names = ("id", "name", "size", "version", "created_at", "changed_at", "rows", "done", "counts")
    return msgspec.convert(
        {name: row[name] for name in names}
        | {name: reading.get(name) for name in _READING}
        | {"state": row["state"], "sheets": reading.get("sheets", [])}
        | {"header": row["header"], "sample": row["sample"]}
        | {name: mapping.get(name) for name in ("key", "existing")}
        | {"columns": mapping.get("columns", []), "failure": row["failure"]}
        | {"problems": row["problems"] or {}},
        ImportView,
    )


_READING = ("format", "encoding", "certainty", "delimiter", "sheet")
