"""Keeps spreadsheets from running what people typed, in a way that an import undoes exactly.

A cell that a spreadsheet may take for a formula gets an apostrophe in front: `+8613800138000`
becomes `'+8613800138000`, still readable and still text. A cell that has such apostrophes already
gets one more, so that taking one away always gives back what was there.
"""

from __future__ import annotations

import re

# Apostrophes, then what starts a formula: also behind blanks, and as wide letters, which
# spreadsheets of East Asia take for the narrow ones.
_FORMULA = r"(?:[\t\r\n]|\s*[=+\-@＝＋－＠])"
_STARTS = re.compile(_FORMULA)
_RUNS = re.compile(f"'*{_FORMULA}")


def starts_formula(text: str) -> bool:
    return _STARTS.match(text) is not None


def neutralise(text: str) -> str:
    return "'" + text if _RUNS.match(text) else text


def restore(text: str) -> str:
    """What was neutralised. A file of somebody else's with such a cell means the same by it."""
    return text[1:] if text.startswith("'") and _RUNS.match(text) else text
