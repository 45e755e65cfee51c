"""Tickets over the API: opened, listed by right, worked, merged; who is late gets both sides."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.events import DomainEvent, TicketChanged
from callcenter.store.database import Database
from crm.tickets import messages
from routing.work_tables import MissedTry, MissedWork
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import START, Api, SignedIn

TICKETS = "/api/v1/tickets"


@pytest.fixture
async def agent(signed_in: SignedIn) -> Api:
    return await signed_in("agent")


@pytest.fixture
async def customer(agent: Api) -> int:
    status, made = await agent.post("/api/v1/customers", {"name": "北京华信科技"})
    assert status == 201
    return int(made["id"])


def me(api: Api) -> int:
    assert api.session is not None
    return int(api.session["user"]["id"])


async def opened(api: Api, customer: int, **values: Any) -> dict[str, Any]:
    sent = {"title": "发票没有收到", "customer": customer} | values
    status, made = await api.post(TICKETS, sent)
    assert status == 201, made
    return dict(made)


async def step(api: Api, ticket: int, name: str, /, **values: Any) -> tuple[int, Any]:
    return await api.post(f"{TICKETS}/{ticket}/{name}", values)


async def test_a_ticket_is_worked_over_the_api(
    agent: Api, signed_in: SignedIn, customer: int, published: list[DomainEvent]
) -> None:
    made = await opened(agent, customer, text="客户说邮箱没变", priority="high")
    assert (made["status"], made["priority"], made["owner"]) == ("assigned", "high", "agent")
    assert made["description"] == "客户说邮箱没变"
    ticket = made["id"]
    for name, values, status in (
        ("start", {}, "in_progress"),
        ("pend", {"reason": "等财务"}, "pending"),
        ("wake", {}, "in_progress"),
        ("resolve", {"solution": "已重开"}, "resolved"),
        ("reopen", {}, "assigned"),
        ("resolve", {}, "resolved"),
    ):
        code, view = await step(agent, ticket, name, **values)
        assert (code, view["status"]) == (200, status), name
    assert (await step(agent, ticket, "archive"))[0] == 403
    supervisor = await signed_in("supervisor")
    code, view = await step(supervisor, ticket, "archive")
    assert (code, view["status"], view["steps"]) == (200, "archived", [])
    code, refused = await step(supervisor, ticket, "reopen")
    assert (code, refused["error"]["code"]) == (409, "read_only")
    kinds = [one.kind for one in published if isinstance(one, TicketChanged)]
    assert kinds == ["assign", "start", "pend", "wake", "resolve", "reopen", "resolve", "archive"]
    _, page = await agent.get(f"{TICKETS}/{ticket}/events?limit=3")
    assert [one["kind"] for one in page["items"]] == ["created", "assign", "start"]
    assert page["items"][1]["actor_name"] == "agent"
    _, rest = await agent.get(f"{TICKETS}/{ticket}/events", params={"cursor": page["next"]})
    assert rest["items"][-1]["before"]["status"] == "resolved"


async def test_a_stale_version_gets_both_values(agent: Api, customer: int) -> None:
    made = await opened(agent, customer)
    path = f"{TICKETS}/{made['id']}"
    change = {"version": made["version"], "title": "我的", "priority": "low"}
    assert (await agent.call("PATCH", path, change))[0] == 200
    status, refused = await agent.call("PATCH", path, change | {"title": "你的"})
    assert (status, refused["error"]["field"]) == (409, "version")
    assert refused["error"]["values"] == {
        "version": made["version"] + 1,
        "fields": {
            "title": {"yours": "你的", "theirs": "我的"},
            "priority": {"yours": "low", "theirs": "low"},
        },
    }
    status, refused = await step(agent, made["id"], "resolve", version=1, solution="x")
    assert (status, refused["error"]["values"]["fields"]["solution"]["yours"]) == (409, "x")


async def test_what_is_said_is_told_apart(agent: Api, customer: int) -> None:
    ticket = (await opened(agent, customer))["id"]
    status, said = await step(agent, ticket, "reply", text="您好")
    assert (status, said["message"]["public"], said["ticket"]["id"]) == (201, True, ticket)
    assert said["ticket"]["responded_at"] is not None
    status, said = await step(agent, ticket, "note", text="<script>alert(1)</script>")
    assert (status, said["message"]["public"]) == (201, False)
    _, page = await agent.get(f"{TICKETS}/{ticket}/messages")
    assert [one["text"] for one in page["items"]] == ["您好", "<script>alert(1)</script>"]
    assert (await step(agent, ticket, "reply", text=" "))[0] == 422


async def test_a_call_about_it_counts_when_it_was_answered(
    agent: Api, database: Database, customer: int
) -> None:
    await give_phone(database, agent, "PJSIP/1001")
    ticket = (await opened(agent, customer))["id"]
    call = await finished_call(database)
    status, view = await step(agent, ticket, "calls", interaction=call)
    assert (status, view["responded_at"] is not None) == (200, True)
    other = await finished_call(database, talked="PJSIP/1002")
    assert (await step(agent, ticket, "calls", interaction=other))[0] == 404


async def test_lists_are_filtered_sorted_and_counted(agent: Api, customer: int) -> None:
    for n, priority in enumerate(("low", "urgent", "normal", "high", "normal")):
        await opened(agent, customer, title=f"第 {n} 个", priority=priority)
    await opened(agent, customer, title="没人管", owner=None)
    ids = [one["id"] for one in (await agent.get(TICKETS))[1]["items"]]
    await step(agent, ids[-1], "resolve")
    for query, count in (
        ("", 6),
        ("status=open", 5),
        ("status=new,resolved", 2),
        ("owner=me", 5),
        ("owner=nobody", 1),
        (f"owner={me(agent)}&status=open", 4),
        ("priority=urgent,high", 2),
        (f"customer={customer}", 6),
        ("overdue=true", 0),
        ("q=没人", 1),
        ("q=T-20", 6),
        ("created_from=4000000000", 0),
        ("created_to=4000000000", 6),
        ("due_before=4000000000", 0),
        ("team=mine", 0),
        ("watching=false", 6),
    ):
        status, page = await agent.get(f"{TICKETS}?{query}")
        assert (status, len(page["items"])) == (200, count), query
        status, counts = await agent.get(f"{TICKETS}/counts?{query}")
        assert (status, counts["total"]) == (200, count), query
    _, page = await agent.get(f"{TICKETS}?sort=-priority&limit=2")
    assert [one["priority"] for one in page["items"]] == ["urgent", "high"]
    _, page = await agent.get(TICKETS, params={"sort": "-priority", "cursor": page["next"]})
    assert [one["priority"] for one in page["items"]] == ["normal"] * 3 + ["low"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=over", "status"),
        ("sort=title", "sort"),
        ("sort=id;drop table tickets", "sort"),
        ("owner=you", "owner"),
        ("owner=99999999999999999999999999", "owner"),
        ("priority=1", "priority"),
        ("color=red", "color"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("created_from=-1", "created_from"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(agent: Api, query: str, field: str) -> None:
    for path in (TICKETS, f"{TICKETS}/counts"):
        status, body = await agent.get(f"{path}?{query}")
        if path == TICKETS:
            assert body["error"]["field"].startswith(field), body
        assert status == 422


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"priority": "now"}, "priority"),
        ({"owner": 999}, "owner"),
        ({"team": 999}, "team"),
        ({"category": 999}, "category"),
        ({"fields": {"a": "b"}}, "fields.a"),
        ({"key": "a b"}, "key"),
        ({"color": "red"}, "color"),
        ({"customer": None}, "customer"),
    ],
)
async def test_what_cannot_be_opened_is_refused_at_its_field(
    agent: Api, customer: int, sent: dict[str, Any], field: str
) -> None:
    body = {"title": "x", "customer": customer} | sent
    status, refused = await agent.post(TICKETS, body)
    assert (status, refused["error"]["field"]) == (422, field)


async def test_the_same_request_twice_opens_one(agent: Api, customer: int) -> None:
    first = await opened(agent, customer, key="erp-17")
    assert await opened(agent, customer, key="erp-17") == first
    assert first["source"] == "api"
    sent = {"title": "anders", "customer": customer, "key": "erp-17"}
    status, refused = await agent.post(TICKETS, sent)
    assert (status, refused["error"]["code"]) == (409, "key_reused")


async def test_a_missed_call_becomes_a_ticket_and_is_taken_care_of(
    agent: Api, database: Database, customer: int
) -> None:
    call = await finished_call(database, talked=None)
    async with database.session() as db:
        work = MissedWork(
            pbx="pbx",
            contact="+8613800138000",
            number="13800138000",
            kind="abandoned",
            interaction_id=call,
            first_at=START,
            last_at=START,
            tries=1,
        )
        db.add(work)
        await db.flush()
        db.add(MissedTry(interaction_id=call, work_id=work.id, at=START, kind="abandoned"))
        await db.commit()
        key = work.id
    made = await opened(agent, customer, work=key)
    assert (made["source"], made["opened_from"]) == ("missed", call)
    _, done = await agent.get("/api/v1/work?state=done")
    assert [(one["id"], one["reason"]) for one in done["items"]] == [(key, "ticket")]


# --- by right -----------------------------------------------------------------------------------


async def test_others_tickets_are_out_of_reach_of_the_scope_own(
    agent: Api, signed_in: SignedIn, customer: int
) -> None:
    """An agent sees all tickets, but gives away and resolves only the own ones."""
    other = await signed_in("agent", "other")
    ticket = (await opened(other, customer))["id"]
    assert (await agent.get(f"{TICKETS}/{ticket}"))[0] == 200
    for watching in (False, True):
        if watching:
            assert (await step(agent, ticket, "watch"))[0] == 200
        assert (await step(agent, ticket, "resolve"))[0] == 404, "watching is no way to more"
        assert (await step(agent, ticket, "assign", owner=me(agent)))[0] == 404
    assert (await step(other, ticket, "assign", owner=me(agent)))[0] == 200
    assert (await step(agent, ticket, "resolve"))[0] == 200


async def test_who_may_not_see_tickets_sees_none(signed_in: SignedIn) -> None:
    executive = await signed_in("executive")
    for path in (TICKETS, f"{TICKETS}/1", f"{TICKETS}/1/events", f"{TICKETS}/counts"):
        assert (await executive.get(path))[0] == 403
    assert (await executive.post(TICKETS, {"title": "x", "customer": 1}))[0] == 403


async def test_merging_splitting_linking_and_watching(
    agent: Api, signed_in: SignedIn, customer: int, database: Database
) -> None:
    boss = await signed_in("supervisor")
    a, b = (await opened(agent, customer))["id"], (await opened(agent, customer))["id"]
    assert (await step(agent, a, "merge", target=b))[0] == 403
    _, said = await step(agent, a, "reply", text="带走")
    message = said["message"]["id"]
    status, new = await step(boss, a, "split", title="另一件", messages=[message])
    assert (status, new["source"], new["links"][0]["ticket"]) == (201, "split", a)
    status, view = await step(boss, a, "link", ticket=b, kind="duplicate")
    assert (status, [one["ticket"] for one in view["links"]]) == (200, [new["id"], b])
    assert (await step(boss, a, "link", ticket=999))[0] == 422
    status, view = await step(agent, a, "watch")
    assert (status, [one["name"] for one in view["watchers"]]) == (200, ["agent"])
    status, view = await step(boss, a, "merge", target=b)
    assert (status, view["id"], [one["name"] for one in view["watchers"]]) == (200, b, ["agent"])
    status, refused = await step(boss, b, "merge", target=a)
    assert (status, refused["error"]["code"]) == (409, "merge_cycle")
    assert (await step(boss, b, "merge", target=999))[0] == 422
    _, old = await agent.get(f"{TICKETS}/{a}")
    assert (old["merged_into"], old["merged_number"]) == (b, view["number"])
    _, page = await agent.get(TICKETS)
    assert a not in [one["id"] for one in page["items"]]
    async with database.session() as db:
        said_later = await messages.customer_reply(db, a, "还有", now=START)
        assert said_later.ticket == b


async def test_who_gets_a_ticket_is_told_until_it_is_read(
    agent: Api, signed_in: SignedIn, customer: int
) -> None:
    boss = await signed_in("supervisor")
    ticket = (await opened(boss, customer, owner=me(agent)))["id"]
    path = "/api/v1/me/ticket-notices"
    _, page = await agent.get(f"{path}?unread=true")
    assert [(one["ticket"], one["kind"]) for one in page["items"]] == [(ticket, "assigned")]
    assert page["unread"] == 1
    assert (await agent.post(f"{path}/read", {"ids": [page["items"][0]["id"]]}))[0] == 204
    assert (await agent.get(path))[1]["unread"] == 0
    assert (await boss.get(path))[1]["items"] == []
