"""Who is told outside, over the API: made, changed, tested, and what became of each message."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import select, update

from callcenter.outward import outbox
from callcenter.outward.addresses import Policy
from callcenter.outward.catalogue import BY_NAME
from callcenter.outward.outbox import NewDelivery
from callcenter.outward.service import Outward, OutwardSettings
from callcenter.outward.tables import DeliveryRow, WebhookRow
from callcenter.secrets import Box
from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from tests.outward.receiver import Receiver, answering, receiver
from tests.web.conftest import Api, SignedIn
from web import keys

HERE = Policy.of(["127.0.0.0/8"], plain=True)
URL = "/api/v1/webhooks"


@pytest.fixture
async def server() -> AsyncIterator[Receiver]:
    async with receiver() as made:
        yield made


@pytest.fixture
async def outward(app: web.Application, database: Database) -> AsyncIterator[Outward]:
    """One that may ask this machine."""
    made = Outward(database, Box((b"k" * 32,)), OutwardSettings(policy=HERE, timeout=1.0))
    app[keys.OUTWARD] = made
    yield made
    await made.close()


@pytest.fixture
async def admin(outward: Outward, signed_in: SignedIn) -> Api:
    assert outward.targets == []
    return await signed_in("administrator")


def hook(url: str, **more: object) -> dict[str, object]:
    return {"name": "Archive", "url": url, "events": ["call.ended"], **more}


async def made(admin: Api, url: str, **more: object) -> dict[str, Any]:
    status, body = await admin.post(URL, hook(url, **more))
    assert status == 201, body
    answered: dict[str, Any] = body
    return answered


async def test_a_secret_is_shown_once_and_lies_sealed(
    admin: Api, server: Receiver, database: Database
) -> None:
    address = server.url + "in/0123456789abcdef?token=hush"
    answered = await made(admin, address)
    secret = answered["secret"]
    assert secret.startswith("whsec_")
    id_ = answered["webhook"]["id"]
    for path in (URL, f"{URL}/{id_}"):
        status, seen = await admin.get(path)
        assert status == 200
        assert secret not in str(seen)
        assert "0123456789abcdef" not in str(seen)
        assert "hush" not in str(seen)
    status, rotated = await admin.post(f"{URL}/{id_}/secret", None)
    assert status == 200
    assert rotated["secret"] != secret
    async with database.session() as session:
        row = await session.get(WebhookRow, id_)
        assert row is not None
        kept = f"{row.url} {row.secret} {row.old_secret}"
        audited = [str(entry.after) for entry in await session.scalars(select(AuditRow))]
    assert not any(word in kept for word in (secret, rotated["secret"], "0123456789abcdef"))
    assert not any("0123456789abcdef" in text or "whsec_" in text for text in audited)


async def test_what_may_not_be_a_target_is_refused_by_name(admin: Api) -> None:
    cases: list[tuple[dict[str, object], str]] = [
        (hook("http://10.0.0.1/x"), "url"),
        (hook("http://169.254.169.254/latest"), "url"),
        (hook("ftp://example.com/"), "url"),
        (hook("http://[::ffff:10.0.0.1]/"), "url"),
        (hook("http://no-such-host.invalid/"), "url"),
        (hook("http://127.0.0.1/", events=["call.nonsense"]), "events[0]"),
        (hook("http://127.0.0.1/", events=[]), "events"),
        (hook("http://127.0.0.1/", format="form"), "format"),
        (hook("http://127.0.0.1/", kind="cti"), "events"),
        (hook("http://127.0.0.1/", name=" "), "name"),
    ]
    for body, field in cases:
        status, answer = await admin.post(URL, body)
        assert (status, answer["error"]["field"]) == (422, field), body


async def test_the_kinds_of_messages_are_those_of_the_code(admin: Api) -> None:
    _, body = await admin.get("/api/v1/webhook-types")
    assert [one["type"] for one in body["items"]] == list(BY_NAME)
    assert all(one["zh"] and one["en"] for one in body["items"])


async def test_it_can_be_changed_without_typing_its_address_again(
    admin: Api, server: Receiver, outward: Outward
) -> None:
    id_ = (await made(admin, server.url + "a"))["webhook"]["id"]
    sent = {"name": "Renamed", "events": ["call.started", "call.ended"], "active": False}
    status, seen = await admin.call("PUT", f"{URL}/{id_}", sent)
    assert (status, seen["name"], seen["active"], seen["off_reason"]) == (
        200,
        "Renamed",
        False,
        "person",
    )
    assert seen["address"].endswith("/a")
    await outward.load()
    assert outward.targets == []
    status, seen = await admin.call("PUT", f"{URL}/{id_}", sent | {"active": True})
    assert (seen["active"], seen["off_reason"]) == (True, None)
    await outward.load()
    assert [target.url for target in outward.targets] == [server.url + "a"]
    assert (await admin.call("DELETE", f"{URL}/{id_}"))[0] == 204
    assert (await admin.get(f"{URL}/{id_}"))[0] == 404


async def test_the_button_says_what_the_server_said(admin: Api, server: Receiver) -> None:
    server.behave = answering(500, "out of order")
    id_ = (await made(admin, server.url))["webhook"]["id"]
    status, delivery = await admin.post(f"{URL}/{id_}/test", None)
    assert (status, delivery["state"]) == (202, "waiting")
    async with asyncio.timeout(10):
        while delivery["state"] == "waiting":
            await asyncio.sleep(0.05)
            _, delivery = await admin.get(f"{URL}/{id_}/deliveries/{delivery['id']}")
    assert (delivery["state"], delivery["status"]) == ("dead", 500)
    assert delivery["answer"] == "out of order"
    assert '"webhook.test"' in delivery["body"]


async def test_dead_letters_are_listed_page_by_page_and_sent_again(
    admin: Api, server: Receiver, database: Database
) -> None:
    id_ = (await made(admin, server.url))["webhook"]["id"]
    other = (await made(admin, server.url))["webhook"]["id"]
    async with database.session() as session:
        new = [NewDelivery(id_, f"msg_{n}", "call.ended", f"c{n}", "{}") for n in range(5)]
        await outbox.record(session, new, now=1000.0)
        await session.execute(update(DeliveryRow).values(state="dead", done_at=1001.0))
        await session.commit()
    seen: list[int] = []
    query: dict[str, str] | None = {"state": "dead", "limit": "2"}
    while query is not None:
        _, page = await admin.get(f"{URL}/{id_}/deliveries", params=query)
        seen += [one["id"] for one in page["items"]]
        query = {**query, "cursor": page["next"]} if page["next"] else None
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 5
    first = f"{URL}/{id_}/deliveries/{seen[0]}/replay"
    assert (await admin.post(first, None))[1]["state"] == "waiting"
    status, refused = await admin.post(first, None)
    assert (status, refused["error"]["code"]) == (409, "conflict")
    assert (await admin.post(f"{URL}/{other}/deliveries/{seen[1]}/replay", None))[0] == 404
    assert (await admin.post(f"{URL}/{id_}/replay", None))[1] == {"count": 4}
    assert (await admin.get(f"{URL}/{id_}"))[1]["waiting"] == 5


POP = {"name": "CRM", "url": "https://crm.example.com/find?phone={{caller.number}}"}


async def test_pages_that_open_are_checked_when_they_are_saved(admin: Api) -> None:
    bad = [
        "http://10.0.0.1/{{nonsense}}",
        "https://{{caller.name}}/x",
        "https://crm.example.com{{caller.name}}/x",
        "https://user:{{caller.name}}@crm.example.com/",
        "javascript:alert({{caller.name}})",
        "{{caller.name}}",
        "https://crm.example.com/{{caller.number",
        "https://crm.example.com/\n",
    ]
    for url in bad:
        status, answer = await admin.post("/api/v1/url-pops", POP | {"url": url})
        assert (status, answer["error"]["field"]) == (422, "url"), url


async def test_a_console_is_told_the_pages_it_opens(admin: Api, signed_in: SignedIn) -> None:
    status, first = await admin.post("/api/v1/url-pops", POP | {"queues": ["sales"]})
    assert status == 201
    _, second = await admin.post("/api/v1/url-pops", POP | {"active": False})
    agent = await signed_in("agent")
    assert (await agent.get("/api/v1/me/url-pops"))[1] == {"items": [first]}
    changed = POP | {"name": "Other", "moment": "answer"}
    _, seen = await admin.call("PUT", f"/api/v1/url-pops/{second['id']}", changed)
    assert (seen["moment"], seen["active"]) == ("answer", True)
    assert (await admin.call("DELETE", f"/api/v1/url-pops/{first['id']}"))[0] == 204
    _, listed = await admin.get("/api/v1/url-pops")
    assert [one["name"] for one in listed["items"]] == ["Other"]
    assert {gap["name"] for gap in listed["gaps"]} >= {"caller.number", "agent.login"}
    assert (await agent.post("/api/v1/url-pops", POP))[0] == 403
