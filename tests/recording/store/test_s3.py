"""An S3-compatible store over HTTP, as it is on good days and on bad ones."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from callcenter.health import State
from recording.store import queries
from recording.store.life import Stage
from recording.store.places import NotThere, PlaceAway
from recording.store.reader import StoreAway
from recording.store.s3 import Bucket, S3Place
from recording.store.steps import Shape
from tests.recording.store.conftest import Archive
from tests.recording.store.wire import BUCKET, Wire, s3_server


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
async def wire(server: str) -> AsyncIterator[Wire]:
    async with Wire(server) as made:
        yield made


@pytest.fixture
def place(wire: Wire) -> S3Place:
    return S3Place(
        Bucket(
            BUCKET,
            endpoint=wire.url,
            prefix=uuid4().hex,
            access_key="AKIAEXAMPLE",
            secret_key="a-secret",
            timeout=0.7,
        )
    )


async def whole(place: S3Place, key: str, start: int, end: int) -> bytes:
    return b"".join([piece async for piece in place.read(key, start, end)])


async def test_what_was_put_is_read_in_parts_and_gone_when_deleted(
    place: S3Place, tmp_path: Path
) -> None:
    content = os.urandom(700_000)
    file = tmp_path / "x"
    file.write_bytes(content)
    await place.put("2026/01/01/x.ogg", file)
    assert await place.size("2026/01/01/x.ogg") == len(content)
    assert await whole(place, "2026/01/01/x.ogg", 0, len(content)) == content
    assert await whole(place, "2026/01/01/x.ogg", 300_000, 300_007) == content[300_000:300_007]
    assert await whole(place, "2026/01/01/x.ogg", 5, 5) == b""
    await place.delete("2026/01/01/x.ogg")
    await place.delete("2026/01/01/x.ogg")
    assert await place.size("2026/01/01/x.ogg") is None
    with pytest.raises(NotThere):
        await whole(place, "2026/01/01/x.ogg", 0, 5)
    with pytest.raises(NotThere):
        await place.put("y", tmp_path / "not there")


async def test_large_files_go_up_in_parts(place: S3Place, tmp_path: Path) -> None:
    content = os.urandom(9 << 20)
    file = tmp_path / "x"
    file.write_bytes(content)
    await place.put("x", file)
    assert await whole(place, "x", 0, len(content)) == content


FAULTS = [("refused", "up"), ("500", "up"), ("mute", "up"), ("cut", "up"), ("cut", "down")]


@pytest.mark.parametrize(("fault", "where"), FAULTS)
async def test_whatever_is_wrong_on_the_wire_is_said_in_one_way(
    fault: str, where: str, place: S3Place, wire: Wire, tmp_path: Path
) -> None:
    file = tmp_path / "x"
    file.write_bytes(os.urandom(50_000))
    await place.put("x", file)
    wire.fault, wire.where = fault, where
    if (fault, where) != ("cut", "down"):  # the answer to an upload is short
        with pytest.raises(PlaceAway):
            await place.put("y", file)
    if (fault, where) != ("cut", "up"):  # and so is the question for a file
        with pytest.raises(PlaceAway):
            await whole(place, "x", 0, 50_000)
    wire.fault = "fine"
    await place.put("y", file)
    assert await place.size("y") == 50_000


@pytest.fixture
def stored(archive: Archive, place: S3Place) -> Archive:
    archive.places = {"s3": place}
    archive.shape = Shape(place="s3")
    return archive


@pytest.mark.parametrize(("fault", "where"), [*FAULTS, ("flipped", "up"), ("flipped", "down")])
async def test_a_store_with_faults_gets_the_recording_in_the_end_and_none_is_lost(
    fault: str, where: str, stored: Archive, wire: Wire
) -> None:
    recording = await stored.record(1, seconds=2.0)
    wire.fault, wire.where = fault, where
    keeper = stored.keeper()
    for _ in range(7):
        stored.now += 4000
        await keeper.turn()
        assert await stored.hear(recording)
    row = await stored.row(recording)
    assert row is not None
    assert row.stage in {Stage.SEALED, Stage.UPLOADED}
    assert row.original
    assert (stored.folder.path / "2026/1.wav").exists()
    assert keeper.health().state is State.DEGRADED
    wire.fault = "fine"
    await stored.settle(keeper)
    assert keeper.health().state is State.OK
    await keeper._steps.drop_local(await _copy(stored, recording))
    assert (await stored.hear(recording))[:4] == b"OggS"
    assert not (stored.folder.path / "2026/1.wav").exists()


async def _copy(stored: Archive, recording: str) -> queries.Copy:
    async with stored.database.reading() as session:
        copy = await queries.copy_of(session, recording)
    assert copy is not None
    return copy


async def test_while_the_store_is_away_listeners_are_told_so(stored: Archive, wire: Wire) -> None:
    recording = await stored.record(1)
    keeper = stored.keeper()
    await stored.settle(keeper)
    await keeper._steps.drop_local(await _copy(stored, recording))
    wire.fault = "refused"
    with pytest.raises(StoreAway):
        await stored.hear(recording)
    wire.fault = "fine"
    assert (await stored.hear(recording, 0, 4)) == b"OggS"


async def test_a_deletion_waits_for_a_store_that_is_away(stored: Archive, wire: Wire) -> None:
    recording = await stored.record(1)
    await stored.settle()
    key = (await _copy(stored, recording)).key
    async with stored.database.session() as session:
        await queries.delete(session, [recording], "retention", stored.now)
        await session.commit()
    wire.fault = "500"
    keeper = stored.keeper()
    stored.now += 4000
    await keeper.turn()
    row = await stored.row(recording)
    assert row is not None
    assert row.stage == Stage.DELETING
    wire.fault = "fine"
    await stored.settle(keeper)
    assert await stored.places["s3"].size(key) is None
