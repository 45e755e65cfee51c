"""Calls that are over, as rows, for tests that read them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from callcenter.ids import new_id, stable_id
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg, Offer, Segment, Transfer
from routing.tables import Agent, AgentInterface
from tests.web.conftest import START, Api

NUMBER = "13800138000"


async def give_phone(database: Database, api: Api, interface: str) -> int:
    """The person signed in here is an agent with this phone; the agent's id."""
    assert api.session is not None
    user = api.session["user"]
    async with database.session() as db:
        made = await db.execute(
            insert(Agent).values(user_id=user["id"], name=user["username"]).returning(Agent.id)
        )
        agent: int = made.scalar_one()
        phone = {"pbx": "pbx", "interface": interface, "agent_id": agent}
        await db.execute(insert(AgentInterface).values(phone))
        await db.commit()
    return agent


async def finished_call(
    database: Database,
    *,
    talked: str | None = "PJSIP/1001",
    rang: tuple[str, ...] = (),
    merged_into: str | None = None,
    e164: str | None = "+8613800138000",
) -> str:
    """A queue call from NUMBER, answered by `talked`, offered to `rang` as well; its id."""
    call = new_id()
    phones = [*rang, *([talked] if talked else [])]
    async with database.session() as db:
        await db.execute(
            insert(Interaction).values(
                id=call,
                pbx="pbx",
                direction="inbound",
                caller_number=NUMBER,
                caller_name="李伟",
                caller_e164=e164,
                dialled="4000",
                started_at=START,
                answered_at=START + 5 if talked else None,
                ended_at=START + 65,
                answered=talked is not None,
                end_reason="completed",
                merged_into=merged_into,
            )
        )
        await db.execute(insert(Leg), [_leg(call, one) for one in ("PJSIP/trunk", *phones)])
        if phones:
            await db.execute(insert(Offer), [_offer(call, one, talked) for one in phones])
        await db.execute(insert(Segment), _segments(call, talked))
        failed = {"kind": "blind", "by": "PJSIP/1001-1", "to": "4001", "result": "failed"}
        await db.execute(insert(Transfer).values(id=new_id(), interaction_id=call, **failed))
        await db.commit()
    return call


def _leg(call: str, interface: str) -> dict[str, Any]:
    leg = stable_id(call, interface)
    return {
        "id": leg,
        "interaction_id": call,
        "pbx": "pbx",
        "boot": "1",
        "uniqueid": leg,
        "channel": f"{interface}-1",
        "interface": interface,
        "started_at": START if interface == "PJSIP/trunk" else START + 2,
        "ended_at": START + 65,
    }


def _offer(call: str, interface: str, talked: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "interaction_id": call,
        "queue": "sales",
        "channel": f"{interface}-1",
        "interface": interface,
        "started_at": START + 2,
        "rang": 3.0,
        "result": "answered" if interface == talked else "answered_elsewhere",
    }


def _segments(call: str, talked: str | None) -> list[dict[str, Any]]:
    common = {
        "interaction_id": call,
        "leg_id": stable_id(call, "PJSIP/trunk"),
        "interface": "PJSIP/trunk",
    }
    waited = {"kind": "queue", "queue": "sales", "other_interface": None, "seconds": 5.0}
    spoke = {"kind": "talk", "queue": None, "other_interface": talked, "seconds": 60.0}
    rows = [{**waited, "started_at": START}]
    if talked:
        rows.append({**spoke, "started_at": START + 5})
    return [{"id": new_id(), **common, **row} for row in rows]
