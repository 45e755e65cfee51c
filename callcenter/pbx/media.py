"""The audio of a robot telephone: RTP packets with a tone or a WAV file out, loudness of what
comes in."""

from __future__ import annotations

import asyncio
import secrets
import struct
from collections import deque

from callcenter.pbx.sip import DTMF_PAYLOAD
from callcenter.pbx.tones import chord, from_mulaw, loudness, mulaw

_PACKET = 160
_INTERVAL = 0.02
_KEYS = "0123456789*#ABCD"
# Two tones rather than one: voice activity detection takes a pure one for a signal.
DEFAULT_AUDIO = mulaw(chord((440.0, 554.0), 1.0))


class Media(asyncio.DatagramProtocol):
    """One RTP stream each way on a port of its own; sends from `start` to `stop`."""

    def __init__(self, audio: bytes = DEFAULT_AUDIO) -> None:
        self.received = 0
        self._audio = audio or b"\xff" * _PACKET
        self._target: tuple[str, int] | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._recent: deque[bytes] = deque(maxlen=50)
        self._position = 0
        self._sequence = secrets.randbelow(1 << 15)
        self._time = secrets.randbelow(1 << 30)
        self._ssrc = secrets.randbelow(1 << 32)
        self._keys: deque[tuple[bytes, bool]] = deque()
        self._keys_sent = asyncio.Event()

    async def open(self, host: str) -> int:
        """Open the socket on `host` and return its port."""
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(host, 0))
        self._transport = transport
        return int(transport.get_extra_info("sockname")[1])

    def start(self, target: tuple[str, int]) -> None:
        """Send to `target` from now on; a later call only changes the target."""
        self._target = target
        if self._timer is None:
            self._tick(asyncio.get_running_loop().time())

    def stop(self) -> None:
        """Stop sending and close the socket."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
        # The last key of a transfer can end the call while it is still being sent.
        self._keys_sent.set()

    @property
    def heard(self) -> float:
        """Loudness (root mean square) of about the last second received."""
        return loudness(from_mulaw(b"".join(self._recent)))

    def recent(self) -> bytes:
        """About the last second received, as mu-law."""
        return b"".join(self._recent)

    def forget(self) -> None:
        """Begin anew to listen."""
        self._recent.clear()

    async def press(self, keys: str) -> None:
        """Send key presses of 100 ms each, and return when they are out."""
        for key in keys:
            self._keys.extend(_key_packets(key))
        self._keys_sent.clear()
        await asyncio.wait_for(self._keys_sent.wait(), 1 + len(keys) * 0.5)

    def datagram_received(self, data: bytes, _addr: tuple[str | int, int]) -> None:
        if len(data) > 12 and data[1] & 0x7F == 0:
            self.received += 1
            self._recent.append(data[12:])

    def _tick(self, due: float) -> None:
        # Each packet is due 20 ms after the one before, not after it was sent: no drift.
        if self._transport is None or self._transport.is_closing():
            return
        self._send_next()
        due += _INTERVAL
        self._timer = asyncio.get_running_loop().call_at(due, self._tick, due)

    def _send_next(self) -> None:
        if not self._keys:
            self._keys_sent.set()
            self._send(0, self._next_audio())
            self._time += _PACKET
            return
        payload, last = self._keys.popleft()
        if payload:
            # All packets of one key press carry the time of its beginning.
            self._send(DTMF_PAYLOAD, payload)
        if last:
            self._time += _PACKET * 15

    def _next_audio(self) -> bytes:
        start = self._position
        self._position = (start + _PACKET) % len(self._audio)
        return (self._audio + self._audio[:_PACKET])[start : start + _PACKET]

    def _send(self, payload_type: int, payload: bytes) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        stamp = self._time & 0xFFFFFFFF
        head = struct.pack("!BBHII", 0x80, payload_type, self._sequence, stamp, self._ssrc)
        if self._transport is not None and self._target is not None:
            self._transport.sendto(head + payload, self._target)


def _key_packets(key: str) -> list[tuple[bytes, bool]]:
    """Return the RTP payloads of one key press and the pause after it; True ends the press."""
    code = _KEYS.index(key.upper())
    steps = [(code, 10, (n + 1) * _PACKET) for n in range(5)] + [(code, 0x8A, 6 * _PACKET)] * 3
    packets = [(struct.pack("!BBH", *step), False) for step in steps]
    return [*packets, *[(b"", False)] * 5, (b"", True)]
