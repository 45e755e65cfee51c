"""Taking calls over the API: who may do what, and what they are told when it cannot be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select, update

from callcenter import events as ev
from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from routing.setup import AgentSetup, QueueSetup, Setup, Word
from routing.staff import Staff
from routing.tables import Agent, AgentStateLogRow
from tests.web.conftest import Api, Clock, SignedIn
from web.auth.tables import User

PBX = "pbx"
PHONE = "PJSIP/1001"


@pytest.fixture
def setup() -> Setup:
    return Setup(
        queues={"sales": QueueSetup(id=1, name="sales", wrap_up_extend=60.0)},
        agents={
            1: AgentSetup(id=1, name="Lucy", interfaces=(PHONE, "PJSIP/2001")),
            2: AgentSetup(id=2, name="Bob", interfaces=("PJSIP/1002",)),
        },
        pause_reasons={"meal": Word("meal", "用餐", "Meal")},
    )


@pytest.fixture
async def writes(staff: Staff) -> AsyncIterator[None]:
    task = asyncio.create_task(staff.journal.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def lucy(signed_in: SignedIn, database: Database, writes: None) -> Api:
    api = await signed_in("agent", "lucy")
    async with database.session() as session:
        user = await session.scalar(select(User.id).where(User.username == "lucy"))
        await session.execute(insert(Agent).values(id=1, name="Lucy", user_id=user, active=True))
        await session.execute(insert(Agent).values(id=2, name="Bob", active=True))
        await session.commit()
    await api.sign_in("lucy")
    return api


@pytest.fixture
def phone(staff: Staff) -> None:
    hear(staff, "NOT_INUSE")


def hear(staff: Staff, state: str) -> None:
    staff.hear(ev.DeviceStateChanged(at=1.0, pbx=PBX, interface=PHONE, state=state))


async def asked(api: Api, what: str, json: object = None) -> dict[str, object]:
    status, body = await api.post(f"/api/v1/me/agent/{what}", json)
    assert status == 200, body
    return dict(body)


async def refused(api: Api, what: str, json: object = None) -> tuple[int, str, str | None]:
    status, body = await api.post(f"/api/v1/me/agent/{what}", json)
    return status, body["error"]["code"], body["error"].get("field")


async def on_a_call(api: Api, staff: Staff, clock: Clock) -> None:
    await asked(api, "sign-in", {"interface": PHONE})
    await asked(api, "ready")
    assert staff.offered(1, "c1", "sales", clock.now)
    staff.offer_ended(1, ev.OfferResult.ANSWERED, clock.now)


async def test_a_day_of_an_agent(lucy: Api, staff: Staff, phone: None, clock: Clock) -> None:
    status, body = await lucy.get("/api/v1/me/agent")
    assert (status, body["state"], body["phone"]) == (200, "offline", None)
    body = await asked(lucy, "sign-in", {"interface": PHONE})
    assert (body["state"], body["reasons"]) == ("not_ready", ["signed_in"])
    assert body["phone"] == {"interface": PHONE, "kind": "desk", "state": "NOT_INUSE"}
    assert (await asked(lucy, "ready"))["state"] == "ready"
    assert (await asked(lucy, "not-ready", {"reason": "meal"}))["reasons"] == ["meal"]
    assert (await asked(lucy, "ready"))["since"] == clock.now
    assert (await asked(lucy, "sign-out"))["state"] == "offline"


async def test_what_has_to_wait_for_the_call_is_pending(
    lucy: Api, staff: Staff, phone: None, clock: Clock
) -> None:
    await on_a_call(lucy, staff, clock)
    body = await asked(lucy, "sign-out")
    assert (body["state"], body["pending"], body["interaction"]) == ("busy", "sign_out", "c1")
    assert (await asked(lucy, "ready"))["pending"] is None


async def test_wrap_up_can_be_extended_and_finished(
    lucy: Api, staff: Staff, phone: None, clock: Clock
) -> None:
    await on_a_call(lucy, staff, clock)
    staff.hear(
        ev.InteractionEnded(
            at=1.0,
            pbx=PBX,
            interaction="c1",
            reason=ev.EndReason.COMPLETED,
            by=None,
            cause=None,
            answered=True,
        )
    )
    assert (await asked(lucy, "wrap-up/extend", {"seconds": 40}))["until"] == clock.now + 70
    assert (await asked(lucy, "wrap-up/extend", {"seconds": 40}))["until"] == clock.now + 90
    assert await refused(lucy, "wrap-up/extend", {"seconds": 1}) == (409, "wrap_up_limit", None)
    assert (await asked(lucy, "wrap-up/finish"))["state"] == "ready"
    assert await refused(lucy, "wrap-up/finish") == (409, "no_wrap_up", None)


async def test_what_cannot_be_is_refused_with_a_reason_to_act_on(
    lucy: Api, staff: Staff, phone: None, clock: Clock
) -> None:
    assert await refused(lucy, "ready") == (409, "not_signed_in", None)
    foreign = {"interface": "PJSIP/1002"}
    assert await refused(lucy, "sign-in", foreign) == (422, "invalid_input", "interface")
    await asked(lucy, "sign-in", {"interface": "PJSIP/2001"})
    assert await refused(lucy, "ready") == (409, "no_phone", None)
    for reason in ("lunch", "no_answer", "supervisor"):
        told = await refused(lucy, "not-ready", {"reason": reason})
        assert told == (422, "invalid_input", "reason")
    await on_a_call(lucy, staff, clock)
    assert await refused(lucy, "sign-in", {"interface": "PJSIP/2001"}) == (409, "in_call", None)
    for seconds in (0, -1, 1e9):
        told = await refused(lucy, "wrap-up/extend", {"seconds": seconds})
        assert told[:2] == (422, "invalid_input")


async def test_ready_without_a_phone_says_what_to_do(lucy: Api) -> None:
    await asked(lucy, "sign-in", {"interface": PHONE})
    _, body = await lucy.post("/api/v1/me/agent/ready", None)
    assert body["error"]["message"] == (
        "the phone could not ring, PJSIP/1001 is UNKNOWN to the PBX: "
        "connect it, or sign in with another"
    )


async def test_the_phones_to_choose_from_say_whether_they_would_ring(
    lucy: Api, staff: Staff, phone: None
) -> None:
    _, body = await lucy.get("/api/v1/me/phones")
    assert body["items"] == [
        {"interface": PHONE, "kind": "desk", "state": "NOT_INUSE"},
        {"interface": "PJSIP/2001", "kind": "desk", "state": "UNKNOWN"},
    ]


async def test_who_is_no_agent_is_told_so(signed_in: SignedIn) -> None:
    api = await signed_in("agent", "nobody")
    status, body = await api.get("/api/v1/me/agent")
    assert (status, body["error"]["code"]) == (404, "not_found")


async def test_people_without_the_right_take_no_calls(signed_in: SignedIn) -> None:
    api = await signed_in("executive")
    status, _ = await api.post("/api/v1/me/agent/ready", None)
    assert status == 403


# --- supervisors ----------------------------------------------------------------------------


async def test_a_supervisor_changes_a_state_and_it_is_written_down(
    lucy: Api, signed_in: SignedIn, database: Database, phone: None
) -> None:
    await asked(lucy, "sign-in", {"interface": PHONE})
    boss = await signed_in("supervisor")
    for command, state, reasons in (
        ({"command": "ready"}, "ready", []),
        ({"command": "not_ready", "reason": "meal"}, "not_ready", ["meal"]),
        ({"command": "not_ready"}, "not_ready", ["supervisor"]),
        ({"command": "sign_out"}, "offline", []),
    ):
        status, body = await boss.post("/api/v1/agents/1/state", command)
        assert (status, body["state"], body["reasons"]) == (200, state, reasons)
    async with database.reading() as session:
        rows = list(await session.scalars(select(AgentStateLogRow).order_by(AgentStateLogRow.id)))
        supervisor = await session.scalar(select(User.id).where(User.username == "supervisor"))
        audited = (
            await session.execute(
                select(AuditRow.object, AuditRow.actor, AuditRow.after)
                .where(AuditRow.action == "agent.state")
                .order_by(AuditRow.id)
            )
        ).all()
    assert [row.asked for row in rows] == ["sign_in", "ready", "not_ready", "not_ready", "sign_out"]
    assert {row.user_id for row in rows[1:]} == {supervisor}
    assert [(object_, actor) for object_, actor, _ in audited] == [("agent/1", supervisor)] * 4
    assert json.loads(audited[1].after or "") == {"command": "not_ready", "reason": "meal"}


async def test_agents_cannot_change_each_other(lucy: Api) -> None:
    for agent in (1, 2):
        status, body = await lucy.post(f"/api/v1/agents/{agent}/state", {"command": "sign_out"})
        assert (status, body["error"]["code"]) == (403, "forbidden")


async def test_a_supervisors_command_is_refused_like_the_agents_own(
    lucy: Api, signed_in: SignedIn
) -> None:
    boss = await signed_in("supervisor")
    for agent, command, expected in (
        (2, {"command": "ready"}, (409, "not_signed_in")),
        (99, {"command": "ready"}, (404, "not_found")),
        (1, {"command": "not_ready", "reason": "lunch"}, (422, "invalid_input")),
        (1, {"command": "dance"}, (422, "invalid_input")),
    ):
        status, body = await boss.post(f"/api/v1/agents/{agent}/state", command)
        assert (status, body["error"]["code"]) == expected


async def test_an_agent_who_was_switched_off_is_nobody(lucy: Api, database: Database) -> None:
    async with database.session() as session:
        await session.execute(update(Agent).where(Agent.id == 1).values(active=False))
        await session.commit()
    status, _ = await lucy.get("/api/v1/me/agent")
    assert status == 404
