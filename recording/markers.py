"""Where in a file something happened: pauses, holds, transfers. Pure.

The PBX writes a file only while the recorded leg is in a conversation. So the file begins with the
first one, what lies between two conversations takes no time in it, and a pause, which is silence,
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["pause", "hold", "transfer", "gap"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one moment to another, in seconds since the epoch; None: it never ended."""

    begins: float
    ends: float | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something on the call's clock. `id` is of a span, a hold or a transfer."""

    id: str
    kind: Kind
    when: Stretch
    reasons: tuple[str, ...] = ()
    by: int | None = None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """The same on the file's clock, in seconds from its begin; a moment ends where it begins."""

    id: str
    kind: Kind
    starts: float
    ends: float
    at: float
    reasons: tuple[str, ...]
    by: int | None
    estimated: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """`begins`: the moment of the file's first sound."""

    begins: float
    gaps: tuple[Stretch, ...] = ()
    seconds: float | None = None  # of the file

    def position(self, moment: float) -> float:
        """Seconds from the begin of the file, never outside of it."""
        left_out = sum(_overlap(gap, self.begins, moment) for gap in self.gaps)
        inside = max(0.0, moment - self.begins - left_out)
        return inside if self.seconds is None else min(inside, self.seconds)


def timeline(
    started: float,
    talks: Sequence[Stretch],
    gaps: Sequence[Stretch] = (),
    seconds: float | None = None,
) -> Timeline:
    """`talks`: of the recorded leg. One that goes on when the recording is started is in the file
    from then on; otherwise the first one after it opens the file."""
    running = any(t.begins <= started and (t.ends is None or started < t.ends) for t in talks)
    later = [talk.begins for talk in talks if talk.begins >= started]
    begins = started if running or not later else min(later)
    return Timeline(begins, tuple(gaps), seconds)


def marks(line: Timeline, happenings: Sequence[Happening]) -> list[Mark]:
    """In the order of the file; what was over before it began, or came after it, is not in it."""
    found = [_mark(line, one) for one in happenings if _is_inside(line, one)]
    return sorted(found, key=lambda mark: (mark.starts, mark.ends))


def _mark(line: Timeline, one: Happening) -> Mark:
    starts = line.position(one.when.begins)
    if one.kind in {"transfer", "gap"}:
        ends = starts
    elif one.when.ends is None:
        ends = line.seconds if line.seconds is not None else starts
    else:
        ends = line.position(one.when.ends)
    return Mark(
        id=one.id,
        kind=one.kind,
        starts=round(starts, 3),
        ends=round(max(starts, ends), 3),
        at=one.when.begins,
        reasons=one.reasons,
        by=one.by,
        estimated=one.estimated,
    )


def _is_inside(line: Timeline, one: Happening) -> bool:
    if one.when.ends is not None and one.when.ends <= line.begins:
        return False
    return line.seconds is None or line.position(one.when.begins) < line.seconds


def _overlap(gap: Stretch, begins: float, ends: float) -> float:
    gap_ends = ends if gap.ends is None else min(ends, gap.ends)
    return max(0.0, gap_ends - max(begins, gap.begins))
