"""Call control over HTTP: who may, what is refused before the PBX hears of it, what is answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import insert, select

from callcenter.ami.commands import Commands
from callcenter.errors import AmiDisconnected, AmiRefused, AmiTimeout
from callcenter.health import Health
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg
from recording.files import Folder
from routing.control import CallControl
from routing.dialling import DialRules
from routing.phones import PhoneBook
from routing.queries import Phone, create_agent
from tests.routing.calls import CALL, House, Pbx, Told
from tests.web.conftest import Api, SignedIn
from web.app import create_app
from web.auth.authenticator import Authenticator
from web.auth.tables import User
from web.live import Live
from web.settings import WebSettings

CALLS = "/api/v1/calls"
ONE = f"{CALLS}/{CALL}"
CREDENTIALS = "/api/v1/me/phone/credentials"
SECRET = "p4ssw0rd-of-web-1002"


@pytest.fixture
def pbx() -> Pbx:
    return Pbx()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def app(  # noqa: PLR0917 - a fixture is given its parts by name
    settings: WebSettings,
    database: Database,
    authenticator: Authenticator,
    folder: Folder,
    pbx: Pbx,
    told: Told,
    tmp_path: Path,
) -> web.Application:
    (tmp_path / "phones.json").write_text(json.dumps({"phones": {"web-1002": SECRET}}))
    return create_app(
        settings=settings,
        database=database,
        authenticator=authenticator,
        health=Health(),
        recordings=folder,
        pbx="main",
        live=Live(
            control=CallControl(Commands(pbx), told.now, House(), DialRules()),
            phone_book=PhoneBook(("PJSIP/web*",), "wss://pbx.test/ws", tmp_path / "phones.json"),
        ),
    )


Seat = Callable[..., Awaitable[Api]]


@pytest.fixture
def seated(signed_in: SignedIn, database: Database) -> Seat:
    """`await seated(1)`: a person signed in who is agent 1."""

    async def make(agent: int, role: str = "agent") -> Api:
        api = await signed_in(role, f"{role}-{agent}")
        async with database.session() as session:
            user = await session.scalar(select(User.id).where(User.username == f"{role}-{agent}"))
            for number in range(1, agent + 1):  # ids count from 1
                name = "PJSIP/web-1002" if number == 2 else f"PJSIP/{1000 + number}"
                mine = user if number == agent else None
                phones = [Phone("main", name)]
                await create_agent(session, name=f"Agent {number}", user=mine, phones=phones)
            await session.commit()
        return api

    return make


async def test_a_click_is_asked_of_the_pbx(seated: Seat, pbx: Pbx) -> None:
    api = await seated(1)
    status, body = await api.post(CALLS, {"number": "138 0013 8000"})
    assert (status, body) == (202, {"asked": True})
    assert pbx.orders[0]["Exten"] == "913800138000"


@pytest.mark.parametrize(
    "body",
    [
        {"number": "300&Local/8000@to-queue"},
        {"number": "300\r\nAction: Command"},
        {"number": "*21*1004"},
        {"number": ""},
        {"number": "1" * 500},
        {"number": 5},
        {},
        {"number": "8000", "context": "from-trunk"},
        {"number": "8000", "channel": "Local/1@x"},
    ],
)
async def test_what_is_no_number_is_422_and_no_action(
    seated: Seat, pbx: Pbx, body: dict[str, Any]
) -> None:
    api = await seated(1)
    status, answer = await api.post(CALLS, body)
    assert status == 422
    assert answer["error"]["field"] in {"number", "context", "channel"}
    assert pbx.orders == []


async def test_abroad_is_for_who_has_the_right(seated: Seat, pbx: Pbx) -> None:
    api = await seated(1)
    status, _ = await api.post(CALLS, {"number": "+12125551234"})
    assert (status, pbx.orders) == (403, [])


async def test_a_supervisor_may_call_abroad(seated: Seat, pbx: Pbx) -> None:
    api = await seated(1, "supervisor")
    status, _ = await api.post(CALLS, {"number": "+12125551234"})
    assert (status, len(pbx.orders)) == (202, 1)


ORDERS: tuple[tuple[str, object, list[str]], ...] = (
    ("hangup", {}, ["Hangup"]),
    ("transfer", {"kind": "blind", "agent": 4}, ["BlindTransfer"]),
    ("transfer", {"kind": "blind", "queue": "sales"}, ["BlindTransfer"]),
    ("transfer", {"kind": "attended", "number": "8000"}, ["Setvar", "Atxfer"]),
)
EVERY = ("hangup", "hold", "resume", "transfer/complete", "transfer/cancel", "conference")


@pytest.mark.parametrize(("path", "body", "orders"), ORDERS)
async def test_ones_own_call_is_controlled(  # noqa: PLR0917 - given by name
    seated: Seat, pbx: Pbx, told: Told, path: str, body: object, orders: list[str]
) -> None:
    told.conversation()
    api = await seated(1)
    status, _ = await api.post(f"{ONE}/{path}", body)
    assert (status, pbx.names()) == (202, orders)


@pytest.mark.parametrize("path", EVERY)
async def test_anothers_call_is_404_as_is_one_that_is_none(
    seated: Seat, pbx: Pbx, told: Told, path: str
) -> None:
    told.conversation()
    api = await seated(2)
    for address in (ONE, f"{CALLS}/{'0' * 32}", f"{CALLS}/nonsense", f"{CALLS}/..%2f"):
        status, _ = await api.post(f"{address}/{path}", {})
        assert status == 404
    assert pbx.orders == []


@pytest.mark.parametrize("path", ["transfer/complete", "transfer/cancel", "conference"])
async def test_what_stands_in_the_way_is_409_with_its_name(
    seated: Seat, told: Told, path: str
) -> None:
    told.conversation()
    api = await seated(1)
    status, body = await api.post(f"{ONE}/{path}", {})
    assert (status, body["error"]["code"]) == (409, "not_consulting")


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "blind"},
        {"kind": "blind", "agent": 4, "queue": "sales"},
        {"kind": "gently", "agent": 4},
        {"kind": "blind", "queue": "nowhere"},
        {"kind": "blind", "number": "300&Local/1@x"},
        {"kind": "blind", "agent": 0},
        {"kind": "blind", "agent": 4, "context": "x"},
    ],
)
async def test_a_target_that_is_none_is_422_and_no_action(
    seated: Seat, pbx: Pbx, told: Told, body: dict[str, Any]
) -> None:
    told.conversation()
    api = await seated(1)
    status, _ = await api.post(f"{ONE}/transfer", body)
    assert (status, pbx.orders) == (422, [])


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (AmiTimeout("late"), 504, "ami_timeout"),
        (AmiDisconnected("gone"), 503, "ami_disconnected"),
        (AmiRefused("Hangup: Permission denied"), 502, "ami_refused"),
        (AmiRefused("Hangup: No such channel"), 409, "no_such_channel"),
    ],
)
async def test_a_pbx_that_does_not_answer_is_named(  # noqa: PLR0917 - given by name
    seated: Seat, pbx: Pbx, told: Told, failure: Exception, status: int, code: str
) -> None:
    told.conversation()
    pbx.failure = failure
    api = await seated(1)
    answered, body = await api.post(f"{ONE}/hangup", {})
    assert (answered, body["error"]["code"]) == (status, code)
    assert len(pbx.orders) == 1


async def test_who_is_no_agent_has_no_telephone(signed_in: SignedIn, pbx: Pbx) -> None:
    api = await signed_in("agent")
    for path in (CALLS, CREDENTIALS):
        status, _ = await api.post(path, {"number": "8000"})
        assert status == 404
    assert pbx.orders == []


@pytest.mark.parametrize("role", ["executive", "account_manager"])
async def test_call_control_is_a_right(signed_in: SignedIn, pbx: Pbx, role: str) -> None:
    api = await signed_in(role)
    for path in (CALLS, CREDENTIALS, *(f"{ONE}/{one}" for one in EVERY)):
        status, _ = await api.post(path, {"number": "8000"})
        assert status == 403
    assert pbx.orders == []


async def test_nobody_at_all_is_401(api: Api, pbx: Pbx) -> None:
    for path in (CALLS, CREDENTIALS, f"{ONE}/hangup"):
        status, _ = await api.post(path, {"number": "8000"})
        assert status in {401, 403}
    assert pbx.orders == []


# --- the browser's telephone ---------------------------------------------------------------------


async def test_a_browser_is_given_its_own_telephone_and_may_not_keep_it(seated: Seat) -> None:
    api = await seated(2)
    async with api.client.post(CREDENTIALS, json={}, headers={"X-CSRF-Token": api.csrf}) as answer:
        body = await answer.json()
        assert answer.headers["Cache-Control"] == "no-store"
    assert body == {
        "uri": "sip:web-1002@pbx.test",
        "display_name": "Agent 2",
        "websocket": "wss://pbx.test/ws",
        "username": "web-1002",
        "password": SECRET,
    }


async def test_who_has_a_desk_telephone_is_given_none(seated: Seat) -> None:
    api = await seated(1)
    status, body = await api.post(CREDENTIALS, {})
    assert (status, body["error"]["code"]) == (404, "no_credentials")


async def test_a_password_is_in_no_log(
    seated: Seat, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    api = await seated(2)
    with caplog.at_level(0):
        await api.post(CREDENTIALS, {})
    written = capfd.readouterr()
    assert SECRET not in caplog.text + written.out + written.err


async def test_credentials_are_never_read_by_an_address(seated: Seat) -> None:
    """A GET could be told to a browser by any page, and stays in histories."""
    api = await seated(2)
    status, _ = await api.get(CREDENTIALS)
    assert status == 405


async def test_a_call_whose_rows_are_not_written_yet_is_no_stranger_to_its_agent(
    seated: Seat, told: Told
) -> None:
    first = await seated(1)
    told.conversation()
    for part in ("decisions", "dispositions"):
        status, found = await first.get(f"/api/v1/interactions/{CALL}/{part}")
        assert (status, found["items"]) == (200, [])
        assert (await first.get(f"/api/v1/interactions/another/{part}"))[0] == 404


async def test_the_rows_of_ones_own_call_are_waited_for(
    seated: Seat, told: Told, database: Database
) -> None:
    first = await seated(1)
    told.conversation()
    asked = asyncio.create_task(first.get(f"/api/v1/interactions/{CALL}"))
    await asyncio.sleep(0.2)
    assert not asked.done()
    async with database.session() as db:
        await db.execute(insert(Interaction).values(id=CALL, pbx="main"))
        leg = {"id": "leg", "interaction_id": CALL, "pbx": "main", "boot": "1", "uniqueid": "1.1"}
        phone = {"channel": "PJSIP/1001-1", "interface": "PJSIP/1001"}
        await db.execute(insert(Leg).values(leg | phone))
        await db.commit()
    status, story = await asked
    assert (status, story["id"]) == (200, CALL)
    assert (await first.get("/api/v1/interactions/another"))[0] == 404
