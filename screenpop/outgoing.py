"""Brings agents' frames to their consoles: one write for what belongs together, never waited for.

A pop whose caller is not known yet waits a moment for its card, so that the page is written to and
drawn once instead of twice: the store answers within some milliseconds, and the card comes in the
same write. Whatever else the agent has to hear takes the pop along at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from callcenter import metrics
from screenpop.console import Console, wire
from screenpop.frames import PopOffered
from screenpop.screens import Changes, MeFrame
from screenpop.streams import Streams


@dataclass(slots=True)
class _Held:
    parts: list[bytes]
    since: float  # when the first of them was received


class Outgoing:
    """`listeners`: the consoles of each agent; `wait`: the longest a pop is held, in seconds."""

    def __init__(
        self, streams: Streams, listeners: Mapping[int, Sequence[Console]], wait: float
    ) -> None:
        self._streams = streams
        self._listeners = listeners
        self._wait = wait
        self._out: dict[Console, list[bytes]] = {}  # empty whenever another task runs
        self._held: dict[Console, _Held] = {}  # pops that wait for their card
        self._timer: asyncio.TimerHandle | None = None
        self._pops: list[float] = []  # when the event of each pop in `_out` was received

    def tell(self, changes: Changes, received_at: float) -> None:
        """Keep each frame and put it out for `flush`, which has to follow before any waiting."""
        for agent, frame in changes:
            data = wire(frame)
            self._streams.keep_me(agent, frame.seq, data)
            waits, written = _waits_for_its_card(frame), False
            for console in self._listeners.get(agent, ()):
                if waits and console not in self._out:
                    self._held.setdefault(console, _Held([], received_at)).parts.append(data)
                else:
                    self._put_out(console, data)
                    written = True
            if written and isinstance(frame, PopOffered):
                self._pops.append(received_at)

    def _put_out(self, console: Console, data: bytes) -> None:
        parts = self._out.get(console)
        if parts is None:
            parts = self._out[console] = []
            held = self._held.pop(console, None)
            if held is not None:
                parts += held.parts
                self._pops.append(held.since)
        parts.append(data)

    def flush(self) -> None:
        """Write now, without waiting: one system call for all that a console has to hear."""
        for console, parts in self._out.items():
            console.push(parts[0] if len(parts) == 1 else b"".join(parts))
        self._out.clear()
        if self._pops:
            now = time.perf_counter()
            for since in self._pops:
                metrics.POP_SECONDS.observe(now - since)
            self._pops.clear()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is None:
            if self._held:
                self._timer = asyncio.get_running_loop().call_later(self._wait, self._give_up)
        elif not self._held:  # it would wake us for nothing
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        """The cards are late: the pops go without."""
        self._timer = None
        held, self._held = self._held, {}
        for console, waiting in held.items():
            self._out[console] = waiting.parts
            self._pops.append(waiting.since)
        self.flush()

    def forget(self, console: Console) -> None:
        """It is gone, or is told everything anew."""
        self._held.pop(console, None)


def _waits_for_its_card(frame: MeFrame) -> bool:
    """Callers from outside are looked up, every one of them."""
    if not isinstance(frame, PopOffered):
        return False
    return frame.pop.card is None and frame.pop.direction == "inbound"
