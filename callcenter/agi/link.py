"""The socket of one FastAGI session: bytes to items, and what is known once it is gone."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import cast

from callcenter.agi.protocol import AgiParser, Answer, Environment, Garbage, HungUp, Item, Refused

# A PBX that vanished without a word is noticed after half a minute, also during a conversation.
_KEEPALIVE = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
# The PBX writes its second line only when we acknowledged the first, and Linux takes 40 ms for
# that unless asked not to: an offer would begin so much later. The kernel forgets the wish.
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)


class Link(asyncio.Protocol):
    """What came and was not taken yet, and one place to wait for more.

    `on_change` is called after anything happened: an answer, the hang-up, the end.
    """

    def __init__(self, on_made: Callable[[Link], None]) -> None:
        self.environment: Environment | None = None
        self.answers: deque[Answer | Refused] = deque()
        self.hung_up = False
        self.lost: str | None = None  # why nothing more will come
        self.garbage: Garbage | None = None
        self.expected = 0  # commands sent whose answers may come
        self.on_change: Callable[[], None] = _nothing
        self._on_made = on_made
        self._parser = AgiParser()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None

    # --- asyncio.Protocol ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._socket = transport.get_extra_info("socket")
        self._set(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE:
            if hasattr(socket, name):
                self._set(socket.IPPROTO_TCP, getattr(socket, name), value)
        self._on_made(self)

    def data_received(self, data: bytes) -> None:
        if _QUICKACK is not None:
            self._set(socket.IPPROTO_TCP, _QUICKACK, 1)
        for item in self._parser.feed(data):
            self._take(item)
        self.on_change()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "the PBX ended the session")
        self.on_change()

    # --- for the session -----------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send one command; its answer may come from now on."""
        if self._transport is not None and self.lost is None:
            self.expected += 1
            self._transport.write(data)

    def take(self) -> Answer | Refused:
        """The next answer."""
        self.expected -= 1
        return self.answers.popleft()

    def give_up(self, why: str) -> None:
        """This peer does not answer any more."""
        self._end(why)
        self.abort()
        self.on_change()

    def close(self) -> None:
        """End the session; the dialplan goes on."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it without waiting for what was not read by the peer."""
        if self._transport is not None:
            self._transport.abort()

    # --- inside --------------------------------------------------------------------------------

    def _take(self, item: Item) -> None:
        if self.lost is not None:
            return
        match item:
            case Environment():
                self.environment = item
            case HungUp():
                self.hung_up = True
            case Garbage():
                self._refuse(item)
            case Answer() | Refused():
                self.answers.append(item)
                if len(self.answers) > self.expected:
                    self._refuse(Garbage("an answer to nothing", repr(item)[:200].encode()))

    def _refuse(self, garbage: Garbage) -> None:
        self.garbage = garbage
        self._end(f"the peer does not speak AGI: {garbage.reason}")
        self.abort()

    def _end(self, why: str) -> None:
        if self.lost is None:
            self.lost = why

    def _set(self, level: int, option: int, value: int) -> None:
        try:
            if self._socket is not None:
                self._socket.setsockopt(level, option, value)
        except OSError:  # already gone, which is told in its own way
            pass


def _nothing() -> None:
    """Nobody waits."""
