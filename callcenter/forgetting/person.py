"""Who is to be forgotten, and how they are recognised in whatever was written; pure.

A number is found however it was written: with a country's code or without, with blanks, dots and
hyphens in it, behind a prefix, inside a file's name. A name is found whole, whatever its case.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import msgspec

MARK = "[erased]"  # stands where something was
SHORTEST_NUMBER = 7  # digits: what is shorter is dialled inside, and is nobody's own
SHORTEST_NAME = 2  # letters
SHORTEST_TEXT = 4  # of account numbers and the like
_BETWEEN = r"[\s\-().\u00a0/]{0,2}"


class Number(msgspec.Struct, frozen=True):
    """`national` are the digits behind the country's code: what every way to write it ends with."""

    e164: str
    national: str

    @property
    def forms(self) -> tuple[str, ...]:
        """As it commonly stands in a column of its own."""
        bare = self.e164.removeprefix("+")
        found = (self.e164, bare, f"00{bare}", self.national, f"0{self.national}")
        return tuple(dict.fromkeys(found))


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of somebody: rows that are theirs, and words that are them.

    `contacts`: people at a customer who go while it stays; `stays`: these customers.
    """

    customers: list[int] = []
    contacts: list[int] = []
    stays: list[int] = []
    tickets: list[int] = []
    calls: list[str] = []
    recordings: list[str] = []
    names: list[str] = []
    numbers: list[Number] = []
    emails: list[str] = []
    texts: list[str] = []  # account and tax numbers, ids elsewhere

    def also(self, other: Person) -> Person:
        """Both together."""
        return Person(
            **{
                field: list(dict.fromkeys([*getattr(self, field), *getattr(other, field)]))
                for field in self.__struct_fields__
            }
        )

    @property
    def forms(self) -> list[str]:
        return [form for number in self.numbers for form in number.forms]

    @property
    def is_known(self) -> bool:
        return bool(self.customers or self.stays or self.numbers)


class Finder:
    """Finds and removes one person in texts and in what JSON holds."""

    def __init__(self, person: Person) -> None:
        self.names = [name for name in map(str.strip, person.names) if _is_name(name)]
        self.numbers = [n for n in person.numbers if len(n.national) >= SHORTEST_NUMBER]
        self.texts = [
            text for text in (*person.emails, *person.texts) if len(text) >= SHORTEST_TEXT
        ]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = [_number(number) for number in self.numbers]
        for text in (*self.names, *self.texts):
            parts.extend(_word(form) for form in _forms(text))
        return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)

    @cached_property
    def likes(self) -> list[str]:
        """Patterns of LIKE (escaped by "!") with which the databases find all texts, and more."""
        found = ["%" + "%".join(number.national) + "%" for number in self.numbers]
        for text in (*self.names, *self.texts):
            found.extend(f"%{_escaped(form)}%" for form in _forms(text))
        return found

    def finds(self, value: Any) -> bool:
        return bool(self.clean(value) != value)

    def clean(self, value: Any) -> Any:
        """The same without the person, at any depth."""
        if isinstance(value, str):
            return self._pattern.sub(MARK, value)
        if isinstance(value, dict):
            return {self.clean(key): self.clean(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(inner) for inner in value]
        return value


def digits_of(number: str) -> str:
    return "".join(sign for sign in number if sign.isascii() and sign.isdigit())


def _is_name(name: str) -> bool:
    return len(name) >= SHORTEST_NAME and not name.isdecimal() and MARK not in name


def _number(number: Number) -> str:
    """The national digits with whatever stands between and, as far as it belongs, before them."""
    country = digits_of(number.e164).removesuffix(number.national)
    before = rf"(?:(?:\+|00)?{country}{_BETWEEN}0?{_BETWEEN}|0{_BETWEEN})?" if country else ""
    middle = _BETWEEN.join(number.national)
    ends = (r"(?<!\d)", r"(?!\d)") if len(number.national) < 9 else ("", "")
    return f"{ends[0]}{before}{middle}{ends[1]}"


def _forms(text: str) -> Iterable[str]:
    """As it is, and as JSON writes what is not ASCII."""
    return dict.fromkeys((text, json.dumps(text)[1:-1]))


def _word(text: str) -> str:
    """Not inside a longer Latin word: Ann is not in Annual."""
    pattern = r"\s+".join(re.escape(part) for part in text.split())
    before = r"(?<![a-z])" if text[0].isascii() and text[0].isalpha() else ""
    after = r"(?![a-z])" if text[-1].isascii() and text[-1].isalpha() else ""
    return f"{before}{pattern}{after}"


def _escaped(text: str) -> str:
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return "%".join(text.split())
