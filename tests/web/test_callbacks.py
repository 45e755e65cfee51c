"""Promises to call back over the API: made from the card, seen, taken, cancelled."""

from __future__ import annotations

import time
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import insert

from callcenter import events as ev
from callcenter.store.database import Database
from routing.callbacks import CallbackState, NotNow, Step
from routing.tables import AgentQueue, Queue
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import Api, SignedIn
from web import keys

PATH = "/api/v1/callbacks"
NUMBER = "138 0013 8000"


@pytest.fixture
async def queue(database: Database) -> int:
    async with database.session() as db:
        made = await db.execute(
            insert(Queue).values(pbx="pbx", name="support", ours=True).returning(Queue.id)
        )
        await db.commit()
        return int(made.scalar_one())


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database, queue: int) -> tuple[Api, int]:
    """An agent of the queue, and the agent's id."""
    api = await signed_in("agent")
    id_ = await give_phone(database, api, "PJSIP/1001")
    async with database.session() as db:
        await db.execute(insert(AgentQueue).values(agent_id=id_, queue_id=queue))
        await db.commit()
    return api, id_


async def promised(api: Api, **more: Any) -> dict[str, Any]:
    status, item = await api.post(PATH, {"number": NUMBER} | more)
    assert status == 201
    made: dict[str, Any] = item
    return made


async def test_a_callback_made_from_the_card(
    agent: tuple[Api, int], database: Database, published: list[ev.DomainEvent]
) -> None:
    api, id_ = agent
    call = await finished_call(database)
    at = round(time.time()) + 3600.0
    item = await promised(
        api, scheduled_at=at, note="发票", agent=id_, interaction=call,
        window={"begin": 540, "end": 720},
    )  # fmt: skip
    assert (item["e164"], item["queue"], item["state"]) == ("+8613800138000", "support", "waiting")
    assert (item["joined_at"], item["next_at"], item["scheduled_at"]) == (at, at, at)
    assert (item["wished_agent"], item["wished_name"], item["note"]) == (id_, "agent", "发票")
    assert (item["requested_by"], item["created_by"]) == ("agent", "agent")
    assert item["window"] == {"begin": 540, "end": 720}
    assert (await api.get(f"{PATH}/{item['id']}"))[1] == item
    assert [one["id"] for one in (await api.get(f"{PATH}?state=mine"))[1]["items"]] == [item["id"]]
    (told,) = (one for one in published if isinstance(one, ev.WorkChanged))
    assert (told.kind, told.work, told.state) == ("callback", item["id"], "waiting")


async def test_one_promise_for_each_number_and_queue(agent: tuple[Api, int]) -> None:
    api, _ = agent
    item = await promised(api)
    status, error = await api.post(PATH, {"number": "+86 13800138000"})
    assert (status, error["error"]["code"]) == (409, "already_promised")
    assert error["error"]["values"] == {"callback": item["id"]}
    status, cancelled = await api.post(f"{PATH}/{item['id']}/cancel", {})
    assert (status, cancelled["state"], cancelled["result"]) == (200, "cancelled", "cancelled")
    assert (await api.post(f"{PATH}/{item['id']}/cancel", {}))[0] == 409
    assert (await promised(api))["id"] != item["id"]
    page = (await api.get(f"{PATH}?state=done"))[1]
    assert [one["id"] for one in page["items"]] == [item["id"]]
    assert page["open"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": "not a number"}, "number"),
        ({"number": "1001"}, "number"),
        ({"number": NUMBER, "queue": "nowhere"}, "queue"),
        ({"number": NUMBER, "agent": 999}, "agent"),
        ({"number": NUMBER, "scheduled_at": 5.0}, "scheduled_at"),
        ({"number": NUMBER, "window": {"begin": 600, "end": 600}}, "window"),
    ],
)
async def test_what_is_refused(agent: tuple[Api, int], body: dict[str, object], field: str) -> None:
    api, _ = agent
    status, error = await api.post(PATH, body)
    assert (status, error["error"]["field"]) == (422, field)


async def test_without_a_queue_of_ones_own_it_has_to_be_named(
    signed_in: SignedIn, queue: int
) -> None:
    supervisor = await signed_in("supervisor")
    assert (await supervisor.post(PATH, {"number": NUMBER}))[1]["error"]["field"] == "queue"
    assert (await promised(supervisor, queue="support"))["queue"] == "support"


async def test_anothers_call_is_not_named(agent: tuple[Api, int], database: Database) -> None:
    call = await finished_call(database, talked="PJSIP/1002")
    assert (await agent[0].post(PATH, {"number": NUMBER, "interaction": call}))[0] == 404


class FakeRunner:
    """Notes what agents say; the second time it is too late."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []

    async def accept(self, callback: int, agent: int, *, abroad: bool) -> None:
        if self.said:
            raise NotNow(CallbackState.DIALLING, Step.DIAL)
        self.said.append(("accept", callback, agent, abroad))

    def decline(self, callback: int, agent: int) -> None:
        self.said.append(("decline", callback, agent))


async def test_agents_take_and_decline(
    app: web.Application, agent: tuple[Api, int], signed_in: SignedIn
) -> None:
    api, id_ = agent
    item = await promised(api)
    path = f"{PATH}/{item['id']}"
    assert (await api.post(f"{path}/accept", {}))[0] == 503  # no calls are made here
    runner = FakeRunner()
    app._state[keys.CALLBACKS] = runner
    assert (await api.post(f"{path}/accept", {}))[0] == 202
    status, error = await api.post(f"{path}/accept", {})
    assert (status, error["error"]["code"]) == (409, "callback_state")
    assert error["error"]["values"] == {"state": "dialling"}
    assert (await api.post(f"{path}/decline", {}))[0] == 202
    assert runner.said == [("accept", item["id"], id_, False), ("decline", item["id"], id_)]
    supervisor = await signed_in("supervisor")
    assert (await supervisor.post(f"{path}/accept", {}))[0] == 403
    assert (await api.post(f"{PATH}/999/accept", {}))[0] == 404


async def test_who_may_not_handle_work_sees_none(signed_in: SignedIn) -> None:
    assert (await (await signed_in("executive")).get(PATH))[0] == 403
