"""(c) How long a pop takes, beside the least it can cost, both at the same time.

500 consoles each, 50 calls a second, a million customers. A call to ours and a question to the
floor alternate, so that whatever disturbs the machine disturbs both.
"""

from __future__ import annotations

import asyncio
import time

from tests.bench.load import Stack, Timed, customers, stack

CONSOLES = 500
RATE = 50.0
SECONDS = 30.0
WARM = 3.0


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds from the last byte of the ringing event to the frame at the client."""
    ours, floor = asyncio.run(_both(customers()))
    return {
        "pop": {
            "p50_ms": ours.percentile(50) * 1e3,
            "p99_ms": ours.percentile(99) * 1e3,
            "floor_p50_ms": floor.percentile(50) * 1e3,
            "floor_p99_ms": floor.percentile(99) * 1e3,
            "p99_vs_floor": ours.percentile(99) / floor.percentile(99),
            "missing": ours.missing + floor.missing,
        }
    }


async def _both(url: str) -> tuple[Timed, Timed]:
    async with stack("ours", url, CONSOLES) as ours, stack("floor", url, CONSOLES) as floor:
        await _alternate(ours, floor, WARM)
        ours.take()
        floor.take()
        await _alternate(ours, floor, SECONDS)
        return ours.take(), floor.take()


async def _alternate(ours: Stack, floor: Stack, seconds: float) -> None:
    began = time.perf_counter()
    for n in range(int(seconds * RATE)):
        for half, tell in ((0.0, ours.ring), (0.5, floor.ask)):
            pause = began + (n + half) / RATE - time.perf_counter()
            await asyncio.sleep(max(0.0, pause))
            tell()
    await ours.quiet()
    await floor.quiet()
