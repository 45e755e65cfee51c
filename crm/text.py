"""What people type, made fit to be kept: trimmed, bounded, without control characters."""

from __future__ import annotations

import unicodedata

from callcenter.errors import InvalidInput

_LAYOUT = str.maketrans("", "", "\n\r\t")


def line(value: str, field: str, *, longest: int = 200) -> str:
    """One line that is not empty. InvalidInput names the field."""
    text = optional_line(value, field, longest=longest)
    if text is None:
        raise InvalidInput("must not be empty", field=field)
    return text


def optional_line(value: str | None, field: str, *, longest: int = 200) -> str | None:
    """One line, None when there is nothing in it."""
    text = (value or "").strip()
    if _hidden(text):
        raise InvalidInput("must be one line without control characters", field=field)
    return _bounded(text, field, longest) or None


def paragraphs(value: str, field: str, *, longest: int = 20_000) -> str:
    """Free text with line breaks, not empty."""
    text = optional_paragraphs(value, field, longest=longest)
    if text is None:
        raise InvalidInput("must not be empty", field=field)
    return text


def optional_paragraphs(value: str | None, field: str, *, longest: int = 20_000) -> str | None:
    """Free text with line breaks, None when there is nothing in it."""
    text = (value or "").strip()
    if any(
        unicodedata.category(letter) in {"Cc", "Cs"} for letter in text if letter not in "\n\r\t"
    ):
        raise InvalidInput("must not hold control characters", field=field)
    return _bounded(text, field, longest) or None


def _hidden(text: str) -> bool:
    return any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def _bounded(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidInput(f"at most {longest} characters", field=field)
    return text
