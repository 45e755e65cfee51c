"""(g) The board to many: time until the last has a frame, and what pops wait meanwhile.

10,000 consoles and then 1,000 supervisors watch a board of 200 queues and 1,000 agents. Each frame
goes out twice in turn: by the board's stream, and as bytes written to the same sockets by nothing
else, which is the least there is.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from statistics import median, quantiles

from tests.bench.load import undisturbed
from tests.bench.seats import Seat, seated

CONSOLES, SUPERVISORS = 10_000, 1_000
ROUNDS = 25
POPPED = 50  # consoles that are rung, in this process
POP_ROUNDS, POP_SECONDS, POP_RATE = 6, 5.0, 50.0
POP = re.compile(rb'"popoffered".{0,120}?"number":\s*"(\d+)"', re.DOTALL)


def measure() -> dict[str, dict[str, float]]:
    return asyncio.run(_measure())


async def _measure() -> dict[str, dict[str, float]]:
    figures: dict[str, dict[str, float]] = {}
    for name, count in (("board_consoles", CONSOLES), ("board_supervisors", SUPERVISORS)):
        async with _stage(count) as stage:
            ours, raw, size = await stage.fan_out()
            quiet, busy = await stage.pops()
        figures[name] = {
            "frame_bytes": size,
            "last_ms": median(ours) * 1e3,
            "raw_last_ms": median(raw) * 1e3,
            "last_vs_raw": median(ours) / median(raw),
            "pop_quiet_p99_ms": quiet * 1e3,
            "pop_p99_ms": busy * 1e3,
            "pop_p99_vs_quiet": busy / quiet,
        }
    return figures


@dataclass(slots=True)
class Stage:
    """The gateway, who watches, and who is rung."""

    rig: Process
    watchers: Process
    seats: list[Seat]
    rang: dict[bytes, float]
    took: list[float]
    calls: int = 0

    async def ask(self, command: str) -> str:
        return await _ask(self.rig, command)

    async def fan_out(self) -> tuple[list[float], list[float], float]:
        """Seconds to the last, ours and raw, and the bytes of a frame."""
        found: dict[str, list[float]] = {"ours": [], "raw": []}
        sizes = []
        for turn in range(ROUNDS):
            for way in ("ours", "raw") if turn % 2 else ("raw", "ours"):
                size = await self.ask("change")
                sizes.append(int(size))
                await _ask(self.watchers, size)
                began = float(await self.ask(way))
                assert self.watchers.stdout is not None
                last = float(await self.watchers.stdout.readline())
                found[way].append(last - began)
                await asyncio.sleep(0.1)
        return found["ours"][2:], found["raw"][2:], median(sizes)

    def read(self, data: bytes) -> None:
        now = time.perf_counter()
        for number in POP.findall(data):
            began = self.rang.pop(number, None)
            if began is not None:
                self.took.append(now - began)

    async def pops(self) -> tuple[float, float]:
        """Seconds from the order to the screen, of the slowest of a hundred: in quiet, and while
        the board goes out; in turns, so that whatever else the machine does meets both alike."""
        found: dict[str, list[float]] = {"calm": [], "flood": []}
        with undisturbed(), self._first():
            for _ in range(POP_ROUNDS):
                for weather, took in found.items():
                    await self.ask(weather)
                    took.extend(await self._pops())
        await self.ask("calm")
        quiet, busy = (quantiles(took, n=100)[98] for took in found.values())
        return quiet, busy

    @contextmanager
    def _first(self) -> Iterator[None]:
        """Whoever times pops goes before all, and who watches the board after all: how long either
        waits for the other's processor is not the gateway's doing. Needs to be root."""
        os.sched_setscheduler(self.watchers.pid, os.SCHED_IDLE, os.sched_param(0))
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        try:
            yield
        finally:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))

    async def _pops(self) -> list[float]:
        self.took = []
        began = time.perf_counter()
        assert self.rig.stdin is not None
        for n in range(int(POP_SECONDS * POP_RATE)):
            await asyncio.sleep(max(0.0, began + n / POP_RATE - time.perf_counter()))
            self.calls += 1
            self.rang[str(self.calls).encode()] = time.perf_counter()
            self.rig.stdin.write(f"pop {self.seats[n % POPPED].number}\n".encode())
        await asyncio.sleep(0.5)
        assert len(self.took) > POP_SECONDS * POP_RATE * 0.99
        return self.took


@asynccontextmanager
async def _stage(count: int) -> AsyncIterator[Stage]:
    rig = await _process("tests.bench.board_rig")
    assert rig.stdout is not None
    port = int(await rig.stdout.readline())
    watchers = await _process("tests.bench.board_seats", str(port), str(POPPED), str(count))
    try:
        assert watchers.stdout is not None
        await watchers.stdout.readline()
        stage = Stage(rig, watchers, [], {}, [])
        stage.seats = await seated(port, range(POPPED), stage.read)
        await asyncio.sleep(1.0)
        yield stage
    finally:
        for process in (watchers, rig):
            process.kill()
            await process.wait()


async def _process(module: str, *arguments: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, stdin=PIPE, stdout=PIPE
    )


async def _ask(process: Process, command: str) -> str:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{command}\n".encode())
    return (await process.stdout.readline()).decode().strip()
