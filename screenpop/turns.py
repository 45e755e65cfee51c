"""Work for many consoles in turns so short that whoever is rung does not wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from time import perf_counter
from typing import TypeVar

TURN = 0.0001  # seconds: some six frames written; a ring waits for one turn at most

SLICE = 50  # events taken before other work gets its turn

T = TypeVar("T")


def slices(many: Sequence[T]) -> Iterable[Sequence[T]]:
    return (many[at : at + SLICE] for at in range(0, len(many), SLICE))


async def in_turns(many: Iterable[T]) -> AsyncIterator[T]:
    """Each of them; after every turn all others on the loop have theirs."""
    until = perf_counter() + TURN
    for one in many:
        yield one
        if perf_counter() >= until:
            await asyncio.sleep(0)
            until = perf_counter() + TURN
