"""One connected console: a socket that nobody ever waits for.

Messages are handled where they arrive, beats and pings are shared, the handshake's headers are
let go, and frames are encoded once and written as they are: 12 KiB for a connected console, with
no task that reads and none that pings.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from socket import SO_SNDBUF, SOL_SOCKET
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import InvalidState
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, Event

from screenpop.door import Principal
from screenpop.frames import ClientFrame, CloseCode, ServerFrame

QUEUE_FRAMES = 256  # waiting for a client that reads slowly
QUEUE_BYTES = 1024 * 1024  # and one frame: a large snapshot may always come
SEND_BUFFER = 64 * 1024  # bytes the kernel holds for one client
CLOSE_TIMEOUT = 2.0  # seconds a client has to answer our close
BURST = 20  # messages of a client at once
RATE = 5.0  # messages of a client per second, in the long run
_FINAL_TEXT = 0x80 | Opcode.TEXT
PING = Frame(Opcode.PING, b"").serialize(mask=False)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[ClientFrame] = msgspec.json.Decoder(ClientFrame)


def wire(frame: ServerFrame) -> bytes:
    """A frame as it goes over every socket alike: encoded once, whoever gets it.

    The two or more bytes in front say what the library's own serialising would: final, text, the
    length, no mask (RFC 6455, 5.2; a test compares). That takes longer than encoding the frame.
    """
    text = _encoder.encode(frame)
    length = len(text)
    if length < 126:
        return bytes((_FINAL_TEXT, length)) + text
    if length < 1 << 16:
        return b"%c~%b%b" % (_FINAL_TEXT, length.to_bytes(2, "big"), text)
    return b"%c\x7f%b%b" % (_FINAL_TEXT, length.to_bytes(8, "big"), text)


@dataclass(slots=True)
class Handlers:
    """What a console tells the gateway; one object for all consoles."""

    received: Callable[[Console, ClientFrame], None]
    refused: Callable[[Console, CloseCode], None]  # we closed it


class Console(ServerConnection):
    """A connection of the library, without its queues and tasks.

    Slots keep our attributes out of the instance's dictionary, which is large already.
    """

    __slots__ = (
        "_allowance",
        "_counted_at",
        "_deadline",
        "_direct",
        "_partial",
        "_socket",
        "_waiting",
        "_waiting_bytes",
        "alive",
        "cookie",
        "handlers",
        "principal",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.principal: Principal | None = None
        self.cookie = ""
        self.handlers: Handlers | None = None
        self.alive = True  # heard of since the last beat
        self._waiting: deque[bytes] | None = None
        self._waiting_bytes = 0
        self._partial: bytes | None = None  # of a message in several frames
        self._allowance = float(BURST)
        self._counted_at = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        # A frame for ten thousand consoles goes out in a fifth less of the time past the transport:
        self._socket: int | None = None  # where to,
        self._direct: int | None = None  # and the same while it may be written to

    def admit(self, handlers: Handlers) -> None:
        """The handshake is done: from here on messages are read."""
        self.handlers = handlers
        for handshake in (self.request, self.response):
            if handshake is not None:  # the library's parser holds on to it for ever
                handshake.headers.clear()
        self.request = self.response = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        socket = transport.get_extra_info("socket")
        # Else the kernel lets megabytes wait for a client that has stopped to read.
        socket.setsockopt(SOL_SOCKET, SO_SNDBUF, SEND_BUFFER)
        if transport.get_extra_info("sslcontext") is None:
            self._socket = socket.fileno()
        super().connection_made(transport)

    @property
    def connected(self) -> bool:
        return self.protocol.state is OPEN

    # --- to the client ----------------------------------------------------------------------

    def push(self, data: bytes) -> None:
        """Write now if the socket takes it, else queue; never waits."""
        if self._direct is None:
            self._push_behind(data)
            return
        try:
            sent = os.write(self._direct, data)
        except OSError:  # full, or broken: the transport meets the same, and knows what to do
            sent = 0
        if sent < len(data):
            self._direct = None
            self.transport.write(data[sent:])

    def _push_behind(self, data: bytes) -> None:
        """What waits goes first; who is leaving hears nothing more."""
        if self.protocol.state is not OPEN:
            return
        if self._waiting is None and not self.paused:
            self.transport.write(data)
            self._look()
        else:
            self._enqueue(data)

    def _look(self) -> None:
        """Past the transport only while the connection is open and nothing waits in front."""
        waits = self._waiting is not None or self.transport.get_write_buffer_size()
        self._direct = None if waits or self.protocol.state is not OPEN else self._socket

    def send_data(self) -> None:
        """All that the library writes, and every change of its state, passes here."""
        try:
            super().send_data()
        finally:
            self._look()

    def _enqueue(self, data: bytes) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= QUEUE_FRAMES or self._waiting_bytes > QUEUE_BYTES:
            self.kick(CloseCode.TOO_SLOW, "does not keep up")
            return
        self._waiting.append(data)
        self._waiting_bytes += len(data)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.protocol.state is not OPEN:  # it said goodbye: after that nothing may be written
            self._waiting = None
        while self._waiting and not self.paused:
            data = self._waiting.popleft()
            self._waiting_bytes -= len(data)
            self.transport.write(data)
        if not self._waiting:
            self._waiting = None
            self._look()

    def kick(self, code: CloseCode, reason: str) -> None:
        """Close without waiting; what was queued is dropped."""
        if self.protocol.state is not OPEN:
            return
        self._waiting = None
        self._waiting_bytes = 0
        handlers, self.handlers = self.handlers, None
        try:
            self.protocol.send_close(code, reason)
        except InvalidState:  # the client's close came in between
            return
        self.send_data()
        self._must_close()
        if handlers is not None:
            handlers.refused(self, code)

    def _must_close(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(CLOSE_TIMEOUT, self.transport.abort)

    # --- from the client --------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.protocol.close_expected():  # also when the library itself closed, as for 1009
            self._must_close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._socket = self._direct = (
            None  # closed after this, and its number may soon be another's
        )
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def process_event(self, event: Event) -> None:
        if not isinstance(event, Frame):
            super().process_event(event)
        elif self.handlers is not None and event.opcode is not Opcode.CLOSE:
            self.alive = True
            if not self._within_rate():
                self.kick(CloseCode.TOO_MANY_FRAMES, "too many messages")
            elif event.opcode is Opcode.BINARY:
                self.kick(CloseCode.BAD_FRAME, "binary")
            elif event.opcode in {Opcode.TEXT, Opcode.CONT}:
                self._assemble(event)

    def _within_rate(self) -> bool:
        now = self.loop.time()
        earned = (now - self._counted_at) * RATE
        self._counted_at = now
        self._allowance = min(BURST, self._allowance + earned) - 1
        return self._allowance >= 0

    def _assemble(self, frame: Frame) -> None:
        """The library has seen to it that the parts together are within the limit."""
        data = bytes(frame.data) if self._partial is None else self._partial + bytes(frame.data)
        self._partial = None if frame.fin else data
        if frame.fin:
            self._receive(data)

    def _receive(self, data: bytes) -> None:
        try:
            message = _decoder.decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.kick(CloseCode.BAD_FRAME, "not a message of ours")
            return
        if self.handlers is not None:
            self.handlers.received(self, message)
