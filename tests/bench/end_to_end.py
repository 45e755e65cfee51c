"""(e) What a core carries from AMI bytes to consoles, beside the plain way of writing it.

1,000 consoles, a million customers; both show agents the same card, and what becomes of the call.
A rate is carried when every pop comes and 99 of 100 come within 50 ms. The search doubles the rate
until it is not carried, or halves it until it is, then narrows the gap.
"""

from __future__ import annotations

import asyncio

from tests.bench.load import Stack, at_rate, customers, stack

CONSOLES = 1000
LIMIT = 0.050  # seconds, 99th percentile
STEP = 4.0  # seconds at each rate
NARROW = 3  # halvings of the gap
LEAST = 2.0  # calls a second; a stack that does not carry these is taken to
CPU_RATE, CPU_SECONDS, CPU_ROUNDS = 100.0, 10.0, 4
CPU_PATIENCE = 60.0
FIRST = {"ours": 200.0, "plain": 25.0}


def measure() -> dict[str, dict[str, float]]:
    """Calls a second and CPU milliseconds of a call, of both, and their ratios."""
    cpu, plain_cpu = asyncio.run(_cpu(customers()))
    calls = asyncio.run(_calls("ours", customers()))
    plain_calls = asyncio.run(_calls("plain", customers()))
    return {
        "end_to_end": {
            "calls_per_second": calls,
            "plain_calls_per_second": plain_calls,
            "calls_vs_plain": calls / plain_calls,
            "cpu_ms": cpu,
            "plain_cpu_ms": plain_cpu,
            "cpu_vs_plain": cpu / plain_cpu,
        }
    }


async def _cpu(url: str) -> tuple[float, float]:
    """CPU milliseconds of each call at 100 a second, ours and plain, in turns."""
    async with stack("ours", url, CONSOLES) as ours, stack("plain", url, CONSOLES) as plain:
        both = (ours, plain)
        spent, calls = [0.0, 0.0], [0, 0]
        for one in both:
            await at_rate(one, 20.0, 2.0)
        for _ in range(CPU_ROUNDS):
            for place, one in enumerate(both):
                # Whoever cannot keep up is given the time to finish: its CPU is of whole calls.
                steady = await at_rate(one, CPU_RATE, CPU_SECONDS, CPU_PATIENCE)
                spent[place] += steady.cpu
                calls[place] += steady.count  # also one that was never told of took its CPU
    each = [cpu / count * 1e3 for cpu, count in zip(spent, calls, strict=True)]
    return each[0], each[1]


async def _calls(name: str, url: str) -> float:
    """Calls a second carried."""
    async with stack(name, url, CONSOLES) as under_load:
        await at_rate(under_load, 20.0, 2.0)
        return await _most(under_load, FIRST[name])


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
