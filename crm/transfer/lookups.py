"""What an import asks the database: names once, and who the rows of a batch mean."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Select, String, Table, func, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession

from crm.customers.inputs import COLUMNS
from crm.customers.tables import (
    Address,
    Contact,
    Customer,
    CustomerTag,
    EmailAddress,
    PhoneNumber,
)
from crm.dictionary.tables import DictionaryEntry
from crm.fields.rules import Cell, FieldSpec, folded
from crm.fields.service import specs
from crm.fields.tables import FieldValue
from crm.numbers import NumberKey, TrunkRule
from crm.sql import table_of
from crm.transfer.fields import CUSTOM, Field, Key
from crm.transfer.plan import Claim, Found, Known, address_ident, claims_of, number_ident
from crm.transfer.record import Record, Words
from crm.transfer.tables import ExternalId

_users = sql_table(
    "users", sql_column("id"), sql_column("username", String), sql_column("display_name", String)
)
_teams = sql_table("teams", sql_column("id"), sql_column("name", String))
_customers = table_of(Customer)


async def words_of(session: AsyncSession, rule: TrunkRule) -> Words:
    """Everything that cells name."""
    users = await session.execute(select(_users.c.id, _users.c.username, _users.c.display_name))
    teams = await session.execute(select(_teams.c.id, _teams.c.name))
    return Words(
        users=_by_name((id_, names) for id_, *names in users),
        teams=_by_name((id_, names) for id_, *names in teams),
        dictionary=await _dictionary(session),
        custom={spec.name: spec for spec in await specs(session) if not spec.retired},
        rule=rule,
    )


def custom_fields(words: Iterable[FieldSpec]) -> list[Field]:
    """What administrators defined, as columns can be mapped to it."""
    return [Field(CUSTOM + spec.name, spec.label_zh, spec.label_en) for spec in words]


def _by_name(rows: Iterable[tuple[int, Sequence[str]]]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for id_, names in rows:
        for name in {folded(name) for name in names if name}:
            found[name] = id_ if found.get(name, id_) == id_ else None
    return found


async def _dictionary(session: AsyncSession) -> dict[str, dict[str, str]]:
    entry = DictionaryEntry
    rows = await session.execute(
        select(entry.kind, entry.value, entry.label_zh, entry.label_en)
        .where(~entry.retired)
        .order_by(entry.position.desc())
    )
    found: dict[str, dict[str, str]] = {"level": {}, "type": {}, "source": {}}
    for kind, value, *labels in rows:
        for label in labels:
            found.setdefault(kind, {})[folded(label)] = value
    for kind, value, *_ in await session.execute(
        select(entry.kind, entry.value).where(~entry.retired)
    ):
        found[kind][folded(value)] = value  # a value is itself, whatever labels say
    return found


async def look_up(
    session: AsyncSession, key: Key, records: Sequence[Record], *, lock: bool
) -> Found:
    """For these records; with `lock` nobody else changes these customers meanwhile."""
    good = [record for record in records if not record.problems]
    claims = {claim for record in good for claim in claims_of(record)}
    async with _planned_anew(session):
        by_key = await _ids_by_key(session, key, {record.keys[0] for record in good})
        ids = {ids[0] for ids in by_key.values() if len(ids) == 1}
        known = await _known(session, ids, lock=lock)
        return Found(by_key, known, await _holders(session, claims))


@asynccontextmanager
async def _planned_anew(session: AsyncSession) -> AsyncIterator[None]:
    """A plan of the first batch reads whole tables, which were empty then. What is written is
    better off with the plan it has, so the session's way comes back."""
    await _plan(session, "force_custom_plan")
    yield
    await _plan(session, "auto")  # not after a failure: the transaction is over then


async def _plan(session: AsyncSession, mode: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.set_config("plan_cache_mode", mode, True)))


async def _ids_by_key(
    session: AsyncSession, key: Key, values: Collection[str]
) -> dict[str, list[int]]:
    """The customers of today behind each value."""
    if not values:
        return {}
    column, query = _KEYS[key]
    rows = await session.execute(query.where(column.in_(values)))
    found: dict[str, list[int]] = {}
    for value, id_ in rows:
        ids = found.setdefault(value, [])
        if id_ not in ids:
            ids.append(id_)
    return found


