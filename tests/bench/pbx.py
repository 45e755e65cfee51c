"""A PBX that only talks: answers what a manager client asks, and tells recorded calls at any rate.

The calls are copies of one recorded queue call, unfiltered, with channels, ids, caller and agent
of their own. Both sides of a comparison read the very same bytes.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TRACE = Path(__file__).parent.parent / "traces" / "queue_answered" / "ami.txt"
END = b"\r\n\r\n"
CHANNELS = 0x1000_0000  # numbers of channels begin here


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call in three parts: until the phone rings, until they talk, until it is over."""

    ring: bytes
    answer: bytes
    end: bytes

    def parts(self, call: int, number: str, agent: int) -> tuple[bytes, bytes, bytes]:
        """The bytes of one copy; each part ends with the event it is named for."""
        values = {
            b"call": b"%d" % call,
            b"trunk": b"%08x" % (CHANNELS + call),
            b"number": number.encode(),
            b"agent": b"%d" % agent,
            b"bridge": b"00000000-0000-4000-8000-%012x" % call,
        }
        return self.ring % values, self.answer % values, self.end % values


def recorded() -> Recorded:
    """The recorded call as templates."""
    events = [e for e in TRACE.read_bytes().split(END) if e.startswith(b"Event: ")]
    names = [event.partition(b"\r\n")[0].removeprefix(b"Event: ") for event in events]
    first = names.index(b"Newchannel")
    ring = names.index(b"DialBegin") + 1
    talk = len(names) - names[::-1].index(b"BridgeEnter")
    over = len(names) - names[::-1].index(b"Hangup")
    cuts = [(first, ring), (ring, talk), (talk, over)]
    ids = _found(rb"Uniqueid: (\d+\.\d+)", events)
    bridges = _found(rb"BridgeUniqueid: (\S+)", events)
    texts = [_template(b"".join(e + END for e in events[a:b]), ids, bridges) for a, b in cuts]
    return Recorded(*texts)


def _found(pattern: bytes, events: Sequence[bytes]) -> list[bytes]:
    return sorted({found for event in events for found in re.findall(pattern, event)})


def _template(text: bytes, ids: Sequence[bytes], bridges: Sequence[bytes]) -> bytes:
    text = re.sub(rb"Timestamp: [^\r]*\r\n", b"", text).replace(b"%", b"%%")
    for at, uniqueid in enumerate(ids):
        text = text.replace(uniqueid, b"1700000000.%%(call)b%d" % at)
    for bridge in bridges:
        text = text.replace(bridge, b"%(bridge)b")
    text = text.replace(b"PJSIP/1001", b"PJSIP/%(agent)b")
    text = re.sub(rb"(PJSIP/(?:trunk|%\(agent\)b))-[0-9a-f]{8}", rb"\1-%(trunk)b", text)
    return text.replace(b"+8613800138000", b"%(number)b")


def answer(action: dict[str, str]) -> bytes:
    """What our client needs to hear to believe the PBX is there and has no calls."""
    name, id_ = action.get("Action", ""), action.get("ActionID", "")
    tail = f"ActionID: {id_}\r\n"
    if name in {"CoreShowChannels", "BridgeList", "QueueStatus", "DeviceStateList"}:
        start = f"Response: Success\r\n{tail}EventList: start\r\n\r\n"
        return f"{start}Event: {name}Complete\r\n{tail}EventList: Complete\r\n\r\n".encode()
    more = {
        "Challenge": "Challenge: 123456789\r\n",
        "CoreStatus": "CoreStartupDate: 2026-01-01\r\nCoreStartupTime: 00:00:00\r\n",
        "Ping": "Ping: Pong\r\nTimestamp: 1700000000.0\r\n",
    }.get(name, "Message: Authentication accepted\r\n")
    return f"Response: Success\r\n{tail}{more}\r\n".encode()


class Pbx(asyncio.Protocol):
    """The peer's end of one manager connection; `asked` is set by the last list of a resync."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(b"Asterisk Call Manager/11.0.0\r\n")

    def data_received(self, data: bytes) -> None:
        *actions, self._read = (self._read + data).split(END)
        for text in actions:
            lines = (line.partition(": ") for line in text.decode().split("\r\n"))
            action = {key: value for key, _, value in lines}
            self.transport.write(answer(action))
            if action.get("Action") in {"Login", "DeviceStateList"}:
                self.ready.set()

    def tell(self, data: bytes) -> None:
        self.transport.write(data)
