"""Consoles that watch the board, in a process of their own: says when the last has a whole frame.

`python -m tests.bench.board_seats PORT FIRST COUNT` connects and subscribes, prints a line, and
then for each number of bytes on its standard input one line with the moment at which every console
had received so many. It gives way to the gateway, whose clients are on other machines in truth.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import uvloop

from tests.bench.seats import Seat, masked, seated

SUBSCRIBE = b'{"kind":"subscribe","stream":"board"}'


class Watcher:
    """Bytes of each console since they were asked for."""

    def __init__(self) -> None:
        self.left: dict[int, int] = {}
        self.short = 0
        self.last_at = 0.0
        self.done = asyncio.Event()
        self.total = 0

    def read(self, number: int, data: bytes) -> None:
        self.total += len(data)
        left = self.left.get(number)
        if left is None or left <= 0:
            return
        self.left[number] = left - len(data)
        if self.left[number] <= 0:
            self.short -= 1
            if not self.short:
                self.last_at = time.perf_counter()
                self.done.set()

    def expect(self, numbers: range, size: int) -> None:
        self.done.clear()
        self.left = dict.fromkeys(numbers, size)
        self.short = len(numbers)


async def main(port: int, first: int, count: int) -> None:
    os.nice(10)
    watcher, numbers = Watcher(), range(first, first + count)
    made: list[Seat] = []
    for number in numbers[::500]:
        part = range(number, min(number + 500, first + count))
        seats = await seated(port, part)
        while not all(seat._upgraded for seat in seats):  # noqa: ASYNC110  a poll is enough here
            await asyncio.sleep(0.02)
        for seat in seats:
            seat._read = lambda data, number=seat.number: watcher.read(number, data)
            seat.transport.write(masked(b"\x81", SUBSCRIBE))
        made += seats
    await _quiet(watcher)
    print("ready", flush=True)  # noqa: T201 - a tool
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).strip():
        watcher.expect(numbers, int(line))
        print("expected", flush=True)  # noqa: T201 - a tool
        await watcher.done.wait()
        print(repr(watcher.last_at), flush=True)  # noqa: T201 - a tool


async def _quiet(watcher: Watcher) -> None:
    """Until every snapshot is here."""
    before = -1
    while watcher.total != before:
        before = watcher.total
        await asyncio.sleep(1.0)


if __name__ == "__main__":
    uvloop.run(main(*map(int, sys.argv[1:])))
