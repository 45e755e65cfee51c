"""Pauses that differ a little, so that those who wait for the same do not all come at once."""

from __future__ import annotations

import random


def jittered(seconds: float, by: float = 0.2) -> float:
    """As long as this, more or less; `by`: the part of it that may be more or less."""
    return seconds * random.uniform(1 - by, 1 + by)  # noqa: S311 - no secret
