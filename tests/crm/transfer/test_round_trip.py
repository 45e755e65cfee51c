"""What goes out comes in again, letter by letter, and a spreadsheet never runs it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crm.transfer.limits import LONGEST_CELL
from crm.transfer.lists import join, join_loosely, split, split_loosely, split_numbers
from crm.transfer.neutral import neutralise, restore
from crm.transfer.source import reading_of, rows_of
from crm.transfer.writing import Format, writer_of

DANGEROUS = "=+-@\t\r\n＝＋－＠"
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
tricky = st.builds(
    lambda quotes, first, rest: "'" * quotes + first + rest,
    st.integers(0, 3),
    st.sampled_from([*DANGEROUS, " =", "|", "\\", ";", ",", '"', "_x0041_", "﻿"]),
    text,
)
cells = text | tricky
tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(
        st.lists(cells, min_size=width, max_size=width).filter(
            lambda row: any(cell.strip() for cell in row)
        ),
        min_size=1,
        max_size=8,
    )
)


@given(cells)
def test_restoring_gives_what_was_neutralised(cell: str) -> None:
    assert restore(neutralise(cell)) == cell


@given(cells)
def test_nothing_neutralised_begins_like_a_formula(cell: str) -> None:
    assert not neutralise(cell).lstrip(" ").startswith(tuple(DANGEROUS))


def test_a_number_stays_readable() -> None:
    assert neutralise("+8613800138000") == "'+8613800138000"
    assert restore("'+86 138 0013 8000") == "+86 138 0013 8000"


def test_an_apostrophe_in_a_name_is_left_alone() -> None:
    for name in ("O'Brien", "'s-Hertogenbosch", "'"):
        assert neutralise(name) == restore(name) == name


def read_back(data: bytes) -> list[list[str]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        return [cells for _, cells in rows_of(path, reading_of(path))]


def written(format_: Format, table: list[list[str]]) -> bytes:
    writer = writer_of(format_, table[0], "客户")
    middle = len(table) // 2 + 1
    return writer.rows(table[1:middle]) + writer.rows(table[middle:]) + writer.end()


def trimmed(table: list[list[str]]) -> list[list[str]]:
    """Spreadsheets know no empty cells at the end of a row."""
    for row in table:
        while row and not row[-1]:
            row.pop()
    return table


@pytest.mark.parametrize("format_", ["csv", "xlsx"])
@given(table=tables)
@example(table=[["", ";;"]])
@settings(deadline=None)
def test_an_export_imports_as_what_it_was(format_: Format, table: list[list[str]]) -> None:
    clean = [[cell.replace("\ufffd", "?") for cell in row] for row in table]
    assert trimmed(read_back(written(format_, clean))) == trimmed(clean)


def test_csv_is_what_excel_expects() -> None:
    data = written("csv", [["名称", "电话"], ["王芳", "+8613800138000"], ["=1+1", 'a"b\n,']])
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [["名称", "电话"], ["王芳", "'+8613800138000"], ["'=1+1", 'a"b\n,']]
    assert data.count(b"\r\n") == 3
    assert written("csv", [["a"], ["b;c"]]) == b'\xef\xbb\xbf"a"\r\n"b;c"\r\n'


def test_what_is_nothing_and_what_is_a_number() -> None:
    writer = writer_of("xlsx", ["a", "b", "c"], "t")
    data = writer.rows([[None, 3, 2.5], ["x", None, None]]) + writer.end()
    assert read_back(data)[1:] == [["", "3", "2.5"], ["x"]]


def test_a_cell_that_is_too_long_for_a_sheet_still_leaves() -> None:
    long = "字" * LONGEST_CELL
    assert read_back(written("xlsx", [["a"], [long]]))[1] == [long]


values = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=8)


@given(st.lists(values, min_size=1, max_size=5).filter(any))
@example(["|"])
def test_several_values_in_one_cell_keep_their_places(given_: list[str]) -> None:
    assert split(join(given_)) == given_


@given(st.lists(values.filter(bool), min_size=1, max_size=5))
def test_words_in_one_cell_are_the_same_words_again(given_: list[str]) -> None:
    assert split_loosely(join_loosely(given_)) == given_


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("13800138000", ["13800138000"]),
        ("13800138000;010-62345678", ["13800138000", "010-62345678"]),
        ("13800138000；+86 139 0013 9000", ["13800138000", "+86 139 0013 9000"]),
        ("010-62345678;12", ["010-62345678;12"]),
        ("010-62345678,,8001", ["010-62345678,,8001"]),
        ("13800138000、13900139000\n13700137000", ["13800138000", "13900139000", "13700137000"]),
        ("+861062345678 | 8001", ["+861062345678", "8001"]),
    ],
)
def test_numbers_in_one_cell(cell: str, numbers: list[str]) -> None:
    assert split_numbers(cell) == numbers
