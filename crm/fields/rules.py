"""What a custom field takes, as a table by kind: as it is sent, typed and searched for; pure."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from callcenter.errors import InvalidInput

LONGEST_TEXT = 400
LARGEST = 1e15  # beyond it, a number is not exact any more
YEARS = range(1800, 2201)
MOST_CHOICES = 50
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")

Sent = str | float | list[str] | None  # a date as 2026-03-01
Shown = str | float | list[str]


class FieldKind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    CHOICES = "choices"


WITH_CHOICES = frozenset({FieldKind.CHOICE, FieldKind.CHOICES})


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label_zh: str
    label_en: str
    retired: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """A field as it is defined now. `once`: no two customers have the same value."""

    id: int
    name: str
    kind: FieldKind
    label_zh: str
    label_en: str
    required: bool = False
    once: bool = False
    retired: bool = False
    choices: tuple[Choice, ...] = field(default=())

    @property
    def path(self) -> str:
        """How errors name it."""
        return f"custom.{self.name}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a value, in the column of its type; `key` is what text is found by."""

    text: str | None = None
    key: str | None = None
    number: float | None = None
    day: date | None = None

    @property
    def once_key(self) -> str:
        if self.number is not None:
            return repr(self.number)
        return self.day.isoformat() if self.day is not None else self.key or ""


@dataclass(frozen=True, slots=True)
class Range:
    """A filter: any of `keys`, or between two bounds, both included; None is open."""

    keys: tuple[str, ...] = ()
    low: float | date | None = None
    high: float | date | None = None
    absent: bool = False  # those who have nothing in this field


Cells = tuple[Cell, ...]


def check_name(name: str) -> str:
    """InvalidInput unless it can be a name in the API."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            "small letters, digits and _, beginning with a letter, at most 40", field="name"
        )
    return name


def check_flags(kind: FieldKind, *, once: bool, choices: int) -> None:
    """What cannot be together. InvalidInput."""
    if once and kind in WITH_CHOICES:
        raise InvalidInput("a choice cannot be unique", field="unique")
    if kind in WITH_CHOICES and not 1 <= choices <= MOST_CHOICES:
        raise InvalidInput(f"1 to {MOST_CHOICES} choices", field="choices")
    if kind not in WITH_CHOICES and choices:
        raise InvalidInput(f"a field of kind {kind} has no choices", field="choices")


def read_all(
    specs: Iterable[FieldSpec],
    sent: Mapping[str, Sent],
    *,
    new: bool,
    kept: Mapping[str, Collection[str]] | None = None,
) -> dict[FieldSpec, Cells]:
    """What is to be written: by field its rows, none to clear it. InvalidInput names the field.

    `new`: required fields must be among them. `kept`: choices a customer has already, which may
    stay though retired.
    """
    by_name = {spec.name: spec for spec in specs}
    found: dict[FieldSpec, Cells] = {}
    for name, value in sent.items():
        spec = by_name.get(name)
        if spec is None or (spec.retired and not _empty(value)):
            raise InvalidInput("there is no such field", field=f"custom.{name}")
        found[spec] = read_value(spec, value, kept=(kept or {}).get(name, ()))
    for spec in by_name.values():
        missing = new and spec not in found
        if spec.required and not spec.retired and (missing or found.get(spec) == ()):
            raise InvalidInput("must not be empty", field=spec.path)
    return found


def read_value(spec: FieldSpec, value: Sent, *, kept: Collection[str] = ()) -> Cells:
    """The rows of a value as the API sends it; none for nothing. InvalidInput."""
    return () if _empty(value) else _READERS[spec.kind](spec, value, kept)


def read_text(spec: FieldSpec, text: str) -> Cells:
    """The rows of a value as it stands in a table cell: choices by value or either label."""
    text = text.strip()
    if not text:
        return ()
    if spec.kind is FieldKind.NUMBER:
        return read_value(spec, _number_in(spec, text.replace(",", "")))
    if spec.kind is FieldKind.CHOICE:
        return read_value(spec, _chosen_by_word(spec, text))
    if spec.kind is FieldKind.CHOICES:
        words = [word.strip() for word in re.split(r"[,;，；、]", text)]
        return read_value(spec, [_chosen_by_word(spec, word) for word in words if word])
    return read_value(spec, text)


def read_filter(spec: FieldSpec, text: str) -> Range:
    """`a,b` any of; `10..20`, `10..`, `..20` for numbers and dates; `-` for nothing there."""
    at = f"field.{spec.name}"
    if text == "-":
        return Range(absent=True)
    if spec.kind in {FieldKind.TEXT, FieldKind.CHOICE, FieldKind.CHOICES}:
        words = [text] if spec.kind is FieldKind.TEXT else text.split(",")
        keys = tuple(folded(word) for word in words if word.strip())
        if not keys:
            raise InvalidInput("say what to look for", field=at)
        return Range(keys=keys)
    low, dots, high = text.partition("..")
    ends = [_bound(spec, end.strip(), at) if end.strip() else None for end in (low, high)]
    if not dots:
        ends[1] = ends[0]
    if ends == [None, None]:
        raise InvalidInput("say what to look for", field=at)
    return Range(low=ends[0], high=ends[1])


def folded(text: str) -> str:
    """Text without regard to case, width and blanks around it."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def shown(kind: FieldKind, cells: Sequence[Cell]) -> Shown:
    """A value as the API tells it, the reverse of `read_value`. `cells` is not empty."""
    if kind is FieldKind.CHOICES:
        return [cell.text or "" for cell in cells]
    (cell, *_) = cells
    if cell.number is not None:
        return cell.number
    return cell.day.isoformat() if cell.day is not None else cell.text or ""


