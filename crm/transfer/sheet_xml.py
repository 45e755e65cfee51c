"""Reads the XML inside an Excel workbook piece by piece, so that no file decides how much memory.

Sans I/O: bytes in, values out. Nothing is kept of a sheet but the row at hand; entities, the usual
way to make a small file large, are refused at their declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from crm.transfer.limits import LARGEST_STRINGS, LONGEST_CELL, MIB, MOST_COLUMNS, MOST_ROWS
from crm.transfer.sheet_values import DATE_FORMATS, date_of, is_date_code, number_of, unescape
from crm.transfer.unreadable import Unreadable

LONGEST_TOKEN = MIB  # bytes of one tag: expat keeps it whole
Attributes = dict[str, str]


class Reader:
    """Feeds XML and calls `begin(name, attributes)`, `text(data)`, `end(name)` of a subclass.

    Names come without their prefixes: each program chooses its own.
    """

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = lambda name, given: self.begin(_local(name), given)
        self._parser.EndElementHandler = lambda name: self.end(_local(name))
        self._parser.CharacterDataHandler = self.text
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._fed = 0

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Unreadable."""
        self._fed += len(data)
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError:
            raise Unreadable("damaged") from None
        if self._fed - self._parser.CurrentByteIndex > LONGEST_TOKEN:
            raise Unreadable("damaged")

    def begin(self, name: str, attributes: Attributes) -> None: ...

    def text(self, data: str) -> None: ...

    def end(self, name: str) -> None: ...


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _refuse(*_: Any) -> None:
    raise Unreadable("has_entities")


def local_attributes(attributes: Attributes) -> Attributes:
    """Attributes under their names without prefixes, as r:id."""
    return {_local(name): value for name, value in attributes.items()}


class Starts(Reader):
    """Calls `seen(name, attributes)` for each element; for the small parts of a workbook."""

    def __init__(self, seen: Callable[[str, Attributes], None]) -> None:
        super().__init__()
        self._seen = seen

    def begin(self, name: str, attributes: Attributes) -> None:
        self._seen(name, attributes)


class Strings(Reader):
    """The table of texts that cells point to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._parts: list[str] = []
        self._spoken = 0  # inside of how a text is pronounced, which is no part of it
        self._letters = self._all = 0
        self._in_text = False

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "rPh":
            self._spoken += 1
        elif name == "t":
            self._in_text = not self._spoken

    def text(self, data: str) -> None:
        if not self._in_text:
            return
        self._parts.append(data)
        self._letters += len(data)
        if self._letters > LONGEST_CELL:
            raise Unreadable("cell_too_long", row=0, limit=LONGEST_CELL)

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text = False
        elif name == "rPh":
            self._spoken -= 1
        elif name == "si":
            self._all += self._letters
            if self._all > LARGEST_STRINGS:
                raise Unreadable("texts_too_large", limit=LARGEST_STRINGS // MIB)
            self.found.append(unescape("".join(self._parts)))
            self._parts, self._letters = [], 0


@dataclass(slots=True)
class Styles:
    """Which of the cell styles show a number as a day or a time."""

    codes: dict[int, str] = field(default_factory=dict)
    dates: list[bool] = field(default_factory=list)
    _in_cells: bool = False

    def seen(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self.codes[_integer(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif name in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
            self._in_cells = name == "cellXfs"
        elif name == "xf" and self._in_cells:
            format_ = _integer(attributes.get("numFmtId"))
            code = self.codes.get(format_)
            self.dates.append(format_ in DATE_FORMATS if code is None else is_date_code(code))


Row = tuple[int, list[str]]
_LETTERS = re.compile(r"[A-Z]{1,3}")


class Sheet(Reader):
    """`take()` gives the rows that are complete: their numbers as people see them, and cells."""

    def __init__(self, strings: Sequence[str], dates: Sequence[bool], *, from_1904: bool) -> None:
        super().__init__()
        self._strings, self._dates, self._from_1904 = strings, dates, from_1904
        self._rows: list[Row] = []
        self._number = self._count = self._column = 0
        self._cells: list[str] = []
        self._kind, self._style = "n", 0
        self._parts: list[str] = []
        self._letters = 0
        self._taking = self._inline = False
        self._spoken = 0

    def take(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    def begin(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._begin_cell(attributes)
        elif name == "v":
            self._taking = True
        elif name == "row":
            self._number = _integer(attributes.get("r")) or self._number + 1
            self._cells, self._column = [], 0
        elif name == "is":
            self._inline = True
        elif name == "rPh":
            self._spoken += 1
        elif name == "t":
            self._taking = self._inline and not self._spoken

    def _begin_cell(self, attributes: Attributes) -> None:
        self._column = _column(attributes.get("r")) or self._column + 1
        self._kind = attributes.get("t", "n")
        self._style = _integer(attributes.get("s"))
        self._parts, self._letters = [], 0

    def text(self, data: str) -> None:
        if not self._taking:
            return
        self._parts.append(data)
        self._letters += len(data)
        if self._letters > LONGEST_CELL:
            raise Unreadable("cell_too_long", row=self._number, limit=LONGEST_CELL)

    def end(self, name: str) -> None:
        if name == "c":
            self._end_cell()
        elif name in {"v", "t"}:
            self._taking = False
        elif name == "is":
            self._inline = False
        elif name == "rPh":
            self._spoken -= 1
        elif name == "row" and self._cells:
            self._end_row()

    def _end_cell(self) -> None:
        if not self._parts:
            return
        value = self._value("".join(self._parts))
        if not value:
            return
        if self._column > MOST_COLUMNS:
            raise Unreadable("too_many_columns", row=self._number, limit=MOST_COLUMNS)
        self._cells.extend([""] * (self._column - len(self._cells)))
        self._cells[self._column - 1] = value

    def _end_row(self) -> None:
        self._count += 1
        if self._count > MOST_ROWS + 1:
            raise Unreadable("too_many_rows", limit=MOST_ROWS)
        self._rows.append((self._number, self._cells))

    def _value(self, raw: str) -> str:
        if self._kind == "s":
            place = _integer(raw)
            return self._strings[place] if place < len(self._strings) else ""
        if self._kind in {"str", "inlineStr"}:
            return unescape(raw)
        if self._kind == "b":
            return "TRUE" if raw.strip() == "1" else "FALSE"
        if self._kind == "n":
            is_date = self._style < len(self._dates) and self._dates[self._style]
            return (date_of(raw, from_1904=self._from_1904) if is_date else None) or number_of(raw)
        return raw  # an error, or a day that is written out


def _integer(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def _column(reference: str | None) -> int:
    """Of "AB12": 28. 0 when it is not said."""
    found = _LETTERS.match(reference) if reference else None
    number = 0
    for letter in found[0] if found else "":
        number = number * 26 + ord(letter) - 64
    return number
