"""Drives a stack with calls and times each pop, from the last byte of the ring to the console."""

from __future__ import annotations

import asyncio
import atexit
import gc
import os
import re
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import quantiles

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from crm.sample import fill, mobile_of
from tests.bench.pbx import Pbx, Recorded, recorded
from tests.bench.seats import Seat, seated
from tests.servers import PostgresServer

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
ANSWERED, OVER = 0.3, 0.6  # seconds after the ring
PATIENCE = 3.0  # seconds that the last pops may take
_Call = tuple[str, tuple[bytes, bytes, bytes]]  # number, and the parts of Recorded
POP = re.compile(
    rb'"popoffered",\s*"stream":.{0,120}?"number":\s*"(\+?\d+)"[^{}]{0,400}?"card":\s*\{', re.DOTALL
)


@dataclass(slots=True)
class Timed:
    """Seconds each pop took, and how many never came."""

    seconds: list[float] = field(default_factory=list)
    missing: int = 0
    cpu: float = 0.0  # seconds of the stack's process

    def percentile(self, of_100: int) -> float:
        return quantiles(self.seconds, n=100)[of_100 - 1] if len(self.seconds) > 1 else float("inf")

    @property
    def count(self) -> int:
        return len(self.seconds) + self.missing


class Stack:
    """A stack under load: its process, its consoles, and the PBX it listens to."""

    def __init__(self, process: Process, pbx: Pbx, seats: list[Seat], call: Recorded) -> None:
        self.process, self.pbx, self.seats, self.call = process, pbx, seats, call
        self._rang: dict[str, float] = {}
        self._took: list[float] = []
        self._calls = 0
        self._composed: deque[_Call] = deque()

    def compose(self, calls: int) -> None:
        """What the next calls will say, so that composing it takes nothing while we measure."""
        self._composed.extend(self._call() for _ in range(calls))

    def read(self, data: bytes) -> None:
        """What any console reads."""
        now = time.perf_counter()
        for found in POP.finditer(data):
            began = self._rang.pop(found[1].decode(), None)
            if began is not None:
                self._took.append(now - began)

    def ring(self) -> None:
        """One more call: it rings now, is answered and over soon."""
        number, (ring, answer, end) = self._composed.popleft() if self._composed else self._call()
        self.pbx.tell(ring)
        self._rang[number] = time.perf_counter()
        loop = asyncio.get_running_loop()
        loop.call_later(ANSWERED, self.pbx.tell, answer)
        loop.call_later(OVER, self.pbx.tell, end)

    def ask(self) -> None:
        """The same question to the floor, in its own words."""
        number, agent = self._next()
        self.pbx.tell(f"{number} {agent}\n".encode())
        self._rang[number] = time.perf_counter()

    def _call(self) -> _Call:
        number, agent = self._next()
        return number, self.call.parts(self._calls, number, agent)

    def _next(self) -> tuple[str, int]:
        self._calls += 1
        return f"+86{mobile_of(self._calls % CUSTOMERS)}", self._calls % len(self.seats)

    def take(self) -> Timed:
        """What was measured since the last time."""
        timed = Timed(self._took, len(self._rang))
        self._took, self._rang = [], {}
        return timed

    async def quiet(self, patience: float = PATIENCE) -> None:
        """Until every pop has come, or patience ends."""
        deadline = time.monotonic() + patience
        while self._rang and time.monotonic() < deadline:  # noqa: ASYNC110  a poll is enough here
            await asyncio.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def stack(name: str, url: str, consoles: int) -> AsyncIterator[Stack]:
    """`tests.bench.stack_<name>` with its consoles, ready."""
    peers: asyncio.Queue[Pbx] = asyncio.Queue()

    def peer() -> Pbx:
        pbx = Pbx()
        peers.put_nowait(pbx)
        return pbx

    server = await asyncio.get_running_loop().create_server(peer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"tests.bench.stack_{name}", str(port), url, stdout=PIPE
    )
    try:
        assert process.stdout is not None
        gateway = int(await process.stdout.readline())
        pbx = await peers.get()
        under_load = Stack(process, pbx, [], recorded())
        under_load.seats = await seated(gateway, range(consoles), under_load.read)
        if name != "floor":
            await pbx.ready.wait()
        await asyncio.sleep(1.0)
        with undisturbed():
            yield under_load
    finally:
        process.kill()
        await process.wait()
        server.close()


@contextmanager
def undisturbed() -> Iterator[None]:
    """No garbage collection in the instrument: its pauses would count as the stack's."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


async def at_rate(
    under_load: Stack, rate: float, seconds: float, patience: float = PATIENCE
) -> Timed:
    """Calls evenly at `rate` a second; late ones are made up for, as callers do not wait."""
    under_load.compose(int(rate * seconds))
    began, cpu = time.perf_counter(), under_load.cpu()
    for n in range(int(rate * seconds)):
        pause = began + n / rate - time.perf_counter()
        if pause > 0 or n % 20 == 0:
            await asyncio.sleep(max(0.0, pause))
        under_load.ring()
    await under_load.quiet(patience)
    await asyncio.sleep(OVER + 0.2)
    timed = under_load.take()
    timed.cpu = under_load.cpu() - cpu
    return timed


@cache
def customers() -> str:
    """The address of a PostgreSQL with `CUSTOMERS` customers, kept until this process ends."""
    server = PostgresServer()
    atexit.register(server.stop)
    asyncio.run(_filled(server.url()))
    return server.url()


async def _filled(url: str) -> None:
    await upgrade(url)
    database = Database(url)
    await fill(database, CUSTOMERS, now=time.time())
    await database.close()