def _holding(column: Any, customer: Any) -> tuple[Any, Select[Any]]:
    """Value and customer; who was merged stands for whom they were merged into."""
    today = func.coalesce(_customers.c.merged_into, _customers.c.id)
    return column, select(column, today).join(_customers, _customers.c.id == customer)


_KEYS: dict[Key, tuple[Any, Select[Any]]] = {
    Key.ACCOUNT_NUMBER: (
        _customers.c.account_number,
        select(
            _customers.c.account_number, func.coalesce(_customers.c.merged_into, _customers.c.id)
        ),
    ),
    Key.EXTERNAL_ID: _holding(ExternalId.external_id, ExternalId.customer_id),
    Key.PHONE: _holding(PhoneNumber.e164, PhoneNumber.customer_id),
    Key.EMAIL: _holding(EmailAddress.key, EmailAddress.customer_id),
}


async def _holders(session: AsyncSession, claims: Collection[Claim]) -> dict[Claim, int]:
    """Who has what only one may have."""
    found: dict[Claim, int] = {}
    wanted: dict[str, set[str]] = {}
    for kind, value in claims:
        wanted.setdefault(kind, set()).add(value)
    for kind, values in wanted.items():
        if kind in {"account_number", "external_id"}:
            _, query = _KEYS[Key(kind)]
            rows = await session.execute(query.where(_KEYS[Key(kind)][0].in_(values)))
        else:
            rows = await session.execute(
                select(FieldValue.once_key, FieldValue.customer_id).where(
                    FieldValue.field_id == int(kind), FieldValue.once_key.in_(values)
                )
            )
        found |= {(kind, value): id_ for value, id_ in rows}
    return found


async def _known(session: AsyncSession, ids: Collection[int], *, lock: bool) -> dict[int, Known]:
    if not ids:
        return {}
    query = (
        select(_customers.c.id, *(_customers.c[name] for name in COLUMNS))
        .where(_customers.c.id.in_(ids))
        .order_by(_customers.c.id)  # all imports lock in one order
    )
    rows = await session.execute(query.with_for_update() if lock else query)
    known = {row.id: Known(row.id, dict(row._mapping)) for row in rows}
    for id_, external_id in await rows_of(session, ExternalId, ids, "external_id"):
        known[id_].external_ids.add(external_id)
    for id_, *number in await rows_of(session, PhoneNumber, ids, "raw", "e164", "extension"):
        known[id_].numbers.add(number_ident(NumberKey(*number)))
    for id_, email in await rows_of(session, EmailAddress, ids, "key"):
        known[id_].emails.add(email)
    for id_, tag in await rows_of(session, CustomerTag, ids, "tag"):
        known[id_].tags.add(tag)
    for id_, contact, name, role in await rows_of(session, Contact, ids, "id", "name", "role"):
        known[id_].contacts.setdefault(folded(name), (contact, role))
    parts = ("country", "region", "city", "street", "postcode")
    for id_, *address in await rows_of(session, Address, ids, *parts):
        known[id_].addresses.add(address_ident(dict(zip(parts, address, strict=True))))
    await _custom(session, known)
    return known


async def _custom(session: AsyncSession, known: dict[int, Known]) -> None:
    names = ("field_id", "text", "key", "number", "day")
    for id_, field, *cell in await rows_of(session, FieldValue, known, *names, order="place"):
        cells = known[id_].custom.get(field, ())
        known[id_].custom[field] = (*cells, Cell(*cell))


async def rows_of(
    session: AsyncSession,
    model: Any,
    ids: Collection[int],
    *names: str,
    order: str | None = None,
) -> Sequence[Any]:
    """What these customers have in another table: their ids, and the columns that are named."""
    table: Table = table_of(model)
    query = select(table.c.customer_id, *(table.c[name] for name in names)).where(
        table.c.customer_id.in_(ids)
    )
    if order is not None:
        query = query.order_by(table.c[order])
    return (await session.execute(query)).all()
