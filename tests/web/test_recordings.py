"""Recordings: heard by those who spoke, in parts, by id only, and never unseen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from callcenter.ids import new_id
from callcenter.store.database import Database
from recording.files import Folder
from recording.tables import Recording, RecordingAccess, RecordingPeaks
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import START, Api, SignedIn

SOUND = b"RIFF" + bytes(range(256)) * 40


async def recorded(
    database: Database, folder: Folder, *, file: str = "on-disk.wav", **values: Any
) -> str:
    """A recording of a call in which PJSIP/1001 spoke; its id."""
    call = await finished_call(database, rang=("PJSIP/1002",))
    if "/" not in file:
        (folder.path / file).write_bytes(SOUND)
    id_ = new_id()
    row = {
        "id": id_,
        "interaction_id": call,
        "pbx": "pbx",
        "file": file,
        "status": "ready",
        "seconds": 5.0,
        "started_at": START,
    }
    peaks = {"recording_id": id_, "peaks": bytes([0x80, 0x40, 0x00, 0x20])}
    async with database.session() as db:
        await db.execute(insert(Recording).values(row | values))
        await db.execute(insert(RecordingPeaks).values(peaks))
        await db.commit()
    return id_


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent")
    await give_phone(database, api, "PJSIP/1001")
    return api


async def accesses(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as db:
        rows = await db.execute(select(RecordingAccess.recording_id, RecordingAccess.action))
        return [(row.recording_id, row.action) for row in rows]


async def test_who_spoke_hears_it(agent: Api, database: Database, folder: Folder) -> None:
    id_ = await recorded(database, folder)
    async with agent.client.get(f"/api/v1/recordings/{id_}/audio") as response:
        assert response.status == 200
        assert response.content_type == "audio/wav"
        assert response.headers["Cache-Control"] == "no-store"
        assert f'filename="{id_}.wav"' in response.headers["Content-Disposition"]
        assert "on-disk.wav" not in str(response.headers)
        assert await response.read() == SOUND
    assert await accesses(database) == [(id_, "listen")]


async def test_a_part_of_it(agent: Api, database: Database, folder: Folder) -> None:
    id_ = await recorded(database, folder)
    path = f"/api/v1/recordings/{id_}/audio"
    async with agent.client.get(path, headers={"Range": "bytes=4-7"}) as response:
        assert response.status == 206
        assert await response.read() == SOUND[4:8]
    async with agent.client.get(path, headers={"Range": f"bytes={len(SOUND)}-"}) as response:
        assert response.status == 416
        assert response.headers["Content-Range"] == f"bytes */{len(SOUND)}"
        assert (await response.json())["error"]["code"] == "range_not_satisfiable"


async def test_what_is_known_of_it(agent: Api, database: Database, folder: Folder) -> None:
    id_ = await recorded(database, folder)
    status, page = await agent.get(f"/api/v1/recordings/{id_}")
    meta = page["recording"]
    assert (status, meta["id"], meta["seconds"], meta["status"]) == (200, id_, 5.0, "ready")
    assert "on-disk.wav" not in str(page)
    _, story = await agent.get(f"/api/v1/interactions/{meta['interaction']}")
    assert [one["id"] for one in story["recordings"]] == [id_]


async def test_peaks_are_loudness(agent: Api, database: Database, folder: Folder) -> None:
    id_ = await recorded(database, folder)
    status, peaks = await agent.get(f"/api/v1/recordings/{id_}/peaks")
    assert (status, peaks) == (200, {"seconds": 5.0, "peaks": [1.0, 0.25]})
    assert await accesses(database) == [(id_, "peaks")]


async def test_having_been_rung_is_not_enough(
    signed_in: SignedIn, database: Database, folder: Folder
) -> None:
    api = await signed_in("agent")
    await give_phone(database, api, "PJSIP/1002")
    id_ = await recorded(database, folder)
    for rest in ("", "/audio", "/peaks"):
        status, body = await api.get(f"/api/v1/recordings/{id_}{rest}")
        assert (status, body["error"]["code"]) == (404, "not_found")
    async with database.reading() as db:
        call = await db.scalar(select(Recording.interaction_id))
    _, story = await api.get(f"/api/v1/interactions/{call}")
    assert story["recordings"] == []
    assert await accesses(database) == []


@pytest.mark.parametrize(("role", "status"), [("supervisor", 200), ("executive", 403)])
async def test_the_right_decides(
    role: str, status: int, signed_in: SignedIn, database: Database, folder: Folder
) -> None:
    api = await signed_in(role)
    id_ = await recorded(database, folder)
    async with api.client.get(f"/api/v1/recordings/{id_}/audio") as response:
        assert response.status == status


@pytest.mark.parametrize(
    "file", ["../secret.wav", "/etc/passwd", "a/../../secret.wav", "gone/file.wav", "link/x.wav"]
)
async def test_a_path_that_leads_out_is_nothing(
    file: str, agent: Api, database: Database, folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "secret.wav").write_bytes(SOUND)
    (folder.path / "link").symlink_to(tmp_path)
    id_ = await recorded(database, folder, file=file)
    status, body = await agent.get(f"/api/v1/recordings/{id_}/audio")
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert "secret" not in str(body)


@pytest.mark.parametrize(
    "id_", ["..%2f..%2fetc%2fpasswd", "on-disk.wav", "0" * 32, "%00", "a" * 33]
)
async def test_only_ids_lead_to_files(
    id_: str, agent: Api, database: Database, folder: Folder
) -> None:
    await recorded(database, folder)
    assert (await agent.get(f"/api/v1/recordings/{id_}/audio"))[0] == 404


@pytest.mark.parametrize("status", ["pending", "silent", "missing"])
async def test_what_cannot_be_heard_is_not_found(
    status: str, agent: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder, status=status)
    assert (await agent.get(f"/api/v1/recordings/{id_}/audio"))[0] == 404


async def test_the_content_decides_what_it_is(
    agent: Api, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    (folder.path / "on-disk.wav").write_bytes(b"<html><script>alert(1)</script>")
    async with agent.client.get(f"/api/v1/recordings/{id_}/audio") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_timeline_offers_only_what_can_be_heard(
    agent: Api, signed_in: SignedIn, database: Database, folder: Folder
) -> None:
    id_ = await recorded(database, folder)
    supervisor, colleague = await signed_in("supervisor"), await signed_in("agent", "second")
    await give_phone(database, colleague, "PJSIP/1003")
    _, page = await agent.get(f"/api/v1/recordings/{id_}")
    story = page["recording"]
    _, customer = await supervisor.post("/api/v1/customers", {"name": "王芳"})
    call = f"/api/v1/interactions/{story['interaction']}/customer"
    assert (await supervisor.call("PUT", call, {"customer": customer["id"]}))[0] == 200
    for who, offered in ((agent, [id_]), (supervisor, [id_]), (colleague, [])):
        _, timeline = await who.get(f"/api/v1/customers/{customer['id']}/timeline")
        (item,) = timeline["items"]
        assert [one["id"] for one in item["recordings"]] == offered
