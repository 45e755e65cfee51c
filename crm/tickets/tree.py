"""The tree of categories: where each stands, what it inherits, and what would make it no tree."""

from __future__ import annotations

from collections.abc import Mapping

from callcenter.errors import InvalidInput

DEEPEST = 8

Parents = Mapping[int, int | None]  # category → the one above it


def above(parents: Parents, category: int | None) -> tuple[int, ...]:
    """The category and those above it, itself first; ends in a circle too."""
    found: list[int] = []
    while category is not None and category not in found:
        found.append(category)
        category = parents.get(category)
    return tuple(found)


def below(parents: Parents, category: int) -> frozenset[int]:
    """The category and everything below it."""
    return frozenset(one for one in (*parents, category) if category in above(parents, one))


def check_place(parents: Parents, category: int | None, parent: int | None) -> None:
    """InvalidInput when `category` (None: a new one) cannot stand below `parent`."""
    if parent is None:
        return
    if parent not in parents:
        raise InvalidInput(f"there is no category {parent}", field="parent")
    way = above(parents, parent)
    if category is not None and category in way:
        raise InvalidInput("a category cannot stand below itself", field="parent")
    if len(way) + _height(parents, category) > DEEPEST:
        raise InvalidInput(f"at most {DEEPEST} levels", field="parent")


def _height(parents: Parents, category: int | None) -> int:
    """Levels from the category down, itself counted."""
    if category is None:
        return 1
    own = len(above(parents, category))
    return max(len(above(parents, one)) for one in below(parents, category)) - own + 1
