"""Plays recorded calls as an AMI peer on a real socket, for a demo where no PBX can run.

::

    async with TracePlayer(demo_traces(), speed=0.2) as player:
        ...  # player.host, player.port, player.username, player.secret

Every round is a new call, now: ids, names of channels and times are rewritten. The traces come
with the package; this makes them anew from recorded ones::

    python -m callcenter.player tests/traces
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import secrets
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import structlog

from callcenter.ami.login import challenge_key
from callcenter.ami.messages import READ, READ_VARIABLES

log = structlog.get_logger(__name__)

FOLDER = Path(__file__).parent / "demo_traces"
#: Enough to see the life of a call: answered, abandoned, rung at several, refused, transferred.
CHOSEN = (
    *("queue_answered", "queue_ringall", "queue_blind_transfer", "queue_rrmemory_first_rejects"),
    *("queue_abandoned", "chinese_caller_name", "outbound_answered", "queue_attended_transfer"),
)
_END = b"\r\n\r\n"
_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_MAX_UNREAD = 1024 * 1024  # bytes a client may leave unread before it is cut off

_NAME = re.compile(rb"Event: (\w+)\r\n")
_TIME = re.compile(rb"(?<=\r\nTimestamp: )[0-9]+\.[0-9]+")
_VARIABLE = re.compile(rb"\r\nVariable: (\w+)\r\n")
_UNIQUEID = re.compile(rb"(?:Unique|Linked)id: ([0-9]+\.[0-9]+)\r\n")
_BRIDGE = re.compile(rb"BridgeUniqueid: (\S+)\r\n")
_CHANNEL = re.compile(rb"(?:Channel|Newname): (\S+-[0-9a-f]{8})(?:;[12])?\r\n")


def demo_traces() -> list[Path]:
    """The traces that come with the package."""
    return sorted(FOLDER.glob("*.txt"))


# --- traces: pure --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimedEvent:
    """`after`: seconds since its call began."""

    after: float
    raw: bytes


def is_worth_playing(message: bytes) -> bool:
    """Whether this is an event of a call that somebody reads; the PBX's filters drop the rest."""
    name = _NAME.match(message)
    if name is None or name[1].decode() not in READ or not _TIME.search(message):
        return False
    variable = _VARIABLE.search(message)
    return variable is None or variable[1].decode() in READ_VARIABLES


class Trace:
    """One recorded call, ready to be told again as another."""

    def __init__(self, raw: bytes) -> None:
        kept = [message.lstrip() + b"\r\n" for message in raw.split(_END)]
        kept = [message for message in kept if is_worth_playing(message)]
        times = [float(_TIME.findall(message)[0]) for message in kept]
        self.events = [
            TimedEvent(max(0.0, at - times[0]), message + b"\r\n")
            for at, message in zip(times, kept, strict=True)
        ]
        whole = b"".join(event.raw for event in self.events)
        self._uniqueids = sorted(set(_UNIQUEID.findall(whole)), key=_by_number)
        self._bridges = set(_BRIDGE.findall(whole))
        self._channels = sorted(set(_CHANNEL.findall(whole)))
        known = sorted({*self._uniqueids, *self._bridges, *self._channels}, key=len, reverse=True)
        any_known = b"|".join(map(re.escape, known)) or b"(?!)"
        self._known = re.compile(rb"(?<![0-9A-Za-z])(?:" + any_known + rb")(?![0-9A-Za-z])")

    def again(self, numbers: Iterator[int], at: float) -> Iterator[TimedEvent]:
        """The same call as of the time `at`, under ids that nobody has seen yet."""
        other = {old: b"%d.%d" % (at, next(numbers)) for old in self._uniqueids}
        other |= {old: str(uuid4()).encode() for old in self._bridges}
        other |= {old: b"%s-%08x" % (old[:-9], next(numbers)) for old in self._channels}
        for event in self.events:
            yield TimedEvent(event.after, self._known.sub(lambda found: other[found[0]], event.raw))


def _by_number(uniqueid: bytes) -> tuple[int, int]:
    seconds, _, number = uniqueid.partition(b".")
    return int(seconds), int(number)


# --- the peer ------------------------------------------------------------------------------------


