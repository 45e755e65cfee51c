"""What of missed calls and callbacks is not over, by what the events say; for every live view."""

from __future__ import annotations

from collections.abc import Iterable, ValuesView
from typing import Literal, NamedTuple

from callcenter.events import WorkChanged

OVER = frozenset({"done", "failed", "cancelled"})


class Key(NamedTuple):
    kind: Literal["missed", "callback"]
    id: int


class Change(NamedTuple):
    """One row before and after; None where it is not open."""

    key: Key
    old: WorkChanged | None
    new: WorkChanged | None
    state: str


class OpenWork:
    """Begins empty; `seed` brings what the database knows."""

    def __init__(self) -> None:
        self._open: dict[Key, WorkChanged] = {}
        self._told: set[Key] = set()  # since the database was asked last

    def values(self) -> ValuesView[WorkChanged]:
        return self._open.values()

    def apply(self, event: WorkChanged) -> Change:
        key = Key(event.kind, event.work)
        self._told.add(key)
        new = None if event.state in OVER else event
        return self._put(key, new, event.state)

    def begin_seed(self) -> None:
        """The database is about to be asked."""
        self._told.clear()

    def seed(self, events: Iterable[WorkChanged]) -> list[Change]:
        """What the database knew: all of it, in the place of what was known; says what is other.

        What was told while it answered is newer, or will be told again.
        """
        found = {Key(event.kind, event.work): event for event in events}
        changes = []
        for key in (self._open.keys() | found.keys()) - self._told:
            new = found.get(key)
            change = self._put(key, new, "done" if new is None else new.state)
            if change.old != change.new:
                changes.append(change)
        return changes

    def _put(self, key: Key, new: WorkChanged | None, state: str) -> Change:
        old = self._open.pop(key, None)
        if new is not None:
            self._open[key] = new
        return Change(key, old, new, state)
