"""What was begun is finished: whoever is cancelled in the middle of a write ends after it.

Cut off between a statement and its commit, SQLite's lock would stay with nobody. How long one waits
for the end is bounded by the database's own timeouts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def unbroken(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`work` comes to its end once it has begun; who waited for it is cancelled after that."""

    @wraps(work)
    async def whole(*args: P.args, **kwargs: P.kwargs) -> T:
        return await to_the_end(work(*args, **kwargs))

    return whole


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """What it gives or raises; CancelledError instead if one was called off, however often."""
    task, called_off = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            called_off = True
    if not called_off:
        return task.result()
    if not task.cancelled():
        task.exception()  # whatever it was, that one is called off is the news
    raise asyncio.CancelledError
