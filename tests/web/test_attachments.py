"""Files of tickets over the API: what they are, who may have them, and never shown from here."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from callcenter.errors import NotFound
from callcenter.events import DomainEvent, TicketChanged
from callcenter.store.database import Database
from crm.tickets.desk import attachments
from crm.tickets.desk.shelf import Shelf
from crm.tickets.desk.sweeper import YOUNG, Sweeper
from tests.crm.desk.test_kinds import PNG, SVG, zipped
from tests.web.conftest import Api, SignedIn
from tests.web.desk import V1, open_ticket, put_customer
from web.api.attachments import for_keeping
from web.routes import CSRF_HEADER
from web.settings import WebSettings


@pytest.fixture
async def api(signed_in: SignedIn) -> Api:
    return await signed_in("agent", "ann")


@pytest.fixture
async def ticket(api: Api, database: Database) -> int:
    return await open_ticket(api, await put_customer(database))


async def attach(api: Api, ticket: int, data: bytes, name: str = "a.png") -> tuple[int, Any]:
    path = f"{V1}/tickets/{ticket}/attachments"
    return await api.call("POST", path, params={"name": name}, data=BytesIO(data))


def files(settings: WebSettings) -> list[Path]:
    return [path for path in settings.attachments.rglob("*") if path.is_file()]


async def test_a_file_is_kept_and_given_back_for_keeping(
    api: Api, ticket: int, settings: WebSettings, published: list[DomainEvent]
) -> None:
    status, made = await attach(api, ticket, PNG, "照片 \u202e1.png")
    assert status == 201
    assert (made["name"], made["media_type"], made["size"]) == ("照片 1.png", "image/png", len(PNG))
    (file,) = files(settings)
    assert (file.name, file.read_bytes()) == (made["id"], PNG)
    assert isinstance(published[-1], TicketChanged)
    assert published[-1].kind == "attached"
    headers = {CSRF_HEADER: api.csrf}
    async with api.client.get(f"{V1}/attachments/{made['id']}", headers=headers) as response:
        assert await response.read() == PNG
        kept = response.headers
    assert kept["Content-Type"] == "image/png"
    assert kept["Content-Disposition"].startswith('attachment; filename="1.png"')
    assert kept["X-Content-Type-Options"] == "nosniff"
    assert kept["Content-Security-Policy"].startswith("sandbox;")
    _, listed = await api.get(f"{V1}/tickets/{ticket}/attachments")
    assert listed["items"] == [made]


async def test_what_a_browser_could_run_has_no_type(api: Api, ticket: int) -> None:
    for name in ("x.svg", "x.html", "x.xml"):
        _, made = await attach(api, ticket, SVG, name)
        async with api.client.get(f"{V1}/attachments/{made['id']}") as response:
            assert response.headers["Content-Type"] == "application/octet-stream"
            assert response.headers["Content-Disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    ("data", "name", "answer"),
    [
        (zipped(), "photo.png", (422, "the name says png")),
        (b"MZ\x90", "a.txt", (422, "is a Windows program")),
        (b"", "a.txt", (422, "is empty")),
        (b"x" * (attachments.LARGEST + 1), "a.txt", (413, "at most 10 MiB")),
        (b"x" * (17 * 1024 * 1024), "a.txt", (413, "at most 16 MiB")),
        (b"x", "a\nb", (422, "control characters")),
        (b"x", "", (422, "length >= 1")),
    ],
)
async def test_what_is_not_taken_leaves_nothing(  # noqa: PLR0917 - by name
    api: Api, ticket: int, settings: WebSettings, data: bytes, name: str, answer: tuple[int, str]
) -> None:
    status, body = await attach(api, ticket, data, name)
    assert status == answer[0], body
    assert answer[1] in body["error"]["message"]
    assert files(settings) == []


async def test_a_ticket_takes_so_many_and_no_more(
    api: Api, ticket: int, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MOST", 2)
    monkeypatch.setattr(attachments, "TOTAL", 100)
    assert (await attach(api, ticket, b"a" * 60, "a.txt"))[0] == 201
    status, body = await attach(api, ticket, b"b" * 60, "b.txt")
    assert (status, body["error"]["code"]) == (413, "too_large")
    assert "all files of one ticket" in body["error"]["message"]
    assert (await attach(api, ticket, b"b" * 10, "b.txt"))[0] == 201
    status, body = await attach(api, ticket, b"c", "c.txt")
    assert "at most 2 files" in body["error"]["message"]
    assert len(files(settings)) == 2


async def test_a_transaction_that_fails_leaves_no_file(
    api: Api, ticket: int, settings: WebSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Shelf, id_: str, data: bytes) -> None:
        put(self, id_, data)
        raise OSError("the disk is full")

    put = Shelf.put
    monkeypatch.setattr(Shelf, "put", fails)
    assert (await attach(api, ticket, PNG))[0] >= 500
    assert files(settings) == []
    monkeypatch.undo()
    _, listed = await api.get(f"{V1}/tickets/{ticket}/attachments")
    assert listed["items"] == []


async def test_a_file_of_anothers_ticket_is_not_there(
    api: Api, ticket: int, signed_in: SignedIn
) -> None:
    _, made = await attach(api, ticket, PNG)
    executive = await signed_in("executive", "eve")
    assert (await executive.get(f"{V1}/attachments/{made['id']}"))[0] == 403
    stranger = await signed_in("account_manager", "max")
    assert (await stranger.call("DELETE", f"{V1}/attachments/{made['id']}"))[0] in {403, 404}
    for id_ in ("0" * 32, "..%2f..%2fetc%2fpasswd", "x"):
        assert (await api.get(f"{V1}/attachments/{id_}"))[0] == 404


async def test_a_file_is_taken_off_and_the_story_says_so(
    api: Api, ticket: int, settings: WebSettings
) -> None:
    _, made = await attach(api, ticket, PNG)
    path = f"{V1}/attachments/{made['id']}"
    assert (await api.call("DELETE", path))[0] == 204
    assert files(settings) == []
    assert (await api.get(path))[0] == 404
    _, events = await api.get(f"{V1}/tickets/{ticket}/events")
    assert "detached" in str(events)


async def test_files_that_no_ticket_has_are_cleared_away(
    api: Api, ticket: int, database: Database, settings: WebSettings, app: web.Application
) -> None:
    _, made = await attach(api, ticket, PNG)
    shelf = Shelf(settings.attachments)
    shelf.put("f" * 32, b"left behind")
    when = shelf.path_of("f" * 32).stat().st_mtime
    assert await Sweeper(database, shelf, clock=lambda: when).sweep() == 0
    assert await Sweeper(database, shelf, clock=lambda: when + 2 * YOUNG).sweep() == 1
    assert [path.name for path in files(settings)] == [made["id"]]
    with pytest.raises(NotFound):
        shelf.path_of("../../x")


@pytest.mark.parametrize("name", ['a"b.txt', "a\r\nSet-Cookie: x=1", "发票.pdf", "...", "a;b"])
def test_a_name_cannot_break_out_of_its_header(name: str) -> None:
    header = for_keeping(name)
    assert header.isascii()
    assert header.count('"') == 2
    assert "\r" not in header
    assert "\n" not in header
