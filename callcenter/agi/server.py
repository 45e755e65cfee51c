"""Where the dialplan's AGI(agi://…) arrives: one coroutine for each call, and nothing else to harm.

Whoever connects and is no Asterisk, or stops talking at any byte, ends only its own session. When
a handler fails, its session ends and the dialplan goes on, which is what it does without us too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from callcenter import metrics
from callcenter.agi.link import Link
from callcenter.agi.session import Agi
from callcenter.errors import AgiClosed, AgiHangup

log = structlog.get_logger(__name__)

Handler = Callable[[Agi], Awaitable[None]]

ALIVE = "alive"  # what the dialplan asks first, to learn whether anybody answers here at all
MAX_SESSIONS = 5_000
ENVIRONMENT_SECONDS = 5.0
STOP_SECONDS = 5.0  # for handlers to tell the rest of their stories when the service ends


class AgiServer:
    """Accepted sessions and their coroutines; `serve` starts one."""

    def __init__(
        self, handler: Handler, most: int = MAX_SESSIONS, patience: float = ENVIRONMENT_SECONDS
    ) -> None:
        self.host = ""
        self.port = 0
        self._handler = handler
        self._most = most
        self._patience = patience
        self._sessions: dict[Link, asyncio.Task[None]] = {}

    @property
    def sessions(self) -> int:
        """How many peers are connected."""
        return len(self._sessions)

    def accept(self) -> Link:
        """The protocol of one more connection."""
        return Link(self._begin)

    async def stop(self) -> None:
        """End all sessions; handlers are cancelled and may clean up for a moment."""
        tasks = list(self._sessions.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for link in list(self._sessions):
            link.abort()

    def _begin(self, link: Link) -> None:
        if len(self._sessions) >= self._most:
            metrics.AGI_ENDED.labels("refused").inc()
            log.warning("agi.full", sessions=len(self._sessions))
            link.close()
            return
        task = asyncio.get_running_loop().create_task(self._session(link), name="agi-session")
        self._sessions[link] = task
        task.add_done_callback(lambda _: self._end(link))
        metrics.AGI_SESSIONS.set(len(self._sessions))

    def _end(self, link: Link) -> None:
        link.close()
        self._sessions.pop(link, None)
        metrics.AGI_SESSIONS.set(len(self._sessions))

    async def _session(self, link: Link) -> None:
        agi = await self._greeted(link)
        if agi is None:
            metrics.AGI_ENDED.labels("not_agi").inc()
            sample = link.garbage.sample if link.garbage else b""
            log.warning("agi.not_asterisk", reason=link.lost or "silence", sample=repr(sample))
            return
        if agi.path == ALIVE:
            await self._handle(agi, link, _say_alive)
            return
        outcome = await self._handle(agi, link, self._handler)
        metrics.AGI_ENDED.labels(outcome).inc()

    async def _greeted(self, link: Link) -> Agi | None:
        """The call, once the PBX has told of it; None if it does not."""
        changed = asyncio.Event()
        link.on_change = changed.set
        try:
            async with asyncio.timeout(self._patience):
                while link.environment is None and link.lost is None:
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            return None
        return None if link.environment is None else Agi(link, link.environment.values)

    async def _handle(self, agi: Agi, link: Link, handler: Handler) -> str:
        """Run the handler to its end, whatever that is; returns how it ended."""
        with structlog.contextvars.bound_contextvars(channel=agi.channel):
            try:
                await handler(agi)
            except AgiHangup:
                return "hung_up"
            except AgiClosed as error:
                garbage = repr(link.garbage.sample) if link.garbage else None
                log.warning("agi.lost", path=agi.path, reason=error.message, sample=garbage)
                return "lost"
            except Exception:  # one call's failure must not be another's; the dialplan goes on
                log.exception("agi.failed", path=agi.path)
                return "failed"
            return "done"


async def _say_alive(agi: Agi) -> None:
    await agi.set_variable("CALLCENTER_ALIVE", "1")


@asynccontextmanager
async def serve(
    host: str,
    port: int,
    handler: Handler,
    *,
    max_sessions: int = MAX_SESSIONS,
    patience: float = ENVIRONMENT_SECONDS,
) -> AsyncIterator[AgiServer]:
    """Listen while the context lasts (`port` 0: any free one, see `.port`). OSError when the
    address cannot be had. `patience`: seconds a peer has to tell of its call."""
    loop = asyncio.get_running_loop()
    sessions = AgiServer(handler, max_sessions, patience)
    listening = await loop.create_server(sessions.accept, host, port, backlog=1024)
    sessions.host, sessions.port = listening.sockets[0].getsockname()[:2]
    try:
        yield sessions
    finally:
        listening.close()
        await sessions.stop()
