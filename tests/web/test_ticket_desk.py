"""Canned responses, macros, views, bulk changes, tags, drafts and mails over the API."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.events import DomainEvent, TicketChanged
from callcenter.store.database import Database
from tests.web.conftest import Api, SignedIn
from tests.web.desk import V1, mails, open_ticket, put_customer


@pytest.fixture
async def api(signed_in: SignedIn) -> Api:
    return await signed_in("online_support", "ann")


@pytest.fixture
async def customer(database: Database) -> int:
    return await put_customer(database)


async def test_a_canned_response_is_filled_for_a_ticket(api: Api, customer: int) -> None:
    sent = {"title": "问候", "body": "您好，{{customer.name}}！{{agent.name}}", "shortcut": "hi"}
    status, made = await api.post(f"{V1}/canned-responses", sent)
    assert (status, made["sharing"], made["may_change"]) == (201, "personal", True)
    ticket = await open_ticket(api, customer)
    status, filled = await api.get(f"{V1}/canned-responses/{made['id']}/tickets/{ticket}")
    assert (status, filled) == (200, {"text": "您好，李雷！ann"})
    _, known = await api.get(f"{V1}/placeholders")
    assert {"name": "customer.name", "zh": "客户名称", "en": "Name of the customer"} in known[
        "items"
    ]


async def test_an_unknown_placeholder_is_refused_by_name(api: Api) -> None:
    sent = {"title": "x", "body": "{{customer.salary}}"}
    status, body = await api.post(f"{V1}/canned-responses", sent)
    assert (status, body["error"]["field"]) == (422, "body")
    assert "customer.salary" in body["error"]["message"]


async def test_what_everybody_uses_is_for_those_who_configure(
    api: Api, signed_in: SignedIn
) -> None:
    sent = {"title": "x", "body": "y", "sharing": "shared"}
    status, body = await api.post(f"{V1}/canned-responses", sent)
    assert (status, body["error"]["field"]) == (403, "sharing")
    boss = await signed_in("supervisor", "boss")
    status, made = await boss.post(f"{V1}/canned-responses", sent)
    assert status == 201
    _, seen = await api.get(f"{V1}/canned-responses")
    assert [(one["id"], one["may_change"]) for one in seen["items"]] == [(made["id"], False)]
    path = f"{V1}/canned-responses/{made['id']}"
    assert (await api.call("PATCH", path, {"version": 1, "title": "z"}))[0] == 403
    assert (await api.call("DELETE", path))[0] == 403
    status, changed = await boss.call("PATCH", path, {"version": 1, "title": "z"})
    assert (status, changed["version"]) == (200, 2)
    status, body = await boss.call("PATCH", path, {"version": 1, "title": "q"})
    assert (status, body["error"]["code"]) == (409, "stale_version")
    assert body["error"]["values"]["current"] == {"title": "z", "version": 2}


async def test_a_macro_changes_several_things_with_one_key(
    api: Api, customer: int, database: Database, published: list[DomainEvent]
) -> None:
    steps = [
        {"do": "assign", "to": "me"},
        {"do": "priority", "priority": "high"},
        {"do": "tags", "add": ["发票"]},
        {"do": "reply", "text": "您好，{{customer.name}}"},
        {"do": "resolve", "solution": "重新开具"},
    ]
    status, made = await api.post(f"{V1}/macros", {"title": "开票", "key": "1", "steps": steps})
    assert status == 201, made
    assert made["steps"][3] == {"do": "reply", "text": "您好，{{customer.name}}"}
    ticket = await open_ticket(api, customer, owner=None)
    published.clear()
    asked = {"macro": made["id"], "version": 1}
    status, done = await api.post(f"{V1}/tickets/{ticket}/macro", asked)
    assert status == 200, done
    _, seen = await api.get(f"{V1}/tickets/{ticket}")
    assert (seen["status"], seen["priority"], seen["version"]) == (
        "resolved",
        "high",
        done["version"],
    )
    assert (await api.get(f"{V1}/tickets/{ticket}/tags"))[1]["items"] == ["发票"]
    assert {type(event) for event in published} == {TicketChanged}
    assert [mail.kind for mail in await mails(database)] == ["reply", "feedback"]
    status, body = await api.post(f"{V1}/tickets/{ticket}/macro", asked)
    assert status == 409, body


async def test_a_macro_needs_the_rights_of_its_steps(
    api: Api, customer: int, signed_in: SignedIn
) -> None:
    boss = await signed_in("supervisor", "boss")
    sent = {"title": "x", "steps": [{"do": "archive"}], "sharing": "shared"}
    _, made = await boss.post(f"{V1}/macros", sent)
    agent = await signed_in("agent", "bob")
    ticket = await open_ticket(agent, customer)
    status, body = await agent.post(f"{V1}/tickets/{ticket}/macro", {"macro": made["id"]})
    assert (status, body["error"]["message"]) == (403, "this needs the right ticket.archive")
    status, body = await api.post(f"{V1}/tickets/{ticket}/macro", {"macro": made["id"]})
    assert (status, body["error"]["code"]) == (409, "step_refused")


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        ([], "steps"),
        ([{"do": "note", "text": "{{nobody}}"}], "steps[0].text"),
        ([{"do": "start"}, {"do": "archive"}], "steps[1]"),
        ([{"do": "shout"}], "steps[0].do"),
        ([{"do": "assign", "to": "all"}], "steps[0].to"),
    ],
)
async def test_a_macro_that_could_never_be_applied_is_refused(
    api: Api, steps: list[Any], field: str
) -> None:
    status, body = await api.post(f"{V1}/macros", {"title": "x", "steps": steps})
    assert (status, body["error"]["field"]) == (422, field)


async def test_views_count_what_one_may_see(api: Api, customer: int, signed_in: SignedIn) -> None:
    mine = {"title": "我的", "filter": {"owner": "me", "status": ["open"]}, "place": 1}
    status, first = await api.post(f"{V1}/ticket-views", mine)
    assert (status, first["filter"]) == (201, {"owner": "me", "status": ["open"]})
    _, second = await api.post(f"{V1}/ticket-views", {"title": "全部", "filter": {}})
    await open_ticket(api, customer)
    await open_ticket(api, customer, owner=None)
    _, counts = await api.get(f"{V1}/ticket-views/counts")
    assert counts["items"] == [
        {"view": second["id"], "count": 2, "overdue": 0},
        {"view": first["id"], "count": 1, "overdue": 0},
    ]
    status, body = await api.post(f"{V1}/ticket-views", {"title": "x", "filter": {"who": 1}})
    assert (status, body["error"]["field"]) == (422, "filter.who")
    status, body = await api.post(f"{V1}/ticket-views", {"title": "x", "filter": {}, "sort": "id"})
    assert (status, body["error"]["field"]) == (422, "sort")
    other = await signed_in("agent", "bob")
    assert (await other.get(f"{V1}/ticket-views"))[1]["items"] == []
    assert (await api.call("DELETE", f"{V1}/ticket-views/{first['id']}"))[0] == 204


async def test_many_tickets_change_at_once_and_each_says_how(
    api: Api, customer: int, published: list[DomainEvent]
) -> None:
    one, two = await open_ticket(api, customer), await open_ticket(api, customer)
    steps = [{"do": "priority", "priority": "urgent"}, {"do": "tags", "add": ["batch"]}]
    published.clear()
    sent = {"tickets": [one, 9999, two], "steps": steps}
    status, result = await api.post(f"{V1}/tickets/bulk", sent)
    assert status == 200, result
    assert (result["done"], result["failed"], result["left"]) == (2, 1, 0)
    assert [(row["ticket"], row["result"]) for row in result["rows"]] == [
        (one, "done"),
        (9999, "failed"),
        (two, "done"),
    ]
    assert {event.ticket for event in published if isinstance(event, TicketChanged)} == {one, two}
    for ticket in (one, two):
        assert (await api.get(f"{V1}/tickets/{ticket}"))[1]["priority"] == "urgent"
    assert (await api.get(f"{V1}/ticket-tags", params={"q": "BAT"}))[1]["items"] == ["batch"]


async def test_a_view_can_be_changed_whole(api: Api, customer: int) -> None:
    one, two = await open_ticket(api, customer), await open_ticket(api, customer, owner=None)
    _, view = await api.post(f"{V1}/ticket-views", {"title": "x", "filter": {"owner": "nobody"}})
    sent = {"view": view["id"], "steps": [{"do": "assign", "to": "me"}]}
    _, result = await api.post(f"{V1}/tickets/bulk", sent)
    assert [(row["ticket"], row["result"]) for row in result["rows"]] == [(two, "done")]
    assert one not in {row["ticket"] for row in result["rows"]}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"steps": [{"do": "start"}]}, "tickets"),
        ({"steps": [{"do": "start"}], "tickets": [1], "view": 1}, "tickets"),
        ({"steps": [{"do": "start"}], "tickets": list(range(1, 202))}, "tickets"),
        ({"steps": [{"do": "reply", "text": "spam"}], "tickets": [1]}, "steps[0].do"),
        ({"steps": [], "tickets": [1]}, "steps"),
    ],
)
async def test_bulk_changes_have_limits(api: Api, sent: dict[str, Any], field: str) -> None:
    status, body = await api.post(f"{V1}/tickets/bulk", sent)
    assert (status, body["error"]["field"]) == (422, field)


async def test_tags_are_put_whole(api: Api, customer: int) -> None:
    ticket = await open_ticket(api, customer)
    path = f"{V1}/tickets/{ticket}/tags"
    assert (await api.call("PUT", path, {"tags": ["b", "A"]}))[1]["items"] == ["A", "b"]
    assert (await api.call("PUT", path, {"tags": ["a", "<b>"]}))[1]["items"] == ["<b>", "A"]
    status, body = await api.call("PUT", path, {"tags": ["x\ny"]})
    assert (status, body["error"]["field"]) == (422, "tags")


async def test_a_draft_waits_on_the_server(api: Api, customer: int, signed_in: SignedIn) -> None:
    ticket = await open_ticket(api, customer)
    path = f"{V1}/drafts/{ticket}"
    assert (await api.get(path))[0] == 404
    _, seen = await api.get(f"{V1}/tickets/{ticket}")
    sent = {"text": "您好", "ticket_version": seen["version"]}
    status, made = await api.call("PUT", path, sent)
    assert (status, made["version"], made["stale"]) == (200, 1, False)
    status, body = await api.call("PUT", path, {**sent, "text": "other"})
    assert (status, body["error"]["values"]["current"]["text"]) == (409, "您好")
    assert [one["ticket"] for one in (await api.get(f"{V1}/drafts"))[1]["items"]] == [ticket]
    assert (await (await signed_in("agent", "bob")).get(path))[0] == 404
    assert (await api.call("DELETE", path))[0] == 204


async def test_what_is_said_to_a_customer_goes_out_by_mail(
    api: Api, customer: int, database: Database, signed_in: SignedIn
) -> None:
    ticket = await open_ticket(api, customer)
    await api.post(f"{V1}/tickets/{ticket}/reply", {"text": "我们正在处理。\n<script>"})
    await api.post(f"{V1}/tickets/{ticket}/note", {"text": "内部"})
    await api.post(f"{V1}/tickets/{ticket}/resolve", {})
    reply, feedback = await mails(database)
    assert "我们正在处理。\n<script>" in reply.body
    assert feedback.kind == "feedback"
    assert (await api.get(f"{V1}/mails"))[0] == 403
    boss = await signed_in("supervisor", "boss")
    _, page = await boss.get(f"{V1}/mails", params={"state": "waiting", "limit": "1"})
    assert [mail["id"] for mail in page["items"]] == [feedback.id]
    assert "body" not in page["items"][0]
    status, body = await boss.post(f"{V1}/mails/{reply.id}/retry", {})
    assert status == 409, body


async def test_ticket_queues_and_capacities_are_described(api: Api, signed_in: SignedIn) -> None:
    boss = await signed_in("administrator", "root")
    sent = {"name": "invoices", "required": [{"skill": "billing", "level": 3}], "agents": []}
    status, made = await boss.post(f"{V1}/ticket-queues", sent)
    assert (status, made["strategy"], made["active"]) == (201, "longest_idle", True)
    assert (await boss.post(f"{V1}/ticket-queues", sent))[0] == 409
    status, body = await boss.post(f"{V1}/ticket-queues", {**sent, "name": "x", "agents": [77]})
    assert (status, body["error"]["field"]) == (422, "agents")
    changed = {**sent, "strategy": "best_skill", "categories": [4]}
    status, made = await boss.call("PUT", f"{V1}/ticket-queues/{made['id']}", changed)
    assert (status, made["strategy"], made["categories"]) == (200, "best_skill", [4])
    stale = {**changed, "weight": 3.0, "version": made["version"] - 1}
    status, body = await boss.call("PUT", f"{V1}/ticket-queues/{made['id']}", stale)
    assert (status, body["error"]["values"]["version"]) == (409, made["version"])
    assert body["error"]["values"]["fields"]["weight"] == {"yours": 3.0, "theirs": 1.0}
    assert (await boss.call("PUT", f"{V1}/ticket-capacity/77", {"tickets": 3}))[0] == 404
    status, agent = await boss.post(f"{V1}/agents", {"name": "Ann", "interfaces": []})
    assert status == 201, agent
    path = f"{V1}/ticket-capacity/{agent['id']}"
    for tickets in (3, 5):
        status, seen = await boss.call("PUT", path, {"tickets": tickets})
        assert (status, seen["tickets"], seen["now"]) == (200, tickets, 0)
    assert (await api.get(f"{V1}/ticket-capacity"))[0] == 403
    assert (await boss.call("DELETE", f"{V1}/ticket-queues/{made['id']}"))[0] == 204
