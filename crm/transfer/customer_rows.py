"""Customers as rows of a table: under the names, and in the words, that an import knows again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import String, select
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
from crm.fields.rules import Shown, folded
from crm.fields.service import specs
from crm.fields.values import values_of
from crm.sql import table_of
from crm.transfer.fields import CUSTOM, FIELDS, Field, Language
from crm.transfer.lists import join, join_loosely
from crm.transfer.lookups import custom_fields, rows_of
from crm.transfer.tables import ExternalId
from crm.transfer.writing import Cell

_users = sql_table(
    "users", sql_column("id"), sql_column("username", String), sql_column("display_name", String)
)
_teams = sql_table("teams", sql_column("id"), sql_column("name", String))
_customers = table_of(Customer)
_WITHIN = "、"  # between the numbers of one contact; the contacts are parted by |
_KINDS = {"zh": {"company": "公司", "person": "个人"}, "en": {}}
_YES = {"zh": ("是", "否"), "en": ("yes", "no")}
_PARTS = ("label", "country", "region", "city", "street", "postcode")


class CustomerRows:
    """The columns are every field that an import takes; `cells` gives a page of customers."""

    def __init__(self, columns: Sequence[Field], language: Language) -> None:
        self._columns = columns
        self._language = language
        self._owners: dict[int, str] = {}
        self._teams: dict[int, str] = {}

    @classmethod
    async def of(cls, session: AsyncSession, language: Language) -> CustomerRows:
        custom = custom_fields(spec for spec in await specs(session) if not spec.retired)
        rows = cls((*FIELDS, *custom), language)
        rows._owners = await _owners(session)
        rows._teams = {row.id: row.name for row in await session.execute(select(_teams))}
        return rows

    @property
    def header(self) -> list[str]:
        return [field.name(self._language) for field in self._columns]

    async def cells(self, session: AsyncSession, ids: Sequence[int]) -> list[list[Cell]]:
        """In the order of the ids; whoever is gone meanwhile is left out."""
        found = await _page(session, ids)
        custom = await values_of(session, ids)
        told = {id_: self._told(parts, custom.get(id_, {})) for id_, parts in found.items()}
        return [[told[id_](field.code) for field in self._columns] for id_ in ids if id_ in told]

    def _told(self, parts: Mapping[str, Any], custom: Mapping[str, Shown]) -> Callable[[str], Cell]:
        """One customer as a question: what stands in the column of this field?"""
        cells: dict[str, Cell] = {name: parts[name] for name in COLUMNS if name in _PLAIN}
        cells["kind"] = _KINDS[self._language].get(parts["kind"], parts["kind"])
        cells["do_not_call"] = _YES[self._language][0] if parts["do_not_call"] else ""
        cells["birthday"] = parts["birthday"].isoformat() if parts["birthday"] else None
        cells["owner"] = self._owners.get(parts["owner_id"])
        cells["team"] = self._teams.get(parts["team_id"])
        cells |= _lists(parts)
        cells |= {CUSTOM + name: _shown(value) for name, value in custom.items()}
        return cells.get


_PLAIN = frozenset(
    ("name", "level", "type", "source", "language", "notes", "account_number", "tax_number")
)


def _shown(value: Shown) -> Cell:
    if isinstance(value, list):
        return _WITHIN.join(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _lists(parts: Mapping[str, Any]) -> dict[str, Cell]:
    contacts, numbers, emails = parts["contacts"], parts["numbers"], parts["emails"]
    cells: dict[str, Cell] = {
        "external_id": next(iter(parts["external_ids"]), None),
        "tags": join_loosely(parts["tags"]),
        "phone": join(number for contact, number in numbers if contact is None),
        "email": join_loosely(email for contact, email in emails if contact is None),
        "contact.name": join(name for _, name, _ in contacts),
        "contact.role": join(role for _, _, role in contacts),
        "contact.phone": join(_of_contact(numbers, id_) for id_, _, _ in contacts),
        "contact.email": join(_of_contact(emails, id_) for id_, _, _ in contacts),
    }
    for n, part in enumerate(_PARTS):
        cells[f"address.{part}"] = join(address[n] for address in parts["addresses"])
    return cells


def _of_contact(told: Sequence[tuple[int | None, str]], contact: int) -> str:
    return _WITHIN.join(text for whose, text in told if whose == contact)


async def _owners(session: AsyncSession) -> dict[int, str]:
    """By the name people use, or the one they sign in with where two have the same."""
    rows = (await session.execute(select(_users))).all()
    names = [folded(row.display_name) for row in rows]
    return {
        row.id: row.display_name if names.count(folded(row.display_name)) == 1 else row.username
        for row in rows
    }


async def _page(session: AsyncSession, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Everything of these customers, one question for each table."""
    query = select(_customers.c.id, *(_customers.c[name] for name in COLUMNS))
    rows = await session.execute(query.where(_customers.c.id.in_(ids)))
    lists = ("external_ids", "contacts", "numbers", "emails", "addresses", "tags")
    found = {row.id: {**row._mapping, **{name: [] for name in lists}} for row in rows}
    for id_, external in await rows_of(session, ExternalId, found, "external_id"):
        found[id_]["external_ids"].append(external)
    for id_, *contact in await _in_order(session, Contact, found, "id", "name", "role"):
        found[id_]["contacts"].append(tuple(contact))
    for id_, contact, raw, e164, extension in await _in_order(
        session, PhoneNumber, found, "contact_id", "raw", "e164", "extension"
    ):
        number = raw if e164 is None or extension else e164
        found[id_]["numbers"].append((contact, number))
    for id_, *email in await _in_order(session, EmailAddress, found, "contact_id", "email"):
        found[id_]["emails"].append(tuple(email))
    for id_, *address in await _in_order(session, Address, found, *_PARTS):
        found[id_]["addresses"].append(address)
    for id_, tag in await rows_of(session, CustomerTag, found, "tag", order="tag"):
        found[id_]["tags"].append(tag)
    return found


async def _in_order(
    session: AsyncSession, model: Any, ids: Mapping[int, Any], *names: str
) -> Sequence[Any]:
    return await rows_of(session, model, ids, *names, order="id")
