"""Which of the things found comes first, and what of a long text is shown.

Pure. A number or a key that fits exactly is what was meant; then names, the closer the better; then
names by how they read; then what was only said somewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")
EXCERPT = 120  # characters of a long text
BEFORE = 30  # of them before what was found


class Why(StrEnum):
    """What a thing was found by, the closest first."""

    TICKET_NUMBER = "ticket_number"
    NUMBER = "number"  # exactly this telephone number
    ACCOUNT = "account_number"
    TAX = "tax_number"
    NAME_IS = "name_is"
    EMAIL = "email"
    NAME_BEGINS = "name_begins"
    NUMBER_ENDS = "number_ends"
    READING = "pinyin"
    NAME = "name"
    DIGITS = "number_part"
    TITLE = "title"
    DESCRIPTION = "description"
    MESSAGE = "message"


RANK = {why: place for place, why in enumerate(Why)}


@dataclass(frozen=True, slots=True)
class Hit(Generic[T]):
    """`name` orders what was found alike: the shorter, the closer to what was typed."""

    id: int
    why: Why
    name: str
    thing: T


def best(hits: Iterable[Hit[T]], limit: int) -> list[Hit[T]]:
    """Each thing once, by what fits it best; the newest first among equals."""
    found: dict[int, Hit[T]] = {}
    for hit in hits:
        known = found.get(hit.id)
        if known is None or RANK[hit.why] < RANK[known.why]:
            found[hit.id] = hit
    return sorted(found.values(), key=_order)[:limit]


def _order(hit: Hit[T]) -> tuple[int, int, int]:
    return RANK[hit.why], len(hit.name), -hit.id


def closer(why: Why, name: str, text: str) -> Why:
    """Of a name that holds the text: whether it is the text, or begins with it."""
    if why is not Why.NAME:
        return why
    folded, asked = name.casefold(), text.casefold()
    if folded == asked:
        return Why.NAME_IS
    return Why.NAME_BEGINS if folded.startswith(asked) else why


def excerpt(text: str, asked: str) -> str:
    """The part of a text around what was found in it, in one line."""
    line = " ".join(text.split())
    at = max(0, line.casefold().find(asked.casefold()))
    start = 0 if at <= BEFORE else at - BEFORE
    part = line[start : start + EXCERPT]
    return ("…" if start else "") + part + ("…" if start + EXCERPT < len(line) else "")
