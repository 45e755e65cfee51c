"""How full a disk may be, and how much has to go when it is fuller; pure."""

from __future__ import annotations

from dataclasses import dataclass

SLACK = (
    0.05  # of the disk: so far below the threshold room is made, so as not to do it all the time
)


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes. `used` is what is not free for us, as `df` counts it."""

    total: int
    free: int

    @property
    def used(self) -> float:
        """From 0 to 1."""
        return 1 - self.free / self.total if self.total > 0 else 0.0


def is_full(disk: Disk, threshold: float) -> bool:
    return disk.used >= threshold


def to_free(disk: Disk, threshold: float) -> int:
    """Bytes that have to go; 0 while the disk is not full."""
    if not is_full(disk, threshold):
        return 0
    return max(0, round(disk.total * (1 - threshold + SLACK)) - disk.free)
