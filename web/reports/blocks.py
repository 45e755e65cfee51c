"""Longer blocks of quarter hours, so that a month is read from thousands of rows, not millions.

Blocks lie on UTC, so they serve every zone: a local day is a few of them, and where its borders are
finer, shorter ones and quarters. Sums are whole numbers, so it does not matter which. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

QUARTER, HOUR, WATCH, DAY = 1, 4, 16, 96  # a watch is four hours, as on a ship
MADE_OF = ((HOUR, QUARTER), (WATCH, HOUR), (DAY, WATCH))  # each of the size before it
LONGEST_FIRST = (DAY, WATCH, HOUR, QUARTER)


@dataclass(frozen=True, slots=True)
class Run:
    """Blocks of one size, one after the other, of the span with this number."""

    size: int
    first: int  # quarters
    last: int
    number: int = 0


def cover(
    first: int, last: int, number: int = 0, sizes: Sequence[int] = LONGEST_FIRST
) -> list[Run]:
    """[first, last) in as few blocks as there can be: each quarter in exactly one."""
    for place, size in enumerate(sizes):
        low, high = -(-first // size) * size, last // size * size
        if low < high:
            finer = sizes[place + 1 :]
            return [
                *cover(first, low, number, finer),
                Run(size, low, high, number),
                *cover(high, last, number, finer),
            ]
    return []
