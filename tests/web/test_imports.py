"""Imports over the API: uploaded in pieces, mapped, tried out, done by a process of their own."""

from __future__ import annotations

import asyncio
import csv
import io
import os
import signal
import time
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from crm.transfer.jobs import Imports
from crm.transfer.states import ImportState
from crm.transfer.tables import ImportJob
from tests.web.conftest import Api, SignedIn
from web import keys

IMPORTS = "/api/v1/imports"
FILE = "账号,客户名称,电话\n1,王芳,13800138000\n2,李明,13900139000\n3,,不是电话\n"
BYTES = {"Content-Type": "application/octet-stream"}


async def upload(api: Api, data: Any, name: str = "客户.csv") -> tuple[int, Any]:
    return await api.call("POST", IMPORTS, params={"name": name}, data=data, headers=BYTES)


async def settled(api: Api, id: str) -> dict[str, Any]:
    """Asks as the console does, until nobody works on it."""
    seen = 0
    while True:
        status, body = await api.get(f"{IMPORTS}/{id}?seen={seen}")
        assert status == 200
        if body["state"] not in {"reading", "checking", "importing"}:
            return dict(body)
        seen = body["version"]


async def ready(api: Api, data: Any = FILE) -> dict[str, Any]:
    status, body = await upload(api, data)
    assert (status, body["state"]) == (201, "reading")
    return await settled(api, body["id"])


async def mapped(api: Api, data: Any = FILE, **options: Any) -> dict[str, Any]:
    view = await ready(api, data)
    assert view["state"] == "ready", view
    sent = {"columns": view["columns"], "key": "account_number", "existing": "update", **options}
    status, view = await api.call("PUT", f"{IMPORTS}/{view['id']}/mapping", sent)
    assert status == 200, view
    return dict(view)


async def test_from_upload_to_customers(signed_in: SignedIn, database: Database) -> None:
    api = await signed_in("administrator")
    view = await ready(api, FILE.encode("gb18030"))
    assert (view["format"], view["encoding"], view["certainty"], view["delimiter"]) == (
        *("csv", "gb18030", "likely", ","),
    )
    assert (view["header"], view["rows"]) == (["账号", "客户名称", "电话"], 3)
    assert view["columns"] == ["account_number", "name", "phone"]
    assert view["sample"][0] == ["1", "王芳", "13800138000"]
    one = f"{IMPORTS}/{view['id']}"
    sent = {"columns": view["columns"], "key": "account_number", "existing": "skip"}
    assert (await api.call("PUT", f"{one}/mapping", sent))[0] == 200
    status, body = await api.post(f"{one}/check", None)
    assert (status, body["state"]) == (202, "checking")
    checked = await settled(api, view["id"])
    assert (checked["state"], checked["counts"]["created"]) == ("checked", 2)
    assert [(p["column"], p["code"], p["count"]) for p in checked["problems"]["counts"]] == [
        (2, "not_a_phone", 1)
    ]
    assert (await api.get("/api/v1/customers"))[1]["items"] == []
    assert (await api.post(f"{one}/start", None))[0] == 202
    done = await settled(api, view["id"])
    assert (done["state"], done["done"], done["counts"]["created"]) == ("done", 3, 2)
    _, customers = await api.get("/api/v1/customers")
    assert {item["name"] for item in customers["items"]} == {"王芳", "李明"}
    async with database.reading() as session:
        actions = (await session.scalars(select(AuditRow.action))).all()
    assert {"customer.import", "customer.imported"} <= set(actions)
    assert (await api.get(IMPORTS))[1]["items"][0]["id"] == view["id"]


async def test_what_was_refused_can_be_mended_and_sent_again(
    signed_in: SignedIn, app: web.Application
) -> None:
    api = await signed_in("administrator")
    view = await mapped(api, "账号,客户名称,备注\n1,甲,=cmd()\n2,,+86 130\n".encode())
    await api.post(f"{IMPORTS}/{view['id']}/start", None)
    assert (await settled(api, view["id"]))["counts"]["refused"] == 1
    path = f"{IMPORTS}/{view['id']}/refused"
    async with api.client.get(path) as response:
        assert response.status == 200
        assert response.headers["Content-Disposition"].startswith("attachment;")
        text = (await response.read()).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["账号", "客户名称", "备注", "原行号", "未导入原因"]
    assert rows[1][:4] == ["2", "", "'+86 130", "3"]
    assert rows[1][4] == "新客户缺少名称"
    again = await ready(api, text.replace('"2",""', '"2","乙"').encode())
    assert again["columns"] == ["account_number", "name", "notes", None, None]
    assert again["sample"] == [["2", "乙", "+86 130", "3", "新客户缺少名称"]]
    assert not app[keys.IMPORTS].file_of(view["id"]).exists()


