"""Which lists of words there are, and what a value may look like; pure."""

from __future__ import annotations

import re
from collections.abc import Container
from enum import StrEnum

from callcenter.errors import InvalidInput


class DictionaryKind(StrEnum):
    LEVEL = "level"  # of customers
    TYPE = "type"
    SOURCE = "source"
    PENDING_REASON = "pending_reason"  # of tickets
    CLOSE_REASON = "close_reason"


LONGEST_VALUE = 40
_VALUE = re.compile(r"[^\s,](?:[^\r\n\t,]*[^\s,])?")  # commas part values in filters


def check_value(value: str, field: str = "value") -> str:
    """A value as it may be added. InvalidInput."""
    if len(value) > LONGEST_VALUE or _VALUE.fullmatch(value) is None:
        raise InvalidInput(
            f"1 to {LONGEST_VALUE} characters without commas, no blanks around them", field=field
        )
    return value


def check_choice(value: str | None, active: Container[str], field: str) -> str | None:
    """`value` when it may be chosen today, None for nothing. InvalidInput names the field."""
    if value is None or value == "":
        return None
    if value not in active:
        raise InvalidInput("not a value of the dictionary", field=field)
    return value
