"""A gateway in a process of its own, so that what is measured is the gateway and nothing else.

Started as `python -m tests.bench.rig`; it prints its port, then obeys one command a line on its
standard input and answers each with one line.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter import events as ev
from screenpop.gateway import Gateway, Settings
from screenpop.pops import Pops

PBX = "bench"


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent of the bench, signed in by number."""

    user: int
    agent: int
    session: str
    expires_at: float
    rights: frozenset[str] = frozenset()

    @property
    def display_name(self) -> str:
        return str(self.user)


class Seats:
    """Every Cookie header `seat=N` is agent N."""

    async def principal_for_cookie(self, cookie_header: str | None, /) -> Seat | None:
        number = int((cookie_header or "").removeprefix("seat="))
        return Seat(number, number, f"session-{number}", time.time() + 86400)


def agent_of(pbx: str, interface: str) -> int | None:
    number = interface.removeprefix("PJSIP/")
    return int(number) if number.isdigit() else None


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def ring_all(gateway: Gateway) -> int:
    """One call rings at each agent and nobody answers; the number of calls."""
    trunk = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "13800138000", "Bench", "c")
    for agent in range(gateway.consoles):
        call: dict[str, Any] = {"at": 1.0, "pbx": PBX, "interaction": f"i{agent}"}
        phone = ev.Party(f"PJSIP/{agent}-1", f"PJSIP/{agent}", str(agent), None, f"a{agent}")
        offer: dict[str, Any] = {**call, "offer": f"o{agent}", "party": phone}
        direction, gone = ev.Direction.INBOUND, ev.OfferResult.CALLER_GONE
        gateway.feed(
            ev.InteractionStarted(**call, direction=direction, caller=trunk, dialled="4008")
        )
        gateway.feed(ev.OfferStarted(**offer, queue="q", entry=None))
        gateway.feed(ev.OfferEnded(**offer, result=gone, rang=1.0))
        gateway.feed(
            ev.InteractionEnded(
                **call, reason=ev.EndReason.CANCELLED, by="caller", cause=16, answered=False
            )
        )
    return gateway.consoles


async def main() -> None:
    pops = Pops(agent_of, started_at=time.time())
    settings = Settings(port=0, beat=2.0)
    async with Gateway(settings, pops=pops, authenticator=Seats()) as gateway:
        answers: dict[str, Callable[[], int]] = {
            "resident": resident,
            "consoles": lambda: gateway.consoles,
            "ring": lambda: ring_all(gateway),
        }
        _say(gateway.port)
        loop = asyncio.get_running_loop()
        while line := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
            _say(answers[line]())


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
