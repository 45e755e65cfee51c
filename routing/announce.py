"""What a waiting caller hears between the music: the place in line and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE = 60.0
Said = str | int  # a sound of the PBX, or a number to be read out

LONGEST = 60  # minutes; beyond it a figure helps nobody


def position(place: int) -> list[Said]:
    """The sounds of "you are the first", or of "you are caller number N"."""
    if place <= 1:
        return ["queue-youarenext"]
    return ["queue-thereare", place, "queue-callswaiting"]


def wait(seconds: float | None) -> list[Said]:
    """The sounds of the estimate, rounded up to minutes; none while there is none."""
    if seconds is None or seconds > LONGEST * MINUTE:
        return []
    minutes = max(1, -int(-seconds // MINUTE))
    if minutes == 1:
        return ["queue-holdtime", "queue-less-than", 2, "queue-minutes"]
    return ["queue-holdtime", minutes, "queue-minutes"]


@dataclass(slots=True)
class Rhythm:
    """When the next announcement is due; the first when a caller has waited for half of it."""

    every: float | None
    next_at: float | None = None

    @classmethod
    def begin(cls, every: float | None, now: float) -> Rhythm:
        return cls(every, None if every is None else now + every / 2)

    def is_due(self, now: float) -> bool:
        return self.next_at is not None and now >= self.next_at

    def done(self, now: float) -> None:
        if self.every is not None:
            self.next_at = now + self.every
