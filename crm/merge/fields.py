"""Which of two values a merged customer has, and which it gets back when the merge is undone.

Pure. What nobody chose is the target's, or the source's where the target has nothing; nobody is
called who asked either of the two not to be. A value that only one customer may have is swapped,
so that what was not chosen still leads to the customer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from callcenter.errors import InvalidInput

Side = Literal["source", "target"]
Values = Mapping[str, Any]

PLAIN = (
    *("name", "kind", "level", "type", "source", "owner_id", "team_id", "language"),
    *("do_not_call", "account_number", "tax_number", "birthday", "notes"),
)
COMPANIONS = {"owned_at": "owner_id"}  # goes where the other goes
SWAPPED = frozenset({"account_number"})  # no two customers have the same
EITHER = frozenset({"do_not_call"})  # said by one of them it is said
CUSTOM = "field."


@dataclass(frozen=True, slots=True)
class Chosen:
    """What both sides have after the merge, where it differs; and which side was taken."""

    target: dict[str, Any]
    source: dict[str, Any]
    sides: dict[str, Side]


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What the two have after the undo, where it differs. `kept`: changed since, so they stay."""

    target: dict[str, Any]
    source: dict[str, Any]
    kept: list[str] = field(default_factory=list)


def choose(target: Values, source: Values, asked: Mapping[str, Side]) -> Chosen:
    """`target` and `source` by the same names. InvalidInput for a name that is none of them."""
    for name in asked:
        if name not in target or name in COMPANIONS:
            raise InvalidInput("no such field", field=f"fields.{name}")
    sides = {name: _side(COMPANIONS.get(name, name), target, source, asked) for name in target}
    taken = {name: source[name] for name in target if sides[name] == "source"}
    for name in EITHER & target.keys() - asked.keys():
        taken[name] = bool(target[name] or source[name])
    changed = {name: value for name, value in taken.items() if value != target[name]}
    given = {name: target[name] for name in changed if name in SWAPPED or name.startswith(CUSTOM)}
    return Chosen(changed, given, {name: side for name, side in sides.items() if name in asked})


def _side(name: str, target: Values, source: Values, asked: Mapping[str, Side]) -> Side:
    if name in asked:
        return asked[name]
    return "source" if _empty(target[name]) and not _empty(source[name]) else "target"


def _empty(value: Any) -> bool:
    return value is None or value in ("", [])


def give_back(
    now: Mapping[str, Values], before: Mapping[str, Values], after: Mapping[str, Values]
) -> GivenBack:
    """Each of them by side. What somebody changed at the target since then stays as it is now."""
    kept = [
        name for name, value in after.get("target", {}).items() if now["target"].get(name) != value
    ]
    back = _without(after.get("target", {}), kept)
    return GivenBack(
        {name: before["target"][name] for name in back},
        {name: before["source"][name] for name in after.get("source", {})},
        kept,
    )


def _without(names: Iterable[str], kept: list[str]) -> list[str]:
    return [name for name in names if name not in kept]
