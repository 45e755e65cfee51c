"""A caller on the line who does what a test says: the session's doings, without a PBX."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from callcenter.agi.session import Dialled, Recorded
from callcenter.errors import AgiHangup


@dataclass
class FakeLine:
    """`rings` says what comes of each telephone that is rung, `keys` what is pressed and when.

    Time is the test's: every wait that is not cut short lasts as long as it says.
    """

    path: str
    now: list[float]
    rings: Callable[[str], str] = lambda _where: "ANSWER"
    keys: list[str | None] = field(default_factory=list)
    uniqueid: str = "1.1"
    channel: str = "PJSIP/trunk-1"
    hung_up: bool = False
    hangs_up_at: float | None = None
    env: dict[str, str] = field(default_factory=lambda: {"callerid": "13800138000", "dnid": "8000"})
    said: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    did: list[tuple[str, ...]] = field(default_factory=list)

    async def answer(self) -> None:
        self.did.append(("answer",))

    async def set_variable(self, name: str, value: str) -> None:
        self.variables[name] = value

    async def variable(self, name: str) -> str | None:
        return self.variables.get(name)

    async def exec(self, application: str, *arguments: str) -> Any:
        self.did.append((application, *arguments))

    async def dial(self, target: str, seconds: float, options: str = "g") -> Dialled:
        self.did.append(("dial", target))
        await asyncio.sleep(0)
        status = self.rings(target)
        if status != "ANSWER":
            self.now[0] += seconds
        if status == "CANCEL":
            self.hung_up = True
        return Dialled(status, 30 if status == "ANSWER" else 0, self.hung_up)

    async def music(self, on: bool, music_class: str = "") -> None:
        self.did.append(("music", "on" if on else "off"))

    async def stream(self, file: str, keys: str = "", until: Any = None) -> str | None:
        self.said.append(file)
        return self._key(keys)

    async def say_number(self, number: int, keys: str = "", until: Any = None) -> str | None:
        self.said.append(str(number))
        return self._key(keys)

    async def say_digits(self, digits: str, keys: str = "", until: Any = None) -> str | None:
        self.said.append(digits)
        return self._key(keys)

    async def get_data(self, file: str, seconds: float, most: int) -> str:
        self.said.append(file)
        return self._key("any") or ""

    async def wait(self, seconds: float, until: asyncio.Event | None = None) -> str | None:
        await asyncio.sleep(0)
        if until is not None and until.is_set():
            return None
        self.now[0] += seconds
        if self.hangs_up_at is not None and self.now[0] >= self.hangs_up_at:
            self.hung_up = True
            raise AgiHangup(self.channel)
        return self._key("any")

    async def record(
        self, file: str, form: str, keys: str, seconds: float, silence: float
    ) -> Recorded:
        self.did.append(("record", file))
        return Recorded("hangup", 4.5, True)

    def _key(self, keys: str) -> str | None:
        if not keys or not self.keys:
            return None
        key = self.keys.pop(0)
        return key if keys == "any" or (key is not None and key in keys) else None
