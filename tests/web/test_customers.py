"""Customers through the API: kept as typed, found again, changed by one at a time."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.events import ActivityLogged, DomainEvent
from callcenter.store.database import Database
from tests.web.calls import NUMBER, finished_call, give_phone
from tests.web.conftest import Api, SignedIn

NEW = {
    "kind": "company",
    "name": "北京云山科技",
    "level": "VIP",
    "numbers": [{"number": NUMBER, "label": "手机", "contact": 0}],
    "contacts": [{"name": "王芳", "role": "采购"}],
}
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE customers; --",
    '"}], "admin": true',
    "%_\\",
    "a\u202eb",
    "😀 \u00e9 e\u0301",
    "{{7*7}} ${7*7} %(x)s {0}",
]


@pytest.fixture
async def agent(signed_in: SignedIn) -> Api:
    return await signed_in("agent")


async def test_a_new_customer_is_found_by_name_and_number(agent: Api) -> None:
    status, made = await agent.post("/api/v1/customers", NEW)
    assert status == 201
    assert (made["name"], made["level"], made["version"]) == ("北京云山科技", "VIP", 1)
    assert made["numbers"][0]["e164"] == "+8613800138000"
    assert made["numbers"][0]["contact"] == made["contacts"][0]["id"]
    assert (made["shared"], made["calls"]) == ([], 0)
    for search in ("云山", "王芳", "138 0013 8000", "+86 13800138000"):
        _, found = await agent.get("/api/v1/customers", params={"q": search})
        assert [one["id"] for one in found["items"]] == [made["id"]], search
    assert (await agent.get(f"/api/v1/customers/{made['id']}"))[1]["contacts"] == made["contacts"]


@pytest.mark.parametrize("longest", [10, 200])
async def test_pages_go_to_the_end(agent: Api, longest: int) -> None:
    names = [f"客户{n}".ljust(longest, "长") for n in range(5)]
    for name in names:
        assert (await agent.post("/api/v1/customers", {"name": name}))[0] == 201
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        _, page = await agent.get("/api/v1/customers", params=params)
        seen += [one["name"] for one in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert sorted(seen) == names


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_stays_text(text: str, agent: Api) -> None:
    status, made = await agent.post("/api/v1/customers", {"name": text, "tags": ["x"]})
    assert (status, made["name"]) == (201, text)
    _, found = await agent.get("/api/v1/customers", params={"q": text})
    assert [one["name"] for one in found["items"]] == [text]
    path = f"/api/v1/customers/{made['id']}"
    status, note = await agent.post(f"{path}/notes", {"text": text})
    assert (status, note["text"]) == (201, text)
    async with agent.client.get(f"{path}/timeline") as response:
        assert response.content_type == "application/json"
        assert (await response.json())["items"][0]["text"] == text


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\u0000b"}, "name"),
        ({"kind": "robot"}, "kind"),
        ({"numbers": [{"number": "call me"}]}, "numbers[0].number"),
        ({"numbers": [{"number": NUMBER, "x": 1}]}, "numbers[0].x"),
        ({"numbers": [{"number": NUMBER, "contact": 9}]}, "numbers[0].contact"),
        ({"numbers": [{"number": NUMBER}] * 51}, "numbers"),
        ({"owner_id": 999}, "owner_id"),
        ({"owner_id": 2**40}, "owner_id"),
        ({"id": 7}, "id"),
    ],
)
async def test_a_customer_that_cannot_be(change: dict[str, object], field: str, agent: Api) -> None:
    status, body = await agent.post("/api/v1/customers", NEW | change)
    assert (status, body["error"]["field"]) == (422, field)
    assert (await agent.get("/api/v1/customers"))[1]["items"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTldCg", "cursor"),
        ("q=a&q=b", "q"),
        ("q=%00", "q"),
        ("q=" + "a" * 201, "q"),
        ("page=2", "page"),
    ],
)
async def test_a_query_that_cannot_be(query: str, field: str, agent: Api) -> None:
    status, body = await agent.get(f"/api/v1/customers?{query}")
    assert (status, body["error"]["field"]) == (422, field)


async def test_the_slower_of_two_sees_both_values(agent: Api) -> None:
    _, made = await agent.post("/api/v1/customers", NEW)
    path = f"/api/v1/customers/{made['id']}"
    status, changed = await agent.call("PATCH", path, {"version": 1, "name": "云山", "level": None})
    assert (status, changed["name"], changed["level"], changed["version"]) == (200, "云山", None, 2)
    status, body = await agent.call("PATCH", path, {"version": 1, "name": "云山集团"})
    assert (status, body["error"]["code"]) == (409, "conflict")
    assert body["error"]["values"] == {
        "version": 2,
        "fields": {"name": {"yours": "云山集团", "theirs": "云山"}},
    }


async def test_of_many_at_once_one_wins(agent: Api) -> None:
    _, made = await agent.post("/api/v1/customers", NEW)
    path = f"/api/v1/customers/{made['id']}"
    answers = await asyncio.gather(
        *(agent.call("PATCH", path, {"version": 1, "name": f"名{n}"}) for n in range(5))
    )
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409, 409]


async def test_of_twenty_who_add_a_tag_at_once_nobodys_is_lost(agent: Api) -> None:
    _, made = await agent.post("/api/v1/customers", {"name": "甲"})
    path = f"/api/v1/customers/{made['id']}"

    async def add(tag: str) -> None:
        status = 0
        while status != 200:  # who was slower looks again, and adds to what is there now
            _, now = await agent.get(path)
            change = {"version": now["version"], "tags": [*now["tags"], tag]}
            status, _ = await agent.call("PATCH", path, change)
            assert status in {200, 409}

    tags = [f"t{n:02d}" for n in range(20)]
    await asyncio.gather(*(add(tag) for tag in tags))
    _, after = await agent.get(path)
    assert (after["tags"], after["version"]) == (tags, 21)


async def test_the_slower_of_two_sees_both_lists(agent: Api) -> None:
    _, made = await agent.post("/api/v1/customers", NEW)
    path = f"/api/v1/customers/{made['id']}"
    contacts = [{"name": "王芳芳", "id": made["contacts"][0]["id"]}]
    status, now = await agent.call("PATCH", path, {"version": 1, "contacts": contacts})
    assert (status, now["numbers"][0]["contact"]) == (200, made["contacts"][0]["id"])
    mine = {"version": 1, "contacts": [{"name": "李强"}], "birthday": "1990-02-03"}
    status, body = await agent.call("PATCH", path, mine)
    assert (status, body["error"]["values"]["version"]) == (409, 2)
    fields = body["error"]["values"]["fields"]
    assert fields["birthday"] == {"yours": "1990-02-03", "theirs": None}
    assert [one["name"] for one in fields["contacts"]["yours"]] == ["李强"]
    assert [one["name"] for one in fields["contacts"]["theirs"]] == ["王芳芳"]


async def test_nobody_is_not_found(agent: Api) -> None:
    for path in ("/api/v1/customers/999", "/api/v1/customers/999/timeline", "/api/v1/tickets/999"):
        assert (await agent.get(path))[0] == 404
    status, _ = await agent.post("/api/v1/customers/999/notes", {"text": "x"})
    assert status == 404


async def test_a_customer_made_in_a_call_gets_the_call(
    agent: Api, database: Database, published: list[DomainEvent]
) -> None:
    await give_phone(database, agent, "PJSIP/1001")
    call = await finished_call(database, e164=None)
    assert (await agent.post(f"/api/v1/interactions/{call}/note", {"text": "想买云主机"}))[0] == 201
    status, made = await agent.post("/api/v1/customers", NEW | {"interaction": call})
    assert status == 201
    _, timeline = await agent.get(f"/api/v1/customers/{made['id']}/timeline")
    kinds = {item["kind"]: item for item in timeline["items"]}
    assert set(kinds) == {"call", "note"}
    assert kinds["note"]["text"] == "想买云主机"
    assert kinds["note"]["author"] == "agent"
    assert [type(event) for event in published] == [ActivityLogged]
    _, only = await agent.get(f"/api/v1/customers/{made['id']}/timeline?kind=note")
    assert [item["kind"] for item in only["items"]] == ["note"]


async def test_earlier_calls_of_the_number_become_the_new_customers(
    agent: Api, database: Database
) -> None:
    await finished_call(database)
    await finished_call(database, talked=None)
    _, made = await agent.post("/api/v1/customers", NEW)
    assert made["calls"] == 2


async def test_a_ticket_for_the_customer_of_a_call(agent: Api, database: Database) -> None:
    await give_phone(database, agent, "PJSIP/1001")
    call = await finished_call(database)
    ticket = {"title": "设备无法启动", "interaction": call, "text": "红灯闪"}
    status, body = await agent.post("/api/v1/tickets", ticket)
    assert (status, body["error"]["field"]) == (422, "customer"), "nobody knows who it was"
    _, customer = await agent.post("/api/v1/customers", NEW)
    status, made = await agent.post("/api/v1/tickets", ticket)
    assert (status, made["customer"], made["opened_from"]) == (201, customer["id"], call)
    assert made["number"].startswith("T-")
    assert (await agent.get(f"/api/v1/tickets/{made['id']}"))[1] == made
    for status_, count in (("open", 1), ("assigned", 1), ("archived", 0)):
        params = {"customer": str(customer["id"]), "status": status_}
        _, page = await agent.get("/api/v1/tickets", params=params)
        assert len(page["items"]) == count, status_
    _, timeline = await agent.get(f"/api/v1/customers/{customer['id']}/timeline")
    kinds = {item["kind"]: item["text"] for item in timeline["items"]}
    assert (set(kinds), kinds["ticket"]) == ({"call", "ticket", "ticket_step"}, "红灯闪")
