"""A report as a table for files: CSV, Excel and PDF. What people typed never becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from callcenter.errors import InvalidInput
from crm.transfer.writing import MEDIA_TYPES as SHEETS
from crm.transfer.writing import Cell, writer_of
from web.reports.figures import read_as
from web.reports.words import FROM, KEYS, NOBODY, TITLES, TOTAL, title

Format = Literal["csv", "xlsx", "pdf"]
MEDIA_TYPES: dict[Format, str] = {
    "pdf": "application/pdf",
    "csv": SHEETS["csv"],
    "xlsx": SHEETS["xlsx"],
}
MOST_LINES: dict[Format, int] = {"csv": 100_000, "xlsx": 100_000, "pdf": 3_000}
COLUMNS_OF_PAGE = 9  # of figures; more go on another table


def table(view: Any, by: str, language: str) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows of a `ReportView`: one for each key and span, the totals at the end."""
    place = 0 if language == "zh" else 1
    zone = ZoneInfo(view.timezone)
    many = len(view.spans) > 1
    header = [KEYS[by][place], *([FROM[place]] if many else [])]
    header += [title(one.name, language) for one in view.metrics]
    rows: list[list[Cell]] = []
    for row in view.rows:
        unnamed = KEYS["none"][place] if by == "none" else NOBODY[place]
        name = row.label or (unnamed if row.key is None else str(row.key))
        for span, cells in zip(view.spans, row.cells, strict=True):
            moment = datetime.fromtimestamp(span.begin, zone).strftime("%Y-%m-%d %H:%M")
            rows.append([name, *([moment] if many else []), *cells])
    rows.append([TOTAL[place], *([""] if many else []), *view.total])
    return header, rows


def check(view: Any, format_: Format) -> None:
    """InvalidInput for a file that nobody could read, or that would take too long to write."""
    if len(view.rows) * len(view.spans) > MOST_LINES[format_]:
        raise InvalidInput(f"more than {MOST_LINES[format_]} lines", field="step")


def heading(subject: str, language: str) -> str:
    return TITLES[subject][0 if language == "zh" else 1]


def written(view: Any, format_: Format, subject: str, by: str, language: str) -> bytes:
    """The whole file. For a PDF numbers are written as people read them."""
    header, rows = table(view, by, language)
    if format_ == "pdf":
        return _pdf(view, heading(subject, language), header, rows)
    writer = writer_of(format_, header, heading(subject, language))
    return writer.rows(rows) + writer.end()


def _pdf(view: Any, name: str, header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Landscape, its table broken over pages with the header on each."""
    from reportlab.lib import colors, pagesizes
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    style = ParagraphStyle("cell", fontName=FONT, fontSize=7.5, leading=10, wordWrap="CJK")
    top = ParagraphStyle("top", parent=style, fontSize=14, leading=20, spaceAfter=8)
    zone = ZoneInfo(view.timezone)
    span = " – ".join(
        datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d")
        for at in (view.spans[0].begin, view.spans[-1].end - 1)
    )
    story: list[Any] = [Paragraph(escape(f"{name}  {span}  ({view.timezone})"), top)]
    units = [None] * (len(header) - len(view.metrics)) + [one.unit for one in view.metrics]
    keys = len(header) - len(view.metrics)
    for first in range(keys, len(header), COLUMNS_OF_PAGE):
        shown = [*range(keys), *range(first, min(len(header), first + COLUMNS_OF_PAGE))]
        lines = [[Paragraph(escape(header[at]), style) for at in shown]]
        lines += [
            [Paragraph(escape(read_as(row[at], units[at])), style) for at in shown] for row in rows
        ]
        made = Table(lines, repeatRows=1)
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


FONT = "STSong-Light"  # of every reader of PDF: Chinese without a font of ours in each file
