"""Reads Asterisk's queue_log by itself, and counts what reports count; shares no code with ours.

A line is ``seconds|call|queue|member|EVENT|...``. Lengths are whole seconds, except that a ring is
in milliseconds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

MICROS = 1_000_000
#: How a stay in a queue ended, by the event that says so.
EXITS = {
    "CONNECT": "answered",
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timed_out",
    "EXITEMPTY": "empty",
    "EXITWITHKEY": "key_exit",
    "WITHDRAW": "withdrawn",
}
#: How a conversation that a queue led to was over for the queue.
COMPLETES = ("COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER", "ATTENDEDTRANSFER")
TRANSFERS = ("BLINDTRANSFER", "ATTENDEDTRANSFER")
RINGS = ("CONNECT", "RINGNOANSWER", "RINGCANCELED")
Figures = dict[str | int, Counter[str]]


@dataclass(frozen=True, slots=True)
class Line:
    at: int
    call: str
    queue: str
    member: str
    event: str
    more: tuple[str, ...]

    @property
    def agent(self) -> int:
        """Members are called `Agent 1001`."""
        return int(self.member.rsplit(" ", 1)[-1])

    @property
    def wait(self) -> int:
        """Seconds in the queue; of a withdrawal something more follows."""
        place = {"CONNECT": 0, "WITHDRAW": 2}.get(self.event, -1)
        return int(self.more[place])

    @property
    def talk(self) -> int:
        """Seconds of conversation; the original position follows."""
        return int(self.more[-2])


@dataclass(slots=True)
class Stay:
    """One stay of one call in one queue."""

    call: str
    caller: str
    queue: str
    at: int
    exit: Line | None = None
    end: Line | None = None
    rings: list[Line] = field(default_factory=list)

    @property
    def agent(self) -> int | None:
        return self.exit.agent if self.exit and self.exit.event == "CONNECT" else None


def read(text: str) -> list[Line]:
    found = []
    for text_line in text.splitlines():
        at, call, queue, member, event, *more = text_line.split("|")
        found.append(Line(int(at), call, queue, member, event, tuple(more)))
    return found


def stays(lines: Iterable[Line]) -> list[Stay]:
    """In the order in which they began; a call is in one queue at a time."""
    found: list[Stay] = []
    last: dict[str, Stay] = {}
    open_: dict[tuple[str, str, str], Stay] = {}  # by call, queue and member
    for line in lines:
        if line.event == "ENTERQUEUE":
            caller = line.more[1].lstrip("+")
            last[line.call] = Stay(line.call, caller, line.queue, line.at)
            found.append(last[line.call])
            continue
        whose = (line.call, line.queue, line.member)
        if line.event in COMPLETES and whose in open_:
            open_.pop(whose).end = line  # may be told when the call is in the next queue already
            continue
        stay = last.get(line.call)
        if stay is None or stay.queue != line.queue:
            continue
        if line.event in RINGS:
            stay.rings.append(line)
        if line.event in EXITS:
            stay.exit = line
        if line.event == "CONNECT":
            open_[whose] = stay
    return found


@dataclass(slots=True)
class Counted:
    """What the log says of each queue and each agent, under the names of our figures."""

    threshold: float
    short: float
    queues: Figures = field(default_factory=lambda: defaultdict(Counter))
    agents: Figures = field(default_factory=lambda: defaultdict(Counter))

    def count(self, found: Iterable[Stay]) -> Counted:
        spoke: dict[str, set[int]] = defaultdict(set)  # agents who had this call before
        for stay in found:
            queue = self.queues[stay.queue]
            queue["offered"] += 1
            queue["entries_transferred"] += bool(spoke[stay.call])
            if stay.exit is not None:
                self._exit(queue, stay.exit)
            for ring in stay.rings:
                self._ring(ring)
            if stay.agent is not None:
                before = spoke[stay.call] - {stay.agent}
                self.agents[stay.agent]["transfers_in"] += bool(before)
                spoke[stay.call].add(stay.agent)
            if stay.end is not None:
                self._end(stay.end)
        return self

    def _exit(self, queue: Counter[str], line: Line) -> None:
        how, wait = EXITS[line.event], line.wait
        queue[how] += 1
        queue["longest_wait"] = max(queue["longest_wait"], wait * MICROS)
        if how == "answered":
            queue["wait_answered"] += wait * MICROS
            queue["in_time"] += wait <= self.threshold
        if how == "abandoned":
            queue["wait_abandoned"] += wait * MICROS
            queue["short_abandons"] += wait <= self.short
            queue["abandoned_in_time"] += self.short < wait <= self.threshold

    def _ring(self, line: Line) -> None:
        for of in (self.queues[line.queue], self.agents[line.agent]):
            of["offers"] += 1
            of["offers_answered"] += line.event == "CONNECT"
            of["rona"] += line.event == "RINGNOANSWER"

    def _end(self, line: Line) -> None:
        for of in (self.queues[line.queue], self.agents[line.agent]):
            of["handled"] += 1
            of["talk"] += line.talk * MICROS
            of["transfers_out"] += line.event in TRANSFERS
