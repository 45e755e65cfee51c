"""Puts sums by key and span together to the figures of a report; pure.

Totals are made of the sums, never of the figures: the service level of a month is no average of
days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from web.reports.metrics import Metric, add, value

Key = str | int | None
Sums = Mapping[str, int]
Values = list[float | int | None]  # one for each metric, in order


@dataclass(slots=True)
class Figures:
    """`cells`: key → one list of figures for each span. `rows`: key → figures of the whole."""

    keys: list[Key] = field(default_factory=list)
    cells: dict[Key, list[Values]] = field(default_factory=dict)
    rows: dict[Key, Values] = field(default_factory=dict)
    spans: list[Values] = field(default_factory=list)
    total: Values = field(default_factory=list)


def figures(
    found: Iterable[tuple[Key, int, Sums]], spans: int, metrics: Sequence[Metric]
) -> Figures:
    """`found`: (key, number of the span, sums)."""
    names = frozenset().union(*(metric.columns for metric in metrics))
    nothing = dict.fromkeys(names, 0)
    cells: dict[Key, dict[int, Sums]] = {}
    for key, span, sums in found:
        cells.setdefault(key, {})[span] = sums

    def worth(sums: Sums) -> Values:
        return [value(metric, sums) for metric in metrics]

    def together(parts: Iterable[Sums]) -> dict[str, int]:
        whole = dict(nothing)
        for part in parts:
            add(whole, part)
        return whole

    made = Figures(keys=list(cells))
    empty = worth(nothing)
    for key, by_span in cells.items():
        made.cells[key] = [
            worth(by_span[number]) if number in by_span else empty for number in range(spans)
        ]
        made.rows[key] = worth(together(by_span.values()))
    made.spans = [
        worth(together(by_span[number] for by_span in cells.values() if number in by_span))
        for number in range(spans)
    ]
    made.total = worth(together(sums for by_span in cells.values() for sums in by_span.values()))
    return made


def read_as(value: float | int | str | None, unit: str | None) -> str:
    """A figure as people read it."""
    if value is None:
        return "–"
    if unit is None or isinstance(value, str):
        return str(value)
    if unit == "share":
        return f"{value:.1%}"
    if unit == "seconds":
        whole = round(value)
        return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
    return str(value) if isinstance(value, int) else f"{value:.2f}"
