"""Runs the demo: prepares, starts the real service on what was prepared, and says how to get in."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from callcenter.config import Config
from callcenter.config_sections import DatabaseConfig, GatewayConfig, WebConfig
from callcenter.demo import words
from callcenter.demo.people import People, furnish
from callcenter.demo.place import Place
from callcenter.demo.ports import free_port
from callcenter.demo.shift import shift
from callcenter.demo.sources import Source, source
from callcenter.errors import CallCenterError
from callcenter.events import LinkRestored
from callcenter.log import configure
from callcenter.main import Service, running
from callcenter.running import Running
from callcenter.terminal import say

# SIGHUP: the terminal was closed. Whatever tells us to end, everything ends with us.
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
WEB, GATEWAY = 8080, 8081  # unless somebody has them
LINK_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line chose. `seconds`: how long it runs once it is up; None for ever."""

    host: str = "127.0.0.1"
    traces: bool = False
    per_minute: float | None = None
    seconds: float | None = None


async def demo(options: Options) -> int:
    """0 when it was told to end or its time was over, 1 when it could not go on."""
    me = asyncio.current_task()
    told: list[int] = []

    def stop(number: int) -> None:
        told.append(number)
        if me is not None and len(told) == 1:  # tidying up takes a second, and is not to be cut
            say("  正在结束 · ending …")
            me.cancel()

    loop = asyncio.get_running_loop()
    for number in STOPS:
        loop.add_signal_handler(number, stop, number)
    try:
        return await _in_a_place_of_its_own(options)
    except asyncio.CancelledError:
        if not told:
            raise
        return 0


async def _in_a_place_of_its_own(options: Options) -> int:
    with Place() as place:
        log = place.path("service.log")
        with log.open("w", encoding="utf-8") as stream:
            configure("info", "console", stream)
            async with _prepared(options, place) as (service, found, people):
                words.invite(
                    f"http://{_shown(options.host)}:{service.config.web.port}",
                    people.sign_ins,
                    found.told,
                    str(log),
                )
                over = await _until_over(service, found.calls(people.known), options.seconds)
        if not over:
            say(log.read_text("utf-8")[-3000:])
        return 0 if over else 1


@asynccontextmanager
async def _prepared(
    options: Options, place: Place
) -> AsyncIterator[tuple[Service, Source, People]]:
    """The source of calls and the database at the same time, then the service on both."""
    async with AsyncExitStack() as stack:
        url = f"sqlite:///{place.path('callcenter.db')}"
        furnishing = asyncio.create_task(_furnish(url))
        stack.push_async_callback(_ended, furnishing)
        found = await stack.enter_async_context(
            source(place, options.per_minute, traces=options.traces)
        )
        people = await furnishing
        config = _config(options.host, found, place, url)
        with words.step("服务已启动，正在跟踪通话", "the service, following calls"):
            service = await stack.enter_async_context(running(config))
            await _linked(service)
        if config.agi.port:
            stack.push_async_callback(_ended, asyncio.create_task(shift(service.distribution)))
        yield service, found, people


async def _furnish(url: str) -> People:
    with words.step("数据库和示例客户", "database with sample customers"):
        return await furnish(url, language(os.environ))


async def _ended(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _linked(service: Running) -> None:
    """Until the service follows the PBX. Subscribed before the link had its first turn."""
    heard = service.bus.subscribe("demo", types=(LinkRestored,))
    try:
        async with asyncio.timeout(LINK_SECONDS):
            await anext(heard)
    except TimeoutError:
        detail = service.health.report()["pbx"].detail
        raise CallCenterError(f"the PBX does not let the service in: {detail}") from None
    finally:
        heard.close()


async def _until_over(
    service: Service, calls: Coroutine[None, None, None], seconds: float | None
) -> bool:
    """True when the time was over, False when the service or the calls could not go on."""
    calling = asyncio.create_task(calls)
    failing = asyncio.create_task(service.crew.failed.wait())
    try:
        done, _ = await asyncio.wait(
            (calling, failing), timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        for task in (calling, failing):
            task.cancel()
        ends = await asyncio.gather(calling, failing, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return not done


def _config(host: str, found: Source, place: Place, url: str) -> Config:
    web = free_port(host, WEB)
    return Config(
        ami=found.ami,
        data_dir=str(place.path("data")),
        language=language(os.environ),
        timezone=_timezone(os.environ.get("TZ", "")),
        database=DatabaseConfig(url=url),
        web=WebConfig(host=host, port=web),
        gateway=GatewayConfig(host=host, port=free_port(host, GATEWAY, taken=web)),
        agi=found.agi,
        phones=found.phones,
        prompts=found.prompts,
        recordings=found.recordings,
    )


def _shown(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  compared, not bound


def _timezone(named: str) -> str:
    """The zone this machine lives in: the board's day begins at the midnight people here know."""
    linked = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    for zone in (named, linked):
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            if zone:
                return ZoneInfo(zone).key
    return "UTC"


def language(environ: Mapping[str, str]) -> Literal["zh", "en"]:
    """What the terminal's user reads: Chinese when the locale says so, else English."""
    named = next((environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(n)), "")
    return "zh" if named.startswith("zh") else "en"
