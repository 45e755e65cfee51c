"""Puts the two sides of a recording together: customer left, agent right.

The PBX leaves a mixed file and each side beside it. The mixed one is replaced in one step when the
stereo file is whole, so whatever happens there is a recording; what was begun and not finished is
done again. Runs in the examiner's process.
"""

from __future__ import annotations

import array
import sys
import wave
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from recording.tapes import AGENT, CUSTOMER, HALF

RATE = 8000
AT_ONCE = RATE * 60  # samples
LONGEST = 4_000_000_000  # bytes: a WAV file counts to 4 GiB
NEW = ".stereo"


def join(mixed: Path) -> str | None:
    """Make `mixed` stereo if its sides are there; says what stood in the way, None if nothing."""
    left, right = (mixed.with_suffix(f".{side}{HALF}") for side in (CUSTOMER, AGENT))
    if mixed.suffix != ".wav" or not left.exists() or not right.exists():
        return None
    if 2 * max(left.stat().st_size, right.stat().st_size) > LONGEST:
        return "too long for stereo: both sides are in one"
    new = mixed.with_suffix(NEW)
    try:
        _write(new, left, right)
        new.replace(mixed)
        left.unlink()
        right.unlink()
    except OSError as error:
        new.unlink(missing_ok=True)
        return f"not made stereo: {error.strerror}"
    return None


def _write(new: Path, left: Path, right: Path) -> None:
    with ExitStack() as stack:
        sides = [stack.enter_context(side.open("rb")) for side in (left, right)]
        out = stack.enter_context(wave.open(str(new), "wb"))
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        while True:
            one, other = (_samples(side) for side in sides)
            count = max(len(one), len(other))
            if count == 0:
                return
            both = array.array("h", bytes(4 * count))
            both[0 : 2 * len(one) : 2] = one
            both[1 : 2 * len(other) : 2] = other
            if sys.byteorder == "big":
                both.byteswap()
            out.writeframesraw(both.tobytes())


def _samples(side: BinaryIO) -> array.array[int]:
    data = side.read(2 * AT_ONCE)
    return array.array("h", data[: len(data) & ~1])
