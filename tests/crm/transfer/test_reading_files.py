"""Files as people have them: encodings, delimiters, other programs' workbooks, hostile ones."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from crm.transfer import limits, sheet_xml, workbook
from crm.transfer.encodings import Certainty, Encoding, detect
from crm.transfer.source import Reading, reading_of, rows_of
from crm.transfer.unreadable import Unreadable
from crm.transfer.writing import writer_of

TABLE = "客户名称,电话,备注\n王芳,13800138000,重要客户\n李明,010-62345678,\n"


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


def rows(path: Path) -> list[tuple[int, list[str]]]:
    return list(rows_of(path, reading_of(path)))


@pytest.mark.parametrize(
    ("codec", "encoding", "certainty"),
    [
        ("utf-8", Encoding.UTF_8, Certainty.CERTAIN),
        ("utf-8-sig", Encoding.UTF_8, Certainty.CERTAIN),
        ("utf-16", Encoding.UTF_16, Certainty.CERTAIN),
        ("gb18030", Encoding.GB18030, Certainty.LIKELY),
        ("gbk", Encoding.GB18030, Certainty.LIKELY),
    ],
)
def test_the_encoding_is_found_out(
    tmp_path: Path, codec: str, encoding: Encoding, certainty: Certainty
) -> None:
    path = put(tmp_path, TABLE.encode(codec))
    found = reading_of(path)
    assert (found.encoding, found.certainty, found.delimiter) == (encoding, certainty, ",")
    assert rows(path)[1] == (2, ["王芳", "13800138000", "重要客户"])


def test_utf_16_with_the_large_end_first(tmp_path: Path) -> None:
    path = put(tmp_path, b"\xfe\xff" + TABLE.encode("utf-16-be"))
    assert rows(path)[0][1][0] == "客户名称"


def test_what_is_only_perhaps_chinese_is_a_guess() -> None:
    assert detect(lambda: [b"caf\xe9 cr\xe8me, d\xe9j\xe0 vu"]) is not None
    found = detect(lambda: ["Müller,Größe,naïve".encode("latin-1")])
    assert found is not None
    assert found.certainty is Certainty.GUESSED


def test_a_character_on_the_border_of_two_chunks() -> None:
    data = ("中" * 50).encode()
    chunks = [data[:7], data[7:]]
    found = detect(lambda: chunks)
    assert found is not None
    assert found.encoding is Encoding.UTF_8


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(tmp_path: Path, delimiter: str) -> None:
    table = TABLE.replace("重要客户", '"a, b; c"').replace(",1", "\x001").replace(",", delimiter)
    table = table.replace("\x00", delimiter).replace(f'"a{delimiter} b; c"', '"a, b; c"')
    path = put(tmp_path, table.encode())
    assert reading_of(path).delimiter == delimiter
    assert rows(path)[1][1] == ["王芳", "13800138000", "a, b; c"]


def test_lines_in_cells_blank_rows_and_numbers_of_rows(tmp_path: Path) -> None:
    path = put(tmp_path, b'a,b\r\n"1\r\n2","say ""hi"""\r\n\r\n,\r\nx,y')
    assert rows(path) == [(1, ["a", "b"]), (2, ["1\r\n2", 'say "hi"']), (5, ["x", "y"])]


def test_what_cannot_be_decoded_is_marked(tmp_path: Path) -> None:
    path = put(tmp_path, TABLE.encode("gb18030"))
    found = list(rows_of(path, Reading("csv", encoding=Encoding.UTF_8, delimiter=",")))
    assert "\ufffd" in found[0][1][0]


Make = Callable[[Path], None]


def refusal(path: Path) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        rows(path)
    return caught.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "not_text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old_excel"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"a,b\n" + b"x" * (limits.LONGEST_LINE + 10), "line_too_long"),
        (b'a,b\n"' + b"x\n" * 200_000, "quote_not_closed"),
        (b"a," * 300 + b"\n", "too_many_columns"),
    ],
)
def test_a_file_beyond_limits_is_refused_by_name(tmp_path: Path, data: bytes, code: str) -> None:
    error = refusal(put(tmp_path, data))
    assert (error.code, error.field) == (code, "file")
    if error.values["limit"]:
        assert str(error.values["limit"]) in error.message


def test_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.transfer.csv_text.MOST_ROWS", 10)
    assert refusal(put(tmp_path, b"a\n" * 12)).code == "too_many_rows"


# --- workbooks ------------------------------------------------------------------------------


