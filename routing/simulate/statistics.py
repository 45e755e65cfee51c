"""From the figures of several replications: their mean, and how sure one can be of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from statistics import fmean, stdev

import msgspec

CONFIDENCE = 0.95


class Estimate(msgspec.Struct, frozen=True):
    """`margin` is half the width of the confidence interval; None of a single value."""

    mean: float
    margin: float | None
    values: int

    def holds(self, value: float) -> bool:
        """Whether the value lies in the interval."""
        return self.margin is not None and abs(value - self.mean) <= self.margin


def estimate(values: Iterable[float | None], confidence: float = CONFIDENCE) -> Estimate | None:
    """By Student's t. Replications are independent, so nothing else is assumed than that their
    means are about normal. A replication without a value does not count; None when all are so.
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    if len(known) == 1:
        return Estimate(known[0], None, 1)
    error = stdev(known) / math.sqrt(len(known))
    return Estimate(fmean(known), student(len(known) - 1, confidence) * error, len(known))


@cache
def student(freedom: int, confidence: float) -> float:
    """The t with P(|T| <= t) = confidence, by bisection of the exact distribution."""
    if freedom < 1 or not 0 < confidence < 1:
        raise ValueError("needs a degree of freedom and a confidence between 0 and 1")
    low, high = 0.0, 1.0
    while _within(high, freedom) < confidence:
        low, high = high, high * 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < confidence else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """P(|T| <= t), by the finite series for whole degrees (Abramowitz & Stegun 26.7.3, 26.7.4)."""
    angle = math.atan2(t, math.sqrt(freedom))
    square = math.cos(angle) ** 2
    odd = freedom % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(freedom // 2):
        total += term
        term *= square * (
            (2 * step + 2) / (2 * step + 3) if odd else (2 * step + 1) / (2 * step + 2)
        )
    share = math.sin(angle) * total
    return 2 / math.pi * (angle + share) if odd else share
