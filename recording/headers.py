"""Notices a WAV file that was cut short: its header tells of more sound than there is."""

from __future__ import annotations

import struct
from pathlib import Path

_OPEN_ENDED = {0, 0xFFFFFFFF, 0x7FFFFFFF}  # what writers put there before they know
_MOST_CHUNKS = 64
_TOLERANCE = 4_096  # bytes: a writer's last buffer is no loss that anybody hears


def cut_short(path: str | Path) -> str | None:
    """In words how much is there; None for a whole file, and for what is no WAV."""
    try:
        size = Path(path).stat().st_size
        with Path(path).open("rb") as file:
            head = file.read(12)
            if len(head) < 12 or head[:4] != b"RIFF" or head[8:] != b"WAVE":
                return None
            rate = 0
            for _ in range(_MOST_CHUNKS):
                start = file.read(8)
                if len(start) < 8:
                    return None
                name, length = struct.unpack("<4sI", start)
                if name == b"data":
                    return _told(length, size - file.tell(), rate)
                if name == b"fmt ":
                    rate = struct.unpack_from("<I", file.read(16), 8)[0]
                    length -= 16
                file.seek(length + length % 2, 1)
    except (OSError, struct.error):
        return None
    return None


def _told(promised: int, there: int, rate: int) -> str | None:
    if promised in _OPEN_ENDED or there + _TOLERANCE >= promised or rate <= 0:
        return None
    return f"cut short: {there / rate:.0f} of {promised / rate:.0f} s are there"
