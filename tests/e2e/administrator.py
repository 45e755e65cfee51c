"""An administrator who describes the house over the API, as the console's pages do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.tones import chord, wav_of, write_wav
from routing.setup import Setup
from tests.e2e.center import Center, center, until
from tests.e2e.house import House
from web.routes import CSRF_HEADER

SILENCE = "silence"  # a class of music: whoever waits with it hears what is said, and nothing else
_VOICE = (523.0, 659.0)


class Administrator:
    """What is described is what the service goes by when these return."""

    def __init__(self, here: Center) -> None:
        self._here = here
        self._client: aiohttp.ClientSession
        self._queues: dict[str, list[str]] = {name: ["support"] for name in here.agents}

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[Administrator]:
        jar = aiohttp.CookieJar(unsafe=True)  # of an address that is no name
        house = self._here.house
        async with aiohttp.ClientSession(house.address, cookie_jar=jar) as self._client:
            who = {"username": "admin", "password": house.passwords["admin"]}
            session = await self.ask("POST", "session", json=who)
            self._client.headers[CSRF_HEADER] = session["csrf"]
            yield self

    async def queue(self, name: str, *agents: str, **values: Any) -> None:
        """Served by these, besides what they serve already."""
        usual = {"announce_every": None, "wrap_up_seconds": 0, "music": SILENCE}
        await self.ask("POST", "queues", json={"name": name, **usual, **values})
        for agent in agents:
            queues = self._queues[agent] = [*self._queues[agent], name]
            path = f"agents/{self._here.agents[agent]}"
            await self.ask("PATCH", path, json={"queues": queues})
        await until(lambda: name in self._now.queues and self._served(name, agents))

    async def number(
        self,
        number: str,
        queue: str,
        *,
        rules: Sequence[dict[str, Any]] = (),
        menu: str | None = None,
    ) -> None:
        """Where calls to this number go; what it names has been described before."""
        body = {"number": number, "name": number, "queue": queue, "rules": rules, "menu": menu}
        await self.ask("POST", "entry-points", json=body)
        await until(lambda: number in self._now.entries)

    async def menu(self, name: str, **menu: Any) -> None:
        await self.ask("POST", "menus", json={"name": name, "menu": menu})

    async def calendar(self, name: str, **week: Any) -> None:
        await self.ask("POST", "calendars", json={"name": name, "zone": "Asia/Shanghai", **week})

    async def prompt(self, name: str, seconds: float) -> None:
        """Two tones together, of that length."""
        wav = wav_of(chord(_VOICE, seconds))
        headers = {"Content-Type": "audio/wav"}
        await self.ask("POST", f"prompts?name={name}", data=wav, headers=headers)
        await until(lambda: name in self._now.prompts)

    @property
    def _now(self) -> Setup:
        return self._here.service.distribution.setup.current

    def _served(self, queue: str, agents: Sequence[str]) -> bool:
        crew = (self._now.agents[self._here.agents[name]] for name in agents)
        return all(queue in agent.queues for agent in crew)

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        """Whatever there are no words for here."""
        async with self._client.request(method, f"/api/v1/{path}", **body) as answer:
            said = await answer.json()
            assert answer.ok, f"{method} {path}: {answer.status} {said}"
            return said


@asynccontextmanager
async def described(house: House, **queue: Any) -> AsyncIterator[tuple[Center, Administrator]]:
    """The service up on `house`, and somebody who says how calls go; `queue` is about support."""
    await silent_music(house.pbx)
    async with (
        center(house, **{"music": SILENCE, **queue}) as here,
        Administrator(here).signed_in() as administrator,
    ):
        yield here, administrator


async def silent_music(pbx: Asterisk) -> None:
    """The class SILENCE is there."""
    folder = pbx.home / "silence"
    write_wav(folder / "silence.wav", [0] * 8000)
    path = pbx.etc / "musiconhold.d" / "silence.conf"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"[{SILENCE}]\nmode = files\ndirectory = {folder}\n")
    await pbx.cli("moh reload")
