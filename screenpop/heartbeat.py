"""Keeps an eye on all consoles together, so that none needs a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import cycle

import structlog

from screenpop import frames
from screenpop.console import PING, Console, wire
from screenpop.door import BOARD_READ, TICKET_READ, Authenticator, Principal
from screenpop.frames import CloseCode
from screenpop.turns import in_turns

log = structlog.get_logger(__name__)

PARTS = 20  # of the consoles, one after the other told the time: all answer each beat
RECHECK = 60.0  # seconds in which every session is looked at again


class Heartbeat:
    """Two endless loops over the consoles that are connected at the time."""

    def __init__(
        self, authenticator: Authenticator, *, beat: float, clock: Callable[[], float]
    ) -> None:
        self._parts: dict[Console, int] = {}
        self._next = 0
        self._authenticator = authenticator
        self._every = beat
        self._clock = clock

    def enter(self, console: Console) -> None:
        self._next = (self._next + 1) % PARTS
        self._parts[console] = self._next

    def leave(self, console: Console) -> None:
        self._parts.pop(console, None)

    async def beats(self) -> None:
        """Tell the time, find the dead, and end what has expired."""
        for part in cycle(range(PARTS)):
            await asyncio.sleep(self._every / PARTS)
            now = self._clock()
            data = wire(frames.Beat(now=now)) + PING
            mine = [console for console, its in self._parts.items() if its == part]
            async for few in in_turns(mine):
                for console in few:
                    self._beat(console, data, now)

    def _beat(self, console: Console, data: bytes, now: float) -> None:
        if console.principal is not None and console.principal.expires_at <= now:
            console.kick(CloseCode.UNAUTHENTICATED, "the session expired")
        elif not console.alive:
            console.kick(CloseCode.SILENT, "no answer to a ping")
        else:
            console.alive = False
            console.push(data)

    async def rechecks(self) -> None:
        """Look at every session again, spread over `RECHECK` seconds."""
        while True:
            consoles = list(self._parts)
            pause = RECHECK / max(1, len(consoles))
            for console in consoles:
                await asyncio.sleep(pause)
                await self._recheck(console)
            if not consoles:
                await asyncio.sleep(pause)

    async def _recheck(self, console: Console) -> None:
        known = console.principal
        if console not in self._parts or known is None:
            return
        try:
            found = await self._authenticator.principal_for_cookie(console.cookie)
        except Exception:
            # The store is away: pops go on for those who are in.
            log.warning("gateway_recheck_failed", exc_info=True)
            return
        if found is None or _reach(found) != _reach(known):
            console.kick(CloseCode.UNAUTHENTICATED, "the session ended or changed")


def _reach(who: Principal) -> tuple[int, int | None, bool, bool]:
    """What decides which streams a person gets."""
    return who.user, who.agent, BOARD_READ in who.rights, TICKET_READ in who.rights
