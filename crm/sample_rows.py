"""Makes the rows of sample customers; the n-th is always the same, whatever the total."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from callcenter.ids import stable_id
from callcenter.store.base import Base
from crm import sample_words as words
from crm.activities.tables import Activity
from crm.customers.tables import (
    Address,
    Contact,
    Customer,
    CustomerTag,
    EmailAddress,
    PhoneNumber,
)
from crm.fields.rules import folded
from crm.fields.tables import FieldValue
from crm.search.pinyin import spell
from crm.tasks.tables import Task
from crm.tickets.tables import NEVER, Ticket

CHUNK = 10_000  # customers generated and written together
DAY = 86_400.0
HEADS = ("130", "135", "138", "139", "150", "158", "186", "188", "199")
RESULTS = ("completed", "completed", "completed", "no_answer")
STATUSES = ("new", "assigned", "in_progress", "pending", "resolved", "archived")
OPEN_STATUSES = frozenset(STATUSES[:4])
_SPACE = len(HEADS) * 10**8
_STRIDE = 2_654_435_761  # shares no factor with the space: numbers never repeat, last digits do

# What is written to which table, and in which order its columns come.
COLUMNS: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "customers": (
        Customer,
        (
            *("id", "kind", "name", "level", "type", "source", "owner_id", "owned_at", "team_id"),
            *("language", "birthday", "notes", "do_not_call", "account_number", "tax_number"),
            *("created_at", "updated_at", "pinyin"),
        ),
    ),
    "contacts": (Contact, ("id", "customer_id", "name", "role", "pinyin")),
    "numbers": (
        PhoneNumber,
        ("customer_id", "contact_id", "raw", "e164", "suffix", "label", "switchboard"),
    ),
    "emails": (EmailAddress, ("customer_id", "contact_id", "email", "key")),
    "addresses": (
        Address,
        ("customer_id", "label", "country", "region", "city", "street", "postcode"),
    ),
    "tags": (CustomerTag, ("customer_id", "tag")),
    "values": (
        FieldValue,
        (
            *("customer_id", "field_id", "place", "text", "key", "number", "day"),
            "once_key",
        ),
    ),
    "activities": (
        Activity,
        (
            *("customer_id", "interaction_id", "kind", "source", "at", "summary"),
            *("direction", "result", "author_id", "text"),
        ),
    ),
    "tickets": (
        Ticket,
        (
            *("id", "number", "title", "status", "customer_id", "owner_id", "created_at"),
            *("updated_at", "next_due"),
        ),
    ),
    "tasks": (
        Task,
        (
            *("customer_id", "title", "due_at", "assignee_id", "created_by", "created_at"),
            *("done_at", "done_by"),
        ),
    ),
}


def mobile_of(n: int) -> str:
    """The national number of the n-th customer; known until n reaches 900 million."""
    place = (n * _STRIDE + 12_345_678) % _SPACE
    return f"{HEADS[place // 10**8]}{place % 10**8:08d}"


@dataclass(slots=True)
class Rows:
    """Rows of one chunk, by the names of COLUMNS; each list is written as it is."""

    of: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {name: [] for name in COLUMNS}
    )

    def add(self, name: str, *values: Any) -> None:
        self.of[name].append(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How much there is of everything. `owners` and `teams` are ids to share customers among,
    `fields` the ids of the custom fields by name; `calls` and `tickets` are for each customer, on
    average. `plain`: names, numbers, calls and tickets only, for measurements."""

    now: float
    seed: int = 1
    owners: Sequence[int | None] = ()
    teams: Sequence[int | None] = ()
    fields: dict[str, int] = field(default_factory=dict)
    calls: float = 1.4
    tickets: float = 0.1
    plain: bool = False


