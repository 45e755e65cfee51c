"""systemd hears that the service is up and alive, and only while its event loop turns."""

from __future__ import annotations

import asyncio
import configparser
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callcenter import cli
from callcenter.watchdog import supervised
from tests.callcenter.test_run import configured, started

UNIT = Path(__file__).parents[2] / "deploy/systemd/callcenter.service"
EVERY = 0.05  # seconds: half of what is left until we are ended


class Systemd:
    """The other end of the socket."""

    def __init__(self, name: str) -> None:
        self.address = name
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name.replace("@", "\0", 1) if name.startswith("@") else name)

    def environment(self, **more: str) -> dict[str, str]:
        return {"NOTIFY_SOCKET": self.address, **more}

    def hears(self, within: float = 30.0) -> bytes | None:
        """The next word, or None when there is none."""
        self._socket.settimeout(within)
        try:
            return self._socket.recv(100)
        except TimeoutError:
            return None

    def heard(self) -> list[bytes]:
        """All that was said so far."""
        words: list[bytes] = []
        self._socket.setblocking(False)
        try:
            while True:
                words.append(self._socket.recv(100))
        except BlockingIOError:
            return words

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@callcenter-{os.getpid()}"
    there = Systemd(name)
    yield there
    there.close()


async def test_it_says_ready_then_alive_then_stopping(systemd: Systemd) -> None:
    watched = str(round(EVERY * 2_000_000))
    async with supervised(systemd.environment(WATCHDOG_USEC=watched)):
        await asyncio.sleep(EVERY * 3)
    first, *between, last = systemd.heard()
    assert (first, last) == (b"READY=1", b"STOPPING=1")
    assert len(between) >= 2
    assert set(between) == {b"WATCHDOG=1"}


async def test_a_loop_that_hangs_says_nothing(systemd: Systemd) -> None:
    async with supervised(systemd.environment(WATCHDOG_USEC="100000")):
        await asyncio.sleep(EVERY)
        systemd.heard()
        time.sleep(EVERY * 4)  # noqa: ASYNC251  hanging is what this is about
        assert systemd.heard() == []


@pytest.mark.parametrize(
    "watch",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"},  # somebody else is watched
    ],
)
async def test_where_it_is_not_watched_it_only_says_ready(
    systemd: Systemd, watch: dict[str, str]
) -> None:
    async with supervised(systemd.environment(**watch)):
        await asyncio.sleep(EVERY)
    assert systemd.heard() == [b"READY=1", b"STOPPING=1"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "/nowhere/at/all"}, {"NOTIFY_SOCKET": "vsock:2"}],
)
async def test_without_systemd_nothing_happens(environment: dict[str, str]) -> None:
    async with supervised({**environment, "WATCHDOG_USEC": "100000"}):
        await asyncio.sleep(EVERY)


@pytest.mark.parametrize("systemd", ["path"], indirect=True)
def test_the_service_is_silent_while_it_hangs(
    tmp_path: Path, systemd: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in systemd.environment(WATCHDOG_USEC="400000").items():
        monkeypatch.setenv(name, value)
    with started(configured(tmp_path)) as process:
        assert systemd.hears() == b"READY=1", _ended(process)
        assert systemd.hears() == systemd.hears() == b"WATCHDOG=1"
        process.send_signal(signal.SIGSTOP)
        while systemd.hears(0.5) is not None:
            pass  # what was said before
        assert systemd.hears(0.6) is None
        process.send_signal(signal.SIGCONT)
        assert systemd.hears() == b"WATCHDOG=1"
        process.terminate()
        process.communicate(timeout=20)
        assert systemd.heard()[-1] == b"STOPPING=1"


def _ended(process: subprocess.Popen[str]) -> str:
    process.kill()
    return str(process.communicate())


def test_the_unit_starts_what_there_is() -> None:
    unit: Any = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string(UNIT.read_text("utf-8"))
    service = unit["Service"]
    assert service["Type"] == "notify"
    assert int(service["WatchdogSec"]) > 0
    program, *arguments = service["ExecStart"].split()
    assert Path(program).name == "callcenter"
    assert arguments[0] in cli.COMMANDS
    assert arguments[1:] == ["--config", "/etc/callcenter/callcenter.toml"]
