"""The three things done with an uploaded file: looked into, tried out, imported.

Each says how far it is in the import's own row, in the transaction that does what it says. A row
that is no longer in the state that belongs to it (somebody cancelled) ends the work.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.audit import Audited, record
from callcenter.store.database import Database, is_deadlock
from crm.numbers import TrunkRule
from crm.sql import table_of
from crm.transfer.apply import apply
from crm.transfer.fields import Existing, Key, headers_key, propose
from crm.transfer.limits import MOST_COLUMNS
from crm.transfer.lookups import custom_fields, look_up, words_of
from crm.transfer.plan import Decision, Found, Outcome, Planner
from crm.transfer.record import Record, RowReader
from crm.transfer.service import Chosen, Failure, ReadAs
from crm.transfer.source import Reading, reading_of, rows_of, with_delimiter
from crm.transfer.states import ImportState
from crm.transfer.tables import ImportJob, ImportMapping, RefusedRow
from crm.transfer.tally import Tally
from crm.transfer.unreadable import Unreadable

BATCH = 1000  # rows of one transaction
SAMPLE_ROWS = 5
LONGEST_SAMPLE = 200  # characters of a cell that is shown
NEWS_EVERY = 0.5  # seconds between two words on how far reading is
TURN = 4_711_2026  # PostgreSQL: whoever writes a batch holds this lock
TRIES = 5

_imports = table_of(ImportJob)
Row = tuple[int, list[str]]
News = Callable[[int], None]


class Ended(Exception):
    """Somebody else ended it: cancelled, or taken over."""


@dataclass(slots=True)
class Work:
    """One import at hand. `told` hears of each new version of its row."""

    database: Database
    id: str
    path: Path
    rule: TrunkRule
    told: News = lambda _: None
    clock: Callable[[], float] = time.time

    async def load(self) -> Any:
        async with self.database.reading() as session:
            return (
                await session.execute(select(_imports).where(_imports.c.id == self.id))
            ).one_or_none()

    async def note(self, session: AsyncSession, now: ImportState, /, **values: Any) -> int:
        """Write to the import's row, which must be in this state. Ended."""
        version = await session.scalar(
            update(_imports)
            .where(_imports.c.id == self.id, _imports.c.state == now.value)
            .values(changed_at=self.clock(), version=_imports.c.version + 1, **values)
            .returning(_imports.c.version)
        )
        if version is None:
            raise Ended
        return int(version)

    async def say(self, now: ImportState, /, **values: Any) -> None:
        """The same in a transaction of its own."""
        async with self.database.session() as session:
            version = await self.note(session, now, **values)
            await session.commit()
        self.told(version)


async def run(work: Work) -> None:
    """Whatever its state says is to be done. A file that cannot be read becomes a failure."""
    job = await work.load()
    state = ImportState(job.state) if job is not None else None
    step = _STEPS.get(state) if state is not None else None
    if step is None or state is None:
        return
    try:
        await step(work, job)
    except Unreadable as error:
        failure = Failure(error.code, error.message, error.values)
        await _fail(work, state, failure)
    except MemoryError:
        await _fail(work, state, Failure("too_large", "it takes more memory than is allowed"))
    except Ended:
        return


async def _fail(work: Work, state: ImportState, failure: Failure) -> None:
    failed = {"state": ImportState.FAILED.value, "failure": msgspec.to_builtins(failure)}
    await work.say(state, **failed)


# --- looking into it ------------------------------------------------------------------------


