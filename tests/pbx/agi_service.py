"""A service of one page that the dialplan can ask, and that can be killed: what the safety net is
tested with, since it hangs on the dialplan and the PBX alone.

Run as a program: ``python -m tests.pbx.agi_service PORT TELEPHONE``. Callers are connected to the
telephone; if it is empty they wait with music.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.agi.server import serve
from callcenter.agi.session import Agi

HOST = "127.0.0.1"


class Service:
    """That program, as a process of its own."""

    def __init__(self, port: int, telephone: str = "") -> None:
        self.port = port
        self.asked: list[str] = []  # what the dialplan asked, in order
        self._arguments = [str(port), telephone]
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "tests.pbx.agi_service"),
            *self._arguments,
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"ready\n"
        self._reading = asyncio.create_task(self._read(self._process.stdout))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self.kill()
        await self._reading

    async def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, without a word unless `how` says otherwise."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.send_signal(how)
            await self._process.wait()

    def freeze(self) -> None:
        """It goes on to exist and says nothing more."""
        self._process.send_signal(signal.SIGSTOP)

    async def was_asked(self, *questions: str, within: float = 10.0) -> None:
        """Wait until these questions came, in any order."""
        async with asyncio.timeout(within):
            while sorted(self.asked) != sorted(questions):  # noqa: ASYNC110 - polls
                await asyncio.sleep(0.02)

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            self.asked.append(line.decode().strip())


async def _run(port: int, telephone: str) -> None:
    async def handler(agi: Agi) -> None:
        sys.stdout.write(agi.path + "\n")
        sys.stdout.flush()
        await agi.music(True)
        if telephone:
            await agi.dial(f"PJSIP/{telephone}", 5, "tgm")
        else:
            await agi.wait(300)

    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with serve(HOST, port, handler):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]), sys.argv[2]))