async def test_a_file_can_be_read_in_another_way(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    view = await ready(api, b"a;b|c\n1;2|3\n")
    assert view["header"] == ["a", "b|c"]
    one = f"{IMPORTS}/{view['id']}"
    assert (await api.call("PUT", f"{one}/source", {"delimiter": "|"}))[0] == 202
    view = await settled(api, view["id"])
    assert (view["header"], view["delimiter"]) == (["a;b", "c"], "|")
    await api.call("PUT", f"{one}/source", {"encoding": "utf-16"})
    view = await settled(api, view["id"])
    assert (view["encoding"], view["certainty"]) == ("utf-16", None)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"columns": ["account_number", "name"]}, "columns"),
        ({"columns": ["account_number", "name", "nothing"]}, "columns[2]"),
        ({"columns": ["account_number", "name", "name"]}, "columns[2]"),
        ({"key": "email"}, "key"),
        ({"key": "name"}, "key"),
        ({"existing": "replace"}, "existing"),
    ],
)
async def test_a_mapping_that_makes_no_sense_is_refused_by_name(
    signed_in: SignedIn, sent: dict[str, Any], field: str
) -> None:
    api = await signed_in("administrator")
    view = await ready(api)
    body = {"columns": view["columns"], "key": "account_number", "existing": "skip", **sent}
    status, answer = await api.call("PUT", f"{IMPORTS}/{view['id']}/mapping", body)
    assert (status, answer["error"]["field"]) == (422, field)


async def test_steps_out_of_turn_are_conflicts(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    view = await mapped(api)
    one = f"{IMPORTS}/{view['id']}"
    await api.post(f"{one}/start", None)
    await settled(api, view["id"])
    assert (await api.post(f"{one}/start", None))[0] == 409
    assert (await api.call("DELETE", one))[0] == 409
    assert (await api.call("PUT", f"{one}/source", {}))[0] == 409


async def test_without_the_right_nothing_is_even_received(
    signed_in: SignedIn, app: web.Application
) -> None:
    api = await signed_in("agent")
    assert (await upload(api, b"x"))[0] == 403
    assert (await api.get(IMPORTS))[0] == 403
    folder = app[keys.IMPORTS].folder
    assert not folder.exists() or not list(folder.iterdir())


async def test_another_persons_import_is_not_to_be_seen(signed_in: SignedIn) -> None:
    api, other = await signed_in("administrator", "one"), await signed_in("administrator", "two")
    view = await ready(api)
    one = f"{IMPORTS}/{view['id']}"
    assert (await other.get(one))[0] == 404
    assert (await other.get(f"{one}/refused"))[0] == 404
    assert (await other.post(f"{one}/start", None))[0] == 404
    assert (await other.call("DELETE", one))[0] == 404
    assert (await other.get(IMPORTS))[1]["items"] == []


async def test_names_from_outside_are_text(signed_in: SignedIn, app: web.Application) -> None:
    api = await signed_in("administrator")
    for name in ("../../etc/passwd", "<script>alert(1)</script>.csv", "a\nb"):
        status, body = await upload(api, FILE.encode(), name)
        assert (status, body["name"]) == (201, name)
    names = {path.name for path in app[keys.IMPORTS].folder.iterdir()}
    assert all(len(name) == 32 and name.isalnum() for name in names)
    assert (await upload(api, FILE.encode(), ""))[0] == 422


# --- too much -------------------------------------------------------------------------------


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_two_gigabytes_are_refused_on_the_way(
    signed_in: SignedIn, app: web.Application
) -> None:
    api = await signed_in("administrator")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        piece = b"1,2,3\n" * 100_000
        while sent < 2 << 30:
            sent += len(piece)
            yield piece

    before = resident()
    with suppress(ConnectionError):
        status, answer = await upload(api, endless())
        assert (status, answer["error"]["field"]) == (413, "file")
        assert "100 MiB" in answer["error"]["message"]
    assert sent < 400 << 20
    assert resident() - before < 100 << 20
    assert list(app[keys.IMPORTS].folder.iterdir()) == []


async def test_a_size_that_is_said_is_refused_at_once(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    status, answer = await upload(api, io.BytesIO(b"x" * ((100 << 20) + 1)))
    assert (status, answer["error"]["code"]) == (413, "too_large")


def bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * (300 << 20))
    return data.getvalue()


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (bomb, "too_dense", "200 to 1"),
        (lambda: b"PK\x03\x04" + b"\0" * 100, "damaged", "damaged"),
        (lambda: b"\xff\xd8\xff\xe0 picture \0", "not_text", "neither text nor"),
        (lambda: b"", "empty", "empty"),
    ],
)
async def test_hostile_files_fail_with_the_reason(
    signed_in: SignedIn, data: Any, code: str, words: str
) -> None:
    api = await signed_in("administrator")
    view = await ready(api, data())
    assert (view["state"], view["failure"]["code"]) == ("failed", code)
    assert words in view["failure"]["message"]
    assert (await api.call("DELETE", f"{IMPORTS}/{view['id']}"))[0] == 204


