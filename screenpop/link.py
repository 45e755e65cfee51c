"""Whether what the consoles show is true now, for the pops and the board alike."""

from __future__ import annotations

from typing import Literal

import msgspec

from callcenter.events import LinkLost, LinkRestored
from screenpop.frames import Link

Side = Literal["up", "down"]


class LinkState:
    """The one `Link` all see: the PBX side is up when every PBX we ever heard of is.

    Starts as down on the PBX side: nothing is known before the first reconciliation.
    """

    __slots__ = ("_lost", "link")

    def __init__(self, started_at: float) -> None:
        self.link = Link(pbx="down", pbx_since=started_at, store="up", store_since=started_at)
        self._lost: set[str] = set()

    def pbx(self, event: LinkLost | LinkRestored) -> bool:
        """Take an event in; True when `link` is another one now."""
        if isinstance(event, LinkLost):
            self._lost.add(event.pbx)
        else:
            self._lost.discard(event.pbx)
        side: Side = "down" if self._lost else "up"
        if side == self.link.pbx:
            return False
        since = self.link.pbx_since if event.at is None else event.at
        self.link = msgspec.structs.replace(self.link, pbx=side, pbx_since=since)
        return True

    def store(self, up: bool, at: float) -> bool:
        """The database answers again, or does not; True when `link` is another one now."""
        side: Side = "up" if up else "down"
        if side == self.link.store:
            return False
        self.link = msgspec.structs.replace(self.link, store=side, store_since=at)
        return True
