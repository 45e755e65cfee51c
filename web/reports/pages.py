"""Rows in pages: the next one begins after the last row that was seen, whatever came meanwhile."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_

from callcenter.errors import InvalidInput

PAGE = 100
Place = Annotated[float, Meta(ge=-1e11, le=1e11)]
Tie = Annotated[int, Meta(ge=0, le=2**31 - 1)] | Annotated[str, Meta(pattern=r"^[^\x00]{0,64}$")]


@dataclass(frozen=True, slots=True)
class Picked:
    """Rows from the largest `place` on; `ties`, which together are one row's own, put those of the
    same place in order."""

    query: Select[Any]
    place: ColumnElement[Any]
    ties: tuple[ColumnElement[Any], ...]

    def where(self, *conditions: ColumnElement[bool]) -> Picked:
        return replace(self, query=self.query.where(*conditions))

    def join(self, target: Any, on: Any) -> Picked:
        return replace(self, query=self.query.join(target, on))

    def outerjoin(self, target: Any, on: Any) -> Picked:
        return replace(self, query=self.query.outerjoin(target, on))

    def page(self, cursor: str | None) -> Select[Any]:
        """One row more than a page has, if there is one. InvalidInput for a cursor of others."""
        query = self.query if cursor is None else self.query.where(self._behind(cursor))
        return query.order_by(self.place.desc(), *self.ties).limit(PAGE + 1)

    def _behind(self, cursor: str) -> ColumnElement[bool]:
        place, ties = _decoded(cursor)
        kinds = [column.type.python_type for column in self.ties]
        if [type(tie) for tie in ties] != kinds:
            raise InvalidInput("this cursor belongs to another figure", field="cursor")
        at = literal(place, self.place.type)
        seen = [literal(tie, column.type) for tie, column in zip(ties, self.ties, strict=True)]
        beside = tuple_(*self.ties) > tuple_(*seen)
        # The first part alone is what an index can be asked for.
        return and_(self.place <= at, or_(self.place < at, beside))

    def cursor(self, row: Mapping[Any, Any]) -> str:
        """Where a page that ends with this row ends."""
        ties = [row[f"tie{number}"] for number in range(len(self.ties))]
        raw = msgspec.json.encode((float(row["place"]), ties))
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def picked(place: Any, *ties: Any, at: Any = None, **named: Any) -> Picked:
    """`at`: when a row was, where its place is something else."""
    query = select(
        place.label("place"),
        (place if at is None else at).label("at"),
        *(tie.label(f"tie{number}") for number, tie in enumerate(ties)),
        *(value.label(name) for name, value in named.items()),
    )
    return Picked(query, place, ties)


def _decoded(cursor: str) -> tuple[float, list[int | str]]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        place, ties = msgspec.json.decode(raw, type=tuple[Place, list[Tie]])
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise InvalidInput("not a cursor that we gave", field="cursor") from None
    return place, list(ties)
