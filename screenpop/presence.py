"""Who is looking at a ticket right now, and who is writing: said by their consoles, soon forgotten.

Pure. A console says it again and again while it is so; one that falls silent is gone by itself.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from screenpop.frames import Looker

EXPIRES = 45.0  # seconds without a word; consoles say it every 20
MOST_TICKETS = 20  # that one console looks at, in as many tabs of it


@dataclass(slots=True)
class _Look:
    user: int
    name: str
    writing: bool
    until: float


class Presence:
    """By whatever tells one console from another."""

    def __init__(self) -> None:
        self._tickets: dict[int, dict[Hashable, _Look]] = {}
        self._of: dict[Hashable, set[int]] = {}

    def look(  # noqa: PLR0917 - what is said of one look
        self, who: Hashable, user: int, name: str, ticket: int, writing: bool, now: float
    ) -> set[int]:
        """The tickets of which others see something else now."""
        mine = self._of.setdefault(who, set())
        if ticket not in mine and len(mine) >= MOST_TICKETS:
            return set()
        mine.add(ticket)
        looks = self._tickets.setdefault(ticket, {})
        before = looks.get(who)
        looks[who] = _Look(user, name, writing, now + EXPIRES)
        return set() if before is not None and before.writing == writing else {ticket}

    def turn_away(self, who: Hashable, ticket: int) -> set[int]:
        looks = self._tickets.get(ticket, {})
        if looks.pop(who, None) is None:
            return set()
        self._of[who].discard(ticket)
        if not self._of[who]:
            del self._of[who]
        if not looks:
            del self._tickets[ticket]
        return {ticket}

    def leave(self, who: Hashable) -> set[int]:
        """A console is gone."""
        return {ticket for at in list(self._of.get(who, ())) for ticket in self.turn_away(who, at)}

    def expire(self, now: float) -> set[int]:
        old = [
            (who, ticket)
            for ticket, looks in self._tickets.items()
            for who, look in looks.items()
            if look.until <= now
        ]
        return {ticket for who, at in old for ticket in self.turn_away(who, at)}

    def people(self, ticket: int) -> list[Looker]:
        """Each person once, in however many windows, by name."""
        found: dict[int, Looker] = {}
        for look in self._tickets.get(ticket, {}).values():
            other = found.get(look.user)
            writing = look.writing or (other is not None and other.writing)
            found[look.user] = Looker(look.user, look.name, writing)
        return sorted(found.values(), key=lambda one: (one.name, one.user))

    def has(self, user: int, ticket: int) -> bool:
        """Whether this person looks at it, in whatever window."""
        return any(look.user == user for look in self._tickets.get(ticket, {}).values())

    def watching(self, ticket: int) -> list[Hashable]:
        """The consoles that look at it."""
        return list(self._tickets.get(ticket, {}))
