"""The least that a pop can cost, as a process: one prepared lookup and one websocket unicast."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
from websockets.asyncio.server import ServerConnection, broadcast, serve

LOOKUP = """
SELECT c.id, c.name, c.level FROM phone_numbers p
JOIN customers c ON c.id = p.customer_id WHERE p.e164 = $1
"""
FRAME = (
    '{{"kind":"popoffered","stream":"me","seq":1,"pop":{{"interaction":"i","direction":"inbound",'
    '"number":"{number}","card":{{"customer":{id},"name":"{name}","level":"{level}"}}}}}}'
)


async def main(feed: int, url: str) -> None:
    seats: dict[str, ServerConnection] = {}

    async def sit(seat: ServerConnection) -> None:
        assert seat.request is not None
        seats[seat.request.headers["Cookie"].removeprefix("seat=")] = seat
        async for _ in seat:
            pass

    connection = await asyncpg.connect(url)
    lookup = await connection.prepare(LOOKUP)
    async with serve(sit, "127.0.0.1", 0, compression=None) as server:
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        reader, _ = await asyncio.open_connection("127.0.0.1", feed)
        await reader.readline()  # the greeting
        while line := await reader.readline():
            number, agent = line.decode().split()
            row = await lookup.fetchrow(number)
            values = dict(row) if row else {"id": 0, "name": "", "level": ""}
            broadcast([seats[agent]], FRAME.format(number=number, **values))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