async def read(work: Work, job: Any) -> None:
    """What it is, its columns and how many rows; what the columns may be."""
    reading = _as_told(work.path, msgspec.convert(job.reading or {}, ReadAs))
    rows = rows_of(work.path, reading)
    _, header = next(rows, (0, []))
    if not header:
        raise Unreadable("no_header")
    while header and not header[-1].strip():
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise Unreadable("too_many_columns", row=1, limit=MOST_COLUMNS)
    sample = [_shown(cells, len(header)) for _, cells in islice(rows, SAMPLE_ROWS)]
    count = len(sample) + await _count(work, rows, len(sample))
    header = _shown(header, len(header))
    async with work.database.session() as session:
        values = {
            "state": ImportState.READY.value,
            "node": None,
            "header": header,
            "sample": sample,
            "rows": count,
            "done": 0,
            "failure": None,
            "reading": msgspec.to_builtins(reading),
            "mapping": msgspec.to_builtins(await _proposed(session, header)),
        }
        version = await work.note(session, ImportState.READING, **values)
        await session.commit()
    work.told(version)


def _as_told(path: Path, how: ReadAs) -> Reading:
    """As it looks, unless somebody knows better."""
    reading = reading_of(path)
    if reading.format == "xlsx":
        if how.sheet is not None and how.sheet not in reading.sheets:
            raise Unreadable("no_sheet")
        return replace(reading, sheet=how.sheet or reading.sheet)
    if how.encoding is not None and how.encoding is not reading.encoding:
        reading = replace(reading, encoding=how.encoding, certainty=None)
        reading = with_delimiter(path, reading)
    if how.delimiter is not None:
        reading = replace(reading, delimiter=how.delimiter)
    return reading


async def _count(work: Work, rows: Iterator[Row], seen: int) -> int:
    """How many are left; said now and then, since counting takes the reading of it all."""
    count, told = 0, time.monotonic()
    for count, _ in enumerate(rows, 1):
        if count % BATCH == 0 and time.monotonic() - told > NEWS_EVERY:
            told = time.monotonic()
            await work.say(ImportState.READING, done=seen + count)
    return count


def _shown(cells: list[str], width: int) -> list[str]:
    return [cell.strip()[:LONGEST_SAMPLE] for cell in (cells + [""] * width)[:width]]


async def _proposed(session: AsyncSession, header: list[str]) -> Chosen:
    before = await session.get(ImportMapping, headers_key(header))
    words = await words_of(session, TrunkRule())
    columns = propose(
        header, custom_fields(words.custom.values()), before.columns if before else None
    )
    there = [key for key in Key if key.value in columns]
    key = Key(before.key) if before else next(iter(there), Key.PHONE)
    return Chosen(columns, key, Existing(before.existing) if before else Existing.SKIP)


# --- trying and importing -------------------------------------------------------------------


@dataclass(slots=True)
class Run:
    """A pass over the rows, batch by batch."""

    work: Work
    job: Any
    reader: RowReader
    planner: Planner
    tally: Tally
    done: int = 0
    cells: dict[int, list[str]] = field(default_factory=dict)

    @classmethod
    async def of(cls, work: Work, job: Any) -> Run:
        chosen = msgspec.convert(job.mapping, Chosen)
        async with work.database.reading() as session:
            words = await words_of(session, work.rule)
        planner = Planner(
            chosen.existing,
            tuple(spec for spec in words.custom.values() if spec.required),
            None if job.reach is None else frozenset(job.reach),
        )
        return cls(work, job, RowReader(chosen.columns, chosen.key, words), planner, Tally())

    async def batches(self) -> AsyncIterator[list[Record]]:
        """Batch by batch; while the database writes one, a thread reads the next."""
        rows = rows_of(self.work.path, msgspec.convert(self.job.reading, Reading))
        next(rows, None)  # the header
        coming = asyncio.create_task(asyncio.to_thread(self._read, rows))
        try:
            while (read := await coming)[1]:
                self.cells = read[0]
                coming = asyncio.create_task(asyncio.to_thread(self._read, rows))
                yield read[1]
        finally:
            await asyncio.gather(coming, return_exceptions=True)

    def _read(self, rows: Iterator[Row]) -> tuple[dict[int, list[str]], list[Record]]:
        batch = list(islice(rows, BATCH))
        return dict(batch), [self.reader.read(number, cells) for number, cells in batch]

    async def plan(
        self, session: AsyncSession, records: list[Record], *, lock: bool
    ) -> list[Decision]:
        found: Found = await look_up(session, self.reader.key, records, lock=lock)
        return self.planner.plan(records, found)

    def counted(self, decisions: list[Decision]) -> dict[str, Any]:
        self.planner.written()
        self.tally.add(decisions, self.cells)
        self.done += len(decisions)
        return {"done": self.done, "counts": self.tally.counts}


