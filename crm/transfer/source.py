"""An uploaded file as rows of text: what it is, how it is written, each row with its number."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import Literal

from crm.transfer.csv_text import Delimiter, csv_rows, delimiter_of
from crm.transfer.encodings import Certainty, Detected, Encoding, detect
from crm.transfer.neutral import restore
from crm.transfer.unreadable import Unreadable
from crm.transfer.workbook import Workbook, open_workbook

FileFormat = Literal["csv", "xlsx"]
CHUNK = 256 * 1024
SAMPLE = 256 * 1024  # characters from which the delimiter is told
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file is read. For a workbook the sheet counts, for text the rest."""

    format: FileFormat
    encoding: Encoding | None = None
    certainty: Certainty | None = None
    delimiter: Delimiter | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()


def reading_of(path: Path) -> Reading:
    """What can be told of a file by looking into it. Unreadable."""
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise Unreadable("empty")
    if head.startswith(_ZIP):
        return _reading_of_workbook(open_workbook(path))
    if head.startswith(_OLE):
        raise Unreadable("old_excel")
    detected = detect(lambda: _chunks(path))
    if detected is None:
        raise Unreadable("not_text")
    return with_delimiter(path, _of_text(detected))


def _reading_of_workbook(workbook: Workbook) -> Reading:
    with workbook.archive:
        names = tuple(workbook.sheets)
    if not names:
        raise Unreadable("no_sheet")
    return Reading("xlsx", sheet=names[0], sheets=names)


def _of_text(detected: Detected) -> Reading:
    return Reading("csv", detected.encoding, detected.certainty)


def with_delimiter(path: Path, reading: Reading) -> Reading:
    """With the delimiter that the text has when it is decoded so."""
    with _text(path, reading) as text:
        return replace(reading, delimiter=delimiter_of(text.read(SAMPLE)))


def rows_of(path: Path, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds something, with its number as spreadsheets count. Unreadable.

    What is not valid in the encoding comes as U+FFFD; what an export of ours neutralised is
    restored.
    """
    for number, row in _raw(path, reading):
        if any(row) and any(map(str.strip, row)):
            yield number, [restore(cell) if cell[:1] == "'" else cell for cell in row]


def _raw(path: Path, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    if reading.format == "xlsx":
        workbook = open_workbook(path)
        with workbook.archive:
            yield from workbook.rows(reading.sheet)
        return
    with _text(path, reading) as text:
        yield from enumerate(csv_rows(text.readline, reading.delimiter or ","), 1)


def _text(path: Path, reading: Reading) -> TextIOWrapper:
    encoding = reading.encoding or Encoding.UTF_8
    return TextIOWrapper(path.open("rb"), encoding.codec, errors="replace", newline="")


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data
