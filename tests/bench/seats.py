"""Consoles as light as they can be, so that a thousand of them do not become what is measured."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import cast

SUBSCRIBE = b'{"kind":"subscribe","stream":"me"}'
KEY = base64.b64encode(b"0123456789abcdef").decode()
TOGETHER = 50  # connections opened at the same time
PING, PONG = b"\x89", b"\x8a"


def masked(opcode: bytes, payload: bytes) -> bytes:
    """A client's frame; the mask is zero, which leaves the payload as it is."""
    return opcode + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload


class Seat(asyncio.Protocol):
    """Subscribes, answers pings, and hands on what it reads."""

    def __init__(self, number: int, read: Callable[[bytes], None] | None = None) -> None:
        self.number = number
        self._read = read
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's only looks like one
        self.transport.write(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:8080\r\nCookie: seat={self.number}\r\n"
            f"User-Agent: {'Mozilla/5.0 ' * 8}\r\nAccept-Language: zh-CN,zh;q=0.9\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self._upgraded:
            assert b" 101 " in data, data
            self._upgraded = True
            self.transport.write(masked(b"\x81", SUBSCRIBE))
        elif self._read is not None:
            self._read(data)
        self._answer_ping(data)

    def _answer_ping(self, data: bytes) -> None:
        """Ours have nothing in them and may have frames behind them; the library's come last."""
        if PING + b"\0" in data:
            self.transport.write(masked(PONG, b""))
        elif data[-6:-4] == PING + b"\4":
            self.transport.write(masked(PONG, data[-4:]))


async def seated(
    port: int, numbers: range, read: Callable[[bytes], None] | None = None
) -> list[Seat]:
    """A console for each number, connected."""
    loop = asyncio.get_running_loop()
    seats = [Seat(number, read) for number in numbers]
    for at in range(0, len(seats), TOGETHER):
        some = seats[at : at + TOGETHER]
        await asyncio.gather(*(_connect(loop, seat, port) for seat in some))
        await asyncio.sleep(0.05)
    return seats


async def _connect(loop: asyncio.AbstractEventLoop, seat: Seat, port: int) -> None:
    await loop.create_connection(lambda: seat, "127.0.0.1", port)