async def test_nobody_piles_up_files(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    for _ in range(20):
        assert (await upload(api, b"a\n1\n"))[0] == 201
    assert (await upload(api, b"a\n1\n"))[0] == 409


# --- beside the service ---------------------------------------------------------------------


def large(rows: int) -> bytes:
    lines = "".join(f"{n},客户{n},1{3800000000 + n}\n" for n in range(1, rows + 1))
    return ("账号,客户名称,电话\n" + lines).encode()


async def test_the_service_goes_on_while_an_import_runs(signed_in: SignedIn) -> None:
    """Nothing of it happens in our own loop: the worst wait is a small one."""
    api = await signed_in("administrator")
    view = await mapped(api, large(4000))
    await api.post(f"{IMPORTS}/{view['id']}/start", None)
    waiting, worst = asyncio.create_task(settled(api, view["id"])), 0.0
    while not waiting.done():
        began = time.thread_time()
        await asyncio.sleep(0.005)
        worst = max(worst, time.thread_time() - began)  # of computing between two looks
    assert (await waiting)["counts"]["created"] == 4000
    assert worst < 0.2  # all of it together is seconds


async def test_progress_is_told_and_a_cancelled_one_stops(
    signed_in: SignedIn, app: web.Application
) -> None:
    api = await signed_in("administrator")
    view = await mapped(api, large(30_000))
    one = f"{IMPORTS}/{view['id']}"
    await api.post(f"{one}/start", None)
    seen = 0
    told: list[int] = []
    while not told or told[-1] == 0:
        _, body = await api.get(f"{one}?seen={seen}")
        seen = body["version"]
        told.append(body["done"])
    assert 0 < told[-1] < 30_000
    assert (await api.call("DELETE", one))[0] == 204
    over = await settled(api, view["id"])
    assert over["state"] == "cancelled"
    await asyncio.sleep(0.3)
    _, later = await api.get(one)
    assert later["done"] == over["done"] < 30_000
    assert not app[keys.IMPORTS].file_of(view["id"]).exists()


def workers() -> set[int]:
    """Children of ours that import."""
    found = set()
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == os.getpid() and b"import_worker" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


async def test_a_worker_that_dies_leaves_an_import_that_goes_on(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    view = await mapped(api, large(15_000))
    one = f"{IMPORTS}/{view['id']}"
    await api.post(f"{one}/start", None)
    seen = done = 0
    while not done:
        _, body = await api.get(f"{one}?seen={seen}")
        seen, done = body["version"], body["done"]
    for process in workers():
        os.kill(process, signal.SIGKILL)
    left = await settled(api, view["id"])
    assert left["state"] == "interrupted"
    assert (await api.post(f"{one}/start", None))[0] == 202
    over = await settled(api, view["id"])
    assert (over["state"], over["done"], over["counts"]["created"]) == ("done", 15_000, 15_000)


async def test_after_a_restart_it_says_that_it_was_interrupted(
    signed_in: SignedIn, database: Database, app: web.Application
) -> None:
    api = await signed_in("administrator")
    view = await mapped(api)
    imports = app[keys.IMPORTS]
    async with database.session() as session:
        values = {"state": ImportState.IMPORTING.value, "node": imports.node}
        await session.execute(update(ImportJob).values(values))
        await session.commit()
    (imports.folder / "arriving-old").write_bytes(b"x")
    os.utime(imports.folder / "arriving-old", (0, 0))
    after = Imports(database, imports.folder)
    await after.tidy()
    _, seen = await api.get(f"{IMPORTS}/{view['id']}")
    assert seen["state"] == "interrupted"
    assert not (imports.folder / "arriving-old").exists()


async def test_what_columns_can_be(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    status, body = await api.get("/api/v1/import-fields")
    assert status == 200
    phone = next(item for item in body["items"] if item["code"] == "phone")
    assert phone == {
        "code": "phone",
        "label_zh": "电话",
        "label_en": "Phone",
        "several": True,
        "custom": False,
    }
