"""Lists of customers: filters and orders from closed sets, pages by cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.customers.queries import TEAMS, USERS
from crm.customers.tables import Customer, CustomerTag, PhoneNumber
from crm.fields.rules import FieldSpec, Shown, read_filter
from crm.fields.service import specs
from crm.fields.values import holds, values_of
from crm.numbers import DEFAULT_RULE, TrunkRule
from crm.search.matching import dialect_of, meant
from crm.search.query import understand

CustomerSort = Literal["name", "-name", "created", "-created", "updated", "-updated"]
MOST_TAGS = 200  # in the list of all tags

_COLUMNS: dict[str, tuple[Any, type[str] | type[float]]] = {
    "name": (Customer.name, str),
    "created": (Customer.created_at, float),
    "updated": (Customer.updated_at, float),
}


class CustomerRow(msgspec.Struct, frozen=True):
    """A customer in a list; `numbers` as they were written."""

    id: int
    kind: str
    name: str
    level: str | None
    type: str | None
    source: str | None
    owner_id: int | None
    owner: str | None
    team_id: int | None
    team: str | None
    language: str | None
    do_not_call: bool
    account_number: str | None
    tax_number: str | None
    created_at: float
    updated_at: float
    numbers: list[str]
    tags: list[str]
    custom: dict[str, Shown]


class CustomerPage(msgspec.Struct, frozen=True):
    items: list[CustomerRow]
    next: str | None  # cursor of the next page


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """All of it must hold; of a list any. `search`: part of a name, a contact's too, a number in
    any form, an e-mail, account or tax number. `fields`: by name, as `read_filter` takes it."""

    search: str = ""
    kind: str | None = None
    levels: Sequence[str] = ()
    types: Sequence[str] = ()
    sources: Sequence[str] = ()
    owner: int | None = None
    team: int | None = None
    tags: Sequence[str] = ()
    pool: bool | None = None  # with nobody's, or without them
    do_not_call: bool | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


async def conditions(
    session: AsyncSession, wanted: CustomerFilter, rule: TrunkRule = DEFAULT_RULE
) -> list[ColumnElement[bool]]:
    """The filter as conditions on `Customer`; merged ones are never meant. InvalidInput."""
    found = [Customer.merged_into.is_(None), *_plain(wanted)]
    if wanted.search.strip():
        asked = understand(wanted.search, rule)
        found.append(false() if asked is None else meant(dialect_of(session), asked))
    if wanted.tags:
        tagged = select(CustomerTag.customer_id).where(CustomerTag.tag.in_(wanted.tags))
        found.append(Customer.id.in_(tagged))
    if wanted.fields:
        found += _by_fields(wanted.fields, await specs(session))
    return found


def _plain(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Customer.kind, wanted.kind),
        (Customer.owner_id, wanted.owner),
        (Customer.team_id, wanted.team),
        (Customer.do_not_call, wanted.do_not_call),
    ):
        if value is not None:
            found.append(column == value)
    for words, values in (
        (Customer.level, wanted.levels),
        (Customer.type, wanted.types),
        (Customer.source, wanted.sources),
    ):
        if values:
            found.append(words.in_(values))
    if wanted.pool is not None:
        nobodys = Customer.owner_id.is_(None)
        found.append(nobodys if wanted.pool else ~nobodys)
    return found


def _by_fields(
    wanted: Mapping[str, str], defined: Sequence[FieldSpec]
) -> list[ColumnElement[bool]]:
    by_name = {spec.name: spec for spec in defined if not spec.retired}
    found = []
    for name, text in wanted.items():
        if name not in by_name:
            raise InvalidInput("there is no such field", field=f"field.{name}")
        found.append(holds(by_name[name], read_filter(by_name[name], text)))
    return found


async def list_customers(
    session: AsyncSession,
    wanted: CustomerFilter | None = None,
    *,
    visible: ColumnElement[bool] | None = None,
    sort: CustomerSort = "name",
    cursor: str | None = None,
    limit: int = 50,
    rule: TrunkRule = DEFAULT_RULE,
) -> CustomerPage:
    """A page of the customers that are `visible` (a condition on `Customer`). InvalidInput."""
    column, kind = _COLUMNS[sort.removeprefix("-")]
    descending = sort.startswith("-")
    chosen = await conditions(session, wanted or CustomerFilter(), rule)
    if visible is not None:
        chosen.append(visible)
    key = decode_cursor(cursor, kind)
    if key is not None:
        chosen.append(after(column, Customer.id, key, descending=descending))
    order = (column.desc(), Customer.id.desc()) if descending else (column, Customer.id)
    page = select(Customer.id).where(*chosen).order_by(*order).limit(check_limit(limit) + 1)
    rows = await rows_of(session, page, order)
    last = rows[limit - 1] if len(rows) > limit else None
    following = encode_cursor(getattr(last, column.key), last.id) if last else None
    return CustomerPage(rows[:limit], following)


async def rows_of(
    session: AsyncSession, page: Select[Any], order: Sequence[Any]
) -> list[CustomerRow]:
    """The customers whose ids `page` selects, with what hangs on them."""
    chosen = page.subquery()
    rows = await session.execute(
        select(
            *(getattr(Customer, name) for name in _BEFORE),
            *(USERS.c.display_name, Customer.team_id, TEAMS.c.name),
            *(getattr(Customer, name) for name in _BEHIND),
        )
        .join(chosen, chosen.c.id == Customer.id)
        .outerjoin(USERS, USERS.c.id == Customer.owner_id)
        .outerjoin(TEAMS, TEAMS.c.id == Customer.team_id)
        .order_by(*order)
    )
    found = {row[0]: _row(tuple(row)) for row in rows}
    await _hang_on(session, found)
    return list(found.values())


_BEFORE = ("id", "kind", "name", "level", "type", "source", "owner_id")
_BEHIND = (
    *("language", "do_not_call", "account_number", "tax_number", "created_at", "updated_at"),
)


def _row(plain: tuple[Any, ...]) -> CustomerRow:
    return CustomerRow(*(*plain, [], [], {}))


async def _hang_on(session: AsyncSession, found: Mapping[int, CustomerRow]) -> None:
    if not found:
        return
    numbers = select(PhoneNumber.customer_id, PhoneNumber.raw).order_by(PhoneNumber.id)
    for id_, raw in await session.execute(numbers.where(PhoneNumber.customer_id.in_(found))):
        found[id_].numbers.append(raw)
    tags = select(CustomerTag.customer_id, CustomerTag.tag).order_by(CustomerTag.tag)
    for id_, tag in await session.execute(tags.where(CustomerTag.customer_id.in_(found))):
        found[id_].tags.append(tag)
    for id_, values in (await values_of(session, found)).items():
        found[id_].custom.update(values)


async def all_tags(session: AsyncSession) -> list[str]:
    """Every tag there is, alphabetically: hops along the index, whoever has them."""
    first = select(func.min(CustomerTag.tag).label("tag")).cte("tags", recursive=True)
    following = (
        select(func.min(CustomerTag.tag)).where(CustomerTag.tag > first.c.tag).scalar_subquery()
    )
    hops = first.union_all(select(following).where(first.c.tag.is_not(None)))
    rows = await session.scalars(select(hops.c.tag).where(hops.c.tag.is_not(None)).limit(MOST_TAGS))
    return list(rows)
