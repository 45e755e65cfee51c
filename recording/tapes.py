"""What our recordings are called and how the PBX is told to write them: pure.

The names are ours: the day, the channel's id where it looks like one (by which a file that nobody
told us of finds its call), and digits that nobody can guess. For stereo the PBX writes both sides
beside the mixed file; `recording.stereo` puts them together when the call is over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

CUSTOMER, AGENT = "customer", "agent"
HALF = ".sln"  # 16 bits at 8 kHz without a header, in the order of the machine
_UNIQUEID = re.compile(r"\d{9,11}\.\d{1,9}")

Side = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Tape:
    """`file` and `options` are the arguments of MixMonitor; `base` is the file without ending."""

    file: str
    options: str
    base: str


def tape(
    folder: str, uniqueid: str, secret: str, now: float, *, stereo: bool = True, customer: Side
) -> Tape:
    """`customer`: whether the recorded channel is theirs (`in`), or hears them (`out`).

    b: only while two are connected. S keeps the sides in step on Asterisk 16; since 20 they are.
    """
    day = datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")
    known = f"{uniqueid}-" if _UNIQUEID.fullmatch(uniqueid) else ""
    base = f"{folder.rstrip('/')}/{day}/call-{known}{secret}"
    if not stereo:
        return Tape(f"{base}.wav", "b", base)
    said, heard = (CUSTOMER, AGENT) if customer == "in" else (AGENT, CUSTOMER)
    return Tape(f"{base}.wav", f"br({base}.{said}{HALF})t({base}.{heard}{HALF})S", base)
