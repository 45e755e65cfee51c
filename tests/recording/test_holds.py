"""Legal holds and deletions go one after the other: what was said to be held is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

import web.auth.tables  # noqa: F401 - who placed a hold is a user
from callcenter.errors import InvalidInput
from callcenter.forgetting.person import Person
from callcenter.store.database import Database
from recording import holds, retention
from recording.erasure import Recordings
from recording.files import Folder
from recording.queries import table_of
from recording.retention import PolicyInput
from recording.retention_tables import LegalHold
from recording.tables import Recording
from tests.recording.conftest import NOW

ID = "a" * 32
LATER = NOW + 90 * retention.DAY
A_WHILE = 0.3  # seconds in which somebody who does not wait would be done

Delete = Callable[[AsyncSession], Awaitable[None]]


@pytest.fixture(autouse=True)
async def recorded(database: Database) -> None:
    async with database.session() as session:
        await session.execute(
            insert(table_of(Recording)).values(
                id=ID, pbx="main", file="1.wav", status="ready", started_at=NOW
            )
        )
        await retention.create(session, PolicyInput("all", days=30))
        await session.commit()


@pytest.fixture(params=["retention", "erasure"])
def delete(request: pytest.FixtureRequest, tmp_path: Path) -> Delete:
    """Unless it is held, in a transaction that somebody else ends."""

    async def by_retention(session: AsyncSession) -> None:
        await retention.apply(session, LATER)

    async def by_erasure(session: AsyncSession) -> None:
        room, person = Recordings(Folder(tmp_path)), Person(recordings=[ID])
        if not await room.held(session, person):
            await room.erase(session, person, LATER)

    return by_retention if request.param == "retention" else by_erasure


async def place(session: AsyncSession) -> None:
    await holds.place(session, "recording", ID, "a court asks", by=None, now=LATER)


async def committed(database: Database, work: Delete) -> None:
    async with database.session() as session:
        await work(session)
        await session.commit()


async def one_after_the_other(database: Database, first: Delete, second: Delete) -> None:
    """`second` comes while `first` is in its transaction; what it raises is raised."""
    async with database.session() as session:
        await first(session)
        waiting = asyncio.create_task(committed(database, second))
        await asyncio.sleep(A_WHILE)
        waited = not waiting.done()
        await session.commit()
    async with asyncio.timeout(10):
        await waiting
    assert waited


async def outcome(database: Database) -> tuple[str | None, int | None]:
    """The status of the recording, and how many holds there are."""
    async with database.reading() as session:
        status = await session.scalar(select(Recording.status).where(Recording.id == ID))
        return status, await session.scalar(select(func.count()).select_from(LegalHold))


async def test_a_hold_that_comes_while_it_is_deleted_waits_and_is_refused(
    database: Database, delete: Delete
) -> None:
    with pytest.raises(InvalidInput, match="no such recording"):
        await one_after_the_other(database, delete, place)
    assert await outcome(database) == ("deleted", 0)


async def test_a_deletion_that_comes_while_a_hold_is_placed_waits_and_leaves_it(
    database: Database, delete: Delete
) -> None:
    await one_after_the_other(database, place, delete)
    assert await outcome(database) == ("ready", 1)
