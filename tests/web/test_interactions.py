"""The story of a call, for those who were in it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from callcenter.ids import new_id
from callcenter.store.database import Database
from callcenter.store.tables import Gap
from tests.web.calls import NUMBER, finished_call, give_phone
from tests.web.conftest import START, Api, SignedIn


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent")
    await give_phone(database, api, "PJSIP/1001")
    return api


async def test_the_story(agent: Api, database: Database) -> None:
    call = await finished_call(database, rang=("PJSIP/1002",))
    status, story = await agent.get(f"/api/v1/interactions/{call}")
    assert status == 200
    assert (story["caller_number"], story["answered"], story["customer"]) == (NUMBER, True, None)
    assert story["legs"][0]["interface"] == "PJSIP/trunk"
    assert {offer["interface"]: offer["agent"] for offer in story["offers"]} == {
        "PJSIP/1001": "agent",
        "PJSIP/1002": None,
    }
    assert [(one["kind"], one["seconds"]) for one in story["segments"]] == [
        ("queue", 5.0),
        ("talk", 60.0),
    ]
    assert [one["kind"] for one in story["transfers"]] == ["blind"]
    assert story["recordings"] == []


async def test_another_agents_call_is_not_found(
    agent: Api, signed_in: SignedIn, database: Database
) -> None:
    call = await finished_call(database, talked="PJSIP/1002")
    path = f"/api/v1/interactions/{call}"
    answers = [
        await agent.get(path),
        await agent.post(f"{path}/note", {"text": "x"}),
        await agent.call("PUT", f"{path}/customer", {"customer": 1}),
        await agent.post("/api/v1/customers", {"name": "x", "interaction": call}),
        await agent.post("/api/v1/tickets", {"title": "x", "customer": 1, "interaction": call}),
    ]
    assert [status for status, _ in answers] == [404] * 5
    assert (await agent.get("/api/v1/customers"))[1]["items"] == []
    supervisor = await signed_in("supervisor")
    assert (await supervisor.get(path))[0] == 200


async def test_having_been_rung_is_enough_to_read_it(agent: Api, database: Database) -> None:
    call = await finished_call(database, talked="PJSIP/1002", rang=("PJSIP/1001",))
    assert (await agent.get(f"/api/v1/interactions/{call}"))[0] == 200


async def test_a_phone_of_the_same_name_on_another_pbx_is_not_mine(
    signed_in: SignedIn, database: Database
) -> None:
    api = await signed_in("agent")
    async with database.session() as db:
        from routing.tables import Agent, AgentInterface

        assert api.session is not None
        await db.execute(insert(Agent).values(id=7, user_id=api.session["user"]["id"], name="x"))
        phone = {"pbx": "other", "interface": "PJSIP/1001", "agent_id": 7}
        await db.execute(insert(AgentInterface).values(phone))
        await db.commit()
    call = await finished_call(database)
    assert (await api.get(f"/api/v1/interactions/{call}"))[0] == 404


async def test_a_merged_interaction_leads_to_the_last(agent: Api, database: Database) -> None:
    last = await finished_call(database)
    merged = await finished_call(database, talked=None, merged_into=last)
    _, story = await agent.get(f"/api/v1/interactions/{merged}")
    assert story["id"] == last


async def test_the_pick_is_kept(agent: Api, database: Database) -> None:
    call = await finished_call(database)
    _, customer = await agent.post("/api/v1/customers", {"name": "李伟"})
    path = f"/api/v1/interactions/{call}/customer"
    status, story = await agent.call("PUT", path, {"customer": customer["id"]})
    assert status == 200
    assert story["customer"] == {"id": customer["id"], "name": "李伟", "picked": True}
    _, timeline = await agent.get(f"/api/v1/customers/{customer['id']}/timeline")
    assert [item["interaction"] for item in timeline["items"]] == [call]
    assert (await agent.call("PUT", path, {"customer": 999}))[0] == 404


@pytest.mark.parametrize("id_", ["7", "g" * 32, "A" * 32, "%00", "..%2f..", "0" * 32])
async def test_an_id_of_nothing(id_: str, agent: Api) -> None:
    assert (await agent.get(f"/api/v1/interactions/{id_}"))[0] == 404


async def test_gaps_newest_first(signed_in: SignedIn, database: Database) -> None:
    async with database.session() as db:
        for n in range(3):
            ended = START + n * 100 + 10 if n < 2 else None
            values = {"id": new_id(), "pbx": "pbx", "began_at": START + n * 100, "ended_at": ended}
            await db.execute(insert(Gap).values(values))
        await db.commit()
    api = await signed_in("supervisor")
    _, gaps = await api.get("/api/v1/gaps")
    assert [one["began_at"] - START for one in gaps["items"]] == [200, 100, 0]
    assert gaps["items"][0]["ended_at"] is None
    _, gaps = await api.get("/api/v1/gaps", params={"before": str(START + 100), "pbx": "pbx"})
    assert [one["began_at"] - START for one in gaps["items"]] == [0]
