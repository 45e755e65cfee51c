"""The small questions of the search: each is one way of finding something, with a limit of its own.

A small question stops at its limit, so a word that half of all customers have in their name costs
no more than a rare one: the planner walks from the newest where a word is common, and goes by the
index where it is rare. What is exact is asked apart, so it is never cut off.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, select, union_all

from crm.customers.tables import Contact, Customer, EmailAddress, PhoneNumber
from crm.search import matching
from crm.search.matching import SHORTEST_READING, Place, Term, reads
from crm.search.query import Asked
from crm.search.ranking import Why
from crm.tickets.tables import Ticket, TicketMessage

LOOKED_AT = 60  # rows of each small question
NEWEST = 10_000  # rows that are read for a short word before its index is asked: some milliseconds
SHORT = 2  # letters: too few for a trigram
Way = Select[Any] | CompoundSelect[Any]
EXACT = frozenset({Why.NAME_IS, Why.NUMBER, Why.NUMBER_ENDS})
LONGEST_SHOWN = 4_000  # characters of a text that are read to show a part of it


def together(ways: Sequence[Way]) -> Any:
    """One picture of all that they found: `id`, `why`, `matched`."""
    return union_all(*(select(way.subquery()) for way in ways)).subquery()


def customer_ways(dialect: str, asked: Asked, visible: ColumnElement[bool]) -> list[Way]:
    seen = (visible, Customer.merged_into.is_(None))
    name = Customer.name
    ways: list[Way] = [
        *_by_account(dialect, asked, visible),
        *(_by_number(way, matched, why, seen) for way, matched, why in _numbers_of(dialect, asked)),
    ]
    if asked.email is not None:
        ways.append(_by_email(dialect, asked.email, seen))
    if asked.is_number:
        return ways
    text = Term(asked.text, "text")
    ways.append(_way(Customer.id, name, Why.NAME_IS, seen).where(name == text.bound("is")))
    ways.append(_beginning(matching.CUSTOMER, dialect, text, seen))
    contains = matching.CUSTOMER.means(dialect, asked)
    ways.append(_way(Customer.id, name, Why.NAME, seen).where(contains))
    if asked.reading is not None and len(asked.reading) >= SHORTEST_READING:
        read = reads(matching.CUSTOMER_READING, dialect, asked.reading)
        ways.append(_way(Customer.id, name, Why.READING, seen).where(read))
    return ways


def _way(key: Any, matched: Any, why: Why, seen: Collection[ColumnElement[bool]]) -> Select[Any]:
    """The newest rows, and what they were found by.

    What is exact is rare, or has an index that gives it in order: the planner must not be tempted
    to look for it among the newest, because the few names that many people have are all it knows.
    """
    order = key + 0 if why in EXACT and matched is not Customer.name else key
    return (
        select(key.label("id"), literal(why.value).label("why"), matched.label("matched"))
        .where(*seen)
        .order_by(order.desc())
        .limit(LOOKED_AT)
    )


def _holding(way: Select[Any], place: Place, dialect: str, asked: Asked) -> Way:
    """Those in which it is said, of texts.

    Of names the planner knows the usual pairs of letters, of texts there are too many: it can only
    guess how common one is, and a wrong guess reads every row. So the newest are read first, and
    the index is asked for a word that is rare there.
    """
    means = place.means(dialect, asked)
    if dialect == "sqlite" or Term(asked.text).shape > SHORT:
        return way.where(means)
    begin = select(func.max(place.key)).scalar_subquery() - NEWEST
    newest = way.where(place.key > begin, place.read_in(asked)).cte()
    enough = select(func.count()).select_from(newest).scalar_subquery() >= LOOKED_AT
    rest = way.where(means, ~enough).order_by(None).order_by((place.key + 0).desc())
    return union_all(select(newest), select(rest.subquery()))


def _beginning(
    place: Place, dialect: str, typed: Term, seen: Collection[ColumnElement[bool]]
) -> Select[Any]:
    """The first names, by the alphabet, that begin with it."""
    way = _way(place.key, place.column, Why.NAME, seen).where(place.begins(dialect, typed))
    return way.order_by(None).order_by(place.in_order(dialect))


def _numbers_of(dialect: str, asked: Asked) -> list[tuple[ColumnElement[bool], Any, Why]]:
    ways: list[tuple[ColumnElement[bool], Any, Why]] = []
    key = asked.number
    if key is not None and key.e164 is not None:
        ways.append((matching.number_is(key), PhoneNumber.raw, Why.NUMBER))
    if key is not None:
        ends = matching.number_ends(dialect, key)
        ways.append((ends, PhoneNumber.raw, Why.NUMBER_ENDS))
    whole = key is not None and key.e164 is not None
    if asked.digits is not None and not whole:
        part = matching.NUMBER.holds(dialect, Term(asked.digits, "digits"))
        ways.append((part, PhoneNumber.raw, Why.DIGITS))
    return ways


def _by_number(
    condition: ColumnElement[bool], matched: Any, why: Why, seen: Collection[ColumnElement[bool]]
) -> Select[Any]:
    way = _way(PhoneNumber.customer_id, matched, why, seen)
    return way.join(Customer, Customer.id == PhoneNumber.customer_id).where(condition)


def _by_account(dialect: str, asked: Asked, visible: ColumnElement[bool]) -> list[Select[Any]]:
    """Also by the number of one that was merged: it leads to who they are today."""
    if asked.account is None:
        return []
    today, keys = Customer, Customer.__table__.alias("keys")
    ways = []
    asked_for = ((Why.ACCOUNT, keys.c.account_number), (Why.TAX, keys.c.tax_number))
    for why, column in asked_for:
        way = _way(today.id, column, why, (visible, today.merged_into.is_(None)))
        joined = today.id == func.coalesce(keys.c.merged_into, keys.c.id)
        given = matching.among(column, "accounts", accounts(asked.account), dialect)
        ways.append(way.join(keys, joined).where(given))
    return ways


def _by_email(dialect: str, email: str, seen: Collection[ColumnElement[bool]]) -> Select[Any]:
    way = _way(EmailAddress.customer_id, EmailAddress.email, Why.EMAIL, seen)
    joined = way.join(Customer, Customer.id == EmailAddress.customer_id)
    return joined.where(matching.has_email(dialect, email))


def accounts(account: str) -> list[str]:
    return [account, account.upper()]


def contact_ways(dialect: str, asked: Asked, seen: Collection[ColumnElement[bool]]) -> list[Way]:
    def way(why: Why) -> Select[Any]:
        found = _way(Contact.id, Contact.name, why, seen)
        return found.join(Customer, Customer.id == Contact.customer_id)

    text = Term(asked.text, "text")
    begins = _beginning(matching.CONTACT, dialect, text, seen)
    ways: list[Way] = [
        way(Why.NAME_IS).where(Contact.name == text.bound("is")),
        way(Why.NAME).where(matching.CONTACT.means(dialect, asked)),
        begins.join(Customer, Customer.id == Contact.customer_id),
    ]
    if asked.reading is not None and len(asked.reading) >= SHORTEST_READING:
        ways.append(way(Why.READING).where(reads(matching.CONTACT_READING, dialect, asked.reading)))
    return ways


def ticket_ways(
    dialect: str, asked: Asked, numbers: list[str], visible: ColumnElement[bool]
) -> list[Way]:
    exact = matching.among(Ticket.number, "ticket_numbers", numbers, dialect)
    ways: list[Way] = [_way(Ticket.id, Ticket.number, Why.TICKET_NUMBER, (visible,)).where(exact)]
    if len(asked.text) < 2 or (asked.is_number and asked.number is not None):
        return ways
    title = _way(Ticket.id, Ticket.title, Why.TITLE, (visible,))
    ways.append(_holding(title, matching.TITLE, dialect, asked))
    part = func.substr(Ticket.description, 1, LONGEST_SHOWN)
    described = _way(Ticket.id, part, Why.DESCRIPTION, (visible,))
    ways.append(_holding(described, matching.DESCRIPTION, dialect, asked))
    ways.append(_by_message(dialect, asked, visible))
    return ways


def _by_message(dialect: str, asked: Asked, visible: ColumnElement[bool]) -> Way:
    """The newest messages in which it was said."""
    part = func.substr(TicketMessage.text, 1, LONGEST_SHOWN).label("matched")
    way = (
        select(Ticket.id.label("id"), literal(Why.MESSAGE.value).label("why"), part)
        .join(Ticket, Ticket.id == TicketMessage.ticket_id)
        .where(visible)
        .order_by(TicketMessage.id.desc())
        .limit(LOOKED_AT)
    )
    return _holding(way, matching.MESSAGE, dialect, asked)
