"""How long things take, as scenarios say it: a number of seconds, or a distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Annotated

import msgspec
from msgspec import Meta

MOST_SECONDS = 1_000_000.0
MOST_VALUES = 20_000

Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
PositiveSeconds = Annotated[float, Meta(ge=0.001, le=MOST_SECONDS)]


class _Kind(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"
):
    """One shape of a distribution; `kind` names it in the file."""


class Exponential(_Kind, frozen=True, kw_only=True, tag="exponential"):
    mean: PositiveSeconds


class Lognormal(_Kind, frozen=True, kw_only=True, tag="lognormal"):
    """What handling times usually look like; mean and standard deviation of the time itself."""

    mean: PositiveSeconds
    deviation: PositiveSeconds


class Gamma(_Kind, frozen=True, kw_only=True, tag="gamma"):
    mean: PositiveSeconds
    deviation: PositiveSeconds


class Uniform(_Kind, frozen=True, kw_only=True, tag="uniform"):
    low: Seconds
    high: PositiveSeconds


class Recorded(_Kind, frozen=True, kw_only=True, tag="recorded"):
    """Times that were measured, each as likely as any other."""

    values: Annotated[list[Seconds], Meta(min_length=1, max_length=MOST_VALUES)]


Distribution = Exponential | Lognormal | Gamma | Uniform | Recorded
Duration = Seconds | Distribution
Sampler = Callable[[], float]


def mean_of(duration: Duration) -> float:
    """Of what `sampler` draws, in seconds."""
    match duration:
        case Uniform():
            return (duration.low + duration.high) / 2
        case Recorded():
            return math.fsum(duration.values) / len(duration.values)
        case Exponential() | Lognormal() | Gamma():
            return duration.mean
        case _:
            return duration


def sampler(duration: Duration, dice: Random) -> Sampler:
    """Draws one time after the other."""
    match duration:
        case Exponential():
            return lambda: duration.mean * dice.expovariate(1.0)
        case Lognormal():
            variance = math.log1p((duration.deviation / duration.mean) ** 2)
            middle, spread = math.log(duration.mean) - variance / 2, math.sqrt(variance)
            return lambda: dice.lognormvariate(middle, spread)
        case Gamma():
            shape = (duration.mean / duration.deviation) ** 2
            scale = duration.mean / shape
            return lambda: dice.gammavariate(shape, scale)
        case Uniform():
            return lambda: dice.uniform(duration.low, duration.high)
        case Recorded():
            return lambda: dice.choice(duration.values)
        case _:
            return lambda: duration
