"""The values that appear in many requests, each with its limits."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import Meta

T = TypeVar("T")

RowId = Annotated[int, Meta(ge=1, le=2**31 - 1)]
# "$" alone would let a line end follow.
EventKey = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$")]
SessionKey = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}(?!\n)$")]

# Something else than blanks somewhere in it.
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Label = Annotated[str, Meta(max_length=50)]
NoteText = Annotated[str, Meta(min_length=1, max_length=20_000, pattern=r"\S")]
Search = Annotated[str, Meta(max_length=200)]
Cursor = Annotated[str, Meta(max_length=1_500)]  # it holds a name, perhaps of 200 letters
Limit = Annotated[int, Meta(ge=1, le=200)]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of everything people send: what we do not know is refused, not ignored."""


class View(msgspec.Struct, frozen=True):
    """Base of everything we answer. Times are seconds since the Unix epoch (UTC)."""


class Page(msgspec.Struct, Generic[T], frozen=True):
    """`next` is the cursor of the following page; null at the end."""

    items: list[T]
    next: str | None = None
