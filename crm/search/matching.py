"""Conditions that the search indexes answer, in each database's words.

PostgreSQL has trigram indexes (pg_trgm) for three letters and more. Two letters, the most usual
Chinese word or name, have no trigram inside a word, so the same index also holds every letter and
every pair of neighbours (`search_grams`). SQLite has full-text tables of trigrams; each text ends
with two blanks there, so every letter begins a trigram, and two letters are the beginning of some.
Everything is kept up to date by the databases themselves: no writer can forget it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from crm.customers.tables import Contact, Customer, EmailAddress, PhoneNumber
from crm.numbers import NumberKey
from crm.search.query import Asked, pattern, phrase
from crm.tickets.tables import Ticket, TicketMessage

MOST_TERMS = 1000  # trigrams that begin with two letters; more is a search for anything
LAST = "\U0010ffff"
NOWHERE = "\U0010fffd" * 3  # in no text: nobody can write it
SHORTEST_READING = 2
SHORTEST_INSIDE = 4  # letters of a reading that may begin in its middle


#: What PostgreSQL is given of a text that is looked for.
_MADE: Mapping[str, Callable[[str], Any]] = {
    "is": lambda text: text,
    "low": str.lower,
    "beyond": lambda text: text.lower() + LAST,
    "inside": lambda text: pattern(text.lower()),
    "held": pattern,
    "grams": lambda text: [text.lower()],
}


@dataclass(frozen=True, slots=True)
class Term:
    """A text that is looked for.

    With a name, what it was built into can be asked again with the values of another term of that
    name and of the same `shape`. Two terms of one statement must not share a name.
    """

    text: str
    name: str | None = None

    @property
    def shape(self) -> int:
        return min(len(self.text), 3)  # one letter, two, or trigrams

    def bound(self, what: str) -> BindParameter[Any]:
        kind = ARRAY(Text) if what == "grams" else Text()
        name = None if self.name is None else f"{self.name}_{what}"
        return bindparam(name, _MADE[what](self.text), type_=kind, unique=name is None)

    def values(self) -> Iterator[tuple[str, Any]]:
        return ((f"{self.name}_{what}", make(self.text)) for what, make in _MADE.items())


def among(
    column: ColumnElement[Any] | InstrumentedAttribute[Any],
    name: str,
    texts: Sequence[str],
    dialect: str,
) -> ColumnElement[bool]:
    """The column is one of these; by `name` others can be filled in, however many."""
    if dialect == "sqlite":
        return column.in_(texts)
    return column == any_(bindparam(name, list(texts), type_=ARRAY(Text)))


@dataclass(frozen=True, slots=True)
class Place:
    """A text that is searched: its column, and the full-text table that has it on SQLite."""

    column: InstrumentedAttribute[Any]
    key: InstrumentedAttribute[int]
    index: str
    named: str  # the column there

    def contains(self, dialect: str, term: Term) -> ColumnElement[bool]:
        """The text is somewhere in it, without regard to case."""
        low = term.text.lower()
        if dialect == "sqlite" and len(low) > 1:
            return self.key.in_(self._full_text(low))
        if dialect == "sqlite":  # a letter begins too many trigrams: all names are read
            return self.column.ilike(pattern(low), escape="\\")
        if term.shape <= 2:
            return self._grams(term)
        return self.column.ilike(term.bound("inside"), escape="\\")

    def _grams(self, term: Term) -> ColumnElement[bool]:
        """By the index where it is rare. Where it is common the newest rows are read, and then
        looking into the text is a hundred times cheaper than making its grams again."""
        indexed = func.search_grams(self.column).op("@>")(term.bound("grams"))
        return self._inside(term) & indexed

    def _inside(self, term: Term) -> ColumnElement[bool]:
        return func.strpos(func.lower(self.column), term.bound("low")) > 0

    def read_in(self, asked: Asked) -> ColumnElement[bool]:
        """As `means` on PostgreSQL, of few rows that are read: no index helps."""
        either = [Term(asked.text, "text")]
        if asked.plain is not None:
            either.append(Term(asked.plain, "plain"))
        return or_(*map(self._inside, either))

    def means(self, dialect: str, asked: Asked) -> ColumnElement[bool]:
        """What was typed is somewhere in it, as it was typed or in plain letters."""
        found = self.contains(dialect, Term(asked.text, "text"))
        if asked.plain is None:
            return found
        return or_(found, self.contains(dialect, Term(asked.plain, "plain")))

    def begins(self, dialect: str, term: Term) -> ColumnElement[bool]:
        """A range of an index, so the first of them cost the same however many there are."""
        if dialect == "sqlite":
            return (self.column >= term.text) & (self.column < term.text + LAST)
        first = self.in_order(dialect)
        return (first >= term.bound("low")) & (first < term.bound("beyond"))

    def in_order(self, dialect: str) -> ColumnElement[Any]:
        """The order of that index: the text itself first, then what is longer."""
        if dialect == "sqlite":
            plain: ColumnElement[Any] = self.column.expression
            return plain
        return func.lower(self.column).collate("C")

    def holds(self, dialect: str, term: Term) -> ColumnElement[bool]:
        """As `contains`, of at least three letters that are lower case as the column is."""
        if dialect == "sqlite":
            return self.key.in_(self._full_text(term.text))
        return self.column.like(term.bound("held"), escape="\\")

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
    return place.holds(dialect, Term(_as_read(reading), "reading"))


def _as_read(reading: str) -> str:
    return f" {reading}" if len(reading) < SHORTEST_INSIDE else reading


def has_email(dialect: str, email: str) -> ColumnElement[bool]:
    """By what stands before the @, which few share, not by a domain that all may have."""
    whole, local = _email_terms(email)
    if local is None:
        return EMAIL.contains(dialect, whole)
    if dialect == "sqlite":
        rest = func.instr(EmailAddress.key, email) > 0
    else:
        rest = func.strpos(EmailAddress.key, whole.bound("is")) > 0
    return EMAIL.contains(dialect, local) & rest


def _email_terms(email: str) -> tuple[Term, Term | None]:
    local, at, domain = email.partition("@")
    whole = Term(email, "email")
    return whole, Term(local + at, "local") if local and domain else None


def is_number(dialect: str, key: NumberKey) -> ColumnElement[bool]:
    """Exactly this number, or one that ends like it."""
    ends = number_ends(dialect, key)
    return or_(PhoneNumber.e164 == key.e164, ends) if key.e164 else ends


def number_ends(dialect: str, key: NumberKey) -> ColumnElement[bool]:
    return among(PhoneNumber.suffix, "suffixes", key.suffixes, dialect)


def number_is(key: NumberKey) -> ColumnElement[bool]:
    return PhoneNumber.e164 == bindparam("e164", key.e164, type_=Text())


def shape_of(asked: Asked) -> Hashable:
    """Whatever is built for this can be asked again for all of the same shape, with `values_of`."""
    whole, local = (None, None) if asked.email is None else _email_terms(asked.email)
    return (
        *(None if text is None else Term(text).shape for text in (asked.text, asked.plain)),
        *(None if term is None else term.shape for term in (whole, local)),
        None if asked.number is None else asked.number.e164 is not None,
        None if asked.reading is None else len(asked.reading) < SHORTEST_READING,
        *(asked.digits is None, asked.account is None, asked.ticket is None),
    )


def values_of(asked: Asked) -> dict[str, Any]:
    """What is filled into a statement that was built for another of the same shape."""
    whole, local = (None, None) if asked.email is None else _email_terms(asked.email)
    terms = [Term(asked.text, "text"), whole, local]
    for text, name in ((asked.plain, "plain"), (asked.digits, "digits")):
        terms.append(None if text is None else Term(text, name))
    if asked.reading is not None:
        terms.append(Term(_as_read(asked.reading), "reading"))
    found = dict(pair for term in terms if term is not None for pair in term.values())
    if asked.number is not None:
        found |= {"e164": asked.number.e164, "suffixes": list(asked.number.suffixes)}
    return found


def customer_ids(dialect: str, asked: Asked) -> Select[Any]:
    """The ids of the customers that are meant, by number, name or the name of a contact."""
    if asked.is_number:
        return select(union(*_by_digits(dialect, asked)).subquery().c[0])
    ways: list[Select[Any]] = [
        select(Customer.id).where(CUSTOMER.means(dialect, asked)),
        select(Contact.customer_id).where(CONTACT.means(dialect, asked)),
    ]
    if asked.reading is not None and len(asked.reading) >= SHORTEST_READING:
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
        ways.append(select(PhoneNumber.customer_id).where(is_number(dialect, asked.number)))
    elif asked.digits is not None:
        part = NUMBER.holds(dialect, Term(asked.digits, "digits"))
        ways.append(select(PhoneNumber.customer_id).where(part))
    if asked.account is not None:
        ways.append(_by_account(asked.account))
    return ways


def _by_account(account: str) -> Select[Any]:
    """Also the number of one that was merged: it leads to who they are today."""
    own = or_(Customer.account_number == account, Customer.tax_number == account.upper())
    return select(func.coalesce(Customer.merged_into, Customer.id)).where(own)
