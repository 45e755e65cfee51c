"""Streams that everybody with the right to them sees alike: the board, and the work that is owed.

What has changed is gathered for a moment and told to all in one frame, encoded once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from screenpop import frames
from screenpop.console import Console, wire
from screenpop.streams import Backlog, Resume, Streams
from screenpop.turns import in_turns

PERIOD = 0.25  # seconds between frames of one stream
FRAMES, BYTES = 128, 1024 * 1024  # kept of one stream: half a minute at least


class Board(Protocol):
    """The live projection behind the board stream."""

    @property
    def seq(self) -> int: ...
    def snapshot(self) -> frames.BoardState: ...
    def flush(self, now: float) -> Sequence[frames.BoardChanged | frames.LinkChanged]: ...


class Work(Protocol):
    """The live projection behind the work stream."""

    @property
    def seq(self) -> int: ...
    def snapshot(self) -> frames.WorkState: ...
    def flush(self, now: float) -> Sequence[frames.WorkUpdated | frames.LinkChanged]: ...


class Shared:
    """One such stream; `right` is what a person needs to see it."""

    def __init__(
        self,
        name: Literal["board", "work"],
        right: str,
        projection: Board | Work,
        streams: Streams,
    ) -> None:
        self.right = right
        self._name: Literal["board", "work"] = name
        self._projection = projection
        self._streams = streams
        self._backlog: Backlog | None = None  # begun by the first who subscribes
        self._sent: dict[Console, int] = {}  # number of the last frame of each who subscribed
        self._snapshot = (-1, b"")  # the last one that was asked for, after which frame

    def subscribe(self, console: Console, message: frames.Subscribe) -> None:
        seq = self._projection.seq
        if self._backlog is None:
            self._backlog = Backlog(seq, max_frames=FRAMES, max_bytes=BYTES)
        catch_up(console, self._streams, self._backlog, message, self._snapshot_now)
        self._sent[console] = seq

    def _snapshot_now(self) -> bytes:
        """Made once for all who come between two frames, as after a restart: what has changed since
        the first of them came is in the next frame."""
        seq = self._projection.seq
        if self._snapshot[0] != seq:
            state = self._projection.snapshot()
            if isinstance(state, frames.BoardState):
                whole = frames.Snapshot(stream=self._name, seq=seq, board=state)
            else:
                whole = frames.Snapshot(stream=self._name, seq=seq, work=state)
            self._snapshot = seq, wire(whole)
        return self._snapshot[1]

    def leave(self, console: Console) -> None:
        self._sent.pop(console, None)

    async def run(self, clock: Callable[[], float]) -> None:
        """Tell what has changed, until cancelled."""
        while True:
            await asyncio.sleep(PERIOD)
            for frame in self._projection.flush(clock()):
                await self._tell(frame.seq, wire(frame))

    async def _tell(self, seq: int, data: bytes) -> None:
        if self._backlog is not None:
            self._backlog.append(seq, data)
        sent = self._sent
        async for few in in_turns([one for one, last in sent.items() if last < seq]):
            for console in few:
                # Not who has left, or caught up, while others were written to.
                if sent.get(console, seq) < seq:
                    sent[console] = seq
                    console.push(data)


def catch_up(
    console: Console,
    streams: Streams,
    backlog: Backlog,
    message: frames.Subscribe,
    snapshot: Callable[[], bytes],
) -> None:
    """What was missed, if that can be told, else a snapshot."""
    if message.resume_epoch is None or message.resume_seq is None:
        console.push(snapshot())
        return
    missed = streams.missed(backlog, Resume(message.resume_epoch, message.resume_seq))
    if isinstance(missed, str):
        console.push(wire(frames.Reset(stream=message.stream, reason=missed)))
        console.push(snapshot())
        return
    console.push(wire(frames.Resumed(stream=message.stream, seq=backlog.last)))
    for data in missed:
        console.push(data)
