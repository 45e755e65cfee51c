"""What came of the rows: counts, and which problems in which columns, never more than fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import msgspec

from crm.transfer.plan import Decision, Outcome
from crm.transfer.problems import Problem

MOST_EXAMPLES = 200  # problems told with their rows; all are counted
MOST_KINDS = 500


class Example(msgspec.Struct, frozen=True):
    """`row` as spreadsheets count; `column` from 0, null for the row as a whole."""

    row: int
    column: int | None
    code: str
    values: dict[str, int]
    cell: str  # what stands there, its beginning


class ProblemCount(msgspec.Struct, frozen=True):
    column: int | None
    code: str
    count: int


class Problems(msgspec.Struct, frozen=True):
    """`total` counts all of them, `examples` are the first."""

    total: int = 0
    counts: list[ProblemCount] = []
    examples: list[Example] = []


LONGEST_EXAMPLE = 80


class Tally:
    """Counts decisions."""

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self._outcomes = Counter(counts or {})
        self._kinds: Counter[tuple[int | None, str]] = Counter()
        self._examples: list[Example] = []

    def add(self, decisions: Iterable[Decision], cells: Mapping[int, list[str]]) -> None:
        """`cells`: the rows as they stand in the file."""
        for decision in decisions:
            self._outcomes[decision.outcome.value] += 1
            for problem in decision.problems:
                self._problem(decision.record.row, problem, cells.get(decision.record.row, []))

    def _problem(self, row: int, problem: Problem, cells: list[str]) -> None:
        kind = (problem.column, problem.code)
        if kind in self._kinds or len(self._kinds) < MOST_KINDS:
            self._kinds[kind] += 1
        if len(self._examples) < MOST_EXAMPLES:
            there = problem.column is not None and problem.column < len(cells)
            cell = cells[problem.column or 0][:LONGEST_EXAMPLE] if there else ""
            self._examples.append(Example(row, *kind, problem.values, cell))

    @property
    def counts(self) -> dict[str, int]:
        return {outcome.value: self._outcomes[outcome.value] for outcome in Outcome}

    @property
    def problems(self) -> Problems:
        counts = [ProblemCount(*kind, count) for kind, count in self._kinds.most_common()]
        return Problems(self._kinds.total(), counts, self._examples)
