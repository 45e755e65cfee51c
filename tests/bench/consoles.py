"""(d) Memory for each connected console: real sockets, subscribed, after beats and a pop each."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process

from tests.bench.seats import seated

FIRST = 100  # consoles before measuring begins: what is loaded once is loaded then
MORE = 2000


def measure() -> dict[str, dict[str, float]]:
    """KiB of the gateway's process for each of `MORE` consoles."""
    return {"console": {"kib_each": asyncio.run(_kib_each(MORE)), "count": MORE}}


async def _kib_each(count: int) -> float:
    rig = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.rig", stdin=PIPE, stdout=PIPE
    )
    assert rig.stdout is not None
    port = int(await rig.stdout.readline())
    try:
        await seated(port, range(FIRST))
        before = await _settled(rig, FIRST)
        await seated(port, range(FIRST, FIRST + count))
        after = await _settled(rig, FIRST + count)
    finally:
        rig.terminate()
        await rig.wait()
    return (after - before) / count / 1024


async def _settled(rig: Process, count: int) -> int:
    """Bytes in memory after the snapshots, a pop for each console and two beats."""
    await asyncio.sleep(1.0)
    assert await _ask(rig, "consoles") == count
    await _ask(rig, "ring")
    await asyncio.sleep(4.5)
    return await _ask(rig, "resident")


async def _ask(rig: Process, command: str) -> int:
    assert rig.stdin is not None
    assert rig.stdout is not None
    rig.stdin.write(f"{command}\n".encode())
    return int(await rig.stdout.readline())
