"""A caller on the line: what a flow knows of the call, and the small things it can do with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from callcenter.events import Decision, DomainEvent, OfferResult, QueueExit, RoutingDecided
from routing.announce import Said

if TYPE_CHECKING:
    from callcenter.agi.session import Agi

log = structlog.get_logger(__name__)

SERVED = "CALLCENTER_SERVED"
QUEUE = "CALLCENTER_QUEUE"
QUEUE_EXIT = "CALLCENTER_QUEUE_EXIT"
# t, T: transfer by keys; k, K: parking; g: we go on when the agent hangs up; m: music, no ringing.
DIAL_OPTIONS = "tTkKgm"

ANY_KEY = "0123456789*#"

_REJECTED = "21"  # Q.850 cause of a telephone that declined
_RESULTS = {
    "ANSWER": OfferResult.ANSWERED,
    "NOANSWER": OfferResult.TIMED_OUT,
    "BUSY": OfferResult.BUSY,
    "CANCEL": OfferResult.CALLER_GONE,
    "DONTCALL": OfferResult.REJECTED,
    "TORTURE": OfferResult.REJECTED,
}


class NotOurs(Exception):
    """The PBX is to go on by itself; says why."""


@dataclass(slots=True, kw_only=True, eq=False)
class Visit:
    """One call that asked us, until it leaves us."""

    agi: Agi
    pbx: str
    interaction: str
    entered_at: float
    number: str | None
    dialled: str | None
    publish: Callable[[DomainEvent], object]
    clock: Callable[[], float]
    sound: Callable[[str], str]  # the file of a prompt, as the PBX names it
    decisions: list[Decision] = field(default_factory=list)
    leaving: QueueExit | None = None  # how the queue was left, if a callback does not come about
    told_of_recording: bool = False
    refuses_recording: bool = False
    recorded: bool = False  # the PBX was told to, as soon as somebody is connected

    def decided(self, step: str, outcome: str, reason: str, **facts: str) -> None:
        """Say why, as it happens."""
        self.tell([Decision(self.clock(), step, outcome, reason, facts)])

    def tell(self, decisions: list[Decision]) -> None:
        if decisions:
            self.decisions += decisions
            self.publish(
                RoutingDecided(
                    at=decisions[-1].at,
                    pbx=self.pbx,
                    interaction=self.interaction,
                    decisions=decisions,
                )
            )

    async def served(self) -> None:
        """The PBX need not look for anybody else."""
        await self.agi.set_variable(SERVED, "1")

    async def joined(self, queue: str) -> None:
        await self.agi.set_variable(QUEUE, queue)

    async def left(self, how: QueueExit) -> None:
        await self.agi.set_variable(QUEUE_EXIT, how.value)

    async def dial(self, where: str, seconds: float, options: str = DIAL_OPTIONS) -> OfferResult:
        """Ring `where`; back when it was not answered, or when the conversation is over."""
        dialled = await self.agi.dial(where, seconds, options)
        if not dialled.answered and await self.agi.variable("HANGUPCAUSE") == _REJECTED:
            return OfferResult.REJECTED
        return _RESULTS.get(dialled.status, OfferResult.FAILED)

    async def say(
        self, *said: Said, keys: str = "", until: asyncio.Event | None = None
    ) -> str | None:
        """The key that ended it, if any; `until` ends it at once."""
        await self.agi.answer()
        for one in said:
            if isinstance(one, int):
                digit = await self.agi.say_number(one, keys, until)
            else:
                digit = await self.agi.stream(self.sound(one), keys, until)
            if digit is not None or (until is not None and until.is_set()):
                return digit
        return None

    async def asked(self, *said: Said, seconds: float, keys: str = ANY_KEY) -> str | None:
        """A key pressed during what is said or within `seconds` after it."""
        digit = await self.say(*said, keys=keys) or await self.agi.wait(seconds)
        return digit if digit is not None and digit in keys else None

    async def typed(self, prompt: str, seconds: float, most: int) -> str:
        """Digits, until # or `seconds` without one."""
        await self.agi.answer()
        return await self.agi.get_data(self.sound(prompt), seconds, most)


def known(text: str | None) -> str | None:
    return None if text in {None, "", "unknown", "<unknown>", "s"} else text
