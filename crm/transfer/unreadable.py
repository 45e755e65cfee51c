"""Why a whole file is refused, in words for people; the limit is named where there is one."""

from __future__ import annotations

from callcenter.errors import InvalidInput

WORDS: dict[str, str] = {
    "empty": "the file is empty",
    "not_text": "this is neither text nor an Excel workbook (.xlsx)",
    "old_excel": "an old or protected Excel file; save it as .xlsx without a password",
    "not_a_workbook": "a zip archive, but no Excel workbook (.xlsx)",
    "damaged": "the workbook is damaged and cannot be read",
    "has_entities": "the workbook declares entities of its own, which no spreadsheet does",
    "encrypted": "the workbook is protected by a password",
    "too_many_parts": "the workbook has more than {limit} parts",
    "too_large_unpacked": "unpacked, the workbook has more than {limit} MiB",
    "too_dense": "the workbook is packed more than {limit} to 1, as no spreadsheet is",
    "texts_too_large": "the workbook's table of texts has more than {limit} MiB",
    "no_sheet": "there is no such sheet",
    "too_many_rows": "more than {limit} rows",
    "too_many_columns": "row {row} has more than {limit} columns",
    "cell_too_long": "row {row} has a cell with more than {limit} characters",
    "line_too_long": "line {row} has more than {limit} characters",
    "quote_not_closed": "row {row}: a quotation mark is not closed",
    "no_header": "there is no row with the names of the columns",
}


class Unreadable(InvalidInput):
    """`code` says which limit or form; nothing of the file has been taken."""

    def __init__(self, code: str, *, row: int = 0, limit: int = 0) -> None:
        super().__init__(WORDS[code].format(row=row, limit=limit), field="file")
        self.code = code
        self.values = {"row": row, "limit": limit}
