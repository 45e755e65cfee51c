"""Opens an Excel workbook from outside: what it claims to be is checked before it is unpacked."""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from crm.transfer.limits import LARGEST_RATIO, LARGEST_UNPACKED, MIB, MOST_PARTS, SMALL
from crm.transfer.sheet_xml import (
    Attributes,
    Reader,
    Row,
    Sheet,
    Starts,
    Strings,
    Styles,
    local_attributes,
)
from crm.transfer.unreadable import Unreadable

CHUNK = 64 * 1024
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)
_TAIL = 66_000  # bytes at the end in which a zip's directory is described
_ENTRY = 512  # bytes of one part's line in the directory, at most


@dataclass(slots=True)
class Workbook:
    """Its sheets by name, and what is needed to read them."""

    archive: zipfile.ZipFile
    sheets: dict[str, str]  # name → part
    from_1904: bool
    dates: list[bool]
    strings: list[str] = field(default_factory=list)

    def rows(self, sheet: str | None = None) -> Iterator[Row]:
        """Each row that holds something, with its number. Unreadable."""
        part = next(iter(self.sheets.values()), None) if sheet is None else self.sheets.get(sheet)
        if part is None:
            raise Unreadable("no_sheet")
        if not self.strings and "xl/sharedStrings.xml" in self.archive.namelist():
            texts = Strings()
            _feed(self.archive, "xl/sharedStrings.xml", texts)
            self.strings = texts.found
        parser = Sheet(self.strings, self.dates, from_1904=self.from_1904)
        for data in _chunks(self.archive, part):
            parser.feed(data)
            yield from parser.take()
        parser.feed(b"", final=True)
        yield from parser.take()


def open_workbook(path: Path) -> Workbook:
    """Unreadable, with the limit or the reason."""
    with path.open("rb") as file:
        _check_directory(file)
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN:
        raise Unreadable("damaged") from None
    _check_parts(archive)
    names = _Names()
    _feed(archive, WORKBOOK, Starts(names.seen))
    if RELATIONS in archive.namelist():
        _feed(archive, RELATIONS, Starts(names.related))
    styles = Styles()
    if "xl/styles.xml" in archive.namelist():
        _feed(archive, "xl/styles.xml", Starts(styles.seen))
    return Workbook(archive, names.sheets(archive), names.from_1904, styles.dates)


def _check_directory(file: BinaryIO) -> None:
    """Before it is read into memory: a directory alone can have millions of entries."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or end + 22 > len(tail):
        raise Unreadable("damaged")
    length: int = struct.unpack_from("<I", tail, end + 12)[0]
    large = tail.rfind(b"PK\x06\x06")
    if large >= 0 and large + 56 <= len(tail):
        length = max(length & 0x7FFFFFFF if length != 0xFFFFFFFF else 0, _long(tail, large + 40))
    if length > MOST_PARTS * _ENTRY:
        raise Unreadable("too_many_parts", limit=MOST_PARTS)


def _long(data: bytes, at: int) -> int:
    value: int = struct.unpack_from("<Q", data, at)[0]
    return value


def _check_parts(archive: zipfile.ZipFile) -> None:
    """By the sizes it names: not a byte more is unpacked than they say."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS:
        raise Unreadable("too_many_parts", limit=MOST_PARTS)
    if WORKBOOK not in archive.namelist():
        raise Unreadable("not_a_workbook")
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable("encrypted")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > LARGEST_UNPACKED:
        raise Unreadable("too_large_unpacked", limit=LARGEST_UNPACKED // MIB)
    for part in parts:
        if part.file_size > SMALL and part.file_size > LARGEST_RATIO * max(1, part.compress_size):
            raise Unreadable("too_dense", limit=LARGEST_RATIO)


class _Names:
    """What the workbook's own parts say: sheets, where they are, and how days are counted."""

    def __init__(self) -> None:
        self.from_1904 = False
        self._ids: dict[str, str] = {}
        self._targets: dict[str, str] = {}

    def seen(self, name: str, attributes: Attributes) -> None:
        if name == "workbookPr":
            self.from_1904 = attributes.get("date1904") in {"1", "true"}
        elif name == "sheet":
            self._ids[attributes.get("name", "")] = local_attributes(attributes).get("id", "")

    def related(self, name: str, attributes: Attributes) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            target = posixpath.normpath(posixpath.join("/xl", attributes.get("Target", "")))
            self._targets[attributes.get("Id", "")] = target.lstrip("/")

    def sheets(self, archive: zipfile.ZipFile) -> dict[str, str]:
        there = set(archive.namelist())
        found = {name: self._targets.get(id_, "") for name, id_ in self._ids.items()}
        return {name: part for name, part in found.items() if part in there}


def _feed(archive: zipfile.ZipFile, part: str, reader: Reader) -> None:
    for data in _chunks(archive, part):
        reader.feed(data)
    reader.feed(b"", final=True)


def _chunks(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    try:
        with archive.open(part) as file:
            while data := file.read(CHUNK):
                yield data
    except Unreadable:
        raise
    except _BROKEN:
        raise Unreadable("damaged") from None
