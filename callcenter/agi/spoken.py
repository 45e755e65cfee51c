"""Numbers as lists of the PBX's own sound files, so that saying them can be interrupted.

The PBX's SAY NUMBER runs to its end whatever we send; a list of files ends with any of them. The
files are those of Asterisk's own packages (`digits/20`, `digits/hundred` …).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LARGEST: Final = 9999


def digit_sounds(text: str) -> list[str]:
    """Each digit of `text`."""
    return [f"digits/{digit}" for digit in text if digit.isascii() and digit.isdecimal()]


def number_sounds(number: int, language: str) -> list[str] | None:
    """None where the number or the language (`en_US`, `zh`, `cn` …) is not one of ours."""
    speak = _LANGUAGES.get(language.replace("-", "_").partition("_")[0].lower())
    if speak is None or not 0 <= number <= LARGEST:
        return None
    return [f"digits/{name}" for name in (speak(number) or ["0"])]


def _english(number: int) -> list[str]:
    thousands, rest = divmod(number, 1000)
    hundreds, rest = divmod(rest, 100)
    names = [str(thousands), "thousand"] if thousands else []
    names += [str(hundreds), "hundred"] if hundreds else []
    if rest > 20 and rest % 10:
        return [*names, str(rest - rest % 10), str(rest % 10)]
    return [*names, str(rest)] if rest else names


def _chinese(number: int) -> list[str]:
    """一千零五, 一百一十, 十二: zeros between are said once, and 十 alone has no 一 before it."""
    names: list[str] = []
    gap = False
    for value, unit in ((1000, "thousand"), (100, "hundred"), (10, "10"), (1, "")):
        digit = number // value % 10
        if not digit:
            gap = bool(names)
            continue
        names += ["0"] if gap else []
        gap = False
        names += [] if value == 10 and digit == 1 and not names else [str(digit)]
        names += [unit] if unit else []
    return names


_LANGUAGES: dict[str, Callable[[int], list[str]]] = {
    "en": _english,
    "zh": _chinese,
    "cn": _chinese,
}
