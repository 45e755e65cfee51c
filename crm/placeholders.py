"""Texts with gaps: `{{customer.name}}` is replaced by what it stands for, once, and never again.

Pure. What people write is checked when it is saved; what is put in is text from outside and is not
looked at: braces in a customer's name stay braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from callcenter.errors import InvalidInput

# Every gap there is, with what it stands for in both languages: pages offer them from here.
PLACEHOLDERS: Mapping[str, tuple[str, str]] = {
    "ticket.number": ("工单号", "Number of the ticket"),
    "ticket.title": ("工单标题", "Title of the ticket"),
    "customer.name": ("客户名称", "Name of the customer"),
    "agent.name": ("客服姓名", "Name of the agent"),
    "today": ("今天的日期", "Today's date"),
}
_GAP = re.compile(r"\{\{([^{}]*)\}\}")
_LONGEST_SHOWN = 40


def check(text: str, field: str, known: Mapping[str, object] = PLACEHOLDERS) -> str:
    """`text` when every gap in it is known and closed. InvalidInput names the one that is not."""
    for found in _GAP.finditer(text):
        name = found.group(1).strip()
        if name not in known:
            said = name[:_LONGEST_SHOWN]
            raise InvalidInput(
                f"there is no placeholder {said!r}; there are: {', '.join(known)}", field=field
            )
    rest = _GAP.sub("", text)
    if "{{" in rest or "}}" in rest:
        raise InvalidInput("a placeholder is {{name}}, with both pairs of braces", field=field)
    return text


def render(text: str, values: Mapping[str, str]) -> str:
    """The gaps filled; one that has no value becomes nothing. What is put in is not read again."""
    return _GAP.sub(lambda found: values.get(found.group(1).strip(), ""), text)
