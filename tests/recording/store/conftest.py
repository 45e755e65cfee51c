"""A PBX's folder with recordings in it, and a keeper that moves them to where they are kept."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from callcenter.store.database import Database
from recording.audio import examine
from recording.files import Folder
from recording.queries import table_of
from recording.store import queries
from recording.store.disk import Disk
from recording.store.keeper import Keeper
from recording.store.keyring import KeyRing
from recording.store.places import FolderPlace, Place
from recording.store.reader import Reader
from recording.store.steps import Shape, Steps
from recording.store.tables import RecordingCopy
from recording.tables import Recording
from tests.recording.conftest import NOW, write_wave

EMPTY_DISK = Disk(1000, 900)


def keys(*names: str) -> KeyRing:
    text = [f"{n}:{base64.b64encode(n.encode().ljust(32, b'.')).decode()}" for n in names]
    return KeyRing.parse(" ".join(text))


@dataclass
class Archive:
    """What a test looks at and turns."""

    database: Database
    folder: Folder
    local: FolderPlace
    places: Mapping[str, Place] = field(default_factory=dict)
    ring: KeyRing = field(default_factory=lambda: keys("one"))
    shape: Shape = field(default_factory=lambda: Shape(place="folder"))
    now: float = NOW
    disk: Disk = EMPTY_DISK

    def keeper(self, between: Callable[[str], None] = lambda _: None) -> Keeper:
        steps = Steps(
            self.folder, self.local, self.places, keys=self.ring, shape=self.shape, between=between
        )
        return Keeper(
            self.database,
            steps,
            keys=self.ring,
            shape=self.shape,
            disks=(self.local.folder,),
            clock=lambda: self.now,
            look=lambda _: self.disk,
        )

    async def record(self, number: int, *, seconds: float = 0.5, name: str = "") -> str:
        """A recording that the index has finished with."""
        id_, file = f"{number:032x}", name or f"2026/{number}.wav"
        path = write_wave(self.folder.path / file, seconds, channels=2)
        sound = examine(str(path))
        async with self.database.session() as session:
            await session.execute(
                insert(table_of(Recording)).values(
                    id=id_, pbx="main", file=file, status="ready", codec=sound.codec,
                    started_at=NOW + number, seconds=sound.seconds,
                )
            )  # fmt: skip
            await session.commit()
        return id_

    async def row(self, recording: str) -> RecordingCopy | None:
        async with self.database.reading() as session:
            return await session.scalar(
                select(RecordingCopy).where(RecordingCopy.recording_id == recording)
            )

    async def hear(self, recording: str, start: int = 0, end: int | None = None) -> bytes:
        reader = Reader(self.folder, self.local, self.places, self.ring)
        async with self.database.reading() as session:
            row = await session.get_one(Recording, recording)
            found = await reader.find(session, recording, row.file)
        return b"".join([piece async for piece in found.read(start, end)])

    async def settle(self, keeper: Keeper | None = None) -> None:
        """Until nothing is left to do, however long its pauses are."""
        keeper = keeper or self.keeper()
        try:
            for _ in range(40):
                self.now += 4000
                await keeper.turn()
                async with self.database.reading() as session:
                    if not await queries.due(session, self.now + 1e9, limit=1):
                        return
        finally:
            keeper._steps.close()
        raise AssertionError("it never comes to its end")


def _archive(database: Database, tmp_path: Path) -> Archive:
    monitor = tmp_path / "monitor"
    monitor.mkdir()
    return Archive(database, Folder(monitor), FolderPlace(tmp_path / "recordings"))


@pytest.fixture
async def archive(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Archive]:
    """Where the database does not matter."""
    database = Database(sqlite_url)
    yield _archive(database, tmp_path)
    await database.close()


@pytest.fixture
def on_both(database: Database, tmp_path: Path) -> Archive:
    """The same on each kind of database."""
    return _archive(database, tmp_path)