def saved(book: openpyxl.Workbook) -> bytes:
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def test_a_workbook_of_another_program(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "客户"
    sheet.append(["名称", "电话", "生日", "时间", "余额", "在用", "公式"])
    day = datetime.datetime(1990, 2, 28)  # noqa: DTZ001 - spreadsheets know no zones
    sheet.append(["王芳", 13800138000, day.date(), day.replace(hour=9, minute=30), 2.5, True, "=1"])
    sheet.append([])
    sheet.append([None, "+86 139", None, None, 1.23e17])
    book.create_sheet("leer")
    path = put(tmp_path, saved(book))
    assert reading_of(path).sheets == ("客户", "leer")
    found = rows(path)
    assert found[1] == (
        2,
        ["王芳", "13800138000", "1990-02-28", "1990-02-28 09:30:00", "2.5", "TRUE"],
    )
    assert found[2] == (4, ["", "+86 139", "", "", "1.23000000000000E+17"])
    reading = reading_of(path)
    assert list(rows_of(path, Reading("xlsx", sheet="leer", sheets=reading.sheets))) == []


def test_a_workbook_of_ours_opens_elsewhere() -> None:
    writer = writer_of("xlsx", ["名称", "电话"], "客户/2026")
    rows_: list[list[str | int | float | None]] = [["=1+1", "+8613800138000"], ["\x07_x0041_", 5]]
    data = writer.rows(rows_) + writer.end()
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    assert sheet.title == "客户 2026"
    assert [cell.value for cell in sheet[1]] == ["名称", "电话"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("=1+1", "s")
    assert (sheet["B2"].value, sheet["B2"].quotePrefix) == ("+8613800138000", True)
    assert sheet["B3"].value == 5


def zipped(tmp_path: Path, **parts: bytes) -> Path:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def book_with(tmp_path: Path, sheet: bytes) -> Path:
    return zipped(
        tmp_path,
        **{
            "xl/workbook.xml": b'<workbook xmlns:r="r"><sheets><sheet name="a" r:id="x"/></sheets>'
            b"</workbook>",
            "xl/_rels/workbook.xml.rels": b'<Relationships><Relationship Id="x" Type="t/worksheet"'
            b' Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
        },
    )


def test_a_zip_that_pretends_to_be_a_workbook(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path, readme=b"hello")).code == "not_a_workbook"


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = book_with(tmp_path, b"<worksheet>" + b" " * (limits.SMALL + 1))
    error = refusal(path)
    assert (error.code, error.values["limit"]) == ("too_dense", limits.LARGEST_RATIO)


def test_a_bomb_that_is_not_dense_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "LARGEST_UNPACKED", limits.MIB)
    error = refusal(book_with(tmp_path, bytes(range(256)) * 5000))
    assert (error.code, error.message) == (
        "too_large_unpacked",
        "unpacked, the workbook has more than 1 MiB",
    )


def test_too_many_parts(tmp_path: Path) -> None:
    parts = {f"p{n}": b"" for n in range(limits.MOST_PARTS + 1)}
    assert refusal(zipped(tmp_path, **parts)).code == "too_many_parts"
    many = {f"{'long' * 50}{n}": b"" for n in range(6000)}
    assert refusal(zipped(tmp_path, **many)).code == "too_many_parts"


def test_entities_are_refused_where_they_are_declared(tmp_path: Path) -> None:
    laughs = (
        b'<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet><sheetData><row><c '
        b't="str"><v>&b;</v></c></row></sheetData></worksheet>'
    )
    assert refusal(book_with(tmp_path, laughs)).code == "has_entities"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (b'<row r="1"><c r="XFD1"><v>1</v></c></row>', "too_many_columns"),
        (b'<row r="7"><c t="str"><v>' + b"x" * 40_000 + b"</v></c></row>", "cell_too_long"),
        (b'<row r="1"><c r="A1"><v>1</v></c>', "damaged"),
    ],
)
def test_a_sheet_beyond_limits(tmp_path: Path, cells: bytes, code: str) -> None:
    sheet = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    assert refusal(book_with(tmp_path, sheet)).code == code


def test_a_row_far_below_costs_nothing(tmp_path: Path) -> None:
    cells = b'<row r="1"><c><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>'
    sheet = b"<worksheet><sheetData>" + cells + b"</sheetData></worksheet>"
    assert rows(book_with(tmp_path, sheet)) == [(1, ["1"]), (1048576, ["2"])]


def test_an_endless_tag_is_not_gathered() -> None:
    reader = sheet_xml.Sheet([], [], from_1904=False)
    with pytest.raises(Unreadable):
        for _ in range(100):
            reader.feed(b'<worksheet a="' if _ == 0 else b"x" * 65536)


def test_texts_in_parts_without_how_they_are_spoken(tmp_path: Path) -> None:
    cell = b'<c t="inlineStr"><is><r><t>Wang</t></r><r><t> Fang</t></r><rPh><t>x</t></rPh></is></c>'
    sheet = b"<worksheet><sheetData><row>" + cell + b"</row></sheetData></worksheet>"
    assert rows(book_with(tmp_path, sheet)) == [(1, ["Wang Fang"])]
