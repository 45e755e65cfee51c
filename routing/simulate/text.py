"""Reports as tables for a terminal; columns stay straight under Chinese names too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from unicodedata import east_asian_width

from routing.simulate.report import Comparison, FigureSet, QueueReport, Report
from routing.simulate.staffing import QueueStaffing
from routing.simulate.statistics import Estimate

Show = Callable[[float], str]


def _share(value: float) -> str:
    return f"{value * 100:.1f} %"


def _seconds(value: float) -> str:
    return f"{value:.1f} s"


def _count(value: float) -> str:
    return f"{value:.0f}"


COLUMNS: tuple[tuple[str, str, Show], ...] = (
    ("calls", "offered", _count),
    ("service level", "service_level", _share),
    ("ASA", "asa", _seconds),
    ("abandoned", "abandon_rate", _share),
    ("occupancy", "occupancy", _share),
    ("AHT", "aht", _seconds),
    ("longest wait", "longest_wait", _seconds),
)
ELSEWHERE = (
    ("timed out", "timed_out"),
    ("nobody there", "empty"),
    ("full", "overflow"),
    ("never answered", "lost"),
)


def report_lines(report: Report) -> Iterator[str]:
    title = f"{report.name}: " if report.name else ""
    yield (
        f"{title}{report.replications} replications, seed {report.seed}; "
        f"± is the {report.confidence:.0%} confidence interval"
    )
    yield from _figures(report.queues, report.total, signed=False)
    for queue in report.queues:
        elsewhere = [
            f"{name} {_shown(one, _count, signed=False)}"
            for name, field in ELSEWHERE
            if (one := getattr(queue.figures, field)) is not None and one.mean > 0
        ]
        if elsewhere:
            yield f"{queue.name}: went elsewhere: {', '.join(elsewhere)}"


def comparison_lines(comparison: Comparison) -> Iterator[str]:
    yield "First"
    yield from report_lines(comparison.first)
    yield ""
    yield "Second"
    yield from report_lines(comparison.second)
    yield ""
    yield "Difference, second less first, with the same callers"
    yield from _figures(comparison.differences, comparison.total, signed=True)


def staffing_lines(queues: Sequence[QueueStaffing], level: float) -> Iterator[str]:
    yield f"Agents for {level:.0%} within the threshold, if each queue had its own"
    rows = [["queue", "hour", "calls", "erlangs", "Erlang C", "Erlang A"]]
    for queue in queues:
        for hour in queue.hours:
            minutes = round(hour.begins / 60)
            rows.append(
                [
                    queue.name,
                    f"{minutes // 60:02d}:{minutes % 60:02d}",
                    f"{hour.calls:.0f}",
                    f"{hour.erlangs:.1f}",
                    _or_dash(hour.erlang_c),
                    _or_dash(hour.erlang_a),
                ]
            )
    yield from _table(rows)


def _or_dash(number: int | None) -> str:
    return "–" if number is None else str(number)


def _figures(queues: Sequence[QueueReport], total: FigureSet, *, signed: bool) -> Iterator[str]:
    rows = [["queue", *(title for title, _, _ in COLUMNS)]]
    parts = [(queue.name, queue.figures) for queue in queues]
    if len(parts) > 1:
        parts.append(("all", total))
    for name, figures in parts:
        cells = (_shown(getattr(figures, field), show, signed) for _, field, show in COLUMNS)
        rows.append([name, *cells])
    yield from _table(rows)


def _shown(value: Estimate | None, show: Show, signed: bool) -> str:
    if value is None:
        return "–"
    number, _, unit = show(value.mean).partition(" ")
    unit = "points" if signed and unit == "%" else unit
    sign = "+" if signed and value.mean > 0 else ""
    margin = "" if value.margin is None else f" ±{show(value.margin).partition(' ')[0]}"
    return f"{sign}{number}{margin} {unit}".rstrip().replace("-", "−")


def _table(rows: list[list[str]]) -> Iterator[str]:
    """The first column to the left, figures to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first = row[0] + " " * (widths[0] - _width(row[0]))
        rest = (
            " " * (width - _width(cell)) + cell
            for cell, width in zip(row[1:], widths[1:], strict=True)
        )
        yield "  ".join((first, *rest)).rstrip()


def _width(text: str) -> int:
    """Columns on a terminal, where Chinese characters take two."""
    return sum(2 if east_asian_width(each) in "FW" else 1 for each in text)
