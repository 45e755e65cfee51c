"""What the name of a sound file tells of its call; pure.

Asterisk's own habit is to put the channel's uniqueid into it (`q-600-1001-1767348900.42.wav`), with
the system's name before it where there are several (`pbx1-1767348900.42`). Ours may hold an id of
32 hex digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_UNIQUEID = re.compile(r"(?<![\d.])(\d{9,11}\.\d{1,9})(?![\d])")
_SYSTEM = re.compile(r"([A-Za-z0-9_]{1,40}-)$")
_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{32})(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Clues:
    """Uniqueids as a channel may have them, likeliest first, and ids of ours."""

    uniqueids: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()


def clues(name: str) -> Clues:
    """Of a name below the folder; the folders it lies in say nothing."""
    last = PurePosixPath(name).name
    uniqueids: list[str] = []
    for found in _UNIQUEID.finditer(last):
        uniqueids.append(found[1])
        system = _SYSTEM.search(last, 0, found.start())
        if system is not None:
            uniqueids.append(system[1] + found[1])
    return Clues(tuple(dict.fromkeys(uniqueids)), tuple(dict.fromkeys(_ID.findall(last))))
