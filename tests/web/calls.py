"""Calls that are over, as rows, for tests that read them."""

from __future__ import annotations

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
    name: str = "李伟",
    e164: str | None = "+8613800138000",
) -> str:
    """A queue call from NUMBER, answered by `talked`, offered to `rang` as well; its id."""
    call, caller = new_id(), new_id()
    common = {"interaction_id": call}
    async with database.session() as db:
        await db.execute(
            insert(Interaction).values(
                id=call,
                pbx="pbx",
                direction="inbound",
                caller_number=NUMBER,
                caller_name=name,
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
        legs = [(caller, "PJSIP/trunk", START)]
        legs += [(stable_id(call, one), one, START + 2) for one in (*rang, talked) if one]
        for leg, interface, at in legs:
            await db.execute(
                insert(Leg).values(
                    id=leg, pbx="pbx", boot="1", uniqueid=leg, channel=f"{interface}-1",
                    interface=interface, started_at=at, ended_at=START + 65, **common,
                )
            )  # fmt: skip
        for one in (*rang, *([talked] if talked else [])):
            await db.execute(
                insert(Offer).values(
                    id=new_id(), queue="sales", channel=f"{one}-1", interface=one,
                    started_at=START + 2, rang=3.0,
                    result="answered" if one == talked else "answered_elsewhere", **common,
                )
            )  # fmt: skip
        segments = [("queue", None, 5.0), *([("talk", talked, 60.0)] if talked else [])]
        for kind, other, seconds in segments:
            await db.execute(
                insert(Segment).values(
                    id=new_id(), kind=kind, queue="sales" if kind == "queue" else None,
                    leg_id=caller, interface="PJSIP/trunk", other_interface=other,
                    started_at=START if kind == "queue" else START + 5, seconds=seconds, **common,
                )
            )  # fmt: skip
        await db.execute(
            insert(Transfer).values(
                id=new_id(), kind="blind", by="PJSIP/1001-1", to="4001", result="failed", **common
            )
        )
        await db.commit()
    return call
