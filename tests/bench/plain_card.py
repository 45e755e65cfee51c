"""The card as one would write it first: an ORM query for each thing on it, and Python for the rest.

It says the very same as ours (`test_plain_card.py` holds both together), so that what is compared
is how it is made. What belongs to several rows is asked for at once, not row by row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumberFormat, geocoder
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.activities.tables import Activity
from crm.customers.tables import Contact, Customer, CustomerTag, PhoneNumber
from crm.dictionary.tables import DictionaryEntry
from crm.fields.tables import CustomField, FieldChoice, FieldValue
from crm.tickets.tables import Ticket
from recording.tables import Recording
from web.auth.tables import User

OPEN = ("new", "assigned", "in_progress", "pending")
CONTACTS = ("call", "voicemail", "ticket")


async def card_of(session: AsyncSession, raw: str) -> dict[str, Any]:
    """Who may be calling, as `screenpop.frames.Card` has it."""
    number = phonenumbers.parse(raw, "CN")
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    national = phonenumbers.national_significant_number(number)
    suffixes = (national[-8:], national[-7:])
    hits = await session.scalars(
        select(PhoneNumber).where(or_(PhoneNumber.e164 == e164, PhoneNumber.suffix.in_(suffixes)))
    )
    numbers: dict[int, list[PhoneNumber]] = {}
    for hit in hits:
        customer = await _resolved(session, hit.customer_id)
        numbers.setdefault(customer, []).append(hit)
    candidates = [await _candidate(session, one, e164, numbers[one]) for one in numbers]
    candidates.sort(key=_order)
    sure = sum(one["how"] == "known" for one in candidates)
    return {
        "match": _match(sure, len(candidates)),
        "number": raw,
        "e164": e164,
        "place": geocoder.description_for_number(number, "zh") or None,
        "candidates": candidates[:10],
    }


def _match(sure: int, total: int) -> str:
    if sure:
        return "known" if sure == 1 else "several"
    return "maybe" if total else "unknown"


def _order(one: dict[str, Any]) -> tuple[bool, bool, float, int]:
    latest = one["contacts"][0]["at"] if one["contacts"] else float("-inf")
    return one["how"] != "known", not one["tickets"], -latest, one["customer"]


async def _resolved(session: AsyncSession, id_: int) -> int:
    """The customer that this one was merged into, if it was."""
    customer = await session.get_one(Customer, id_)
    while customer.merged_into is not None:
        customer = await session.get_one(Customer, customer.merged_into)
    return customer.id


async def _candidate(
    session: AsyncSession, id_: int, e164: str, hits: Sequence[PhoneNumber]
) -> dict[str, Any]:
    customer = await session.get_one(Customer, id_)
    people = {None if hit.switchboard else hit.contact_id for hit in hits}
    contact = people.pop() if len(people) == 1 else None
    person = None if contact is None else await session.get(Contact, contact)
    owner = None if customer.owner_id is None else await session.get(User, customer.owner_id)
    return {
        "customer": id_,
        "name": customer.name if person is None else person.name,
        "company": None if person is None else customer.name,
        "level": customer.level,
        "owner": None if owner is None else owner.display_name,
        "how": "known" if any(hit.e164 == e164 for hit in hits) else "maybe",
        "tickets": await _tickets(session, id_),
        "contacts": await _contacts(session, id_),
        "do_not_call": customer.do_not_call,
        "level_words": await _level(session, customer.level),
        "tags": await _tags(session, id_),
        "fields": await _fields(session, id_),
    }


async def _tickets(session: AsyncSession, customer: int) -> list[dict[str, Any]]:
    tickets = await session.scalars(
        select(Ticket)
        .where(Ticket.customer_id == customer, Ticket.status.in_(OPEN))
        .order_by(Ticket.created_at.desc(), Ticket.id.desc())
        .limit(5)
    )
    return [
        {
            "id": one.id,
            "number": one.number,
            "title": one.title,
            "status": one.status,
            "opened_at": one.created_at,
        }
        for one in tickets
    ]


async def _contacts(session: AsyncSession, customer: int) -> list[dict[str, Any]]:
    is_note = and_(Activity.kind == "note", Activity.interaction_id.is_(None))
    found = await session.scalars(
        select(Activity)
        .where(Activity.customer_id == customer, or_(Activity.kind.in_(CONTACTS), is_note))
        .order_by(Activity.at.desc(), Activity.id.desc())
        .limit(3)
    )
    activities = list(found)
    calls = {one.interaction_id for one in activities if one.interaction_id is not None}
    notes, recordings = await _of_calls(session, calls) if calls else ({}, {})
    return [
        {
            "id": one.id,
            "kind": one.kind,
            "at": one.at,
            "summary": notes.get(one.interaction_id, one.summary),
            "direction": one.direction,
            "result": one.result,
            "recording": recordings.get(one.interaction_id),
        }
        for one in activities
    ]


async def _of_calls(
    session: AsyncSession, calls: set[str]
) -> tuple[dict[str | None, str], dict[str | None, str]]:
    """The newest note and the first recording of each."""
    notes = await session.scalars(
        select(Activity)
        .where(Activity.interaction_id.in_(calls), Activity.kind == "note")
        .order_by(Activity.at, Activity.id)
    )
    recordings = await session.scalars(
        select(Recording)
        .where(Recording.interaction_id.in_(calls), Recording.status == "ready")
        .order_by(Recording.started_at.desc(), Recording.id.desc())
    )
    return (
        {one.interaction_id: one.summary for one in notes},
        {one.interaction_id: one.id for one in recordings},
    )


async def _level(session: AsyncSession, level: str | None) -> dict[str, str] | None:
    if level is None:
        return None
    words = await session.scalar(
        select(DictionaryEntry).where(
            DictionaryEntry.kind == "level", DictionaryEntry.value == level
        )
    )
    return None if words is None else {"zh": words.label_zh, "en": words.label_en}


async def _tags(session: AsyncSession, customer: int) -> list[str]:
    tags = await session.scalars(
        select(CustomerTag)
        .where(CustomerTag.customer_id == customer)
        .order_by(CustomerTag.tag)
        .limit(10)
    )
    return [one.tag for one in tags]


async def _fields(session: AsyncSession, customer: int) -> list[dict[str, Any]]:
    rows = await session.execute(
        select(CustomField, FieldValue, FieldChoice)
        .join(FieldValue, FieldValue.field_id == CustomField.id)
        .outerjoin(
            FieldChoice,
            and_(FieldChoice.field_id == CustomField.id, FieldChoice.value == FieldValue.text),
        )
        .where(FieldValue.customer_id == customer, CustomField.on_pop, ~CustomField.retired)
        .order_by(CustomField.position, CustomField.id, FieldValue.place)
    )
    values: dict[int, list[tuple[CustomField, str, str]]] = {}
    for field, value, choice in rows:
        plain = _written(value)
        zh, en = (plain, plain) if choice is None else (choice.label_zh, choice.label_en)
        values.setdefault(field.id, []).append((field, zh, en))
    return [
        {
            "name": several[0][0].name,
            "kind": several[0][0].kind,
            "label": {"zh": several[0][0].label_zh, "en": several[0][0].label_en},
            "value": {
                "zh": "、".join(zh for _, zh, _ in several),
                "en": ", ".join(en for _, _, en in several),
            },
        }
        for several in list(values.values())[:8]
    ]


def _written(value: FieldValue) -> str:
    if value.text is not None:
        return value.text
    return f"{value.number:.15g}" if value.number is not None else str(value.day)
