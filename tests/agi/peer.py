"""An Asterisk that is a program: it tells of a call and answers commands as the real one does."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

ENVIRONMENT = (
    b"agi_network: yes\nagi_network_script: queue/sales\n"
    b"agi_request: agi://127.0.0.1:4573/queue/sales\nagi_channel: PJSIP/trunk-00000001\n"
    b"agi_language: en\nagi_uniqueid: 1700000000.1\nagi_callerid: +8613800138000\n"
    b"agi_calleridname: \xe7\x8e\x8b\xe8\x8a\xb3\nagi_accountcode: \n\n"
)


class Peer:
    """The PBX's end of one session."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.writer.close()

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def heard(self, within: float = 2.0) -> str:
        """The next command; empty when the session was ended."""
        async with asyncio.timeout(within):
            return (await self.reader.readline()).decode().rstrip("\n")

    async def expect(self, command: str, *answers: bytes) -> None:
        """The next command is this one; answer it."""
        heard = await self.heard()
        assert heard == command
        for answer in answers:
            self.say(answer + b"\n")

    async def expect_mark(self, *before: bytes) -> None:
        """The next command is the one that cuts another short; answer both."""
        heard = await self.heard()
        assert heard.startswith("GET FULL VARIABLE ")
        mark = heard.split()[-1].strip('"').encode()
        for answer in (*before, b"200 result=1 (" + mark + b")"):
            self.say(answer + b"\n")

    async def is_ended(self, within: float = 2.0) -> bool:
        """Whether we closed the session."""
        try:
            async with asyncio.timeout(within):
                while await self.reader.read(1000):
                    pass
        except (ConnectionError, asyncio.IncompleteReadError):
            return True
        return True
