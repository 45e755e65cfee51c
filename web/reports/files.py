"""A report as a table for files: CSV, Excel and PDF. What people typed never becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from callcenter.errors import InvalidInput
from crm.transfer.writing import MEDIA_TYPES as SHEETS
from crm.transfer.writing import Cell, Formed, writer_of
from web.reports.figures import read_as
from web.reports.words import (
    BEFORE,
    FROM,
    KEYS,
    NOBODY,
    PERIOD,
    THIS,
    TITLES,
    TOTAL,
    UNITS,
    WHOLE,
    title,
)

Raw = str | int | float | date | None  # also a datetime
Format = Literal["csv", "xlsx", "pdf"]
MEDIA_TYPES: dict[Format, str] = {
    "pdf": "application/pdf",
    "csv": SHEETS["csv"],
    "xlsx": SHEETS["xlsx"],
}
MOST_LINES: dict[Format, int] = {"csv": 100_000, "xlsx": 100_000, "pdf": 3_000}
DIGITS = {"share": 4, "seconds": 2}
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's, by the clocks of the report
SHORTEST_DAY = 6 * 3600  # seconds; hours are shorter, days longer
COLUMNS_OF_PAGE = 9  # of figures; more go on another table


@dataclass(frozen=True, slots=True)
class Table:
    """As it is, before a format's own form; `units`: of each column, None where it has none."""

    header: list[str]
    units: list[str | None]
    rows: list[list[Raw]]


def days(begin: date, end: date) -> str:
    """First and last day, for the name of a file; `end` is the first day that is not in it."""
    last = end - timedelta(days=1)
    return f"{begin}" if last <= begin else f"{begin}_{last}"


def table(view: Any, by: str, language: str) -> Table:
    """One row for each key and span of a `ReportView`, the totals at the end. Where it compares,
    each key and the total have a row of the period before, and one of the whole to hold it to."""
    place = 0 if language == "zh" else 1
    many, compared = len(view.spans) > 1, view.before is not None
    header = [KEYS[by][place]]
    header += [PERIOD[place]] if compared else []
    header += [FROM[place]] if many or compared else []
    keys = len(header)
    rows: list[list[Raw]] = []
    for row in view.rows:
        unnamed = KEYS["none"][place] if by == "none" else NOBODY[place]
        name = row.label or (unnamed if row.key is None else str(row.key))
        for span, cells in zip(view.spans, row.cells, strict=True):
            told: list[Raw] = [name, THIS[place], _moment(view, span)]
            rows.append([*_kept(told, many, compared), *cells])
        if compared:
            rows += _compared(view, name, row.total if many else None, row.before, place)
    if not compared:
        rows.append([TOTAL[place], *([""] if many else []), *view.total])
    else:
        rows += _compared(view, TOTAL[place], view.total, view.before.total, place)
    header += [title(one.name, language) for one in view.metrics]
    return Table(header, [*([None] * keys), *(one.unit for one in view.metrics)], rows)


def _kept(told: list[Raw], many: bool, compared: bool) -> list[Raw]:
    """Which period a row is of only where there are two, and from when only where it varies."""
    name, period, moment = told
    return [name, *([period] if compared else []), *([moment] if many or compared else [])]


def _compared(
    view: Any, name: str, whole: Sequence[Raw] | None, before: Sequence[Raw] | None, place: int
) -> list[list[Raw]]:
    empty: list[Raw] = [None] * len(view.metrics)
    zone = ZoneInfo(view.timezone)
    began = datetime.fromtimestamp(view.before.begin, zone).date()
    rows: list[list[Raw]] = []
    if whole is not None:
        rows.append([name, WHOLE[place], _moment(view, view.spans[0], day=True), *whole])
    rows.append([name, BEFORE[place], began, *(before or empty)])
    return rows


def _moment(view: Any, span: Any, *, day: bool = False) -> date | datetime:
    """When a span begins by the clocks there; the day alone where spans are whole days."""
    local = datetime.fromtimestamp(span.begin, ZoneInfo(view.timezone)).replace(tzinfo=None)
    hourly = any(one.end - one.begin < SHORTEST_DAY for one in view.spans)
    return local if hourly and not day else local.date()


