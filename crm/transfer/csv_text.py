"""CSV as people's spreadsheets write it: which letter parts the cells, and rows within limits."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Literal

from crm.transfer.limits import LONGEST_LINE, MOST_COLUMNS, MOST_ROWS
from crm.transfer.unreadable import Unreadable

Delimiter = Literal[",", ";", "\t", "|"]
DELIMITERS: tuple[Delimiter, ...] = (",", ";", "\t", "|")
SAMPLE_ROWS = 50

ReadLine = Callable[[int], str]


def delimiter_of(sample: str) -> Delimiter:
    """The one that cuts most rows of the sample into the same number of cells, the most of them.

    One with which every quote stands where it belongs goes before all others.
    """
    return max(DELIMITERS, key=lambda one: (_is_well_quoted(sample, one), *_evenness(sample, one)))


def _is_well_quoted(sample: str, delimiter: Delimiter) -> bool:
    rows = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        for _ in islice(rows, SAMPLE_ROWS):
            pass
    except csv.Error as error:  # a quote that the end of the sample leaves open is no fault
        return "expected after" not in str(error)
    return True


def _evenness(sample: str, delimiter: Delimiter) -> tuple[float, int]:
    widths: Counter[int] = Counter()
    rows = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter)
    with suppress(csv.Error):  # what comes before says enough
        widths.update(map(len, islice(filter(None, rows), SAMPLE_ROWS)))
    if not widths:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / widths.total(), width) if width > 1 else (0.0, 1)


def csv_rows(readline: ReadLine, delimiter: Delimiter) -> Iterator[list[str]]:
    """The rows of a text; `readline(n)` gives a line, or its first n letters. Unreadable."""
    rows = csv.reader(_lines(readline), delimiter=delimiter)
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if len(row) > MOST_COLUMNS:
                raise Unreadable("too_many_columns", row=number, limit=MOST_COLUMNS)
            if number > MOST_ROWS + 1:
                raise Unreadable("too_many_rows", limit=MOST_ROWS)
            yield row
    except csv.Error:  # a quote that nobody closes swallows what follows, up to csv's own limit
        raise Unreadable("quote_not_closed", row=number + 1) from None


def _lines(readline: ReadLine) -> Iterable[str]:
    number = 0
    while line := readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise Unreadable("line_too_long", row=number, limit=LONGEST_LINE)
        yield line
