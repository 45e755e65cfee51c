"""Folder and index against each other: what is adopted, missing, renamed, changed, back."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.health import State
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg
from recording.audio import examine
from recording.files import Folder
from recording.queries import table_of
from recording.reconcile import AlreadyRunning, Reconciler
from recording.tables import Recording, RecordingPeaks
from tests.recording.conftest import NOW, Put, write_wave

LATER = NOW + 10_000
Rows = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "monitor").mkdir()
    return Folder(tmp_path / "monitor")


@pytest.fixture
def work(database: Database, folder: Folder) -> Reconciler:
    return Reconciler(database, folder, pbx="main", clock=lambda: LATER)


async def kept(put: Put, folder: Folder, name: str, seconds: float, **values: Any) -> str:
    """A recording with its file, as the index left it; its id."""
    path = write_wave(folder.path / name, seconds)
    os.utime(path, (NOW, NOW))
    sound = examine(str(path))
    id_ = name[0] * 32
    row = {"file": name, "status": "ready", "size": path.stat().st_size, "seconds": seconds}
    await put(Recording, id=id_, pbx="main", started_at=NOW, stopped_at=NOW, **row | values)
    await put(RecordingPeaks, recording_id=id_, peaks=sound.peaks)
    return id_


async def rows_of(database: Database) -> Rows:
    async with database.reading() as session:
        found = await session.execute(select(table_of(Recording)))
        return {row.id: row for row in found}


async def test_everything_that_can_be_the_matter(
    work: Reconciler, database: Database, folder: Folder, put: Put
) -> None:
    fine = await kept(put, folder, "a.wav", 1)
    gone = await kept(put, folder, "b.wav", 2)
    (folder.path / "b.wav").unlink()
    renamed = await kept(put, folder, "c.wav", 3)
    (folder.path / "c.wav").rename(folder.path / "not what it was.wav")
    grown = await kept(put, folder, "d.wav", 4)
    (folder.path / "d.wav").write_bytes((folder.path / "d.wav").read_bytes()[:9_000])
    back = await kept(put, folder, "e.wav", 5, status="missing", missing_at=NOW, problem="gone")
    away = await kept(put, folder, "f/f.wav", 6)
    shutil.rmtree(folder.path / "f")
    await put(Interaction, id="1" * 32, pbx="main", end_reason="completed")
    leg = {"interaction_id": "1" * 32, "channel": "PJSIP/x-1", "interface": "PJSIP/x"}
    await put(Leg, id="2" * 32, pbx="main", boot="1", uniqueid="pbx1-1767348900.42", **leg)
    for n, name in enumerate(("q-1-pbx1-1767348900.42.wav", "from before.wav")):
        os.utime(write_wave(folder.path / name, 7 + n), (NOW, NOW))
    os.utime(write_wave(folder.path / "still written.wav", 1), (LATER, LATER))

    report = await work.once()

    rows = await rows_of(database)
    assert rows[fine].status == "ready"
    assert (rows[gone].status, rows[gone].problem) == ("missing", "the file is gone")
    assert rows[gone].missing_at == LATER
    assert (rows[away].status, rows[away].problem) == ("missing", "the folder of the file is gone")
    assert (rows[renamed].status, rows[renamed].file) == ("ready", "not what it was.wav")
    assert (rows[grown].status, rows[back].status) == ("pending", "pending")  # looked at anew
    known = {fine, gone, renamed, grown, back, away}
    adopted = {row.file: row for id_, row in rows.items() if id_ not in known}
    assert set(adopted) == {"q-1-pbx1-1767348900.42.wav", "from before.wav"}
    matched = adopted["q-1-pbx1-1767348900.42.wav"]
    assert (matched.interaction_id, matched.leg_id) == ("1" * 32, "2" * 32)
    assert adopted["from before.wav"].interaction_id is None
    assert (report.adopted, report.lost, report.renamed) == (2, 2, 1)
    assert (report.changed, report.returned, report.missing) == (1, 1, 2)
    assert report.unmatched == sum(row.interaction_id is None for row in rows.values()) - 2
    verdict = work.health()
    assert (verdict.state, verdict.detail[:16]) == (State.OK, "2 without a file")

    again = await work.once()  # nothing is left to do
    assert (again.adopted, again.lost, again.renamed, again.changed) == (0, 0, 0, 0)
    assert await rows_of(database) == rows


@pytest.mark.parametrize("left", ["nothing", "no folder"])
async def test_a_disk_that_is_not_mounted_makes_nothing_missing(
    left: str, work: Reconciler, database: Database, folder: Folder, put: Put
) -> None:
    id_ = await kept(put, folder, "a.wav", 1)
    shutil.rmtree(folder.path)
    if left == "nothing":
        folder.path.mkdir()
    report = await work.once()
    assert (await rows_of(database))[id_].status == "ready"
    assert "folder is" in report.problem
    assert work.health().state is State.DEGRADED


async def test_who_asks_has_it_done_now_and_is_told_how_far_it_is(
    work: Reconciler, database: Database, folder: Folder, put: Put
) -> None:
    await kept(put, folder, "a.wav", 1)
    task = asyncio.create_task(work.run())
    try:
        await asyncio.sleep(0)
        assert not work.busy
        work.ask()
        with pytest.raises(AlreadyRunning):
            work.ask()
        async with asyncio.timeout(10):
            while work.busy:  # noqa: ASYNC110 - as the page does
                await asyncio.sleep(0.01)
        assert work.report is not None
        assert (work.report.files, work.report.rows, work.problem) == (1, 1, "")
    finally:
        task.cancel()
