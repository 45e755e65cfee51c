"""What the customers' room knows of a person, and how it forgets them: rows, files of tickets."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import phonenumbers
from sqlalchemy import Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from callcenter.errors import InvalidInput, NotFound
from callcenter.forgetting.person import SHORTEST_NUMBER, Number, Person, digits_of
from callcenter.forgetting.wipe import Wipe, count, wipe
from crm.activities.tables import Activity
from crm.customers.tables import (
    Address,
    Contact,
    Customer,
    CustomerTag,
    EmailAddress,
    PhoneNumber,
)
from crm.fields.tables import FieldValue
from crm.mail.tables import Mail
from crm.merge.tables import CustomerMerge, DuplicatePair
from crm.numbers import DEFAULT_RULE, TrunkRule, read_number
from crm.tasks.tables import Task
from crm.tickets.desk.shelf import Shelf
from crm.tickets.desk.tables import Attachment, Draft, FeedbackLink, TicketTag
from crm.tickets.tables import Ticket, TicketEvent, TicketMessage, TicketNotice
from crm.transfer.tables import ExternalId

# In the order in which it is done: what points at a customer before the customer.
WIPES = (
    Wipe(Attachment, "ticket_id", "tickets"),
    Wipe(Draft, "ticket_id", "tickets"),
    Wipe(TicketTag, "ticket_id", "tickets"),
    Wipe(Mail, "ticket_id", "tickets"),
    Wipe(TicketMessage, "ticket_id", "tickets", ("text", "key")),
    Wipe(TicketEvent, "ticket_id", "tickets", ("before", "after", "data")),
    Wipe(TicketNotice, "ticket_id", "tickets", ("data",)),
    Wipe(FeedbackLink, "ticket_id", "tickets", ("comment",)),
    Wipe(
        Ticket,
        "id",
        "tickets",
        (
            *("title", "description", "fields", "solution", "pending_reason"),
            *("request_key", "request_digest"),
        ),
    ),
    Wipe(Task, "customer_id", "customers", ("title", "notes")),
    Wipe(Activity, "customer_id", "customers", ("summary", "text", "data")),
    Wipe(Activity, "interaction_id", "calls", ("summary", "text", "data")),
    Wipe(DuplicatePair, "first_id", "customers"),
    Wipe(DuplicatePair, "second_id", "customers"),
    Wipe(CustomerMerge, "target_id", "customers"),  # an undo would bring them back
    Wipe(CustomerMerge, "source_id", "customers"),
    Wipe(PhoneNumber, "customer_id", "customers"),
    Wipe(EmailAddress, "customer_id", "customers"),
    Wipe(Address, "customer_id", "customers"),
    # A switchboard is the company's, whoever it was written down for.
    Wipe(PhoneNumber, "contact_id", "contacts", unless="switchboard"),
    Wipe(EmailAddress, "contact_id", "contacts"),
    Wipe(Contact, "customer_id", "customers"),
    Wipe(Contact, "id", "contacts"),
    Wipe(FieldValue, "customer_id", "customers"),
    Wipe(CustomerTag, "customer_id", "customers"),
    Wipe(ExternalId, "customer_id", "customers"),
    Wipe(
        Customer,
        "id",
        "customers",
        ("name", "pinyin", "account_number", "tax_number", "notes", "birthday", "source"),
    ),
)


def read(number: str, rule: TrunkRule = DEFAULT_RULE) -> Number:
    """A number as a person writes it. InvalidInput names the field."""
    key = read_number(number, rule)
    national = _national(key.e164) if key.e164 else ""
    if key.e164 is None or len(national) < SHORTEST_NUMBER:
        raise InvalidInput(f"not a telephone number outside: {number[:40]!r}", field="number")
    return Number(key.e164, national)


def _national(e164: str) -> str:
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return digits_of(e164)


class Customers:
    """The room `crm`."""

    name = "customers"

    def __init__(self, attachments: Path, rule: TrunkRule = DEFAULT_RULE) -> None:
        self._shelf = Shelf(attachments)
        self._rule = rule

    async def known(self, session: AsyncSession, person: Person) -> Person:
        """With whom they were merged, their tickets, what they are called and reached by."""
        there = await self._contact(session, person.contacts)
        ids = await _with_merged(session, person.customers)
        names = await _texts(session, Customer.name, Customer.id, ids)
        names += await _texts(session, Contact.name, Contact.customer_id, ids)
        emails = await _texts(session, EmailAddress.email, EmailAddress.customer_id, ids)
        texts = await _texts(session, Customer.account_number, Customer.id, ids)
        texts += await _texts(session, Customer.tax_number, Customer.id, ids)
        texts += await _texts(session, ExternalId.external_id, ExternalId.customer_id, ids)
        tickets = await session.scalars(select(Ticket.id).where(Ticket.customer_id.in_(ids)))
        numbers = await _texts(session, PhoneNumber.raw, PhoneNumber.customer_id, ids)
        numbers += await _texts(session, PhoneNumber.e164, PhoneNumber.customer_id, ids)
        return Person(
            customers=ids,
            tickets=list(tickets),
            names=names,
            emails=emails,
            texts=texts,
            numbers=self._numbers(numbers),
        ).also(there)

    async def _contact(self, session: AsyncSession, ids: list[int]) -> Person:
        """People at a customer: what is theirs alone. What they share stays the company's."""
        whose = select(Contact.customer_id).where(Contact.id.in_(ids)).distinct()
        names = await _texts(session, Contact.name, Contact.id, ids)
        emails = await session.scalars(_own(EmailAddress.email, EmailAddress.key, ids))
        numbers = await session.scalars(
            _own(PhoneNumber.e164, PhoneNumber.e164, ids).where(
                PhoneNumber.switchboard.is_(False), PhoneNumber.extension.is_(None)
            )
        )
        return Person(
            contacts=ids,
            stays=list(await session.scalars(whose)),
            names=names,
            emails=list(dict.fromkeys(emails)),
            numbers=self._numbers(list(numbers)),
        )

    def _numbers(self, written: list[str]) -> list[Number]:
        found = {}
        for text in written:
            try:
                number = read(text, self._rule)
            except InvalidInput:
                continue
            found[number.e164] = number
        return list(found.values())

    async def held(self, session: AsyncSession, person: Person) -> list[str]:
        return []

    async def count(self, session: AsyncSession, person: Person) -> dict[str, int]:
        return await count(session, WIPES, person)

    async def erase(self, session: AsyncSession, person: Person, now: float) -> dict[str, int]:
        """Their row stays, empty: calls and tickets that were counted stay counted."""
        files: list[str] = []
        for ticket in person.tickets:
            mine = select(Attachment.id).where(Attachment.ticket_id == ticket)
            files.extend(await session.scalars(mine))
        # The files first: a row without its file is found again, a file without a row is not.
        for id_ in files:
            with suppress(NotFound):  # not an id of ours: there is no such file
                await asyncio.to_thread(self._shelf.drop, id_)
        if person.stays:  # whoever has it open is told, and does not save the person again
            theirs = update(Customer).where(Customer.id.in_(person.stays))
            await session.execute(theirs.values(version=Customer.version + 1, updated_at=now))
        return await wipe(session, WIPES, person)

    async def left(self, session: AsyncSession, person: Person) -> int:
        return 0


async def _with_merged(session: AsyncSession, customers: list[int]) -> list[int]:
    """Those that were merged into them, and into whom they were."""
    found = set(customers)
    while found:
        rows = await session.execute(
            select(Customer.id, Customer.merged_into).where(
                or_(Customer.id.in_(found), Customer.merged_into.in_(found))
            )
        )
        more = {id_ for row in rows for id_ in row if id_ is not None} - found
        if not more:
            break
        found |= more
    return sorted(found)


def _own(
    value: InstrumentedAttribute[Any], key: InstrumentedAttribute[Any], ids: list[int]
) -> Select[Any]:
    """What these people are reached by and nobody else is."""
    model = value.class_
    other = aliased(model)
    elsewhere = or_(other.contact_id.is_(None), other.contact_id.not_in(ids))
    others = select(other.id).where(getattr(other, key.key) == key, elsewhere)
    return select(value).where(model.contact_id.in_(ids), key.is_not(None), ~others.exists())


async def _texts(
    session: AsyncSession,
    column: InstrumentedAttribute[Any],
    owner: InstrumentedAttribute[int],
    ids: list[int],
) -> list[str]:
    rows = await session.scalars(select(column).where(owner.in_(ids), column.is_not(None)))
    return list(dict.fromkeys(rows))
