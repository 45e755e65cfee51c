"""The calls of this moment with what is recorded of each, folded from the events of the bus."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from recording.rules import Facts
from recording.spans import Pause, Reason, State


@dataclass(slots=True)
class Taped:
    """A leg that is recorded. `muted`: the PBX has told that it is silent."""

    leg: str
    channel: str
    muted: bool = False


@dataclass(slots=True)
class NowRecorded:
    """One call. `merged`: ids it also goes by; `by`: who asked for the pause."""

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
    timer: asyncio.TimerHandle | None = None
    starting: bool = False
    waiting: set[asyncio.Future[None]] = field(default_factory=set)

    def facts(self) -> Facts:
        return Facts(self.direction, self.queue, self.agent, self.refused)

    @property
    def silent(self) -> bool:
        """Whether nothing of it is recorded now."""
        return all(one.muted for one in self.taped.values())

    @property
    def recorded(self) -> bool:
        return self.pause.state is not State.OFF

    def absorb(self, other: NowRecorded) -> None:
        """Take over what `other` knew: it was the same contact."""
        self.taped |= other.taped
        self.holds |= other.holds
        self.queue = self.queue or other.queue
        self.agent = self.agent if self.agent is not None else other.agent
        self.refused |= other.refused
        self.stopped |= other.stopped
        self.talking |= other.talking
        self.merged += [other.id, *other.merged]
        if not self.recorded:
            self.pause, self.by = other.pause, other.by

    def wake(self) -> None:
        for waiting in self.waiting:
            if not waiting.done():
                waiting.set_result(None)


AUTOMATIC = frozenset({Reason.HOLD, Reason.DIALPLAN})
BY_HAND = frozenset({Reason.AGENT, Reason.API})