@dataclass(slots=True)
class Maker:
    """Makes the rows; `customer`, `contact` and `ticket` are the next free ids."""

    crowd: Crowd
    customer: int
    contact: int
    ticket: int

    def chunks(self, count: int) -> Iterator[Rows]:
        for start in range(0, count, CHUNK):
            rows = Rows()
            for n in range(start, min(start + CHUNK, count)):
                self._add(rows, n)
            yield rows

    def _add(self, rows: Rows, n: int) -> None:
        crowd = self.crowd
        dice = random.Random(crowd.seed * 1_000_003 + n)  # noqa: S311 - looks real, hides nothing
        chinese, company = dice.random() < 0.7, dice.random() < 0.4
        one = _One(self.customer, n, chinese, company, dice, crowd)
        one.customer(rows)
        contact = self._contacts(rows, one) if company else None
        rows.add("numbers", *number_row(one.id, contact, mobile_of(n), "+86", 0))
        one.calls(rows)
        for _ in range(_about(dice, crowd.tickets)):
            one.ticket(rows, self.ticket)
            self.ticket += 1
        if not crowd.plain:
            one.trimmings(rows, contact)
        self.customer += 1

    def _contacts(self, rows: Rows, one: _One) -> int:
        """The people at a company, and its switchboard; the id of the first."""
        first = self.contact
        for _ in range(1 if self.crowd.plain else one.dice.choice((1, 1, 2, 3))):
            one.contact(rows, self.contact)
            self.contact += 1
        line = f"010{one.dice.randrange(60_000_000, 89_999_999)}"
        rows.add("numbers", *number_row(one.id, None, line, "+86", 1))
        return first


@dataclass(frozen=True, slots=True)
class _One:
    """One customer in the making."""

    id: int
    n: int
    chinese: bool
    company: bool
    dice: random.Random
    crowd: Crowd

    def customer(self, rows: Rows) -> None:
        dice, crowd = self.dice, self.crowd
        name = (company_name if self.company else person_name)(dice, self.chinese)
        created = crowd.now - dice.uniform(1, 900) * DAY
        owner = _turn(crowd.owners, self.n)
        owned = None if owner is None else max(created, crowd.now - dice.uniform(1, 60) * DAY)
        tax = f"91110{dice.randrange(10**12):012d}X" if self.company and self.chinese else None
        rows.add(
            "customers",
            *(self.id, "company" if self.company else "person", name, dice.choice(words.LEVELS)),
            *(dice.choice(words.TYPES), dice.choice(words.SOURCES), owner, owned),
            *(_turn(crowd.teams, self.n), "zh" if self.chinese else "en", self._birthday()),
            *(self._notes(), dice.random() < 0.02, None, tax, created, created, spell(name)),
        )

    def _birthday(self) -> date | None:
        if self.company or self.dice.random() < 0.5:
            return None
        return date(self.dice.randrange(1950, 2005), self.dice.randrange(1, 13), 15)

    def _notes(self) -> str | None:
        if self.crowd.plain or self.dice.random() < 0.7:
            return None
        told = words.CUSTOMER_NOTES if self.chinese else words.ENGLISH_CUSTOMER_NOTES
        return self.dice.choice(told)

    def contact(self, rows: Rows, contact: int) -> None:
        role = self.dice.choice(words.ROLES if self.chinese else words.ENGLISH_ROLES)
        name = person_name(self.dice, self.chinese)
        rows.add("contacts", contact, self.id, name, role, spell(name))
        email = f"c{contact}@example.com"
        rows.add("emails", self.id, contact, email, email)

    def calls(self, rows: Rows) -> None:
        matters = words.MATTERS if self.chinese else words.ENGLISH_MATTERS
        for turn in range(_about(self.dice, self.crowd.calls)):
            interaction = stable_id("sample", str(self.id), str(turn))
            at = self.crowd.now - self.dice.uniform(0.1, 300) * DAY
            direction = self.dice.choice(("inbound", "inbound", "outbound"))
            rows.add(
                "activities",
                *(self.id, interaction, "call", f"interaction:{interaction}", at),
                *(self.dice.choice(matters), direction, self.dice.choice(RESULTS), None, None),
            )

    def ticket(self, rows: Rows, ticket: int) -> None:
        at = self.crowd.now - self.dice.uniform(0.1, 60) * DAY
        number = f"S-{ticket:07d}"  # a series of its own: the counter's numbers stay free
        title = self.dice.choice(words.MATTERS if self.chinese else words.ENGLISH_MATTERS)
        status = self.dice.choice(STATUSES)
        owner = None if status == "new" else _turn(self.crowd.owners, ticket)
        rows.add("tickets", ticket, number, title, status, self.id, owner, at, at, NEVER)

    def trimmings(self, rows: Rows, contact: int | None) -> None:
        """What makes a customer look like one that people have worked with."""
        if contact is None and self.dice.random() < 0.4:
            email = f"p{self.id}@example.com"
            rows.add("emails", self.id, None, email, email)
        if self.company or self.dice.random() < 0.5:
            rows.add("addresses", self.id, *self._address())
        tags = words.TAGS if self.chinese else words.ENGLISH_TAGS
        for tag in self.dice.sample(tags, self.dice.choice((0, 0, 1, 2))):
            rows.add("tags", self.id, tag)
        if self.company:
            self._values(rows)
        if self.dice.random() < 0.15:
            self._task(rows)
        if self.dice.random() < 0.2:
            self._note(rows)

    def _address(self) -> tuple[str | None, ...]:
        label = "office" if self.company else "home"
        house = self.dice.randrange(1, 300)
        if self.chinese:
            city, region, _, postcode, street = self.dice.choice(words.PLACES)
            return label, "CN", region, city, f"{street} {house} 号", postcode
        city, region, postcode, street, country = self.dice.choice(words.ENGLISH_PLACES)
        return label, country, region, city, f"{house} {street}", postcode

    def _values(self, rows: Rows) -> None:
        dice, ids = self.dice, self.crowd.fields
        if not ids:
            return
        contract = f"HT-{2020 + self.n % 6}-{self.id:06d}"
        renewal = datetime.fromtimestamp(self.crowd.now + dice.uniform(-30, 300) * DAY, UTC).date()
        employees = float(dice.choice((12, 35, 80, 150, 420, 1200)))
        industry = dice.choice(words.CHOICES["industry"])[0]
        key = folded(contract)
        rows.add("values", self.id, ids["contract"], 0, contract, key, None, None, key)
        rows.add("values", self.id, ids["renewal"], 0, None, None, None, renewal, None)
        rows.add("values", self.id, ids["employees"], 0, None, None, employees, None, None)
        rows.add("values", self.id, ids["industry"], 0, industry, industry, None, None, None)
        products = dice.sample([value for value, _, _ in words.CHOICES["products"]], 2)
        for place, value in enumerate(products):
            rows.add("values", self.id, ids["products"], place, value, value, None, None, None)

    def _task(self, rows: Rows) -> None:
        title = self.dice.choice(words.TASKS if self.chinese else words.ENGLISH_TASKS)
        due = self.crowd.now + self.dice.uniform(-5, 20) * DAY
        owner = _turn(self.crowd.owners, self.n)
        made = min(due, self.crowd.now) - 3 * DAY
        done = made + 2 * DAY if self.dice.random() < 0.3 else None
        doer = None if done is None else owner
        rows.add("tasks", self.id, title, due, owner, owner, made, done, doer)

    def _note(self, rows: Rows) -> None:
        text = self.dice.choice(
            words.CUSTOMER_NOTES if self.chinese else words.ENGLISH_CUSTOMER_NOTES
        )
        at = self.crowd.now - self.dice.uniform(0.1, 90) * DAY
        author = _turn(self.crowd.owners, self.n)
        source = f"note:sample-{self.id}"
        rows.add("activities", self.id, None, "note", source, at, text, None, None, author, text)


