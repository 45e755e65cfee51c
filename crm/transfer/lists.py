"""Several values in one cell: parted by `|`, which is escaped where it is part of a value."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PART = re.compile(r"((?:\\[|\\]|[^|])*)(\||$)")
_ESCAPED = re.compile(r"\\([|\\])")
_LOOSE = re.compile(r"[|、;；,，\n]")
# A semicolon may also stand before an extension; before another number there are seven digits.
_BETWEEN_NUMBERS = re.compile(r"[|、\n]|[;；](?=\s*\+?(?:[\s().\-/]*\d){7})")


def join(values: Iterable[str | None]) -> str:
    """`Li | Wang`. Empty ones keep their places, unless all are empty."""
    texts = [(value or "").replace("\\", "\\\\").replace("|", "\\|") for value in values]
    return " | ".join(texts) if any(texts) else ""


def split(cell: str) -> list[str]:
    """What was joined; a cell of one value is a list of one."""
    if "|" not in cell and "\\" not in cell:
        return [cell.strip()]
    parts = []
    for found in _PART.finditer(cell):
        parts.append(found[1])
        if not found[2]:
            break  # the pattern would find the end once more
    return [_ESCAPED.sub(r"\1", part.strip()) for part in parts]


def split_loosely(cell: str) -> list[str]:
    """For words such as tags, which people part in many ways."""
    if "|" in cell or "\\" in cell:
        return [part for part in split(cell) if part]
    return [part for raw in _LOOSE.split(cell) if (part := raw.strip())]


def split_numbers(cell: str) -> list[str]:
    return [part for raw in _BETWEEN_NUMBERS.split(cell) if (part := raw.strip())]


def join_loosely(values: Iterable[str]) -> str:
    """What `split_loosely` takes apart again: one value alone may need a mark that it is one."""
    texts = list(values)
    joined = join(texts)
    return f"{joined} |" if len(texts) == 1 and _LOOSE.search(joined) else joined
