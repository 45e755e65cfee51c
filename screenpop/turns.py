"""Work for many consoles in turns so short that whoever is rung does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from time import perf_counter
from typing import TypeVar

TURN = 0.0002  # seconds: some fifteen frames written; a ring waits for one turn at most
FEW = 8  # between two looks at the clock
SLICE = 50  # events taken before other work gets its turn

T = TypeVar("T")


def slices(many: Sequence[T], length: int = SLICE) -> Iterable[Sequence[T]]:
    return (many[at : at + length] for at in range(0, len(many), length))


async def in_turns(many: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """All of them, a few at a time; after every turn all others on the loop have theirs."""
    until = perf_counter() + TURN
    for few in slices(many, FEW):
        yield few
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + TURN
