"""Whose customers they are: seen, taken, given and done by those who may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callcenter.store.database import Database
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import Api, SignedIn

V1 = "/api/v1"


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator")


@pytest.fixture
async def manager(signed_in: SignedIn) -> Api:
    return await signed_in("account_manager", "li")


@pytest.fixture
async def rival(signed_in: SignedIn) -> Api:
    return await signed_in("account_manager", "wang")


def me(api: Api) -> int:
    assert api.session is not None
    user: int = api.session["user"]["id"]
    return user


async def create(api: Api, name: str, **values: Any) -> int:
    status, made = await api.post(f"{V1}/customers", {"name": name} | values)
    assert status == 201, made
    id_: int = made["id"]
    return id_


async def test_who_sees_only_their_own_makes_their_own(manager: Api, rival: Api) -> None:
    mine = await create(manager, "甲")
    _, view = await manager.get(f"{V1}/customers/{mine}")
    assert view["owner_id"] == me(manager)
    free = await create(manager, "乙", owner_id=None)
    path = f"{V1}/customers/{mine}"
    assert (await rival.get(path))[0] == 404
    assert (await rival.get(f"{path}/timeline"))[0] == 404
    assert (await rival.call("PATCH", path, {"version": 1, "name": "x"}))[0] == 404
    assert (await rival.post(f"{path}/notes", {"text": "x"}))[0] == 404
    assert (await rival.post(f"{path}/owner", {"owner": me(rival)}))[0] == 404
    task = {"customer": mine, "title": "x", "due_at": 0}
    assert (await rival.post(f"{V1}/tasks", task))[0] == 404
    _, page = await rival.get(f"{V1}/customers")
    assert [one["id"] for one in page["items"]] == [free]


async def test_the_pool_is_everybodys_and_taken_once(admin: Api, manager: Api, rival: Api) -> None:
    pool = [await create(admin, f"c{n}") for n in range(4)]
    taken = [await create(manager, "mine")]
    answers = await asyncio.gather(
        manager.post(f"{V1}/customers/claim", {"ids": [*pool, *taken]}),
        rival.post(f"{V1}/customers/claim", {"ids": pool[::-1]}),
    )
    assert [status for status, _ in answers] == [200, 200]
    claimed = [id_ for _, body in answers for id_ in body["claimed"]]
    assert sorted(claimed) == pool
    assert set(taken) <= set(answers[0][1]["missed"])
    _, page = await admin.get(f"{V1}/customers", params={"pool": "true"})
    assert page["items"] == []
    _, log = await admin.get(f"{V1}/audit", params={"action": "customer.claim"})
    assert sorted(one["object"] for one in log["items"]) == [f"customer/{id_}" for id_ in pool]


async def test_the_limit_is_said(admin: Api, manager: Api) -> None:
    pool = [await create(admin, f"c{n}") for n in range(3)]
    await admin.call("PUT", f"{V1}/pool-rules", {"levels": [], "most_owned": 2})
    status, body = await manager.post(f"{V1}/customers/claim", {"ids": pool})
    assert (status, body["error"]["code"]) == (409, "pool_limit")
    assert body["error"]["values"] == {"owned": 0, "most": 2}
    assert (await manager.post(f"{V1}/customers/claim", {"ids": pool[:2]}))[0] == 200


async def test_customers_are_given_within_ones_reach(
    admin: Api, manager: Api, rival: Api, signed_in: SignedIn
) -> None:
    mine = await create(manager, "甲")
    path = f"{V1}/customers/{mine}"
    status, body = await manager.post(f"{path}/owner", {"owner": me(rival)})
    assert (status, body["error"]["field"]) == (403, "owner")
    change = {"version": 1, "owner_id": me(rival)}
    assert (await manager.call("PATCH", path, change))[0] == 403
    assert (await manager.post(f"{V1}/customers", {"name": "x", "owner_id": me(rival)}))[0] == 403
    agent = await signed_in("agent")
    assert (await agent.call("PATCH", path, change))[0] == 403
    assert (await agent.post(f"{V1}/customers/claim", {"ids": [mine]}))[0] == 403
    keeps = {"version": 1, "owner_id": me(manager), "name": "乙"}
    assert (await agent.call("PATCH", path, keeps))[0] == 200, "nothing was given to anybody"
    status, given = await admin.post(f"{path}/owner", {"owner": me(rival)})
    assert (status, given["owner"], given["version"]) == (200, "wang", 3)
    assert (await manager.get(path))[0] == 404
    status, given = await rival.post(f"{path}/owner", {"owner": None})
    assert (status, given["owner_id"]) == (200, None)
    status, body = await admin.post(f"{path}/owner", {"owner": 999})
    assert (status, body["error"]["field"]) == (422, "owner")
    _, log = await admin.get(f"{V1}/audit", params={"action": "customer.assign"})
    assert [(one["before"]["owner_id"], one["after"]["owner_id"]) for one in log["items"]] == [
        (me(rival), None),
        (me(manager), me(rival)),
    ]


async def test_tasks_are_made_seen_and_done(admin: Api, manager: Api, rival: Api) -> None:
    mine = await create(manager, "甲")
    sent = {"customer": mine, "title": "回访", "due_at": 1_800_000_000, "notes": "带报价"}
    status, task = await manager.post(f"{V1}/tasks", sent)
    assert (status, task["assignee"], task["customer_name"]) == (201, me(manager), "甲")
    path = f"{V1}/tasks/{task['id']}"
    assert (await rival.get(path))[0] == 404
    assert (await rival.get(f"{V1}/tasks"))[1]["items"] == []
    status, moved = await manager.call("PATCH", path, {"version": 1, "assignee": me(rival)})
    assert (status, moved["assignee_name"]) == (200, "wang")
    assert (await rival.get(path))[0] == 200, "it is theirs to do"
    status, done = await rival.call("PATCH", path, {"version": 2, "done": True})
    assert (status, done["done_by_name"]) == (200, "wang")
    assert (await rival.call("PATCH", path, {"version": 2, "title": "x"}))[0] == 409
    for query, count in (("", 0), ("?state=done", 1), (f"?state=all&assignee={me(rival)}", 1)):
        assert len((await rival.get(f"{V1}/tasks{query}"))[1]["items"]) == count, query
    for query in ("?sort=title", "?state=late", "?due_before=x"):
        assert (await rival.get(f"{V1}/tasks{query}"))[0] == 422
    _, timeline = await manager.get(f"{V1}/customers/{mine}/timeline?kind=task,note")
    assert [(one["kind"], one["result"]) for one in timeline["items"]] == [
        ("task", "done"),
        ("task", "created"),
    ]
    status, body = await manager.get(f"{V1}/customers/{mine}/timeline?kind=task,gossip")
    assert (status, body["error"]["field"]) == (422, "kind")


async def test_who_does_not_want_to_be_called_is_not_promised_a_call(
    signed_in: SignedIn, database: Database
) -> None:
    agent = await signed_in("agent")
    await create(agent, "甲", numbers=[{"number": "13800138000"}], do_not_call=True)
    status, body = await agent.post(f"{V1}/callbacks", {"number": "138 0013 8000"})
    assert (status, body["error"]["code"]) == (409, "do_not_call")
    assert body["error"]["field"] == "number"


async def test_the_pick_outranks_the_number_of_a_customer_made_later(
    signed_in: SignedIn, database: Database
) -> None:
    agent = await signed_in("agent")
    await give_phone(database, agent, "PJSIP/1001")
    picked, other = [await finished_call(database) for _ in range(2)]
    friend = await create(agent, "朋友")
    path = f"{V1}/interactions/{picked}/customer"
    assert (await agent.call("PUT", path, {"customer": friend}))[0] == 200
    status, made = await agent.post(
        f"{V1}/customers", {"name": "机主", "numbers": [{"number": "13800138000"}]}
    )
    assert (status, made["calls"]) == (201, 1)
    for customer, call in ((friend, picked), (made["id"], other)):
        _, timeline = await agent.get(f"{V1}/customers/{customer}/timeline")
        assert [one["interaction"] for one in timeline["items"]] == [call]
