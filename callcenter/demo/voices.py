"""Voices made by arithmetic: syllables of changing pitch, so that recordings look and sound alive
without a sound file of anybody else's."""

from __future__ import annotations

import random
from functools import cache

from callcenter.pbx.tones import RATE, chord, mulaw

_SECONDS = 6.0


@cache
def voice(seed: int) -> bytes:
    """Some seconds of a voice as mu-law; each seed is another one, always the same."""
    dice = random.Random(seed)  # noqa: S311  a voice hides nothing
    pitch = dice.uniform(105, 230)
    samples: list[int] = []
    while len(samples) < _SECONDS * RATE:
        for _ in range(dice.randint(3, 8)):
            samples += _syllable(dice, pitch)
        samples += [0] * round(dice.uniform(0.2, 0.7) * RATE)
    return mulaw(samples)


def _syllable(dice: random.Random, pitch: float) -> list[int]:
    tone = pitch * dice.uniform(0.85, 1.25)
    vowel = dice.choice((3, 4, 5, 6))  # the overtone that is loudest makes the vowel
    level = dice.uniform(0.15, 0.45)
    sound = chord((tone, tone * 2, tone * vowel, tone * vowel), dice.uniform(0.1, 0.28), level)
    return sound + [0] * round(dice.uniform(0.01, 0.05) * RATE)
