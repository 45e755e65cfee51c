"""The way one would write it first, as a process: the alternative that ours is measured against.

panoramisk with one handler for all events, an ORM session for each lookup, `json`, and a send
awaited for each pop. Nothing is made slow on purpose: indexes, eager loading and a pool are there,
and whoever waits for a connection gets one in the end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from panoramisk import Manager
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from websockets.asyncio.server import ServerConnection, serve

from callcenter.store.database import database_url
from crm.activities.tables import Activity
from crm.customers.tables import Customer, PhoneNumber
from crm.tickets.tables import Ticket

CONNECTIONS, PATIENCE = 20, 60.0  # of the pool, and seconds to wait for one


async def card_of(session: AsyncSession, number: str) -> dict[str, Any]:
    """The customer with open tickets and last contacts: an ORM query for each."""
    found = await session.scalars(
        select(Customer)
        .join(PhoneNumber, PhoneNumber.customer_id == Customer.id)
        .where(PhoneNumber.e164 == number)
    )
    candidates = []
    for customer in found.unique():
        tickets = await session.scalars(
            select(Ticket)
            .where(Ticket.customer_id == customer.id, Ticket.status != "archived")
            .order_by(Ticket.created_at.desc())
            .limit(5)
        )
        contacts = await session.scalars(
            select(Activity)
            .where(Activity.customer_id == customer.id)
            .order_by(Activity.at.desc())
            .limit(3)
        )
        candidates.append(
            {
                "customer": customer.id,
                "name": customer.name,
                "level": customer.level,
                "tickets": [{"id": t.id, "title": t.title, "status": t.status} for t in tickets],
                "contacts": [{"id": a.id, "kind": a.kind, "summary": a.summary} for a in contacts],
            }
        )
    return {"number": number, "candidates": candidates}


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

    async def heard(_manager: Manager, event: Any) -> None:
        if event.event != "DialBegin":
            return
        number = event["CallerIDNum"]
        agent = event["DestChannel"].removeprefix("PJSIP/").partition("-")[0]
        async with sessions() as session:
            card = await card_of(session, number)
        pop = {"interaction": event["Linkedid"], "direction": "inbound", "number": number}
        frame = {"kind": "popoffered", "stream": "me", "seq": 1, "pop": {**pop, "card": card}}
        if agent in seats:
            await seats[agent].send(json.dumps(frame))

    manager = Manager(host="127.0.0.1", port=ami, username="bench", secret="bench")
    manager.register_event("*", heard)
    async with serve(sit, "127.0.0.1", 0, compression=None) as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        await manager.connect()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
