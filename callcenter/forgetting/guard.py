"""Keeps who was erased from being written down again by what is told late or told again.

Every event passes here when it is published and when it is read back from disk or Redis. What tells
of a moment before somebody was erased is told without them; what comes later is a new contact, and
is theirs to make. Only hashes under a key outside of the database are known here.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import CallEvent, DomainEvent
from callcenter.forgetting.person import SHORTEST_NUMBER, Person, digits_of
from callcenter.forgetting.tables import Tombstone
from callcenter.store.database import Database, in_words
from callcenter.wire import decode, encode

EVERY = 10.0  # seconds between looks for erasures that another service made
LONGEST_NUMBER = 15  # digits
CALLS_KEPT = 100_000  # that turned out to be somebody's, in memory
_RUN = re.compile(r"\+?\d(?:[\s\-().\u00a0/]{0,2}\d){6,}")
_PERSONAL = frozenset({"name", "number", "dialled", "to", "facts"})  # fields of events of a call
# Events that are nothing without whom they are about.
_DROPPED = frozenset({"RecordingStarted", "RecordingStopped", "VoicemailLeft", "CallbackRequested"})

log = structlog.get_logger(__name__)


class Marks:
    """Makes the hashes. `keys`: the one in use first, older ones to recognise by."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = tuple(keys)

    def new(self, kind: str, value: str) -> str:
        return self._digest(self._keys[0], kind, value)

    def known(self, kind: str, value: str) -> list[str]:
        """Under every key there is."""
        return [self._digest(key, kind, value) for key in self._keys]

    @staticmethod
    def _digest(key: bytes, kind: str, value: str) -> str:
        return hmac.new(key, f"{kind}\x1f{value}".encode(), hashlib.sha256).hexdigest()

    def of(self, person: Person) -> list[tuple[str, str]]:
        """(kind, digest) of everything that is to stay away. A call's own id names nobody."""
        words = [("name", name.strip().casefold()) for name in person.names]
        words += [("number", number.national) for number in person.numbers]
        words += [("email", email.casefold()) for email in person.emails]
        words += [("text", text.casefold()) for text in person.texts]
        calls = [("call", call) for call in person.calls]
        return [*dict.fromkeys([*((k, self.new(k, v)) for k, v in words if v), *calls])]


@dataclass(slots=True)
class _Known:
    newest: float = float("-inf")  # nothing told later is anybody's
    digests: dict[tuple[str, str], float] = field(default_factory=dict)  # → until


class Guard:
    """`clean` is what events pass; `run` keeps it up to date."""

    def __init__(self, database: Database, marks: Marks, *, every: float = EVERY) -> None:
        self._database = database
        self._marks = marks
        self._every = every
        self._known = _Known()
        self._calls: dict[str, float] = {}  # recognised here by what was told of them

    async def load(self) -> None:
        """As the database has it now."""
        known = _Known()
        async with self._database.reading() as session:
            rows = await session.execute(select(Tombstone.kind, Tombstone.digest, Tombstone.until))
            for kind, digest, until in rows:
                at = max(until, known.digests.get((kind, digest), until))
                known.digests[kind, digest] = at
                known.newest = max(known.newest, until)
        self._known = known

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.load()
            except Exception as error:  # what it knew it still knows
                log.warning("tombstones_not_read", error=in_words(error))

    def clean(self, event: DomainEvent) -> DomainEvent | None:
        """The event without anybody who was erased; None when nothing is left of it."""
        at = float("-inf") if event.at is None else event.at  # nobody knows: it may be old
        if not self._known.digests or at > self._known.newest or not isinstance(event, CallEvent):
            return event
        try:
            told: DomainEvent | None = self._cleaned(event, at)
        except (msgspec.ValidationError, msgspec.DecodeError):
            log.error("event_not_cleaned", type=type(event).__name__)
            return None
        return told

    def _cleaned(self, event: Any, at: float) -> Any:
        told = msgspec.json.decode(encode(event))  # a card is JSON within
        theirs = self._is_theirs(event.interaction, at)
        if not theirs and any(self._names(text, at) for text in _texts(told)):
            theirs = True
            self._remember(event.interaction, at)
        if not theirs:
            return event
        if told["type"] in _DROPPED:
            return None
        if "card" in told:  # who was calling is not told; that somebody was is
            return None
        return decode(msgspec.json.encode(self._without(told, at)))

    def _is_theirs(self, call: str, at: float) -> bool:
        until = self._known.digests.get(("call", call))
        return (until is not None and at <= until) or call in self._calls

    def _remember(self, call: str, at: float) -> None:
        self._calls[call] = at
        if len(self._calls) > CALLS_KEPT:
            del self._calls[next(iter(self._calls))]

    def _without(self, value: Any, at: float, key: str = "") -> Any:
        """What is recognised goes; of whoever has the number, the name as well."""
        if isinstance(value, dict):
            if key == "facts":
                return {}
            named = [v for k, v in value.items() if k in _PERSONAL and isinstance(v, str)]
            theirs = any(self._names(text, at) for text in named)
            return {
                k: None if theirs and k in {"name", "number"} else self._without(v, at, k)
                for k, v in value.items()
            }
        if isinstance(value, list):
            return [self._without(inner, at) for inner in value]
        if isinstance(value, str) and key in _PERSONAL and self._names(value, at):
            return None
        return value

    def _names(self, text: str, at: float) -> bool:
        """Whether somebody who was erased after `at` is in it: by number, or as the whole text."""
        whole = text.strip().casefold()
        if whole and any(self._has(kind, whole, at) for kind in ("name", "email", "text")):
            return True
        return any(self._has("number", part, at) for part in _endings(text))

    def _has(self, kind: str, value: str, at: float) -> bool:
        for digest in self._marks.known(kind, value):
            until = self._known.digests.get((kind, digest))
            if until is not None and at <= until:
                return True
        return False


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _endings(text: str) -> list[str]:
    """Whatever could be a number's national digits: every part of each run of digits."""
    found: dict[str, None] = {}
    for run in _RUN.findall(text):
        digits = digits_of(run)
        for begin in range(len(digits)):
            for end in range(begin + SHORTEST_NUMBER, min(len(digits), begin + LONGEST_NUMBER) + 1):
                found[digits[begin:end]] = None
    return list(found)


async def write_down(
    session: AsyncSession, erasure: int, marks: Marks, person: Person, until: float
) -> None:
    """The tombstones of an erasure; those that are there already hold longer now."""
    mine = update(Tombstone).where(Tombstone.erasure_id == erasure)
    await session.execute(mine.values(until=until))
    known = await session.execute(
        select(Tombstone.kind, Tombstone.digest).where(Tombstone.erasure_id == erasure)
    )
    there = {(kind, digest) for kind, digest in known}
    session.add_all(
        Tombstone(erasure_id=erasure, kind=kind, digest=digest, until=until)
        for kind, digest in marks.of(person)
        if (kind, digest) not in there
    )
    await session.flush()
