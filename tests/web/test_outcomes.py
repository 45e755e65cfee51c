"""Why a contact went where it went and how it came out, for those who were in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import insert

from callcenter import events as ev
from callcenter.store.database import Database
from routing.tables import Queue
from tests.routing.stories import tell
from tests.web.calls import finished_call, give_phone
from tests.web.conftest import START, Api, SignedIn


@pytest.fixture
async def agent(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent")
    await give_phone(database, api, "PJSIP/1001")
    return api


async def test_decisions_in_their_order(agent: Api, database: Database, tmp_path: Path) -> None:
    call = await finished_call(database)
    steps = [
        ev.Decision(START, "calendar", "passed", "open", {"calendar": "工作时间"}),
        ev.Decision(START + 2, "offer", "chosen", "longest_idle", {"agent": "1"}),
    ]
    told = ev.RoutingDecided(at=START, pbx="pbx", interaction=call, decisions=steps)
    await tell(database, tmp_path, [told])
    status, found = await agent.get(f"/api/v1/interactions/{call}/decisions")
    assert status == 200
    assert found["items"] == [
        {
            "at": START,
            "step": "calendar",
            "outcome": "passed",
            "reason": "open",
            "facts": {"calendar": "工作时间"},
        },
        {
            "at": START + 2,
            "step": "offer",
            "outcome": "chosen",
            "reason": "longest_idle",
            "facts": {"agent": "1"},
        },
    ]


async def test_how_it_came_out(agent: Api, database: Database) -> None:
    call = await finished_call(database)
    path = f"/api/v1/interactions/{call}/disposition"
    said = {"disposition": "resolved", "note": "好"}
    status, kept = await agent.call("PUT", path, said)
    assert (status, kept["disposition"], kept["note"]) == (200, "resolved", "好")
    await agent.call("PUT", path, {"disposition": "follow_up"})
    listed = (await agent.get(f"{path}s"))[1]
    assert [(one["agent_name"], one["disposition"]) for one in listed["items"]] == [
        ("agent", "follow_up")
    ]
    assert "resolved" in listed["offered"]


async def test_the_queue_says_what_there_is_to_choose_from(agent: Api, database: Database) -> None:
    call = await finished_call(database)
    async with database.session() as db:
        await db.execute(insert(Queue).values(pbx="pbx", name="sales", dispositions=["follow_up"]))
        await db.commit()
    path = f"/api/v1/interactions/{call}/disposition"
    status, error = await agent.call("PUT", path, {"disposition": "resolved"})
    assert (status, error["error"]["field"]) == (422, "disposition")
    assert (await agent.call("PUT", path, {"disposition": "follow_up"}))[0] == 200


async def test_anothers_call_is_not_found(
    agent: Api, database: Database, signed_in: SignedIn
) -> None:
    call = await finished_call(database, talked="PJSIP/1002")
    path = f"/api/v1/interactions/{call}"
    assert (await agent.get(f"{path}/decisions"))[0] == 404
    assert (await agent.get(f"{path}/dispositions"))[0] == 404
    said = {"disposition": "resolved"}
    assert (await agent.call("PUT", f"{path}/disposition", said))[0] == 404
    supervisor = await signed_in("supervisor")
    assert (await supervisor.get(f"{path}/decisions"))[0] == 200
    assert (await supervisor.call("PUT", f"{path}/disposition", said))[0] == 403
