"""(e) What a core carries from AMI bytes to consoles, beside the plain way of writing it.

1,000 consoles, a million customers. A rate is carried when every pop comes and 99 of 100 come
within 50 ms. The search doubles the rate until it is not carried, or halves it until it is, then
narrows the gap.
"""

from __future__ import annotations

import asyncio

from tests.bench.load import Stack, at_rate, customers, stack

CONSOLES = 1000
LIMIT = 0.050  # seconds, 99th percentile
STEP = 4.0  # seconds at each rate
NARROW = 3  # halvings of the gap
LEAST = 2.0  # calls a second; a stack that does not carry these is taken to
CPU_RATE, CPU_SECONDS = 100.0, 10.0
CPU_PATIENCE = 60.0
FIRST = {"ours": 200.0, "plain": 25.0}


def measure() -> dict[str, dict[str, float]]:
    """Calls a second and CPU milliseconds of a call, of both, and their ratios."""
    ours = asyncio.run(_measured("ours", customers()))
    plain = asyncio.run(_measured("plain", customers()))
    return {
        "end_to_end": {
            "calls_per_second": ours[0],
            "plain_calls_per_second": plain[0],
            "calls_vs_plain": ours[0] / plain[0],
            "cpu_ms": ours[1],
            "plain_cpu_ms": plain[1],
            "cpu_vs_plain": ours[1] / plain[1],
        }
    }


async def _measured(name: str, url: str) -> tuple[float, float]:
    """Calls a second carried, and CPU milliseconds of each call at 100 a second."""
    async with stack(name, url, CONSOLES) as under_load:
        await at_rate(under_load, 20.0, 2.0)
        # Whoever cannot keep up is given the time to finish: its CPU is that of whole calls.
        steady = await at_rate(under_load, CPU_RATE, CPU_SECONDS, CPU_PATIENCE)
        most = await _most(under_load, FIRST[name])
    return most, steady.cpu / max(1, len(steady.seconds)) * 1e3


async def _most(under_load: Stack, rate: float) -> float:
    while rate > LEAST and not await _carries(under_load, rate):
        rate /= 2
    good = rate
    while await _carries(under_load, good * 2):
        good *= 2
    bad = good * 2
    for _ in range(NARROW):
        rate = (good + bad) / 2
        if await _carries(under_load, rate):
            good = rate
        else:
            bad = rate
    return good


async def _carries(under_load: Stack, rate: float) -> bool:
    """Twice, if need be: a machine that does something else for a moment is no verdict."""
    for _ in range(2):
        timed = await at_rate(under_load, rate, STEP)
        if not timed.missing and timed.percentile(99) <= LIMIT:
            return True
    return False
