"""Tells systemd that the service is up and that its event loop still turns.

A service that hangs keeps the callers who wait with it; one that systemd has ended for its silence
gives each of them back to the PBX's own queue in the same second. So the word is given by the very
loop that would hang, and by nothing else.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import structlog

READY, ALIVE, STOPPING = b"READY=1", b"WATCHDOG=1", b"STOPPING=1"

log = structlog.get_logger(__name__)


@asynccontextmanager
async def supervised(environ: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Ready from here on, stopping from the end on; nothing where systemd did not start us."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):  # systemd's other kinds are for virtual machines
        yield
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
        line.setblocking(False)

        def tell(word: bytes) -> None:
            try:
                line.sendto(word, address.replace("@", "\0", 1) if address[0] == "@" else address)
            except OSError as error:  # the next word may get through
                log.warning("systemd_not_told", word=word.decode(), error=str(error))

        tell(READY)
        pause = _pause(environ)
        alive = None if pause is None else asyncio.create_task(_keep_telling(tell, pause))
        try:
            yield
        finally:
            if alive is not None:
                alive.cancel()
            tell(STOPPING)


async def _keep_telling(tell: Callable[[bytes], None], pause: float) -> None:
    while True:
        tell(ALIVE)
        await asyncio.sleep(pause)


def _pause(environ: Mapping[str, str]) -> float | None:
    """Twice in the time after which systemd would end us; None when it does not watch us."""
    microseconds, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    watched = not process or process == str(os.getpid())
    if not watched or not microseconds.isascii() or not microseconds.isdecimal():
        return None
    return int(microseconds) / 2_000_000 or None
