"""The live connection of all consoles: pushes each frame to whom it concerns, waits for nobody."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterable, Callable, Collection, Coroutine
from dataclasses import dataclass
from typing import Protocol, Self, cast

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve

from callcenter import metrics
from callcenter.errors import CallCenterError
from callcenter.events import DomainEvent
from callcenter.ids import new_id
from screenpop import frames
from screenpop.console import Console, Handlers, wire
from screenpop.door import (
    BOARD_READ,
    TICKET_READ,
    WORK_HANDLE,
    Authenticator,
    Door,
    Principal,
)
from screenpop.frames import CloseCode
from screenpop.heartbeat import Heartbeat
from screenpop.outgoing import Outgoing
from screenpop.pops import Pops
from screenpop.screens import Changes
from screenpop.shared import Board, Shared, Work, catch_up
from screenpop.streams import Streams
from screenpop.ticket_stream import Tickets, TicketStream
from screenpop.turns import SLICE, slices

log = structlog.get_logger(__name__)

MAX_MESSAGE = 4096  # bytes of one client message
WRITE_LIMIT = 16 * 1024  # bytes the transport holds before frames wait in the client's queue
OPEN_TIMEOUT = 5.0  # seconds for the handshake


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen and whom to let in; `origins` beside pages of the same host."""

    host: str = "127.0.0.1"
    port: int = 8081  # 0: any free one
    origins: tuple[str, ...] = ()
    beat: float = 10.0  # seconds
    connections_per_user: int = 20
    pop_waits: float = 0.010  # seconds, at most, for the card to come with it


class Batch(Protocol):
    """What the bus hands over; `missed` events were lost before these."""

    @property
    def missed(self) -> int: ...
    @property
    def events(self) -> Collection[tuple[int, DomainEvent]]: ...