def number_row(
    customer: int, contact: int | None, raw: str, country: str, zeros: int
) -> tuple[Any, ...]:
    """The row that `crm.numbers` would lead to, a hundred times faster; a test compares them."""
    switchboard = zeros > 0
    label = "switchboard" if switchboard else "mobile"
    return (customer, contact, raw, country + raw[zeros:], raw[-8:], label, switchboard)


def person_name(dice: random.Random, chinese: bool) -> str:
    if chinese:
        return dice.choice(words.SURNAMES) + dice.choice(
            dice.choice((words.GIVEN, words.GIVEN_MORE))
        )
    return f"{dice.choice(words.FIRST)} {dice.choice(words.LAST)}"


def company_name(dice: random.Random, chinese: bool) -> str:
    if chinese:
        middle = dice.choice(words.SURNAMES) + dice.choice("华达信通源盛泰和")
        return f"{dice.choice(words.PLACES)[0]}{middle}{dice.choice(words.TRADES)}有限公司"
    return f"{dice.choice(words.LAST)} {dice.choice(words.ENGLISH_TRADES)} Ltd"


def _about(dice: random.Random, mean: float) -> int:
    """A whole number that is `mean` on average, often none at all and sometimes many."""
    if mean <= 0:
        return 0
    if mean < 1:
        return int(dice.random() < mean)
    return int(dice.random() * dice.choice((0, 1, 2, 3, 4)) * mean + dice.random())


def _turn(of: Sequence[int | None], n: int) -> int | None:
    return of[n % len(of)] if of else None