async def check(work: Work, job: Any) -> None:
    """What an import would do, and everything that is wrong; nothing is written."""
    run = await Run.of(work, job)
    async for records in run.batches():
        async with work.database.reading() as session:
            decisions = await run.plan(session, records, lock=False)
        await work.say(ImportState.CHECKING, **run.counted(decisions))
    problems = msgspec.to_builtins(run.tally.problems)
    over = {"state": ImportState.CHECKED.value, "node": None, "problems": problems}
    await work.say(ImportState.CHECKING, **over)


async def write(work: Work, job: Any) -> None:
    """Import; what an earlier attempt has written is only gone through again."""
    run = await Run.of(work, job)
    async for records in run.batches():
        left = [one for one in records if one.row > job.position]
        if len(left) < len(records):
            await _remember(run, [one for one in records if one.row <= job.position])
        if left:
            await _write_batch(run, left)
    await _finish(run)


async def _remember(run: Run, records: list[Record]) -> None:
    """Rows that are imported: whom they were about must not come again."""
    async with run.work.database.reading() as session:
        await run.plan(session, records, lock=False)
    run.planner.written()
    run.done += len(records)
    run.tally = Tally(run.job.counts)


async def _write_batch(run: Run, records: list[Record]) -> None:
    """One transaction: the customers, what was refused, and how far it is."""
    for attempt in range(TRIES):
        try:
            async with run.work.database.session() as session:
                decisions = await _written(run, session, records)
                values = run.counted(decisions) | {"position": records[-1].row}
                version = await run.work.note(session, ImportState.IMPORTING, **values)
                await session.commit()
            run.work.told(version)
            return
        except DBAPIError as error:
            if attempt == TRIES - 1 or not _again(error):
                raise


def _again(error: DBAPIError) -> bool:
    """Somebody made the same customer at this moment, or waited for what we have, as we for what
    they have: nothing of the batch is left, and it is looked at again."""
    return isinstance(error, IntegrityError) or is_deadlock(error)


async def _written(run: Run, session: AsyncSession, records: list[Record]) -> list[Decision]:
    if run.work.database.dialect == "postgresql":  # SQLite has one writer anyway
        await session.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": TURN})
    decisions = await run.plan(session, records, lock=True)
    changes = [one.change for one in decisions if one.change and one.change.writes]
    await apply(session, changes, now=run.work.clock())
    refused = [
        {
            "import_id": run.work.id,
            "row": one.record.row,
            "cells": run.cells[one.record.row],
            "problems": msgspec.to_builtins(one.problems),
        }
        for one in decisions
        if one.outcome is Outcome.REFUSED
    ]
    if refused:
        await session.execute(insert(table_of(RefusedRow)), refused)
    return decisions


async def _finish(run: Run) -> None:
    work, job = run.work, run.job
    async with work.database.session() as session:
        problems = msgspec.to_builtins(run.tally.problems)
        over = {"state": ImportState.DONE.value, "node": None, "problems": problems}
        version = await work.note(session, ImportState.IMPORTING, **over)
        entry = Audited(
            work.clock(),
            job.user_id,
            "customer.imported",
            f"import/{work.id}",
            after={"file": job.name, **run.tally.counts},
        )
        await record(session, entry)
        await session.commit()
    work.told(version)


_STEPS = {
    ImportState.READING: read,
    ImportState.CHECKING: check,
    ImportState.IMPORTING: write,
}
