"""Patterns of telephone numbers, as Asterisk's dialplan writes them, for lists in configuration.

X is a digit, Z 1–9, N 2–9, [1-5] one of these, "." at the end one digit or more, and a plus may
come first. Nothing of a pattern reaches the PBX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

RULE = 'may hold digits, X, Z, N and [1-5], with "+" first and "." last at most, e.g. 10XX or +86.'

_PATTERN = re.compile(r"(?=.*[0-9XZN])\+?(?:[0-9XZN]|\[[0-9]+(?:-[0-9])?\])*\.?")
_CLASSES = {"X": "[0-9]", "Z": "[1-9]", "N": "[2-9]", ".": "[0-9]+", "+": r"\+"}


def is_pattern(text: str) -> bool:
    """Whether it can stand in a list."""
    return _PATTERN.fullmatch(text) is not None


def matches(number: str, patterns: Iterable[str]) -> bool:
    """Whether the whole number fits one of them. ValueError for one that is no pattern."""
    return any(_compiled(pattern).fullmatch(number) for pattern in patterns)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    if not is_pattern(pattern):
        raise ValueError(f"not a pattern of numbers: {pattern!r}")
    parts = re.findall(r"\[[^\]]*\]|.", pattern)
    return re.compile("".join(_CLASSES.get(part, part) for part in parts))
