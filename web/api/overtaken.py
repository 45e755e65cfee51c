"""What somebody is told who saves what another has changed meanwhile: both sides of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from callcenter.errors import Conflict


class Overtaken(Conflict):
    """`values` holds the version that is there now, and both values of each field."""

    def __init__(self, sent: msgspec.Struct, now: msgspec.Struct, version: int) -> None:
        super().__init__("somebody else changed this meanwhile", field="version")
        theirs: Mapping[str, Any] = msgspec.to_builtins(now)
        yours: Mapping[str, Any] = msgspec.to_builtins(sent)
        sides = {
            name: {"yours": yours[name], "theirs": theirs[name]}
            for name in yours
            if name != "version" and name in theirs
        }
        self.values = {"version": version, "fields": sides}


def check(sent: msgspec.Struct, now: msgspec.Struct, version: int) -> None:
    """Overtaken when `sent` was made of another version; without one it is for what is there."""
    asked = getattr(sent, "version", None)
    if asked is not None and asked != version:
        raise Overtaken(sent, now, version)
