"""Writes tables as CSV or as Excel workbooks, piece by piece: bytes leave as rows come in."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TextIO

from crm.transfer.neutral import neutralise, starts_formula
from crm.transfer.sheet_values import escape

Format = Literal["csv", "xlsx"]
Form = Literal["duration", "share", "decimal", "day", "moment"]

ROWS_OF_SHEET = 1_048_576  # Excel's; what is more goes on in another sheet
BYTES_OF_SHEET = 1 << 30  # unpacked; below what archives hold without an extension
BOM = "\ufeff"  # without it Excel takes UTF-8 for the encoding of the country
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Formed:
    """A number that a workbook shows in a form of its own. Times are days, dates days since
    1899-12-30; CSV has the number alone."""

    value: float
    form: Form


Cell = str | int | float | Formed | None


class Writer(Protocol):
    """`rows` gives the bytes that are ready, `end` the rest."""

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes: ...

    def end(self) -> bytes: ...


def writer_of(format_: Format, header: Sequence[str], title: str) -> Writer:
    """`title`: what a sheet is called."""
    return CsvWriter(header) if format_ == "csv" else XlsxWriter(header, title)


class CsvWriter:
    """UTF-8 with its mark, commas, CRLF (RFC 4180); texts are quoted, so no letter parts them."""

    def __init__(self, header: Sequence[str]) -> None:
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\r\n", quoting=csv.QUOTE_NONNUMERIC)
        self._text.write(BOM)
        self._csv.writerow([neutralise(name) for name in header])

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        self._csv.writerows([_plain(cell) for cell in row] for row in rows)
        return _taken(self._text)

    def end(self) -> bytes:
        return _taken(self._text)


def _plain(cell: Cell) -> str | int | float:
    if isinstance(cell, str):
        return neutralise(cell)
    if isinstance(cell, Formed):
        return cell.value
    return "" if cell is None else cell


def _taken(text: TextIO) -> bytes:
    text.seek(0)
    data = text.read().encode("utf-8", "replace")
    text.seek(0)
    text.truncate()
    return data


class _Sink:
    """Where the archive writes; it cannot go back, so neither can the archive."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None: ...
    def close(self) -> None: ...

    def taken(self) -> bytes:
        data, self._parts = b"".join(self._parts), []
        return data


class XlsxWriter:
    """Texts are typed as texts, and marked as such where one could become a formula by editing."""

    def __init__(self, header: Sequence[str], title: str) -> None:
        self._sink = _Sink()
        self._archive = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED)
        self._header, self._title = list(header), sheet_title(title)
        self._sheets = 0
        self._begin()

    def rows(self, rows: Sequence[Sequence[Cell]]) -> bytes:
        for row in rows:
            if self._count >= ROWS_OF_SHEET or self._bytes > BYTES_OF_SHEET:
                self._finish_sheet()
                self._begin()
            self._write(_row(row))
            self._count += 1
        return self._sink.taken()

    def end(self) -> bytes:
        self._finish_sheet()
        names = [
            self._title if n == 1 else f"{self._title} {n}" for n in range(1, self._sheets + 1)
        ]
        for path, xml in _parts(names):
            self._archive.writestr(path, xml)
        self._archive.close()
        return self._sink.taken()

    def _begin(self) -> None:
        self._sheets += 1
        self._bytes = 0
        info = zipfile.ZipInfo(f"xl/worksheets/sheet{self._sheets}.xml")
        info.compress_type = zipfile.ZIP_DEFLATED
        self._sheet = self._archive.open(info, "w")
        self._write(_SHEET_HEAD + _row(self._header))
        self._count = 1

    def _write(self, xml: str) -> None:
        data = xml.encode()
        self._bytes += len(data)
        self._sheet.write(data)

    def _finish_sheet(self) -> None:
        self._sheet.write(b"</sheetData></worksheet>")
        self._sheet.close()


def sheet_title(text: str) -> str:
    """As Excel allows it: 31 letters, some of which are not."""
    return re.sub(r"[\x00-\x1f\[\]:*?/\\']", " ", text)[:25].strip() or "Sheet"


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
# As wide as a date with its time: in a narrower column Excel shows hashes instead.
_SHEET_HEAD = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetFormatPr defaultColWidth="18" defaultRowHeight="15"/>'
    "<sheetData>"
)
_FORMS: dict[Form, str] = {  # styles 2 and on
    "duration": "[h]:mm:ss",
    "share": "0.0%",
    "decimal": "0.00",
    "day": "yyyy-mm-dd",
    "moment": "yyyy-mm-dd hh:mm",
}
_STYLE_OF = {form: number for number, form in enumerate(_FORMS, 2)}
_NUMBER_FORMATS = "".join(
    f'<numFmt numFmtId="{162 + number}" formatCode="{_FORMS[form]}"/>'
    for form, number in _STYLE_OF.items()
)
_FORM_STYLES = "".join(
    f'<xf numFmtId="{162 + number}" fontId="0" fillId="0" borderId="0" xfId="0" '
    'applyNumberFormat="1"/>'
    for number in _STYLE_OF.values()
)
# 1: "this is text", what an apostrophe typed in front means
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_FORMS)}">{_NUMBER_FORMATS}'
    '</numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/>'
    '</font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill>'
    '<patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/>'
    "<top/><bottom/><diagonal/></border></borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{2 + len(_FORMS)}">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" '
    f'quotePrefix="1"/>{_FORM_STYLES}</cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_PACKAGE_RELATIONS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)


def _row(cells: Sequence[Cell]) -> str:
    return f"<row>{''.join(map(_cell, cells))}</row>"


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, Formed):
        return f'<c s="{_STYLE_OF[cell.form]}"><v>{cell.value!r}</v></c>'
    if not isinstance(cell, str):
        return f"<c><v>{cell!r}</v></c>"
    style = ' s="1"' if starts_formula(cell) else ""
    if not style:  # what has apostrophes in front gets one more, as in CSV: an import takes one
        cell = neutralise(cell)
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'


def _parts(sheets: Sequence[str]) -> list[tuple[str, str]]:
    """What makes a workbook of sheets."""
    return [
        ("xl/workbook.xml", _workbook(sheets)),
        ("xl/_rels/workbook.xml.rels", _relations(len(sheets))),
        ("xl/styles.xml", _STYLES),
        ("_rels/.rels", _PACKAGE_RELATIONS),
        ("[Content_Types].xml", _content_types(len(sheets))),
    ]


def _workbook(sheets: Sequence[str]) -> str:
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    return (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{entries}</sheets></workbook>'
    )


def _relations(count: int) -> str:
    sheets = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{sheets}'
        f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        "</Relationships>"
    )


def _content_types(count: int) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>'
        for n in range(1, count + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{sheets}'
        "</Types>"
    )
