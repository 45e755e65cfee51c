"""Which side of the PBX a channel is on, and from that the direction of a call."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from callcenter.events import Direction

if TYPE_CHECKING:
    from callcenter.calls.state import Channel

_DIGITS = re.compile(r"^\d+$")
_PUBLIC = re.compile(r"^(\+\d{6,}|\d{7,})$")
_EXTENSION = re.compile(r"^\d{1,6}$")
#: Technologies whose channels are lines of a carrier unless the configuration says otherwise.
_LINES = frozenset(
    {"DAHDI", "Zap", "Dongle", "Quectel", "Khomp", "mISDN", "CAPI", "OOH323", "Motif"}
)


def is_external(channel: Channel, trunks: tuple[str, ...]) -> bool:
    """Whether this channel leads out of the house.

    `trunks` are patterns of interfaces (`PJSIP/carrier*`); when any are given they alone decide.
    Without them: a telephone is named after its number, a trunk is not and shows public numbers.
    """
    name = channel.parsed
    if trunks:
        return any(fnmatchcase(name.interface, pattern) for pattern in trunks)
    if name.technology in _LINES:
        return True
    number = channel.number
    if number is not None and name.resource == number:
        return False
    if _DIGITS.match(name.resource):
        return False
    if number is None:
        return True
    return not _EXTENSION.match(number)


def is_public(number: str | None) -> bool:
    """Whether a number is written as only numbers outside the house are."""
    return number is not None and _PUBLIC.match(number) is not None


def direction(*, caller_external: bool, callee_external: bool, originated: bool) -> Direction:
    """From where to where. A call that we began ourselves is never inbound."""
    if originated:
        leaves = caller_external or callee_external
        return Direction.OUTBOUND if leaves else Direction.INTERNAL
    if caller_external:
        return Direction.INBOUND
    return Direction.OUTBOUND if callee_external else Direction.INTERNAL
