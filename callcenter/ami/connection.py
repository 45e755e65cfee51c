"""The only door to panoramisk: one AMI session that is kept up, and actions that always end.

panoramisk's Manager opens the connection and its Action writes and numbers what we send. The
bytes that come back are ours (`callcenter.ami.protocol`), and so are log-in, pings, deadlines and
reconnecting: with the library's own, text is lost between chunks, an unanswered Originate is sent
again after a reconnect, an action may wait for ever and a wrong password is retried for ever.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

import panoramisk
import structlog
from panoramisk.actions import Action

from callcenter.ami.login import BANNER, Endpoint, LoginRefused, log_in
from callcenter.ami.messages import Message
from callcenter.ami.protocol import AmiParser, Quarantined
from callcenter.errors import AmiDisconnected, AmiError, AmiRefused, AmiTimeout, UnsafeValue
from callcenter.jitter import jittered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

__all__ = [
    "AmiConnection",
    "Endpoint",
    "LinkState",
    "LoginRefused",
    "Reply",
    "Session",
    "Timing",
    "check",
    "log_in",
    "open_session",
]

log = structlog.get_logger(__name__)
SessionT = TypeVar("SessionT", bound="Session")

ACTION_SECONDS = 5.0
_UNSAFE = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class Timing:
    """How long we wait, in seconds. A half-open link is found within ping_every + ping."""

    connect: float = 5.0  # for the connection, and again for the greeting
    ping_every: float = 5.0
    ping: float = 5.0
    backoff: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)  # before trying again, jittered
    refused: float = 60.0  # a wrong password does not become right by trying

    def pause(self, failures: int) -> float:
        """Before the next attempt, after so many that failed at once. Jittered."""
        base = self.backoff[max(0, min(failures, len(self.backoff)) - 1)]
        return jittered(base, by=0.5)


class LinkState(StrEnum):
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"  # the PBX does not let us in: see `reason`


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an action: its headers, the list events that came with it, its output."""

    fields: dict[str, str]
    events: tuple[Message, ...] = ()
    output: tuple[str, ...] = ()


@dataclass(slots=True)
class _Pending:
    action: str
    future: asyncio.Future[Reply]
    response: dict[str, str] | None = None
    output: tuple[str, ...] = ()
    events: list[Message] = field(default_factory=list)


class Session(asyncio.Protocol):
    """One connection: bytes to messages, actions to replies. Never outlives its transport."""

    def __init__(
        self,
        on_events: Callable[[list[Message]], None],
        on_quarantine: Callable[[Quarantined], None],
    ) -> None:
        self.parser = AmiParser()
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard_at = time.time()  # when the peer last said anything
        self._on_events = on_events
        self._on_quarantine = on_quarantine
        self._pending: dict[str, _Pending] = {}
        self._transport: asyncio.Transport | None = None

    # --- asyncio.Protocol --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # what every event loop gives for TCP

    def data_received(self, data: bytes) -> None:
        self.heard_at = time.time()
        messages = self.parser.feed(data, self.heard_at)
        if not self.greeted.done():
            self._greet()
        if self.lost.done():
            return
        if self._pending:
            self._answers(messages)
        events = [message for message in messages if message.name]
        if events:
            self._on_events(events)
        if self.parser.quarantine:
            for bad in self.parser.take_quarantine():
                self._on_quarantine(bad)

    def _greet(self) -> None:
        if not self.parser.began:
            return
        if (self.parser.banner or "").startswith(BANNER):
            self.greeted.set_result(None)
        else:
            self.abort("the peer did not greet as an Asterisk manager interface")

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "closed by the PBX")

    # --- what panoramisk's Manager calls -------------------------------------------------------

    def close(self) -> None:
        self.abort("closed")

    # --- ours ----------------------------------------------------------------------------------

    def abort(self, reason: str) -> None:
        """Give the connection up at once; everything that waits is told."""
        self._end(reason)
        if self._transport is not None:
            self._transport.abort()

    async def send(
        self,
        headers: Mapping[str, str],
        timeout: float = ACTION_SECONDS,  # noqa: ASYNC109  # deadline
    ) -> Reply:
        """Send one action and wait for its reply, a list's events included.

        Raises UnsafeValue (nothing was sent), AmiTimeout, AmiRefused, AmiDisconnected. After a
        timeout or a lost connection nobody knows whether the PBX acted; it is never sent again.
        """
        check(headers)
        if self._transport is None or self.lost.done():
            raise AmiDisconnected("no connection to the PBX")
        action = Action(dict(headers))
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        name = headers.get("Action", "?")
        self._pending[action.id] = _Pending(name, future)
        self._transport.write(str(action).encode())
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            raise AmiTimeout(f"{name} had no answer within {timeout:g} s") from None
        finally:
            self._pending.pop(action.id, None)

    def _answers(self, messages: list[Message]) -> None:
        for message in messages:
            pending = self._pending.get(message.fields.get("ActionID", ""))
            if pending is not None and not pending.future.done():
                self._answer(pending, message)

    def _answer(self, pending: _Pending, message: Message) -> None:
        fields = message.fields
        if not message.name:
            if fields.get("Response") == "Error":
                why = fields.get("Message", "refused")
                pending.future.set_exception(AmiRefused(f"{pending.action}: {why}"))
            elif fields.get("EventList", "").lower() == "start":
                pending.response, pending.output = fields, message.output
            else:
                pending.future.set_result(Reply(fields, (), message.output))
        elif fields.get("EventList", "").lower() == "cancelled":
            pending.future.set_exception(AmiRefused(f"{pending.action}: the PBX cancelled it"))
        elif message.name.endswith("Complete") and "EventList" in fields:
            response = pending.response or {}
            pending.future.set_result(Reply(response, tuple(pending.events), pending.output))
        else:
            pending.events.append(message)

    def _end(self, reason: str) -> None:
        if self.lost.done():
            return
        self.lost.set_result(reason)
        if not self.greeted.done():
            self.greeted.set_exception(AmiDisconnected(reason))
            self.greeted.exception()  # nobody may be waiting
        for pending in self._pending.values():
            if not pending.future.done():
                pending.future.set_exception(AmiDisconnected(reason))