# --- one reader for each kind -----------------------------------------------------------------


def _empty(value: Sent) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _text(spec: FieldSpec, value: Sent, _kept: Collection[str]) -> Cells:
    if not isinstance(value, str):
        raise InvalidInput("must be text", field=spec.path)
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(f"at most {LONGEST_TEXT} characters", field=spec.path)
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        raise InvalidInput("must be one line without control characters", field=spec.path)
    return (Cell(text=text, key=folded(text)),)


def _number(spec: FieldSpec, value: Sent, _kept: Collection[str]) -> Cells:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput("must be a number", field=spec.path)
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise InvalidInput("must be a number of at most 15 digits", field=spec.path)
    return (Cell(number=float(value) + 0.0),)  # no minus zero


def _date(spec: FieldSpec, value: Sent, _kept: Collection[str]) -> Cells:
    return (Cell(day=_day_in(value, spec.path)),)


def _choice(spec: FieldSpec, value: Sent, kept: Collection[str]) -> Cells:
    if not isinstance(value, str):
        raise InvalidInput("must be one of the choices", field=spec.path)
    return (_chosen(spec, value, kept),)


def _choices(spec: FieldSpec, value: Sent, kept: Collection[str]) -> Cells:
    if not isinstance(value, list):
        raise InvalidInput("must be a list of choices", field=spec.path)
    return tuple(_chosen(spec, one, kept) for one in dict.fromkeys(value))


_READERS: Mapping[FieldKind, Callable[[FieldSpec, Sent, Collection[str]], Cells]] = {
    FieldKind.TEXT: _text,
    FieldKind.NUMBER: _number,
    FieldKind.DATE: _date,
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
}


def _chosen(spec: FieldSpec, value: str, kept: Collection[str]) -> Cell:
    offered = any(choice.value == value and not choice.retired for choice in spec.choices)
    if not offered and value not in kept:
        raise InvalidInput("not one of the choices", field=spec.path)
    return Cell(text=value, key=folded(value))


def _chosen_by_word(spec: FieldSpec, word: str) -> str:
    wanted = folded(word)
    for choice in spec.choices:
        if wanted in {folded(choice.value), folded(choice.label_zh), folded(choice.label_en)}:
            return choice.value
    return word


def _number_in(spec: FieldSpec, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidInput("must be a number", field=spec.path) from None


def _day_in(value: Sent, at: str) -> date:
    found = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    try:
        if found is not None and int(found[1]) in YEARS:
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass  # such as the 30th of February
    raise InvalidInput("must be a date such as 2026-03-01", field=at)


def _bound(spec: FieldSpec, text: str, at: str) -> float | date:
    if spec.kind is FieldKind.DATE:
        return _day_in(text, at)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput("must be a number", field=at)
    return number
