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
    nothing = dict.fromkeys(frozenset().union(*(metric.columns for metric in metrics)), 0)
    cells: dict[Key, dict[int, Sums]] = {}
    of_keys: dict[Key, dict[str, int]] = {}
    of_spans = [dict(nothing) for _ in range(spans)]
    for key, span, sums in found:
        cells.setdefault(key, {})[span] = sums
        add(of_keys.setdefault(key, dict(nothing)), sums)
        add(of_spans[span], sums)
    whole = dict(nothing)
    for sums in of_keys.values():
        add(whole, sums)

    def worth(sums: Sums) -> Values:
        return [value(metric, sums) for metric in metrics]

    empty = worth(nothing)
    return Figures(
        keys=list(cells),
        cells={
            key: [worth(by_span[one]) if one in by_span else empty for one in range(spans)]
            for key, by_span in cells.items()
        },
        rows={key: worth(sums) for key, sums in of_keys.items()},
        spans=[worth(sums) for sums in of_spans],
        total=worth(whole),
    )


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
