"""What a batch of events does to the tables, folded row by row before anything is written.

How a column takes a new value is fixed by `rule`, and every rule gives the same result when
a value comes twice, so a stream that is written again, from any point to its end, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Values = dict[str, Any]


class Rule(Enum):
    """How a column takes a value that is told again; None says nothing under any rule."""

    LAST = "last"  # the newest wins
    FIRST = "first"  # the oldest wins
    FLAG = "flag"  # once true, true


FLAGS = frozenset({"answered", "ended", "estimated", "incomplete", "adopted"})
# interaction_id is moved by a merge only: telling a leg's start again must not move it back.
FIRSTS = frozenset(
    {
        "id",
        "interaction_id",
        "started_at",
        "answered_at",
        "threshold",
        "short_threshold",
        "position",
    }
)


def rule(column: str) -> Rule:
    return Rule.FLAG if column in FLAGS else Rule.FIRST if column in FIRSTS else Rule.LAST


def merged(column: str, old: Any, new: Any) -> Any:
    """What the column holds after `new` was told."""
    if rule(column) is Rule.FLAG:
        return old or new
    if old is None or new is None:
        return new if old is None else old
    return old if rule(column) is Rule.FIRST else new


@dataclass(frozen=True, slots=True)
class Gap:
    """The PBX was out of sight since `began_at`; `ended_at` None: it still is."""

    pbx: str
    began_at: float | None
    ended_at: float | None


@dataclass(slots=True)
class Changes:
    """What a batch of events changes, in the order in which it is written.

    `rows` are inserted or updated, `updates` only ever change rows that exist, both as
    table → id → columns. `merges` are (target, source) in order. What is still open of the
    interactions in `ends` ends with them.
    """

    seen: dict[str, str] = field(default_factory=dict)  # interaction id → pbx
    rows: dict[str, dict[str, Values]] = field(default_factory=dict)
    updates: dict[str, dict[str, Values]] = field(default_factory=dict)
    merges: list[tuple[str, str]] = field(default_factory=list)
    ends: dict[str, float | None] = field(default_factory=dict)  # interaction → when
    gaps: list[Gap] = field(default_factory=list)
    unseen: set[str] = field(default_factory=set)  # talks of which nobody knows how long they were
    thresholds: Mapping[tuple[str, str], float] = field(default_factory=dict)
    short_thresholds: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def row(self, table: str, id_: str, **values: Any) -> None:
        """Insert the row, or tell it these values when it exists."""
        row = self.rows.setdefault(table, {}).setdefault(id_, {"id": id_})
        _tell(row, values)

    def update(self, table: str, id_: str, **values: Any) -> None:
        """Tell the row these values if it exists; this event knows too little to make one."""
        known = self.rows.get(table, {}).get(id_)
        row = known if known is not None else self.updates.setdefault(table, {}).setdefault(id_, {})
        _tell(row, values)

    def merge(self, target: str, source: str) -> None:
        self.merges.append((target, source))
        for table, rows in self.rows.items():
            if table != "interactions":
                for row in rows.values():
                    if row.get("interaction_id") == source:
                        row["interaction_id"] = target


def _tell(row: Values, values: Values) -> None:
    for column, value in values.items():
        new = clean(value) if isinstance(value, str) else value
        row[column] = merged(column, row.get(column), new)


def clean(text: str) -> str:
    """Text that a database takes: no NUL, no half letters; both are shown as U+FFFD."""
    if text.isascii():
        return text.replace("\x00", "\ufffd")
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "\ufffd")
