"""`callcenter run` as a process of its own, so that it can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from tests.e2e.house import House


class ServiceProcess:
    """Started on entering; `kill` and `start` as often as wanted."""

    def __init__(self, house: House, folder: Path, **environment: str) -> None:
        self._house = house
        self._environment = {**os.environ, **environment}
        self._file = folder / "callcenter.toml"
        self._log = folder / "service.log"
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._file.write_text(self._house.toml(), encoding="utf-8")
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._end(signal.SIGTERM)
        if kind is not None:
            sys.stderr.write(self._log.read_text("utf-8"))

    async def start(self, within: float = 20.0) -> None:
        """Returns when the service follows the PBX."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *("setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "callcenter", "run"),
                *("--config", str(self._file)),
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(within):
            while not await self._follows():  # noqa: ASYNC110  another process can only be asked
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    def hang(self) -> None:
        """It goes on to exist and does nothing more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()

    async def _follows(self) -> bool:
        assert self._process is not None
        if self._process.returncode is not None:
            raise AssertionError(f"callcenter run ended:\n{self._log.read_text('utf-8')[-3000:]}")
        health = await healthz(self._house.address)
        checks = health.get("checks", {})
        return "pbx" in checks and checks["pbx"]["state"] == "ok"


async def healthz(address: str) -> dict[str, Any]:
    """What the service says of itself; empty while nobody listens."""
    try:
        async with aiohttp.ClientSession() as client, client.get(f"{address}/healthz") as answer:
            found: dict[str, Any] = await answer.json()
            return found
    except aiohttp.ClientError:
        return {}
