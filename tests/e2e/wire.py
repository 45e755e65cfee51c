"""Speech as it is on the wire, for each caller: SIPp speaks, but does not say what it hears.

A packet socket on the loopback, with a filter in the kernel that lets only the callers' packets
through.
"""

from __future__ import annotations

import asyncio
import ctypes
import re
import socket
import struct
import time
from bisect import bisect_left, bisect_right
from collections import defaultdict
from types import TracebackType
from typing import Self

from callcenter.pbx.asterisk import Asterisk

_ATTACH_FILTER = 26  # SO_ATTACH_FILTER
_IP, _UDP = 0x0800, 17
_INVITE = re.compile(rb"\r\nFrom:[^<\r]*<sip:([^@\r]+)@.*?\r\nm=audio (\d+) ", re.DOTALL)
_LARGEST = 4096


class Wire:
    """`heard` and `said` count the packets to and from a caller between two moments (Unix time)."""

    def __init__(self, pbx: Asterisk) -> None:
        self._host = socket.inet_aton(pbx.trunk[0])
        self._sip_port = pbx.sip_port
        self._ports: dict[str, int] = {}  # where who calls from this number wants the sound
        self._to: defaultdict[int, list[float]] = defaultdict(list)
        self._from: defaultdict[int, list[float]] = defaultdict(list)
        self._socket: socket.socket

    async def __aenter__(self) -> Self:
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IP))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
        _attach(self._socket, _only(self._host))
        self._socket.bind(("lo", _IP))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    @property
    def callers(self) -> list[str]:
        return sorted(self._ports)

    def heard(self, number: str, begin: float, end: float) -> int:
        return _between(self._to[self._ports[number]], begin, end)

    def said(self, number: str, begin: float, end: float) -> int:
        return _between(self._from[self._ports[number]], begin, end)

    def _read(self) -> None:
        now = time.time()
        for _ in range(500):
            try:
                self._take(self._socket.recv(_LARGEST), now)
            except BlockingIOError:
                return

    def _take(self, packet: bytes, now: float) -> None:
        start = (packet[0] & 0x0F) * 4
        if packet[9] != _UDP or len(packet) < start + 20:
            return
        source, target = struct.unpack_from("!HH", packet, start)
        body = packet[start + 8 :]
        outward = packet[12:16] == self._host
        if body[0] >> 6 == 2:  # RTP
            times = self._from[source] if outward else self._to[target]
            times.append(now)
        elif outward and target == self._sip_port and body.startswith(b"INVITE "):
            found = _INVITE.search(body)
            if found:
                self._ports[found[1].decode()] = int(found[2])


def _between(times: list[float], begin: float, end: float) -> int:
    return bisect_right(times, end) - bisect_left(times, begin)


def _only(host: bytes) -> list[tuple[int, int, int, int]]:
    """A program of the kernel's filter: packets to or from `host`, each once."""
    load, equal, leave = 0x20, 0x15, 0x06
    (address,) = struct.unpack("!I", host)
    outgoing, kind = 4, 0xFFFFF004  # the loopback shows each packet as sent and as received
    return [
        (load, 0, 0, kind),
        (equal, 5, 0, outgoing),
        (load, 0, 0, 12),
        (equal, 2, 0, address),
        (load, 0, 0, 16),
        (equal, 0, 1, address),
        (leave, 0, 0, _LARGEST),
        (leave, 0, 0, 0),
    ]


def _attach(to: socket.socket, program: list[tuple[int, int, int, int]]) -> None:
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    to.setsockopt(
        socket.SOL_SOCKET,
        _ATTACH_FILTER,
        struct.pack("HL", len(program), ctypes.addressof(code)),
    )
