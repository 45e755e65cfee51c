"""Reports as files: numbers that people and programs read alike, and what they are counted in."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime

import msgspec

from web.reports.files import days, table, written
from web.reports.making import BeforeView, ReportView, RowView, SpanView, Value, metric_view
from web.reports.metrics import METRICS, Subject, value

NAMES = ("offered", "service_level", "asa", "longest_wait")
METRIC_VIEWS = [metric_view(METRICS[Subject.QUEUES][name]) for name in NAMES]
DAY = 86_400.0
FIRST = datetime(2026, 11, 15, tzinfo=UTC).timestamp()
BUSY: list[Value] = [7, 0.2571428571428571, 23.85091885185185, 90_061.0]
QUIET: list[Value] = [0, None, None, None]
EARLIER: list[Value] = [5, 0.5, 10.0, 20.0]
REPORT = ReportView(
    timezone="UTC",
    metrics=METRIC_VIEWS,
    spans=[SpanView(FIRST + n * DAY, FIRST + (n + 1) * DAY) for n in range(2)],
    rows=[RowView("q", "=1+1", [BUSY, QUIET], BUSY, EARLIER)],
    totals=[BUSY, QUIET],
    total=BUSY,
    before=None,
    made_at=FIRST,
)
COMPARED = msgspec.structs.replace(REPORT, before=BeforeView(FIRST - 2 * DAY, FIRST, EARLIER))


def _csv(view: ReportView, language: str) -> list[list[str]]:
    data = written(view, "csv", "queues", "queue", language).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(data)))


def _sheet(view: ReportView) -> tuple[str, str]:
    """The cells of the sheet, and the styles."""
    with zipfile.ZipFile(io.BytesIO(written(view, "xlsx", "queues", "queue", "en"))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        return sheet, book.read("xl/styles.xml").decode()


def test_csv_is_rounded_and_says_what_it_counts_in_the_readers_language() -> None:
    rows = _csv(REPORT, "en")
    heads = ["Offered", "Service level (0–1)", "ASA (s)", "Longest wait (s)"]
    assert rows[0] == ["Queue", "From", *heads]
    assert rows[1] == ["'=1+1", "2026-11-15", "7", "0.2571", "23.85", "90061.0"]
    assert rows[2] == ["'=1+1", "2026-11-16", "0", "", "", ""]
    assert rows[3][:3] == ["Total", "", "7"]
    assert _csv(REPORT, "zh")[0][4:] == ["平均应答速度（秒）", "最长等待（秒）"]


def test_hours_carry_their_time() -> None:
    hours = [SpanView(FIRST + n * 3600, FIRST + (n + 1) * 3600) for n in range(2)]
    rows = _csv(msgspec.structs.replace(REPORT, spans=hours), "en")
    assert [row[1] for row in rows[1:3]] == ["2026-11-15 00:00", "2026-11-15 01:00"]


def test_in_a_workbook_dates_lengths_and_shares_are_what_they_are() -> None:
    sheet, styles = _sheet(REPORT)
    forms = dict(re.findall(r'numFmtId="(\d+)" formatCode="([^"]+)"', styles))
    used = re.findall(r'<xf numFmtId="(\d+)"', styles.split("<cellXfs")[1])
    row = re.findall(r"<row>.*?</row>", sheet)[1]
    cells = [
        (forms.get(used[int(style or 0)]), float(number))
        for style, number in re.findall(r'<c(?: s="(\d+)")?><v>([^<]+)</v></c>', row)
    ]
    assert cells[0] == ("yyyy-mm-dd", (date(2026, 11, 15) - date(1899, 12, 30)).days)
    assert cells[1:3] == [(None, 7.0), ("0.0%", BUSY[1])]
    assert cells[3] == ("[h]:mm:ss", 23.85091885185185 / DAY)
    assert cells[4] == ("[h]:mm:ss", 90_061 / DAY)
    assert '<t xml:space="preserve">=1+1</t>' in row
    assert 's="1" t="inlineStr"' in row  # marked as text: it never becomes a formula


def test_the_period_before_stands_under_what_it_is_compared_with() -> None:
    rows = _csv(COMPARED, "en")
    assert rows[0][:4] == ["Queue", "Period", "From", "Offered"]
    assert [row[1:4] for row in rows[1:]] == [
        ["This period", "2026-11-15", "7"],
        ["This period", "2026-11-16", "0"],
        ["Whole period", "2026-11-15", "7"],
        ["Period before", "2026-11-13", "5"],
        ["Whole period", "2026-11-15", "7"],
        ["Period before", "2026-11-13", "5"],
    ]
    assert [row[0] for row in rows[-2:]] == ["Total", "Total"]
    once = msgspec.structs.replace(
        COMPARED,
        spans=[SpanView(FIRST, FIRST + 2 * DAY)],
        rows=[RowView("new", None, [BUSY], BUSY)],  # the period before had nothing of it
    )
    assert [row[1] for row in table(once, "queue", "zh").rows] == [
        "本期",
        "上期",
        "本期合计",
        "上期",
    ]
    assert _csv(once, "zh")[2] == ["new", "上期", "2026-11-13", "", "", "", ""]
    assert written(COMPARED, "pdf", "queues", "queue", "zh").startswith(b"%PDF-")


def test_over_nobody_there_is_no_longest_wait() -> None:
    longest = METRICS[Subject.QUEUES]["longest_wait"]
    nothing = dict.fromkeys(longest.columns, 0)
    assert value(longest, nothing) is None
    assert value(longest, nothing | {"answered": 1}) == 0.0  # at once
    assert value(longest, nothing | {"abandoned": 1, "longest_wait": 1_500_000}) == 1.5


def test_the_name_of_a_file_has_the_first_day_and_the_last() -> None:
    assert days(date(2026, 11, 15), date(2026, 11, 22)) == "2026-11-15_2026-11-21"
    assert days(date(2026, 11, 15), date(2026, 11, 16)) == "2026-11-15"
