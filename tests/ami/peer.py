"""A manager interface that lies: each connection is served by a script, to the byte.

::

    async with Peer(silent, pbx) as peer:  # the first connection hears nothing, later ones a PBX
        ...
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
USER, SECRET = "callcenter", "the-real-secret"
CHALLENGE = "402194857"

Action = Mapping[str, str]
Script = Callable[["Wire"], Awaitable[None]]
Answer = Callable[["Wire", Action], Awaitable[None] | None]


class Wire:
    """One connection as its script sees it."""

    def __init__(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer = peer
        self._reader = reader
        self._writer = writer

    async def action(self) -> Action:
        """The next action; IncompleteReadError when there is none any more."""
        raw = await self._reader.readuntil(b"\r\n\r\n")
        self.peer.received += raw
        lines = raw.decode().strip().split("\r\n")
        action = dict(line.split(": ", 1) for line in lines)
        self.peer.actions.append(action)
        return action

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def send(self, **headers: str) -> None:
        """One message, its headers in the order given."""
        self.write("".join(f"{key}: {value}\r\n" for key, value in headers.items()).encode())
        self.write(b"\r\n")

    def reply(self, action: Action, response: str = "Success", **headers: str) -> None:
        self.send(Response=response, ActionID=action["ActionID"], **headers)

    def list(self, action: Action, kind: str, *rows: Mapping[str, str]) -> None:
        """A whole list: its start, a row each, its end."""
        self.reply(action, EventList="start")
        for row in rows:
            self.send(Event=kind, ActionID=action["ActionID"], **row)
        self.end_list(action)

    def end_list(self, action: Action) -> None:
        name = f"{action['Action']}Complete"
        self.send(Event=name, ActionID=action["ActionID"], EventList="Complete")

    async def let_in(self, secret: str = SECRET) -> bool:
        """Greet and check the log-in, by challenge or by password."""
        self.write(BANNER)
        while True:
            action = await self.action()
            if action["Action"] == "Challenge":
                self.reply(action, Challenge=CHALLENGE)
                continue
            key = hashlib.md5((CHALLENGE + secret).encode(), usedforsecurity=False).hexdigest()
            right = action.get("Key") == key or action.get("Secret") == secret
            if right and action["Username"] == USER:
                self.reply(action, Message="Authentication accepted")
                return True
            self.reply(action, "Error", Message="Authentication failed")
            return False

    async def hold(self) -> None:
        """Say nothing more, and wait until the other side goes."""
        while await self._reader.read(65536):
            pass

    async def end(self) -> None:
        """Close the connection, as a PBX that was stopped would."""
        self._writer.close()


class Peer:
    """Listens; the nth connection gets the nth script, the last script all that follow."""

    def __init__(self, *scripts: Script) -> None:
        self.connections = 0
        self.received = b""
        self.actions: list[Action] = []
        self.port = 0
        self.errors: list[BaseException] = []
        self._scripts = scripts
        self._serving: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()
        assert self.errors == [], "a script failed"

    def names(self) -> list[str]:
        """The actions received, by name."""
        return [action["Action"] for action in self.actions]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        script = self._scripts[min(self.connections, len(self._scripts) - 1)]
        self.connections += 1
        wire = Wire(self, reader, writer)
        try:
            await script(wire)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side went, or the test is over
        except Exception as error:
            self.errors.append(error)
        finally:
            await wire.end()
            self._serving.discard(task)


# --- scripts -------------------------------------------------------------------------------------

LISTS = {
    "CoreShowChannels": "CoreShowChannel",
    "BridgeList": "BridgeListItem",
    "QueueStatus": "QueueEntry",
    "DeviceStateList": "DeviceStateChange",
}
BOOT = {"CoreStartupDate": "2026-11-21", "CoreStartupTime": "10:00:00"}


async def silent(wire: Wire) -> None:
    """Accepts, and says nothing at all."""
    await wire.hold()


def serves(**answers: Answer) -> Script:
    """A PBX with empty lists, that answers the actions named here as told."""

    async def script(wire: Wire) -> None:
        if not await wire.let_in():
            await wire.hold()
        while True:
            await answer(wire, await wire.action(), answers)

    return script


async def answer(wire: Wire, action: Action, answers: Mapping[str, Answer]) -> None:
    name = action["Action"]
    if name in answers:
        waiting = answers[name](wire, action)
        if waiting is not None:
            await waiting
    elif name in LISTS:
        wire.list(action, LISTS[name])
    else:
        wire.reply(action, **(BOOT if name == "CoreStatus" else {}))


pbx = serves()
