"""A person's recordings: they go, unless they are held, and their names and marks with them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.forgetting.person import Finder, Person
from callcenter.forgetting.wipe import AT_ONCE
from recording import holds
from recording.files import Folder
from recording.quality.service import forget
from recording.store import queries
from recording.store.life import FINAL
from recording.store.tables import RecordingCopy
from recording.tables import Recording

WHY = "a person was erased"
_SAID = ("number", "party", "suffix", "notes", "channel")


class Recordings:
    """The room `recording`."""

    name = "recordings"

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    async def known(self, session: AsyncSession, person: Person) -> Person:
        found: dict[str, None] = {}
        for column, values in (
            (Recording.customer_id, person.customers),
            (Recording.interaction_id, person.calls),
            (Recording.party, [number.e164 for number in person.numbers]),
            (Recording.number, person.forms),
        ):
            for some in _parts(values):
                rows = await session.scalars(select(Recording.id).where(column.in_(some)))
                found |= dict.fromkeys(rows)
        return Person(recordings=list(found))

    async def held(self, session: AsyncSession, person: Person) -> list[str]:
        """No hold comes until the transaction ends: files that went come back with no rollback."""
        await holds.take_turns(session)
        found = []
        for some in _parts(person.recordings):
            found += [f"recording {id_}" for id_ in sorted(await holds.held(session, some))]
        people = await holds.held_customers(session, [*person.customers, *person.stays])
        return found + [f"customer {id_}" for id_ in sorted(people)]

    async def count(self, session: AsyncSession, person: Person) -> dict[str, int]:
        return {"recordings": len(person.recordings)} if person.recordings else {}

    async def erase(self, session: AsyncSession, person: Person, now: float) -> dict[str, int]:
        """What the PBX called the file is needed until the file is gone."""
        count = 0
        for some in _parts(person.recordings):
            there = select(Recording.id).where(
                Recording.id.in_(some), Recording.status != queries.DELETED
            )
            going = list(await session.scalars(there))
            await queries.delete(session, going, WHY, now)
            change = update(Recording).where(Recording.id.in_(some))
            await session.execute(
                change.values(dict.fromkeys(_SAID)).execution_options(synchronize_session=False)
            )
            await forget(session, some)
            count += len(going)
        finder = Finder(person)
        await asyncio.to_thread(self._drop_named, finder)
        return {"recordings": count} if count else {}

    def _drop_named(self, finder: Finder) -> None:
        """Files of no call that have the person in their name."""
        for seen in list(self._folder.scan()):
            if finder.finds(seen.name):
                (self._folder.path / seen.name).unlink(missing_ok=True)

    async def left(self, session: AsyncSession, person: Person) -> int:
        """When none is, what the files were called goes, too."""
        final = [stage.value for stage in FINAL]
        left = 0
        for some in _parts(person.recordings):
            waiting = select(func.count()).where(
                RecordingCopy.recording_id.in_(some), RecordingCopy.stage.not_in(final)
            )
            left += await session.scalar(waiting) or 0
        if left == 0:
            for some in _parts(person.recordings):
                change = update(Recording).where(Recording.id.in_(some)).values(file=None)
                await session.execute(change.execution_options(synchronize_session=False))
        return left


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