class TracePlayer:
    """Listens on this machine only, lets one generated user in, and plays while it is entered.

    One call after the other, or `per_minute` new ones whatever still goes on. `speed` below 1
    makes calls longer than they were; the times written in their events follow it.
    """

    host = "127.0.0.1"
    username = "callcenter"

    def __init__(
        self, paths: Sequence[Path], *, speed: float = 1.0, per_minute: float | None = None
    ) -> None:
        self.port = 0
        self.secret = secrets.token_urlsafe(24)
        self.rounds = 0  # calls begun
        self._traces = [Trace(path.read_bytes()) for path in paths]
        self._speed = speed
        self._every = 60 / per_minute if per_minute else None
        self._numbers = itertools.count()
        self._clients: set[_Client] = set()
        self._somebody = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        began = datetime.now(UTC)
        self.boot = {
            "CoreStartupDate": f"{began:%Y-%m-%d}",
            "CoreStartupTime": f"{began:%H:%M:%S}",
            "CoreCurrentCalls": "0",
        }

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            lambda reader, writer: self._spawn(self._serve(reader, writer)), self.host, 0
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._spawn(self._play())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- playing -------------------------------------------------------------------------------

    async def _play(self) -> None:
        """For ever, and while somebody listens."""
        for trace in itertools.cycle(self._traces):
            await self._somebody.wait()
            self.rounds += 1
            if self._every is None:
                await self._tell(trace)
            else:
                self._spawn(self._tell(trace))
                await asyncio.sleep(self._every)

    async def _tell(self, trace: Trace) -> None:
        """One call, to those who are there when it begins."""
        audience = set(self._clients)
        clock = asyncio.get_running_loop().time
        at, began = time.time(), clock()
        for event in trace.again(self._numbers, at):
            after = event.after / self._speed
            await asyncio.sleep(max(0.0, began + after - clock()))
            raw = _TIME.sub(b"%.6f" % (at + after), event.raw)
            for client in audience & self._clients:
                client.write(raw)

    # --- serving -------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Client(writer)
        client.write(_BANNER)
        try:
            while True:
                raw = await reader.readuntil(_END)
                action = _headers(raw.decode("utf-8", "replace"))
                if not self._answer(client, action):
                    break
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # it went, or talks nonsense: either way it is gone
        finally:
            self._clients.discard(client)
            if not self._clients:
                self._somebody.clear()
            with suppress(ConnectionError):
                writer.close()

    def _answer(self, client: _Client, action: Mapping[str, str]) -> bool:
        """Whether the connection goes on."""
        name = action.get("action", "").lower()
        if name not in _BEFORE_LOGIN and client not in self._clients:
            client.reply(action, "Error", Message="Permission denied")
            return False
        answer = _ANSWERS.get(name)
        if answer is None:
            known = "Use Action: ListCommands to show available commands."
            client.reply(action, "Error", Message=f"Invalid/unknown command: {name}. {known}")
            return True
        return answer(self, client, action)

    def let_in(self, client: _Client, action: Mapping[str, str]) -> bool:
        """By the answer to the challenge, or by the password."""
        proofs = {"secret": self.secret, "key": challenge_key(client.challenge, self.secret)}
        right = any(
            secrets.compare_digest(action.get(header, "").encode(), proof.encode())
            for header, proof in proofs.items()
        )
        if not right or action.get("username") != self.username:
            client.reply(action, "Error", Message="Authentication failed")
            return False
        client.reply(action, Message="Authentication accepted")
        client.send(Event="FullyBooted", Privilege="system,all", Status="Fully Booted")
        self._clients.add(client)
        self._somebody.set()
        return True


class _Client:
    """One connection, from our side."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.challenge = str(secrets.randbelow(10**9))
        self._writer = writer

    def write(self, data: bytes) -> None:
        transport = self._writer.transport
        if transport.get_write_buffer_size() > _MAX_UNREAD:
            log.warning("player.slow_client")
            transport.abort()
        elif not transport.is_closing():
            self._writer.write(data)

    def send(self, **headers: str) -> None:
        lines = [f"{key}: {value}\r\n" for key, value in headers.items()]
        self.write(("".join(lines) + "\r\n").encode())

    def reply(self, action: Mapping[str, str], response: str = "Success", **headers: str) -> None:
        answered = {"ActionID": action["actionid"]} if "actionid" in action else {}
        self.send(Response=response, **answered, **headers)


def _headers(raw: str) -> dict[str, str]:
    pairs = (line.partition(":") for line in raw.splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


_Answer = Callable[[TracePlayer, _Client, Mapping[str, str]], bool]


def _challenge(player: TracePlayer, client: _Client, action: Mapping[str, str]) -> bool:
    client.reply(action, Challenge=client.challenge)
    return True


def _ping(player: TracePlayer, client: _Client, action: Mapping[str, str]) -> bool:
    client.reply(action, Ping="Pong", Timestamp=f"{time.time():.6f}")
    return True


def _status(player: TracePlayer, client: _Client, action: Mapping[str, str]) -> bool:
    client.reply(action, **player.boot)
    return True


def _logoff(player: TracePlayer, client: _Client, action: Mapping[str, str]) -> bool:
    client.reply(action, "Goodbye", Message="Thanks for all the fish.")
    return False


def _nothing(player: TracePlayer, client: _Client, action: Mapping[str, str]) -> bool:
    """An empty list: calls are told from their beginning only."""
    client.reply(action, EventList="start", Message="Follows")
    ended = {"ActionID": action["actionid"]} if "actionid" in action else {}
    client.send(Event=f"{action['action']}Complete", **ended, EventList="Complete", ListItems="0")
    return True


_ANSWERS: dict[str, _Answer] = {
    "challenge": _challenge,
    "login": TracePlayer.let_in,
    "logoff": _logoff,
    "ping": _ping,
    "corestatus": _status,
    "coreshowchannels": _nothing,
    "bridgelist": _nothing,
    "queuestatus": _nothing,
    "devicestatelist": _nothing,
}
_BEFORE_LOGIN = frozenset({"challenge", "login", "logoff"})


# --- refreshing the package's traces -------------------------------------------------------------


def refresh(source: Path, target: Path = FOLDER) -> list[Path]:
    """Write the chosen traces of `source` to the package, without what nobody reads."""
    target.mkdir(exist_ok=True)
    written = []
    for name in CHOSEN:
        trace = Trace((source / name / "ami.txt").read_bytes())
        path = target / f"{name}.txt"
        path.write_bytes(b"".join(event.raw for event in trace.events))
        written.append(path)
    return written


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Refresh the traces of the demo.")
    parser.add_argument("source", type=Path, help="folder of recorded traces, e.g. tests/traces")
    for path in refresh(parser.parse_args(arguments).source):
        sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
