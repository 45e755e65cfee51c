"""Where the demo's calls come from: a real PBX with robots, or recorded traces on a real socket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from callcenter.config_sections import (
    AgiConfig,
    AmiConfig,
    PhonesConfig,
    PromptsConfig,
    RecordingsConfig,
)
from callcenter.demo import words
from callcenter.demo.people import AGENTS, BROWSER_PHONE, PBX, Known
from callcenter.demo.place import Place
from callcenter.demo.ports import free_port
from callcenter.demo.telephones import telephones
from callcenter.demo.traffic import traffic
from callcenter.pbx.asterisk import Asterisk, PbxError
from callcenter.pbx.callers import check_tools
from callcenter.pbx.render import SECRETS_FILE, RenderError, Settings
from callcenter.player import TracePlayer, demo_traces

VERSION = 22
PER_MINUTE = 7.0  # what three agents can just about do
# What recordings are called in the traces; none of them is here.
TRACED_FOLDER = "/var/spool/asterisk/monitor"
TRACE_SPEED = 0.2  # the traces were recorded by robots in a hurry

Calls = Callable[[tuple[Known, ...]], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class Source:
    """What the service connects to. `calls` makes customers call, until cancelled."""

    ami: AmiConfig
    agi: AgiConfig
    phones: PhonesConfig
    prompts: PromptsConfig
    recordings: RecordingsConfig
    calls: Calls
    told: tuple[str, str]  # what goes on, in Chinese and in English


@asynccontextmanager
async def source(place: Place, per_minute: float | None, *, traces: bool) -> AsyncIterator[Source]:
    """The PBX; without one, or when `traces` are wanted, the player. Says which it is, and why."""
    async with AsyncExitStack() as stack:
        if traces:
            found: Source | str = "--traces"
        else:
            found = await _pbx(stack, place, per_minute)
        if isinstance(found, str):
            words.no_pbx(found)
            found = await _player(stack, place, per_minute)
        yield found


async def _pbx(stack: AsyncExitStack, place: Place, per_minute: float | None) -> Source | str:
    """The PBX with its telephones, or why it cannot run here."""
    rate, agi = per_minute or PER_MINUTE, AgiConfig(port=free_port("127.0.0.1"))
    dice = random.Random()  # noqa: S311  moods and patience, no secret
    try:
        check_tools()
        with words.step(f"真实的 Asterisk {VERSION}", f"a real Asterisk {VERSION}"):
            pbx = await stack.enter_async_context(
                Asterisk(VERSION, place.folder, settings=_settings(agi))
            )
    except (PbxError, RenderError, OSError) as error:
        lines = str(error).splitlines()
        return " ".join(dict.fromkeys((lines[0], lines[-1])))  # the last one is the PBX's own word
    with words.step(f"{len(AGENTS)} 台机器人话机", f"{len(AGENTS)} robot telephones, registered"):
        await stack.enter_async_context(telephones(pbx, dice))
    return Source(
        ami=AmiConfig(
            host=pbx.host, port=pbx.ami_port, username=pbx.ami_user, secret=pbx.ami_secret, name=PBX
        ),
        agi=agi,
        phones=PhonesConfig(
            websocket_url=f"ws://{pbx.host}:{pbx.http_port}/ws",
            browser=[f"PJSIP/{BROWSER_PHONE}"],
            secrets_file=str(pbx.etc / SECRETS_FILE),
        ),
        prompts=PromptsConfig(folder=str(pbx.home / "prompts")),
        recordings=RecordingsConfig(folder=str(pbx.recordings)),
        calls=lambda known: traffic(pbx, known, rate, dice),
        told=(
            f"机器人客户每分钟约来电 {rate:g} 次（SIPp，带声音），机器人话机接听；"
            "坐席可改用浏览器话机自己接。",
            f"Robot customers (SIPp, with sound) call about {rate:g} times a minute; robot "
            "telephones answer. As the agent, sign out and in with the browser's telephone to "
            "take them yourself.",
        ),
    )


def _settings(agi: AgiConfig) -> Settings:
    return Settings(agi_url=f"agi://{agi.host}:{agi.port}", webphones=(BROWSER_PHONE,))


async def _player(stack: AsyncExitStack, place: Place, per_minute: float | None) -> Source:
    """Recorded calls, slowed down so that people can follow; one after the other unless asked."""
    player = await stack.enter_async_context(
        TracePlayer(demo_traces(), speed=TRACE_SPEED, per_minute=per_minute)
    )
    return Source(
        ami=AmiConfig(
            host=player.host, port=player.port, username=player.username, secret=player.secret,
            name=PBX,
        ),
        agi=AgiConfig(),
        phones=PhonesConfig(),
        prompts=PromptsConfig(),
        recordings=RecordingsConfig(folder=str(place.folder), pbx_folder=TRACED_FOLDER),
        calls=_plays_by_itself,
        told=(
            "录制的来电一通接一通地回放；没有录音可听。",
            "Recorded calls are played one after the other; there are no recordings to hear.",
        ),
    )  # fmt: skip


async def _plays_by_itself(_: tuple[Known, ...]) -> None:
    await asyncio.Event().wait()
