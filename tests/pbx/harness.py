"""The PBX of the tests: the shipped configuration with quick times, robots, and an AMI recorder."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.render import Settings
from callcenter.pbx.robots import Robot, phone, trunk

OVERLAY = Path(__file__).parent / "etc"


def asterisk(workdir: Path, version: int = 22, **settings: Any) -> Asterisk:
    """Return a PBX for tests, to be entered with ``async with``; `settings` are those of
    `callcenter.pbx.render.Settings`, and no agi_url means the PBX's own queues."""
    quick = {"agi_url": "", "parking_time": 30, **settings}
    return Asterisk(version, workdir, settings=Settings(**quick), overlays=(OVERLAY,))


class AmiRecorder:
    """An AMI connection that keeps every byte the PBX sends, from the banner on."""

    def __init__(self, pbx: Asterisk, user: str = "recorder") -> None:
        self.data = b""
        self._pbx = pbx
        self._user = user
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection(self._pbx.host, self._pbx.ami_port)
        self._reading = asyncio.create_task(self._read(reader))
        self.send("Login", Username=self._user, Secret=self._pbx.ami_secret, Events="on")
        await self.saw(b"Event: FullyBooted")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while chunk := await reader.read(65536):
            self.data += chunk

    def send(self, action: str, **headers: str) -> None:
        """Send an action; its answer is recorded like everything else."""
        if self._writer is None:
            raise PbxError("the recorder is not connected")
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def saw(self, text: bytes, *, since: int = 0, within: float = 10.0) -> None:
        """Wait until `text` has come in after byte `since`."""
        async with asyncio.timeout(within):
            while text not in self.data[since:]:  # noqa: ASYNC110  bytes come from another task
                await asyncio.sleep(0.02)

    async def quiet(self, seconds: float = 0.5, within: float = 10.0) -> None:
        """Wait until nothing came in for `seconds`."""
        async with asyncio.timeout(within):
            size, since = -1, time.monotonic()
            while time.monotonic() - since < seconds:
                if len(self.data) != size:
                    size, since = len(self.data), time.monotonic()
                await asyncio.sleep(0.05)


class Stage:
    """A PBX, its telephones and the outside, with a journal of what each did and when."""

    def __init__(self, pbx: Asterisk) -> None:
        self.pbx = pbx
        self.journal: list[dict[str, Any]] = []
        self._began = time.time()
        self._calls: dict[str, int] = {}
        self._stack = AsyncExitStack()
        self.outside: Robot
        self.phones: dict[str, Robot] = {}

    async def __aenter__(self) -> Self:
        self.outside = await self._stack.enter_async_context(trunk(self.pbx))
        self.outside.journal = self._note
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def add_phones(self, *numbers: str) -> None:
        """Register telephones."""
        for number in numbers:
            robot = await self._stack.enter_async_context(phone(self.pbx, number))
            robot.journal = self._note
            self.phones[number] = robot

    def begin(self) -> float:
        """Start the clock of the journal; returns the time it shows as zero (Unix time)."""
        self._began = time.time()
        return self._began

    def note(self, who: str, what: str, detail: str = "") -> None:
        """Write down something that no robot did, such as an action of ours."""
        self.journal.append({"at": self._now(), "who": who, "did": what, "detail": detail})

    def _note(self, who: str, what: str, detail: str, call_id: str) -> None:
        call = self._calls.setdefault(call_id, len(self._calls) + 1)
        step = {"at": self._now(), "who": who, "did": what, "detail": detail, "leg": call}
        self.journal.append(step)

    def _now(self) -> float:
        return round(time.time() - self._began, 3)

    async def no_channels(self, within: float = 15.0) -> None:
        """Wait until the PBX has no call left; a stopped one has none."""
        if not self.pbx.running:
            return
        async with asyncio.timeout(within):
            while await self.pbx.channels():  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.1)  # the PBX can only be asked
