"""Conditions that the search indexes answer, in each database's words.

PostgreSQL has trigram indexes (pg_trgm) for three letters and more. Two letters, the most usual
Chinese word or name, have no trigram inside a word, so the same index also holds every letter and
every pair of neighbours (`search_grams`). SQLite has full-text tables of trigrams; each text ends
with two blanks there, so every letter begins a trigram, and two letters are the beginning of some.
Everything is kept up to date by the databases themselves: no writer can forget it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Text,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm.customers.tables import Contact, Customer, EmailAddress, PhoneNumber
from crm.numbers import NumberKey
from crm.search.query import Asked, pattern, phrase
from crm.tickets.tables import Ticket, TicketMessage

MOST_TERMS = 1000  # trigrams that begin with two letters; more is a search for anything
LAST = "\U0010ffff"
NOWHERE = "\U0010fffd" * 3  # in no text: nobody can write it
SHORTEST_INSIDE = 4  # letters of a reading that may begin in its middle


@dataclass(frozen=True, slots=True)
class Place:
    """A text that is searched: its column, and the full-text table that has it on SQLite."""

    column: InstrumentedAttribute[Any]
    key: InstrumentedAttribute[int]
    index: str
    named: str  # the column there

    def contains(self, dialect: str, text: str) -> ColumnElement[bool]:
        """`text` is somewhere in it, without regard to case."""
        text = text.lower()
        if dialect == "sqlite" and len(text) > 1:
            return self.key.in_(self._full_text(text))
        if dialect == "sqlite":  # a letter begins too many trigrams: all names are read
            return self.column.ilike(pattern(text), escape="\\")
        if len(text) <= 2:
            return self._grams(text)
        return self.column.ilike(pattern(text), escape="\\")

    def _grams(self, text: str) -> ColumnElement[bool]:
        """By the index where it is rare. Where it is common the newest rows are read, and then
        looking into the text is a hundred times cheaper than making its grams again."""
        indexed = func.search_grams(self.column).op("@>")(cast(array([text]), ARRAY(Text)))
        return (func.strpos(func.lower(self.column), text) > 0) & indexed

    def means(self, dialect: str, asked: Asked) -> ColumnElement[bool]:
        """What was typed is somewhere in it, as it was typed or in plain letters."""
        found = self.contains(dialect, asked.text)
        return found if asked.plain is None else or_(found, self.contains(dialect, asked.plain))

    def begins(self, dialect: str, text: str) -> ColumnElement[bool]:
        """A range of an index, so the first of them cost the same however many there are."""
        if dialect == "sqlite":
            return (self.column >= text) & (self.column < text + LAST)
        first, text = self.in_order(dialect), text.lower()
        return (first >= text) & (first < text + LAST)

    def in_order(self, dialect: str) -> ColumnElement[Any]:
        """The order of that index: the text itself first, then what is longer."""
        if dialect == "sqlite":
            plain: ColumnElement[Any] = self.column.expression
            return plain
        return func.lower(self.column).collate("C")

    def holds(self, dialect: str, text: str) -> ColumnElement[bool]:
        """As `contains`, of at least three letters that are lower case as the column is."""
        if dialect == "sqlite":
            return self.key.in_(self._full_text(text))
        return self.column.like(pattern(text), escape="\\")

    def _full_text(self, text: str) -> Select[Any]:
        index = sql_table(self.index, sql_column("rowid"))
        asked: Any = (
            literal(f"{{{self.named}}} : {phrase(text)}")
            if len(text) >= 3
            else self._beginning_with(text)
        )
        return select(index.c.rowid).where(literal_column(self.index).op("MATCH")(asked))

    def _beginning_with(self, text: str) -> Any:
        """A full-text query for every trigram that begins with these two letters."""
        terms = sql_table(f"{self.index}_terms", sql_column("term", Text))
        some = (
            select(terms.c.term)
            .where(terms.c.term >= text, terms.c.term < text + LAST)
            .limit(MOST_TERMS)
            .subquery()
        )
        quoted = literal('"') + func.replace(some.c.term, '"', '""') + literal('"')
        either = func.coalesce(func.group_concat(quoted, " OR "), phrase(NOWHERE))
        return select(literal(f"{{{self.named}}} : (") + either + ")").scalar_subquery()


CUSTOMER = Place(Customer.name, Customer.id, "search_customers", "name")
CUSTOMER_READING = Place(Customer.pinyin, Customer.id, "search_customers", "pinyin")
CONTACT = Place(Contact.name, Contact.id, "search_contacts", "name")
CONTACT_READING = Place(Contact.pinyin, Contact.id, "search_contacts", "pinyin")
EMAIL = Place(EmailAddress.key, EmailAddress.id, "search_emails", "key")
NUMBER = Place(PhoneNumber.e164, PhoneNumber.id, "search_numbers", "e164")
TITLE = Place(Ticket.title, Ticket.id, "search_tickets", "title")
DESCRIPTION = Place(Ticket.description, Ticket.id, "search_tickets", "description")
MESSAGE = Place(TicketMessage.text, TicketMessage.id, "search_messages", "text")


def dialect_of(session: AsyncSession) -> str:
    return str(session.get_bind().dialect.name)


def reads(place: Place, dialect: str, reading: str) -> ColumnElement[bool]:
    """The name can be typed so: its initials or its reading begin with it, or hold enough of it."""
    return place.holds(dialect, f" {reading}" if len(reading) < SHORTEST_INSIDE else reading)


def has_email(dialect: str, email: str) -> ColumnElement[bool]:
    """By what stands before the @, which few share, not by a domain that all may have."""
    local, at, domain = email.partition("@")
    if not local or not domain:
        return EMAIL.contains(dialect, email)
    inside = func.instr if dialect == "sqlite" else func.strpos
    return EMAIL.contains(dialect, local + at) & (inside(EmailAddress.key, email) > 0)


def is_number(key: NumberKey) -> ColumnElement[bool]:
    """Exactly this number, or one that ends like it."""
    ends = PhoneNumber.suffix.in_(key.suffixes)
    return or_(PhoneNumber.e164 == key.e164, ends) if key.e164 else ends


def customer_ids(dialect: str, asked: Asked) -> Select[Any]:
    """The ids of the customers that are meant, by number, name or the name of a contact."""
    if asked.is_number:
        return select(union(*_by_digits(dialect, asked)).subquery().c[0])
    ways: list[Select[Any]] = [
        select(Customer.id).where(CUSTOMER.means(dialect, asked)),
        select(Contact.customer_id).where(CONTACT.means(dialect, asked)),
    ]
    if asked.reading is not None and len(asked.reading) >= 2:
        ways.append(select(Customer.id).where(reads(CUSTOMER_READING, dialect, asked.reading)))
        ways.append(
            select(Contact.customer_id).where(reads(CONTACT_READING, dialect, asked.reading))
        )
    if asked.email is not None:
        ways.append(select(EmailAddress.customer_id).where(has_email(dialect, asked.email)))
    if asked.account is not None:
        ways.append(_by_account(asked.account))
    return select(union(*ways).subquery().c[0])


def meant(dialect: str, asked: Asked) -> ColumnElement[bool]:
    """The same as a condition on `Customer`."""
    return Customer.id.in_(customer_ids(dialect, asked))


def _by_digits(dialect: str, asked: Asked) -> list[Select[Any]]:
    ways: list[Select[Any]] = []
    if asked.number is not None:
        ways.append(select(PhoneNumber.customer_id).where(is_number(asked.number)))
    elif asked.digits is not None:
        ways.append(select(PhoneNumber.customer_id).where(NUMBER.holds(dialect, asked.digits)))
    if asked.account is not None:
        ways.append(_by_account(asked.account))
    return ways


def _by_account(account: str) -> Select[Any]:
    """Also the number of one that was merged: it leads to who they are today."""
    own = or_(Customer.account_number == account, Customer.tax_number == account.upper())
    return select(func.coalesce(Customer.merged_into, Customer.id)).where(own)
