"""What of a name tells two customers apart, and how alike two names are."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MOST_GRAMS = 6  # parts of a name by which others like it are looked for

# What every company has in its name says nothing about which one it is.
_LEGAL = re.compile(
    r"(?:集团)?(?:股份)?(?:有限)?(?:责任)?公司$|集团$|(?:\b(?:co|company|ltd|limited|inc|corp|"
    r"corporation|llc|gmbh|ag|plc|pty|group|holdings?|s\.?a\.?|b\.?v\.?)\b[\s.,]*)+$"
)
_PLACE = re.compile(
    r"^(?:北京|上海|天津|重庆|广州|深圳|杭州|成都|南京|武汉|西安|苏州|郑州|长沙|青岛|沈阳|宁波|东莞|"
    r"佛山|合肥|福州|厦门|济南|大连|昆明|无锡|中国)(?:市)?(?=..)"
)
_BRACKETS = re.compile(r"[(\[【].*?[)\]】]")
_NOTHING = re.compile(r"[\W_]+")


@lru_cache(maxsize=16_384)
def plain(name: str) -> str:
    """Without case, width, blanks and punctuation."""
    return _NOTHING.sub("", unicodedata.normalize("NFKC", name).casefold())


@lru_cache(maxsize=16_384)
def core(name: str) -> str:
    """What is left without the legal form, and without the city before it."""
    return plain(_bare(name)) or plain(name)


def _bare(name: str) -> str:
    """The core as it was written; what stands in brackets is left out."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip()
    inner = _BRACKETS.sub("", folded).strip() or folded
    bare = _LEGAL.sub("", inner.rstrip(" .,")).rstrip(" .,&") or inner
    return _PLACE.sub("", bare)


def place(name: str) -> str:
    """The city before it; empty when none is named."""
    found = _PLACE.match(unicodedata.normalize("NFKC", name).strip())
    return found[0].removesuffix("市") if found else ""


def grams(text: str) -> frozenset[str]:
    """Its trigrams, with its begin and end marked as pg_trgm does."""
    padded = f"  {text} "
    return frozenset(padded[n : n + 3] for n in range(len(padded) - 2)) if text else frozenset()


def similarity(one: str, other: str) -> float:
    """Shared trigrams of all trigrams: 1 for the same, 0 for nothing in common."""
    ours, theirs = grams(one), grams(other)
    if not ours or not theirs:
        return 0.0
    return len(ours & theirs) / len(ours | theirs)


def inside(name: str) -> tuple[str, ...]:
    """Parts of three letters by which a similar name is found, evenly from begin to end.

    Letters, not the core without blanks: they are looked for in names as they were written.
    """
    bare = _bare(name)
    parts = [bare[n : n + 3] for n in range(len(bare) - 2)]
    words = list(dict.fromkeys(part for part in parts if plain(part) == part))
    if len(words) <= MOST_GRAMS:
        return tuple(words)
    step = (len(words) - 1) / (MOST_GRAMS - 1)
    return tuple(dict.fromkeys(words[round(n * step)] for n in range(MOST_GRAMS)))