class Gateway:
    """Serves consoles until `stop`. Everything but starting and stopping is synchronous."""

    def __init__(
        self,
        settings: Settings,
        *,
        pops: Pops,
        authenticator: Authenticator,
        board: Board | None = None,
        work: Work | None = None,
        tickets: Tickets | None = None,
        on_console: Callable[[int, bool], None] = lambda agent, connected: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._pops = pops
        self._on_console = on_console  # an agent has a console, or the last one is gone
        self._authenticator = authenticator
        self._clock = clock
        self._streams = Streams(new_id())
        self._shared: dict[str, Shared] = {}
        if board is not None:
            self._shared["board"] = Shared("board", BOARD_READ, board, self._streams)
        if work is not None:
            self._shared["work"] = Shared("work", WORK_HANDLE, work, self._streams)
        self._tickets = None if tickets is None else TicketStream(tickets, clock)
        self._consoles: set[Console] = set()
        self._by_agent: dict[int, list[Console]] = {}
        self._users: Counter[int] = Counter()
        self._handlers = Handlers(received=self._received, refused=self._refused)
        self._heartbeat = Heartbeat(authenticator, beat=settings.beat, clock=clock)
        self._server: Server | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._outgoing = Outgoing(self._streams, self._by_agent, settings.pop_waits)

    # --- life -----------------------------------------------------------------------------

    async def start(self) -> None:
        door = Door(self._authenticator, self._settings.origins, self._admit)
        self._server = await serve(
            self._serve,
            self._settings.host,
            self._settings.port,
            process_request=door,
            create_connection=Console,
            compression=None,  # four times the memory
            ping_interval=None,  # beats ping, without a task for each connection
            max_size=MAX_MESSAGE,
            write_limit=WRITE_LIMIT,
            open_timeout=OPEN_TIMEOUT,
            server_header=None,
        )
        shared = (one.run(self._clock) for one in self._shared.values())
        loops = [self._heartbeat.beats(), self._heartbeat.rechecks(), *shared]
        if self._tickets is not None:
            loops += [self._tickets.run(), self._tickets.run_presence()]
        self._tasks = [asyncio.create_task(_forever(loop)) for loop in loops]

    async def stop(self) -> None:
        """Every client hears 1001 and may go elsewhere; one that does not answer is cut."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for console in list(self._consoles):
            console.kick(CloseCode.GOING_AWAY, "the service stops")
        if self._server is not None:
            self._server.close(close_connections=False)
            await self._server.wait_closed()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """Where it really listens."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def epoch(self) -> str:
        return self._streams.epoch

    @property
    def consoles(self) -> int:
        return len(self._consoles)

    # --- what others tell -----------------------------------------------------------------

    async def consume(self, batches: AsyncIterable[Batch]) -> None:
        """Follow a live subscription of the bus until it ends."""
        async for batch in batches:
            if batch.missed:
                log.error("gateway_missed_events", count=batch.missed)
                self._tell(self._pops.lose_track(self._clock()))
            for some in slices(list(batch.events)):
                received_at = time.perf_counter()
                for _, event in some:
                    self._outgoing.tell(self._pops.apply(event), received_at)
                self._outgoing.flush()
                if len(some) == SLICE:  # there may be more: others get their turn
                    await asyncio.sleep(0)

    def feed(self, event: DomainEvent) -> None:
        """Take one event; its frames are written when this returns, but for `pop_waits`."""
        self._tell(self._pops.apply(event))

    def store_link(self, up: bool) -> None:
        """The database answers again, or does not."""
        self._tell(self._pops.store_link(up, self._clock()))

    def close_sessions(self, sessions: Collection[str]) -> None:
        """These sessions are over, or their rights are other ones: close what they opened."""
        for console in list(self._consoles):
            if console.principal is not None and console.principal.session in sessions:
                console.kick(CloseCode.UNAUTHENTICATED, "the session ended or changed")

    def close_user_sessions(self, session: str) -> None:
        self.close_sessions((session,))

    # --- connections ----------------------------------------------------------------------

    def _admit(self, connection: ServerConnection, principal: Principal, cookie: str) -> None:
        console = cast(Console, connection)  # `create_connection` makes no other
        console.principal, console.cookie = principal, cookie

    async def _serve(self, connection: ServerConnection) -> None:
        console = cast(Console, connection)
        principal = console.principal
        if principal is None:
            raise RuntimeError("a connection that passed no door")
        console.admit(self._handlers)
        if self._users[principal.user] >= self._settings.connections_per_user:
            console.kick(CloseCode.TOO_MANY_CONNECTIONS, "too many connections of this user")
            return
        self._enter(console, principal)
        try:
            await console.wait_closed()
        finally:
            self._leave(console, principal)

    def _enter(self, console: Console, who: Principal) -> None:
        self._consoles.add(console)
        self._heartbeat.enter(console)
        self._users[who.user] += 1
        metrics.CONSOLES.inc()
        welcome = frames.Welcome(
            user=who.user,
            agent=who.agent,
            epoch=self.epoch,
            now=self._clock(),
            beat=self._settings.beat,
        )
        console.push(wire(welcome))

    def _leave(self, console: Console, who: Principal) -> None:
        self._consoles.discard(console)
        self._outgoing.forget(console)
        self._heartbeat.leave(console)
        for shared in self._shared.values():
            shared.leave(console)
        if self._tickets is not None:
            self._tickets.leave(console)
        metrics.CONSOLES.dec()
        self._users[who.user] -= 1
        if not self._users[who.user]:
            del self._users[who.user]
        if who.agent is not None and console in self._by_agent.get(who.agent, ()):
            self._by_agent[who.agent].remove(console)
            if not self._by_agent[who.agent]:
                del self._by_agent[who.agent]
                self._on_console(who.agent, False)

    def _refused(self, console: Console, code: CloseCode) -> None:
        metrics.CONSOLES_DROPPED.labels(code.name.lower()).inc()
        if code is not CloseCode.GOING_AWAY:
            who = console.principal
            log.info("console_closed", code=code.name.lower(), user=who.user if who else None)

    # --- messages of a client -------------------------------------------------------------

    def _received(self, console: Console, message: frames.ClientFrame) -> None:
        who = console.principal
        if who is None:
            return
        if isinstance(message, frames.Dismiss):
            self._dismiss(console, who, message)
        elif isinstance(message, frames.Look) or message.stream == "tickets":
            self._tickets_of(console, who, message)
        elif message.stream == "me":
            self._subscribe_me(console, who, message)
        else:
            self._subscribe_shared(console, who, message)

    def _dismiss(self, console: Console, who: Principal, message: frames.Dismiss) -> None:
        if who.agent is None:
            console.kick(CloseCode.FORBIDDEN, "no agent")
            return
        try:
            self._tell(self._pops.dismiss(who.agent, message.interaction))
        except CallCenterError as error:
            console.push(wire(frames.Refused(code=error.code, message=error.message)))

    def _subscribe_me(self, console: Console, who: Principal, message: frames.Subscribe) -> None:
        if who.agent is None:
            console.kick(CloseCode.FORBIDDEN, "no agent")
            return
        self._outgoing.forget(console)
        state = self._pops.snapshot(who.agent)
        seq = self._pops.seq(who.agent)
        snapshot = frames.Snapshot(stream="me", seq=seq, me=state)
        backlog = self._streams.me(who.agent, seq)
        catch_up(console, self._streams, backlog, message, lambda: wire(snapshot))
        self._listen(console, who, who.agent, again=message.resume_epoch is not None)

    def _listen(self, console: Console, who: Principal, agent: int, *, again: bool) -> None:
        """From now on this console hears the agent's frames. A browser that only lost its network
        for a moment (`again`) takes nothing over from another."""
        listeners = self._by_agent.setdefault(agent, [])
        if console in listeners:
            return
        listeners.append(console)
        if len(listeners) == 1:
            self._on_console(agent, True)
        if again:
            return
        data = wire(frames.TakenOver(at=self._clock()))
        for other in listeners:
            if other.principal is not None and other.principal.session != who.session:
                other.push(data)

    def _subscribe_shared(
        self, console: Console, who: Principal, message: frames.Subscribe
    ) -> None:
        shared = self._shared.get(message.stream)
        if shared is None or shared.right not in who.rights:
            console.kick(CloseCode.FORBIDDEN, "this stream is not for this user")
            return
        shared.subscribe(console, message)

    def _tickets_of(
        self, console: Console, who: Principal, message: frames.Subscribe | frames.Look
    ) -> None:
        if self._tickets is None or TICKET_READ not in who.rights:
            console.kick(CloseCode.FORBIDDEN, "tickets are not for this user")
        elif isinstance(message, frames.Look):
            self._tickets.look(console, message)
        else:
            self._tickets.subscribe(console, message)

    def _tell(self, changes: Changes) -> None:
        self._outgoing.tell(changes, time.perf_counter())
        self._outgoing.flush()


async def _forever(loop: Coroutine[object, object, None]) -> None:
    try:
        await loop
    except Exception:
        log.exception("gateway_loop_failed")
        raise
