"""The way one would write it first, as a process: the alternative that ours is measured against.

panoramisk with one handler for all events, an ORM session for each lookup, `json`, and a send
awaited for each frame. It shows agents what ours shows them: the same card while it rings
(`plain_card`), and whether the call was answered and is over. It follows no call but in its
simplest course. Nothing is made slow on purpose: indexes and a pool are there, what belongs to
several rows is asked for at once, whoever waits for a connection gets one in the end, and no
console is given up while the process is too busy to hear it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from panoramisk import Manager
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from websockets.asyncio.server import ServerConnection, serve

from callcenter.store.database import database_url
from tests.bench.plain_card import card_of

CONNECTIONS, PATIENCE = 20, 60.0  # of the pool, and seconds to wait for one, or for a pong


def agent_of(channel: str) -> str:
    return channel.removeprefix("PJSIP/").partition("-")[0]


async def main(ami: int, url: str) -> None:
    seats: dict[str, ServerConnection] = {}
    engine = create_async_engine(
        database_url(url), pool_size=CONNECTIONS, max_overflow=0, pool_timeout=PATIENCE
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    async def sit(seat: ServerConnection) -> None:
        assert seat.request is not None
        seats[seat.request.headers["Cookie"].removeprefix("seat=")] = seat
        async for _ in seat:
            pass

    calls: dict[str, dict[str, Any]] = {}  # by the agent's leg

    async def tell(agent: str, kind: str, **frame: Any) -> None:
        if agent in seats:
            await seats[agent].send(json.dumps({"kind": kind, "stream": "me", **frame}))

    async def rings(event: Any) -> None:
        number = event["CallerIDNum"]
        async with sessions() as session:
            card = await card_of(session, number)
        call = {"interaction": event["Linkedid"], "direction": "inbound", "number": number}
        calls[event["DestUniqueid"]] = {**call, "card": card}
        pop = {**call, "card": card}
        await tell(agent_of(event["DestChannel"]), "popoffered", seq=1, pop=pop)

    async def rang(event: Any) -> None:
        if event["DestUniqueid"] in calls:
            call = calls[event["DestUniqueid"]]["interaction"]
            agent, reason = agent_of(event["DestChannel"]), event["DialStatus"]
            await tell(agent, "popwithdrawn", interaction=call, reason=reason)

    async def is_now(state: str, event: Any) -> None:
        if event["Uniqueid"] in calls:
            call = {**calls[event["Uniqueid"]], "state": state}
            await tell(agent_of(event["Channel"]), "callchanged", call=call)
            if state == "ended":
                del calls[event["Uniqueid"]]

    async def heard(_manager: Manager, event: Any) -> None:
        if event.event == "DialBegin":
            await rings(event)
        elif event.event == "DialEnd":
            await rang(event)
        elif event.event == "BridgeEnter":
            await is_now("talking", event)
        elif event.event == "Hangup":
            await is_now("ended", event)

    manager = Manager(host="127.0.0.1", port=ami, username="bench", secret="bench")
    manager.register_event("*", heard)
    async with serve(sit, "127.0.0.1", 0, compression=None, ping_timeout=PATIENCE) as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        await manager.connect()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
