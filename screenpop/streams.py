"""Keeps the last frames of each stream, so that a console that was away misses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResetReason = Literal["new_epoch", "too_old", "ahead"]

# What one agent's stream keeps: some ten minutes of a busy agent, a network change for certain.
ME_FRAMES, ME_BYTES = 64, 32 * 1024


@dataclass(frozen=True, slots=True)
class Resume:
    """The last frame a client saw."""

    epoch: str
    seq: int


class Backlog:
    """The newest frames of one stream, bounded in number and bytes, without gaps.

    `last` is the number of the newest frame, kept or not.
    """

    __slots__ = ("_bytes", "_frames", "_max_bytes", "_max_frames", "last")

    def __init__(self, last: int, *, max_frames: int, max_bytes: int) -> None:
        self.last = last
        self._frames: list[bytes] = []  # so few that a deque would only be larger
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes

    def append(self, seq: int, wire: bytes) -> None:
        """Keep frame `seq`. One that does not follow the last makes all before it useless."""
        if seq != self.last + 1:
            self._frames.clear()
            self._bytes = 0
        self.last = seq
        self._frames.append(wire)
        self._bytes += len(wire)
        while self._bytes > self._max_bytes or len(self._frames) > self._max_frames:
            self._bytes -= len(self._frames.pop(0))

    def after(self, seq: int) -> list[bytes] | ResetReason:
        """Every frame after `seq`, or why that cannot be told."""
        missed = self.last - seq
        if missed < 0:
            return "ahead"
        if missed > len(self._frames):
            return "too_old"
        return self._frames[len(self._frames) - missed :]


class Streams:
    """The backlogs of one run of the service (`epoch`), one for each agent.

    An agent's backlog begins with the first console that subscribes. Before that nobody can have
    seen a frame, so nothing is kept: an idle agent costs nothing.
    """

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self._me: dict[int, Backlog] = {}

    def me(self, agent: int, last: int) -> Backlog:
        """The agent's backlog, begun after frame `last` if there is none."""
        backlog = self._me.get(agent)
        if backlog is None:
            backlog = Backlog(last, max_frames=ME_FRAMES, max_bytes=ME_BYTES)
            self._me[agent] = backlog
        return backlog

    def keep_me(self, agent: int, seq: int, wire: bytes) -> None:
        backlog = self._me.get(agent)
        if backlog is not None:
            backlog.append(seq, wire)

    def missed(self, backlog: Backlog, resume: Resume) -> list[bytes] | ResetReason:
        """What a client that saw `resume` has to be sent, or why it must begin anew."""
        return "new_epoch" if resume.epoch != self.epoch else backlog.after(resume.seq)
