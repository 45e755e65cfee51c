"""What a channel's name says: technology, interface, whether it is half of a Local channel."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

#: Channels the PBX makes for itself: announcers, recorders, message carriers. Nobody speaks there.
PSEUDO = frozenset(
    {
        "CBAnn",
        "CBRec",
        "Announcer",
        "Recorder",
        "Bridge",
        "Message",
        "MulticastRTP",
        "UnicastRTP",
        "Snoop",
        "Surrogate",
        "Console",
        "AsyncGoto",
        "Parked",
        "Playback",
        "MOH",
    }
)

# PJSIP/1001-0000002c, SIP/trunk-00000003, IAX2/peer-1234, DAHDI/i1/0612345678-2f, DAHDI/1-1
_SUFFIX = re.compile(r"-[0-9a-fA-F]+(?:<[A-Za-z]+>)?$")
_LOCAL_HALF = re.compile(r"^(Local/.*);([12])$")


class ChannelName(NamedTuple):
    """`interface` is what an agent is configured with; `pair` names the other Local half."""

    technology: str
    interface: str
    resource: str  # the part after the technology, without suffix: 1001, trunk, i1/0612345678
    pair: str | None

    @property
    def is_local(self) -> bool:
        return self.technology == "Local"

    @property
    def is_pseudo(self) -> bool:
        return self.technology in PSEUDO


@lru_cache(maxsize=65536)
def parse_name(name: str) -> ChannelName:
    """Take a channel name apart. Any text is accepted; a name without `/` is all resource."""
    technology, slash, rest = name.partition("/")
    if not slash:
        return ChannelName("", name, name, None)
    half = _LOCAL_HALF.match(name)
    pair = f"{half[1]};{'2' if half[2] == '1' else '1'}" if half else None
    if half:
        rest = half[1].removeprefix("Local/")
    resource = _SUFFIX.sub("", rest)
    return ChannelName(technology, f"{technology}/{resource}", resource, pair)