def check(headers: Mapping[str, str]) -> None:
    """Refuse what would end a line early and begin an action of its own."""
    for key, value in headers.items():
        if _UNSAFE & set(key) or _UNSAFE & set(value):
            raise UnsafeValue(f"{key!r} holds a line break or NUL", field=key)


class _Manager(panoramisk.Manager):  # type: ignore[misc]  # panoramisk ships no types
    """panoramisk's Manager without its own log-in, pings and reconnecting."""

    session: Session | None = None

    def connection_made(self, f: asyncio.Future[Any]) -> None:
        if not f.cancelled() and f.exception() is None:
            _, self.session = f.result()

    def connection_lost(self, exc: Exception | None) -> None:
        pass


async def open_session(
    endpoint: Endpoint, make: Callable[[], SessionT], seconds: float
) -> SessionT:
    """Connect, by panoramisk. Raises AmiTimeout or AmiDisconnected."""
    manager = _Manager(
        loop=asyncio.get_running_loop(),
        host=endpoint.host,
        port=endpoint.port,
        ssl=endpoint.context or False,
        protocol_factory=make,
    )
    try:
        async with asyncio.timeout(seconds):
            _, session = await manager.connect()
    except TimeoutError:
        raise AmiTimeout(f"no connection within {seconds:g} s") from None
    except (OSError, UnicodeError) as error:  # UnicodeError: a host that no name can be
        raise AmiDisconnected(f"no connection: {error}") from None
    return cast("SessionT", session)


class AmiConnection:
    """Keeps one session with the PBX: connects, logs in, pings, and begins again when it is lost.

    `on_events` is given all events, in order, from the reading side: it may only queue.
    `on_up` runs after each log-in, before `state` says up; `on_down` after each loss of it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        on_events: Callable[[list[Message]], None],
        on_up: Callable[[], Awaitable[None]],
        on_down: Callable[[], None],
        on_quarantine: Callable[[Quarantined], None],
        *,
        timing: Timing | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.timing = timing or Timing()
        self.state = LinkState.CONNECTING
        self.reason = ""
        self.since = time.time()
        self.heard_at: float | None = None  # when the PBX last said anything, once a session ended
        self.connects = 0
        self.session: Session | None = None
        self._on_events = on_events
        self._on_up = on_up
        self._on_down = on_down
        self._on_quarantine = on_quarantine

    async def run(self) -> None:
        """For ever: one session after the other, with a jittered pause between."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                await self._one_session()
            except LoginRefused as error:
                self._set(LinkState.REFUSED, error.message)
                log.error("ami.refused", reason=error.message, username=self.endpoint.username)
                await asyncio.sleep(jittered(self.timing.refused))
                continue
            except (AmiError, OSError) as error:
                self._set(LinkState.DOWN, str(error))
                log.warning("ami.down", reason=str(error))
            except Exception as error:  # a fault of ours: told, and the link is begun anew
                self._set(LinkState.DOWN, f"{type(error).__name__}: {error}")
                log.exception("ami.failed")
            lasted = time.monotonic() - began
            failures = 0 if lasted > self.timing.backoff[-1] else failures + 1
            await asyncio.sleep(self.timing.pause(failures))

    async def send(
        self,
        headers: Mapping[str, str],
        timeout: float = ACTION_SECONDS,  # noqa: ASYNC109  # deadline
    ) -> Reply:
        """Send one action over the session of this moment. See Session.send."""
        if self.session is None:
            check(headers)
            raise AmiDisconnected("no connection to the PBX")
        return await self.session.send(headers, timeout)

    def drop(self, reason: str) -> None:
        """Give up the session of this moment; a new one follows."""
        if self.session is not None:
            self.session.abort(reason)

    async def _one_session(self) -> None:
        """From connecting to the loss. Raises what ended it."""
        session = await self._open()
        self.session = session
        pings: asyncio.Task[None] | None = None
        try:
            await log_in(session, self.endpoint, self.timing.connect)
            self.connects += 1
            pings = asyncio.create_task(self._ping(session), name="ami-ping")
            await self._on_up()
            self._set(LinkState.UP, "")
            log.info("ami.up", banner=session.parser.banner)
            raise AmiDisconnected(await asyncio.shield(session.lost))
        finally:
            self.session = None
            try:
                if pings is not None:
                    pings.cancel()
                    await asyncio.wait({pings})  # unlike `await pings`, takes no cancel for its own
            finally:
                session.abort("closed")
                self.heard_at = session.heard_at
                self._on_down()

    async def _open(self) -> Session:
        return await open_session(
            self.endpoint,
            lambda: Session(self._on_events, self._on_quarantine),
            self.timing.connect,
        )

    async def _ping(self, session: Session) -> None:
        while True:
            await asyncio.sleep(self.timing.ping_every)
            try:
                await session.send({"Action": "Ping"}, self.timing.ping)
            except AmiTimeout:
                session.abort(f"no answer to a ping within {self.timing.ping:g} s")
            except AmiRefused:
                continue  # that, too, is an answer
            except AmiDisconnected:
                return

    def _set(self, state: LinkState, reason: str) -> None:
        if state is not self.state:
            self.since = time.time()
        self.state, self.reason = state, reason
