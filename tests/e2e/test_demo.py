"""`callcenter demo` as somebody meets it: it comes up, can be signed in to, and leaves nothing."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser

from callcenter.pbx.tones import chord, wav_of
from tests.e2e.browser import Desk
from tests.e2e.run import healthz
from tests.e2e.webphone import WATCH, hears, in_call, in_state, sign_in
from web.routes import CSRF_HEADER

# Not root, as far as the program can tell; the files of the checkout stay readable.
NOT_ROOT = ("unshare", "--user")
SIGN_IN = re.compile(r"\b(agent|supervisor|manager|admin) +(\w{4}(?:-\w{4})+)\n")


ANSWERED = "interactions WHERE answered"


@dataclass(slots=True)
class Shown:
    """What the terminal shows, and the process behind it."""

    process: asyncio.subprocess.Process
    text: str
    address: str
    passwords: dict[str, str]
    folder: Path

    def count(self, of: str) -> int:
        """How many there are in the demo's database."""
        with closing(sqlite3.connect(f"file:{self.folder}/callcenter.db?mode=ro", uri=True)) as db:
            rows = db.execute(f"SELECT count(*) FROM {of}").fetchone()  # noqa: S608  our own words
        return int(rows[0])

    def family(self) -> set[Path]:
        """The process and all that it started, as they are in /proc."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it ended while we looked
                parents[stat.parent] = stat.read_text().rpartition(")")[2].split()[1]
        found = {Path(f"/proc/{self.process.pid}")}
        while (
            more := {p for p, parent in parents.items() if Path(f"/proc/{parent}") in found} - found
        ):
            found |= more
        return found


@asynccontextmanager
async def demo(*arguments: str, before: tuple[str, ...] = ()) -> AsyncIterator[Shown]:
    process = await asyncio.create_subprocess_exec(
        *("setpriv", "--pdeathsig", "KILL", *before, sys.executable, "-m", "callcenter", "demo"),
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    drain: asyncio.Task[None] | None = None
    try:
        shown = await _up(process)
        drain = asyncio.create_task(_drain(process))
        yield shown
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        if drain is not None:
            await drain
        await process.wait()


async def _up(process: asyncio.subprocess.Process) -> Shown:
    assert process.stdout is not None
    text = ""
    async with asyncio.timeout(40):
        while "Ctrl-C" not in text:
            line = await process.stdout.readline()
            assert line, f"the demo ended:\n{text}"
            text += line.decode()
    address = re.search(r"http://\S+", text)
    log = re.search(r"(/\S+)/service\.log", text)
    assert address and log, text
    return Shown(process, text, address[0], dict(SIGN_IN.findall(text)), Path(log[1]))


async def _drain(process: asyncio.subprocess.Process) -> None:
    """A full pipe would stop it, and hide its end."""
    assert process.stdout is not None
    async for line in process.stdout:
        sys.stdout.write(line.decode())


async def _until(true: Callable[[], bool], what: str, within: float = 30.0) -> None:
    try:
        async with asyncio.timeout(within):
            while not true():  # noqa: ASYNC110  another process can only be asked
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what}") from None


async def _sign_in(shown: Shown) -> None:
    """Every password that was shown opens the door."""
    assert shown.passwords.keys() == {"agent", "supervisor", "manager", "admin"}
    async with aiohttp.ClientSession() as client:
        for username, password in shown.passwords.items():
            body = {"username": username, "password": password}
            async with client.post(f"{shown.address}/api/v1/session", json=body) as answer:
                assert answer.status == 201


async def _prompt_is_where_the_pbx_reads(shown: Shown) -> None:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        body = {"username": "admin", "password": shown.passwords["admin"]}
        async with client.post(f"{shown.address}/api/v1/session", json=body) as answer:
            headers = {CSRF_HEADER: (await answer.json())["csrf"], "Content-Type": "audio/wav"}
        wav = wav_of(chord((440.0, 554.0), 0.5))
        url = f"{shown.address}/api/v1/prompts?name=hello"
        async with client.post(url, data=wav, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
    # The PBX sees of the machine no more than its own folder.
    assert (shown.folder / "asterisk/prompts/hello.wav").is_file()


def _leftovers(folder: Path, address: str) -> list[str]:
    """Whatever of it is still there: folder, processes, mounts, port."""
    found = [str(folder)] if folder.exists() else []
    for process in Path("/proc").glob("[0-9]*"):
        for file in ("cmdline", "mounts"):
            try:
                text = (process / file).read_text(errors="replace")
            except OSError:  # it ended while we looked
                continue
            found += [f"{file}: {text[:200]!r}"] if folder.name in text else []
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", int(address.rpartition(":")[2]))) == 0:
            found.append(address)
    return found


async def _is_gone(shown: Shown) -> None:
    await _until(
        lambda: not _leftovers(shown.folder, shown.address),
        f"gone: {_leftovers(shown.folder, shown.address)}",
        5,
    )


async def _ends(shown: Shown, how: signal.Signals) -> None:
    """With all that it ever starts: that is when the first recording was looked at."""
    await _until(lambda: shown.count("recordings WHERE status = 'ready'") > 0, "a recording", 40)
    family = shown.family()
    assert len(family) > 5
    shown.process.send_signal(how)
    await asyncio.wait_for(shown.process.wait(), 15)
    await _is_gone(shown)
    await _until(lambda: not any(process.exists() for process in family), f"{family} gone", 5)


async def test_it_comes_up_takes_calls_and_leaves_nothing(console: None) -> None:
    async with demo("--calls-per-minute", "30") as shown:
        assert (await healthz(shown.address))["state"] == "ok"
        await _sign_in(shown)
        await _prompt_is_where_the_pbx_reads(shown)
        await _until(lambda: shown.count(ANSWERED) > 0, "an answered call in the database")
        shown.process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(shown.process.wait(), 15) == 0
        assert _leftovers(shown.folder, shown.address) == []


@pytest.mark.timeout(180)
async def test_its_agent_takes_a_call_in_the_browser(console: None, browser: Browser) -> None:
    async with demo("--calls-per-minute", "15") as shown:
        async with Desk(browser, shown, "agent", script=WATCH) as desk:
            page = desk.page
            await page.get_by_test_id("agent-state").click()  # so far a robot has answered for her
            await page.get_by_test_id("agent-sign-out").click()
            after_the_call = page.get_by_test_id("agent-sign-in")
            await after_the_call.wait_for(timeout=40_000)
            await sign_in(page)
            await page.get_by_test_id("go-ready").click()
            await page.get_by_test_id("call-answer").click(timeout=40_000)
            await in_call(page, "talking")
            assert await hears(page)
            await page.get_by_test_id("call-hangup").click()
            await in_state(page, "wrap_up")
        await _ends(shown, signal.SIGTERM)


async def test_killed_it_leaves_nothing_either(console: None) -> None:
    async with demo("--calls-per-minute", "60") as shown:
        await _ends(shown, signal.SIGKILL)


async def test_without_root_it_plays_traces_and_says_so(console: None) -> None:
    assert os.geteuid() == 0, "run these tests as root: they start an Asterisk in a chroot"
    async with demo("--seconds", "12", before=NOT_ROOT) as shown:
        assert "recorded AMI traces" in shown.text and "needs Linux and root" in shown.text
        assert (await healthz(shown.address))["state"] == "ok"
        await _sign_in(shown)
        await _until(lambda: shown.count(ANSWERED) > 0, "an answered call in the database", 11)
        assert await asyncio.wait_for(shown.process.wait(), 20) == 0  # its time was over
        await _is_gone(shown)