def check(view: Any, format_: Format) -> None:
    """InvalidInput for a file that nobody could read, or that would take too long to write."""
    more = 0 if view.before is None else 2
    if len(view.rows) * (len(view.spans) + more) > MOST_LINES[format_]:
        raise InvalidInput(f"more than {MOST_LINES[format_]} lines", field="step")


def heading(subject: str, language: str) -> str:
    return TITLES[subject][0 if language == "zh" else 1]


def written(view: Any, format_: Format, subject: str, by: str, language: str) -> bytes:
    """The whole file. For a PDF numbers are written as people read them."""
    found, name = table(view, by, language), heading(subject, language)
    if format_ == "pdf":
        return _pdf(view, name, found)
    header, cell = found.header, _of_workbook
    if format_ == "csv":
        place, cell = 0 if language == "zh" else 1, _of_text
        units = [UNITS[unit or ""][place] if unit in UNITS else "" for unit in found.units]
        header = [head + unit for head, unit in zip(header, units, strict=True)]
    writer = writer_of(format_, header, name)
    rows = [
        [cell(value, unit) for value, unit in zip(row, found.units, strict=True)]
        for row in found.rows
    ]
    return writer.rows(rows) + writer.end()


def _of_text(value: Raw, unit: str | None) -> Cell:
    """For CSV: what the head of the column says is left out, and so is what nobody measured."""
    if isinstance(value, float):
        return round(value, DIGITS.get(unit or "", 2))
    return _said(value) if isinstance(value, date) else value


def _of_workbook(value: Raw, unit: str | None) -> Cell:
    """For Excel: durations, shares and dates are what they are, to be shown and reckoned with."""
    if isinstance(value, datetime):
        return Formed((value - EPOCH) / timedelta(days=1), "moment")
    if isinstance(value, date):
        return Formed((value - EPOCH.date()).days, "day")
    if value is None or isinstance(value, str):
        return value
    if unit == "seconds":
        return Formed(value / 86_400, "duration")
    if unit == "share":
        return Formed(value, "share")
    return Formed(value, "decimal") if isinstance(value, float) else value


def _said(moment: date) -> str:
    return moment.strftime("%Y-%m-%d %H:%M" if isinstance(moment, datetime) else "%Y-%m-%d")


def _pdf(view: Any, name: str, found: Table) -> bytes:
    """Landscape, its table broken over pages with the header on each."""
    from reportlab.lib import colors, pagesizes
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate
    from reportlab.platypus import Table as Drawn

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("cell", fontName=FONT, fontSize=7.5, leading=10, wordWrap="CJK")
    top = ParagraphStyle("top", parent=style, fontSize=14, leading=20, spaceAfter=8)
    zone = ZoneInfo(view.timezone)
    span = " – ".join(
        datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")
        for at in (view.spans[0].begin, view.spans[-1].end - 1)
    )
    story: list[Any] = [Paragraph(escape(f"{name}  {span}  ({view.timezone})"), top)]
    header, units, rows = found.header, found.units, found.rows
    keys = len(header) - len(view.metrics)
    for first in range(keys, len(header), COLUMNS_OF_PAGE):
        shown = [*range(keys), *range(first, min(len(header), first + COLUMNS_OF_PAGE))]
        lines = [[Paragraph(escape(header[at]), style) for at in shown]]
        lines += [
            [Paragraph(escape(_read(row[at], units[at])), style) for at in shown] for row in rows
        ]
        made = Drawn(lines, repeatRows=1)
        made.setStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.25, colors.HexColor("#b8bec8")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eef1f5")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
        story.append(made)
    file = io.BytesIO()
    margin = 28
    SimpleDocTemplate(
        file, pagesize=pagesizes.landscape(pagesizes.A4), title=name, leftMargin=margin,
        rightMargin=margin, topMargin=margin, bottomMargin=margin,
    ).build(story)  # fmt: skip
    return file.getvalue()


def _read(value: Raw, unit: str | None) -> str:
    return _said(value) if isinstance(value, date) else read_as(value, unit)


FONT = "STSong-Light"  # of every reader of PDF: Chinese without a font of ours in each file
