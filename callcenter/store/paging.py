"""Pages that stay right while rows come and go: the next one begins after the last row seen."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, literal, tuple_

from callcenter.errors import InvalidInput

LARGEST_PAGE = 200
K = TypeVar("K")


class Key(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the sort value and the id that breaks ties.

    Bounded to what the columns can hold: anybody can make up a cursor.
    """

    value: Annotated[str, Meta(pattern=r"^[^\x00]*$")] | Annotated[float, Meta(ge=-1e11, le=1e11)]
    id: Annotated[int, Meta(ge=0, le=2**31 - 1)]


def encode_cursor(value: str | float, id_: int) -> str:
    return _encoded(Key(value, id_))


def decode_cursor(cursor: str | None, kind: type[str] | type[float]) -> Key | None:
    """InvalidInput for a cursor that is not one of ours, or belongs to another order."""
    if cursor is None:
        return None
    key = _decoded(cursor, Key)
    if not isinstance(key.value, kind):
        raise InvalidInput("this cursor belongs to another order", field="cursor")
    return key


class EventPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of rows with `EventId`s ended."""

    value: Annotated[float, Meta(ge=-1e11, le=1e11)]
    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$")]


def encode_place(value: float, id_: str) -> str:
    return _encoded(EventPlace(value, id_))


def decode_place(cursor: str | None) -> EventPlace | None:
    """As `decode_cursor`."""
    return None if cursor is None else _decoded(cursor, EventPlace)


def _encoded(key: Key | EventPlace) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def _decoded(cursor: str, kind: type[K]) -> K:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise InvalidInput("not a cursor that we gave", field="cursor") from None


def check_limit(limit: int) -> int:
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInput(f"between 1 and {LARGEST_PAGE}", field="limit")
    return limit


def after(value: Any, id_: Any, key: Key, *, descending: bool) -> ColumnElement[bool]:
    """The rows behind `key` in the order (value, id)."""
    row = tuple_(value, id_)
    seen = tuple_(_bound(key.value, value), _bound(key.id, id_))
    return row < seen if descending else row > seen


def _bound(value: Any, column: Any) -> ColumnElement[Any]:
    """The value as the column's own type would send it (a moment, say)."""
    return literal(value, column.type)
