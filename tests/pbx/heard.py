"""Who hears whom: each party sends a tone of its own, and what each receives is measured."""

from __future__ import annotations

import asyncio
import math

from callcenter.pbx.call import Call
from callcenter.pbx.robots import Robot
from callcenter.pbx.tones import RATE, from_mulaw, mulaw

# Far from each other's multiples, each a whole number of waves in a second.
TONES = {"customer": 440.0, "agent": 650.0, "supervisor": 1010.0}
LEVEL = 0.2
THERE = 0.05  # share of full scale of a tone that is heard; below ABSENT it is not
ABSENT = 0.005


def tuned(robot: Robot, who: str) -> None:
    robot.audio = mulaw(steady(TONES[who]))


def steady(frequency: float) -> list[int]:
    """A second of a tone that goes on without a click when it is repeated."""
    peak = 32767 * LEVEL
    return [round(peak * math.sin(2 * math.pi * frequency * n / RATE)) for n in range(RATE)]


def strength(samples: list[int], frequency: float) -> float:
    """How much of this tone there is, as a share of full scale (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    one = two = 0.0
    for sample in samples:
        one, two = sample / 32768 + turn * one - two, one
    power = one * one + two * two - turn * one * two
    return 2 * math.sqrt(max(0.0, power)) / max(1, len(samples))


async def hears(call: Call, *whom: str, within: float = 6.0) -> None:
    """Exactly these tones are in a whole second of what this party receives."""
    wanted = {name: name in whom for name in TONES}
    found: dict[str, float] = {}
    try:
        async with asyncio.timeout(within):
            while True:
                call.media.forget()
                await asyncio.sleep(1.05)
                samples = from_mulaw(call.media.recent())
                found = {name: strength(samples, tone) for name, tone in TONES.items()}
                if len(samples) >= RATE * 0.9 and all(
                    found[name] > THERE if there else found[name] < ABSENT
                    for name, there in wanted.items()
                ):
                    return
    except TimeoutError:
        raise AssertionError(f"expected {whom}, heard {found}") from None
