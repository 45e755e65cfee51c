"""The calls of this moment with what is recorded of each, folded from the events of the bus."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from recording.rules import Facts
from recording.spans import SILENT, Pause, Reason, State


@dataclass(slots=True)
class Taped:
    """A leg that is recorded.

    `muted`: whether the PBX has told last that it is silent; None when an order went unanswered, so
    that nobody knows. `ordered`: what the PBX was told to do and has not confirmed, in that order.
    """

    leg: str
    channel: str
    muted: bool | None = False
    ordered: list[bool] = field(default_factory=list)

    @property
    def ends(self) -> bool | None:
        """What it will be when all that was ordered is done."""
        return self.ordered[-1] if self.ordered else self.muted

    def told(self, muted: bool) -> None:
        """An order was carried out, with those before it; or another hand did it."""
        self.muted = muted
        if muted in self.ordered:
            del self.ordered[: self.ordered.index(muted) + 1]

    def refused(self, mute: bool) -> None:
        """The order given last was not carried out."""
        if self.ordered and self.ordered[-1] == mute:
            self.ordered.pop()

    def unanswered(self) -> None:
        """What was ordered may be carried out yet, or not."""
        if self.ordered:
            self.ordered.clear()
            self.muted = None


@dataclass(slots=True)
class NowRecorded:
    """One call. `merged`: ids it also goes by; `by`: who asked for the pause.

    `into`: the call that it turned out to be, when two were one.
    """

    id: str
    pbx: str
    direction: str = "internal"
    queue: str | None = None
    agent: int | None = None
    refused: bool = False
    stopped: bool = False  # by somebody's wish; it does not begin again by itself
    talking: bool = False  # two have been connected
    taped: dict[str, Taped] = field(default_factory=dict)  # by leg
    holds: set[str] = field(default_factory=set)
    pause: Pause = field(default_factory=Pause)
    by: int | None = None
    merged: list[str] = field(default_factory=list)
    into: NowRecorded | None = None
    timer: asyncio.TimerHandle | None = None
    starting: bool = False
    waiting: set[asyncio.Future[None]] = field(default_factory=set)
    ordering: asyncio.Lock = field(default_factory=asyncio.Lock)

    def facts(self) -> Facts:
        return Facts(self.direction, self.queue, self.agent, self.refused)

    @property
    def silent(self) -> bool:
        """Whether nothing of it is recorded now."""
        return self.are(muted=True)

    def are(self, *, muted: bool) -> bool:
        """Whether all that is recorded of it is so, and stays so."""
        return all(one.muted is muted and not one.ordered for one in self.taped.values())

    @property
    def recorded(self) -> bool:
        return self.pause.state is not State.OFF

    @property
    def now(self) -> NowRecorded:
        """This call, or the one that it has become."""
        return self if self.into is None else self.into.now

    def absorb(self, other: NowRecorded) -> None:
        """Take over what `other` knew: it was the same contact. Their pauses join by a step."""
        self.taped |= other.taped
        self.holds |= other.holds
        self.queue = self.queue or other.queue
        self.agent = self.agent if self.agent is not None else other.agent
        self.refused |= other.refused
        self.stopped |= other.stopped
        self.talking |= other.talking
        self.merged += [other.id, *other.merged]
        if self.pause.state not in SILENT:
            self.by = other.by
        self.waiting |= other.waiting
        other.into = self

    def unanswered(self) -> None:
        for one in self.taped.values():
            one.unanswered()

    def wake(self) -> None:
        for waiting in self.waiting:
            if not waiting.done():
                waiting.set_result(None)


AUTOMATIC = frozenset({Reason.HOLD, Reason.DIALPLAN})
BY_HAND = frozenset({Reason.AGENT, Reason.API})
