"""What people write about calls, made fit to be kept: trimmed, without control characters."""

from __future__ import annotations

import unicodedata

from callcenter.errors import InvalidInput


def line(value: str, field: str) -> str:
    """One line that is not empty. InvalidInput names the field."""
    return _filled(optional_line(value, field), field)


def optional_line(value: str, field: str) -> str:
    return _clean(value, field, layout="")


def paragraphs(value: str, field: str) -> str:
    """Free text with line breaks, not empty."""
    return _filled(optional_paragraphs(value, field), field)


def optional_paragraphs(value: str, field: str) -> str:
    return _clean(value, field, layout="\n\r\t")


def _clean(value: str, field: str, *, layout: str) -> str:
    text = value.strip()
    if any(unicodedata.category(one) in {"Cc", "Cs"} for one in text if one not in layout):
        raise InvalidInput("must not hold control characters", field=field)
    return text


def _filled(text: str, field: str) -> str:
    if not text:
        raise InvalidInput("must not be empty", field=field)
    return text
