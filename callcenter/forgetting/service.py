"""Erases a person: asks every room, room by room, and then looks everywhere for what is left.

An erasure is a row that says what is to be done next. Each stage can be done again, so a service
that ends in the middle goes on where it was. First of all its tombstones are written: from then on
nothing that is told late brings the person back.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import structlog
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.bus import Bus
from callcenter.errors import Conflict, InvalidInput
from callcenter.forgetting import files, guard, sweep
from callcenter.forgetting.guard import Guard, Marks
from callcenter.forgetting.person import Finder, Person
from callcenter.forgetting.tables import Erasure
from callcenter.forgetting.wipe import Room
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database, in_words
from callcenter.unbroken import unbroken

EVERY = 1.0  # seconds between turns
ROUNDS = 4  # of asking the rooms what more belongs to somebody

log = structlog.get_logger(__name__)


class Stage(StrEnum):
    """What is to be done next."""

    MARK = "mark"  # tombstones
    ROOMS = "rooms"
    FILES = "files"  # wait for those that go by themselves
    STREAMS = "streams"
    SWEEP = "sweep"
    AUDIT = "audit"
    COMPACT = "compact"  # nobody knows any more who it was
    DONE = "done"


_NEXT = dict(zip(Stage, list(Stage)[1:], strict=False))


@dataclass(frozen=True, slots=True)
class Found:
    """What an erasure would do. `rows`: theirs, by table; `mentions`: of others that name them."""

    person: Person
    rows: dict[str, int]
    mentions: dict[str, int]
    held: list[str]


@dataclass(frozen=True, slots=True)
class Folders:
    """`apart` are those without text of ours, or whose owners see to them."""

    data: Path
    apart: tuple[Path, ...] = ()


class Eraser:
    """`find` and `ask` are for the doors, `run` is its task."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        rooms: Sequence[Room],
        *,
        marks: Marks,
        watch: Guard,
        folders: Folders,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._bus = bus
        self._rooms = rooms
        self._marks = marks
        self._guard = watch
        self._folders = folders
        self._clock = clock
        self._do: dict[Stage, Callable[[Erasure, Person], Awaitable[dict[str, int] | None]]] = {
            Stage.MARK: self._mark,
            Stage.ROOMS: self._erase,
            Stage.FILES: self._wait_for_files,
            Stage.STREAMS: self._streams,
            Stage.SWEEP: self._sweep,
            Stage.AUDIT: self._audit,
            Stage.COMPACT: self._compact,
        }

    # --- what would go ----------------------------------------------------------------------

    async def find(self, session: AsyncSession, asked: Person, *, mentions: bool = True) -> Found:
        """InvalidInput when nobody is meant by it. `mentions`: look through all tables, too."""
        person = await self._whole(session, asked)
        rows: dict[str, int] = {}
        held: list[str] = []
        for room in self._rooms:
            rows |= await room.count(session, person)
            held += await room.held(session, person)
        named = await sweep.count(session, Finder(person)) if mentions else {}
        return Found(person, rows, named, held)

    async def _whole(self, session: AsyncSession, asked: Person) -> Person:
        """Everything that belongs to them, as far as any room knows."""
        person = asked
        for _ in range(ROUNDS):
            before = person
            for room in self._rooms:
                person = person.also(await room.known(session, person))
            if person == before:
                break
        if not person.is_known:
            field = "contact" if asked.contacts else "customer"
            raise InvalidInput("nobody is known by this", field=field)
        return person

    async def ask(
        self, session: AsyncSession, asked: Person, *, by: int | None, reason: str
    ) -> Erasure:
        """Begin, in the caller's transaction. Conflict when something of them is held."""
        person = await self._whole(session, asked)
        await self._refuse_held(session, person)
        row = Erasure(
            state=Stage.MARK.value,
            asked_by=by,
            asked_at=self._clock(),
            reason=reason,
            subject=msgspec.to_builtins(person),
            counts={},
            changed_at=self._clock(),
        )
        session.add(row)
        await session.flush()
        return row

    async def _refuse_held(self, session: AsyncSession, person: Person) -> None:
        for room in self._rooms:
            held = await room.held(session, person)
            if held:
                raise Conflict(f"a legal hold is on {', '.join(held[:10])}")

    # --- doing it ---------------------------------------------------------------------------

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
            except Exception as error:
                log.warning("erasures_wait", error=in_words(error))
            await asyncio.sleep(EVERY)

    async def turn(self) -> int:
        """Every erasure as far as it gets; how many are not finished."""
        async with self._database.reading() as session:
            query = select(Erasure).where(Erasure.state != Stage.DONE.value).order_by(Erasure.id)
            waiting = list(await session.scalars(query))
        left = 0
        for row in waiting:
            try:
                left += not await self._advance(row)
            except Exception as error:
                left += 1
                said = in_words(error)  # and nothing else: a traceback shows whom it is about
                log.error("erasure_failed", erasure=row.id, stage=row.state, error=said)
                await self._say(row, f"{row.state}: {said}")
        return left

    async def _advance(self, row: Erasure) -> bool:
        """Stage by stage until one has to wait; whether all is done."""
        while row.state != Stage.DONE.value:
            stage = Stage(row.state)
            person = msgspec.convert(row.subject or {}, Person)
            done = await self._do[stage](row, person)
            if done is None:
                return False
            await self._step(row, _NEXT[stage], done)
        log.info("person_erased", erasure=row.id, counts=row.counts)
        return True

    async def _step(self, row: Erasure, to: Stage, done: dict[str, int]) -> None:
        row.state = to.value
        row.counts = {**row.counts, **{k: row.counts.get(k, 0) + n for k, n in done.items()}}
        values: dict[str, Any] = {"state": row.state, "counts": row.counts, "problem": None}
        if to is Stage.COMPACT:
            finder = Finder(msgspec.convert(row.subject or {}, Person))
            row.subject, row.reason = None, finder.clean(row.reason)
            values |= {"subject": None, "reason": row.reason}
        if to is Stage.DONE:
            values["finished_at"] = self._clock()
        await self._write(row, values)

    async def _say(self, row: Erasure, problem: str) -> None:
        await self._write(row, {"problem": problem})

    @unbroken
    async def _write(self, row: Erasure, values: dict[str, Any]) -> None:
        async with self._database.session() as session:
            change = update(Erasure).where(Erasure.id == row.id)
            await session.execute(change.values(changed_at=self._clock(), **values))
            await session.commit()

    # --- the stages; None: not yet ----------------------------------------------------------

    @unbroken
    async def _mark(self, row: Erasure, person: Person) -> dict[str, int] | None:
        async with self._database.session() as session:
            await guard.write_down(session, row.id, self._marks, person, row.asked_at)
            await session.commit()
        await self._guard.load()
        self._bus.guard(self._guard.clean)
        return {}

    @unbroken
    async def _erase(self, row: Erasure, person: Person) -> dict[str, int] | None:
        """What was told until now is known now: asked again, then all rooms at once."""
        async with self._database.session() as session:
            whole = await self._whole(session, person)
            try:
                await self._refuse_held(session, whole)
            except Conflict as error:
                await session.rollback()
                await self._say(row, error.message)
                return None
            await guard.write_down(session, row.id, self._marks, whole, self._clock())
            subject = msgspec.to_builtins(whole)
            mine = update(Erasure).where(Erasure.id == row.id)
            await session.execute(mine.values(subject=subject))
            done: dict[str, int] = {}
            for room in self._rooms:
                for table, count in (await room.erase(session, whole, self._clock())).items():
                    done[table] = done.get(table, 0) + count
            await session.commit()
        row.subject = subject
        await self._guard.load()
        return done

    @unbroken
    async def _wait_for_files(self, row: Erasure, person: Person) -> dict[str, int] | None:
        async with self._database.session() as session:
            left = sum([await room.left(session, person) for room in self._rooms])
            await session.commit()
        if left:
            await self._say(row, f"{left} files are still to go")
            return None
        return {}

    async def _streams(self, row: Erasure, person: Person) -> dict[str, int] | None:
        left = await self._bus.forget(self._guard.clean)
        if left:
            await self._say(row, f"{left} events are still to be read by all consumers")
            return None
        changed = await asyncio.to_thread(
            files.forget, self._folders.data, Finder(person), apart=self._folders.apart
        )
        return {"files": changed} if changed else {}

    async def _sweep(self, _row: Erasure, person: Person) -> dict[str, int] | None:
        found = await sweep.sweep(self._database, Finder(person))
        return {f"{table} (mentions)": count for table, count in found.items()}

    @unbroken
    async def _audit(self, row: Erasure, person: Person) -> dict[str, int] | None:
        objects = [
            *(f"customer/{id_}" for id_ in person.customers),
            *(f"ticket/{id_}" for id_ in person.tickets),
            *(f"interaction/{id_}" for id_ in person.calls),
            *(f"recording/{id_}" for id_ in person.recordings),
        ]
        entry = Audited(self._clock(), row.asked_by, audit.REDACTED, f"erasure/{row.id}")
        async with self._database.session() as session:
            rows = await sweep.audit_rows(session, Finder(person), objects)
            count = await audit.redact(session, rows, entry)
            await session.commit()
        return {"audit": count} if count else {}

    async def _compact(self, _row: Erasure, _person: Person) -> dict[str, int] | None:
        """SQLite keeps what was deleted in its free pages and its search's old segments."""
        if self._database.dialect != "sqlite":
            return {}
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            searches = await connection.scalars(
                text("SELECT name FROM sqlite_master WHERE sql LIKE '%USING fts5(%'")
            )
            for name in searches.all():
                await connection.execute(
                    text(f"INSERT INTO {name} ({name}) VALUES ('optimize')")  # noqa: S608 - ours
                )
            await connection.execute(text("VACUUM"))
            busy = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).scalar()
        return None if busy else {}
