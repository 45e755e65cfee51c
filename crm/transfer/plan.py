"""What each row does: whom it means, what that customer gets, or why it is refused.

One file touches a customer once, so a row never depends on what another row of the file did, and
the same file a second time finds everything as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from crm.customers.inputs import MOST_TAGS, email_key
from crm.fields.rules import Cells, FieldSpec, folded
from crm.numbers import NumberKey
from crm.transfer.fields import Existing
from crm.transfer.problems import Problem
from crm.transfer.record import MOST_PARTS, Record

T = TypeVar("T")


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(slots=True)
class Known:
    """A customer as it is. Numbers, e-mails and addresses by what they are recognised by."""

    id: int
    columns: dict[str, Any]
    external_ids: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    contacts: dict[str, tuple[int, str | None]] = field(default_factory=dict)  # name → id, role
    addresses: set[tuple[str | None, ...]] = field(default_factory=set)
    custom: dict[int, Cells] = field(default_factory=dict)  # by field


@dataclass(slots=True)
class Change:
    """What is written. `contact` beside a number or e-mail is the name of whose it is."""

    customer: int | None  # of a new one, once it is written
    is_new: bool = False
    columns: dict[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    numbers: list[tuple[NumberKey, str | None]] = field(default_factory=list)
    emails: list[tuple[str, str | None]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    contacts: list[tuple[str, str | None]] = field(default_factory=list)  # new: name, role
    roles: list[tuple[int, str]] = field(default_factory=list)  # of contacts that are there
    there: dict[str, int] = field(default_factory=dict)  # contacts that are there, by name
    addresses: list[dict[str, str]] = field(default_factory=list)
    custom: dict[FieldSpec, Cells] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        lists = (self.numbers, self.emails, self.tags, self.contacts, self.roles, self.addresses)
        return bool(self.columns or self.external_id or self.custom or any(lists))


@dataclass(slots=True)
class Decision:
    record: Record
    outcome: Outcome
    change: Change | None = None
    problems: list[Problem] = field(default_factory=list)


Claim = tuple[str, str]  # what one customer alone may have: which field, and the value


@dataclass(slots=True)
class Found:
    """What the database knows of a batch: whom keys mean, how they are, who holds what."""

    by_key: Mapping[str, Collection[int]] = field(default_factory=dict)
    customers: Mapping[int, Known] = field(default_factory=dict)
    holders: Mapping[Claim, int] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """What rows of the file were about: keys, customers and claims, each with its row."""

    keys: dict[str, int] = field(default_factory=dict)
    customers: dict[int, int] = field(default_factory=dict)
    claims: dict[Claim, int] = field(default_factory=dict)

    def take(self, newer: Memory) -> None:
        self.keys.update(newer.keys)
        self.customers.update(newer.customers)
        self.claims.update(newer.claims)


@dataclass(slots=True)
class Planner:
    """Plans a batch, as often as it takes to write it, and remembers it once it is written.

    `reach`: whose customers may be touched, None for everybody's; the pool is everybody's.
    """

    existing: Existing
    required: Sequence[FieldSpec] = ()
    reach: frozenset[int] | None = None
    _before: Memory = field(default_factory=Memory)
    _batch: Memory = field(default_factory=Memory)

    def plan(self, records: Iterable[Record], found: Found) -> list[Decision]:
        """What is wrong with a record beyond its cells is said in the decision."""
        self._batch = Memory()
        return [self._decide(record, found) for record in records]

    def written(self) -> None:
        self._before.take(self._batch)
        self._batch = Memory()

    def _decide(self, record: Record, found: Found) -> Decision:
        if record.problems:
            return Decision(record, Outcome.REFUSED, problems=record.problems)
        known, problem = self._meant(record, found)
        problems = [problem] if problem else self._check(record, known, found)
        if problems:
            return Decision(record, Outcome.REFUSED, problems=problems)
        self._remember(record, known)
        return self._told(record, known)

    def _told(self, record: Record, known: Known | None) -> Decision:
        """What is written of a record that is as it should be."""
        if known is None:
            return Decision(record, Outcome.CREATED, _change_of_new(record))
        if self.existing is Existing.SKIP:
            return Decision(record, Outcome.SKIPPED)
        change = _change(record, known, fill=self.existing is Existing.FILL)
        if _too_many(change, known):
            too_many = Problem(None, "too_many", {"limit": MOST_PARTS})
            return Decision(record, Outcome.REFUSED, problems=[too_many])
        return Decision(record, Outcome.UPDATED if change.writes else Outcome.UNCHANGED, change)

    def _meant(self, record: Record, found: Found) -> tuple[Known | None, Problem | None]:
        """The one customer with this key; a problem when there are several, or it had its turn."""
        key = record.keys[0]
        ids = found.by_key.get(key, ())
        if len(ids) > 1:
            return None, Problem(None, "several_customers", {"count": len(ids)})
        id_ = next(iter(ids), None)
        row = self._row_of(key, id_)
        if row is not None:
            return None, Problem(None, "same_as_row", {"row": row})
        return None if id_ is None else found.customers[id_], None

    def _row_of(self, key: str, id_: int | None) -> int | None:
        """The row that was about the same customer."""
        for memory in (self._before, self._batch):
            row = memory.keys.get(key) if id_ is None else memory.customers.get(id_)
            row = memory.keys.get(key) if row is None else row
            if row is not None:
                return row
        return None

    def _check(self, record: Record, known: Known | None, found: Found) -> list[Problem]:
        problems = [] if known is not None else self._lacking(record)
        if not self._in_reach(record, known):
            problems.append(Problem(None, "out_of_reach"))
        for claim in claims_of(record):
            holder = found.holders.get(claim)
            of_other = holder is not None and (known is None or holder != known.id)
            if of_other or claim in self._before.claims or claim in self._batch.claims:
                problems.append(Problem(None, "taken"))
        return problems

    def _lacking(self, record: Record) -> list[Problem]:
        """What a new customer must have."""
        problems = [] if "name" in record.columns else [Problem(None, "name_missing")]
        missing = [spec for spec in self.required if spec not in record.custom]
        return problems + [Problem(None, "required_missing", {"field": one.id}) for one in missing]

    def _in_reach(self, record: Record, known: Known | None) -> bool:
        if self.reach is None:
            return True
        owners = [record.columns.get("owner_id")]
        if known is not None:
            owners.append(known.columns.get("owner_id"))
        return all(owner is None or owner in self.reach for owner in owners)

    def _remember(self, record: Record, known: Known | None) -> None:
        for key in record.keys:
            self._batch.keys.setdefault(key, record.row)
        if known is not None:
            self._batch.customers[known.id] = record.row
        for claim in claims_of(record):
            self._batch.claims.setdefault(claim, record.row)


def claims_of(record: Record) -> list[Claim]:
    claims: list[Claim] = []
    if account := record.columns.get("account_number"):
        claims.append(("account_number", account))
    if record.external_id:
        claims.append(("external_id", record.external_id))
    claims += [
        (str(spec.id), cells[0].once_key)
        for spec, cells in record.custom.items()
        if spec.once and cells
    ]
    return claims


def number_ident(key: NumberKey) -> str:
    """Two writings of one number are one; extensions are not."""
    return f"{key.e164 or key.raw};{key.extension or ''}"


def address_ident(address: Mapping[str, str | None]) -> tuple[str | None, ...]:
    parts = ("country", "region", "city", "street", "postcode")
    return tuple(address.get(part) or None for part in parts)


def _change_of_new(record: Record) -> Change:
    kind = "company" if record.contacts else "person"
    nobody = Known(0, {})
    change = _change(record, nobody, fill=False)
    change.customer, change.is_new = None, True
    change.columns = {"kind": kind} | record.columns
    return change


def _change(record: Record, known: Known, *, fill: bool) -> Change:
    """What the row says and the customer has not. With `fill` only where there is nothing yet."""
    change = Change(known.id, there={name: id_ for name, (id_, _) in known.contacts.items()})
    for name, value in record.columns.items():
        now = known.columns.get(name)
        if now != value and not (fill and now not in (None, "", False)):
            change.columns[name] = value
    if record.external_id and record.external_id not in known.external_ids:
        change.external_id = record.external_id
    for spec, cells in record.custom.items():
        now = known.custom.get(spec.id, ())
        if now != cells and not (fill and now):
            change.custom[spec] = cells
    if not (fill and known.tags):
        change.tags = [tag for tag in record.tags if tag not in known.tags]
    if not (fill and known.addresses):
        change.addresses = [
            address for address in record.addresses if address_ident(address) not in known.addresses
        ]
    _contacts(change, record, known, fill=fill)
    _reached_by(change, record, known, fill=fill)
    return change


def _contacts(change: Change, record: Record, known: Known, *, fill: bool) -> None:
    for contact in record.contacts:
        there = known.contacts.get(folded(contact.name))
        if there is None and not (fill and known.contacts):
            change.contacts.append((contact.name, contact.role))
        elif there is not None and contact.role and there[1] != contact.role:
            change.roles += [] if fill and there[1] else [(there[0], contact.role)]


def _reached_by(change: Change, record: Record, known: Known, *, fill: bool) -> None:
    """Numbers and e-mails: the customer's, and those of contacts that are written or there."""
    people = change.there.keys() | {folded(name) for name, _ in change.contacts}
    numbers: list[tuple[NumberKey, str | None]] = [(one, None) for one in record.numbers]
    emails: list[tuple[str, str | None]] = [(one, None) for one in record.emails]
    for contact in record.contacts:
        if (name := folded(contact.name)) in people:
            numbers += [(one, name) for one in contact.numbers]
            emails += [(one, name) for one in contact.emails]
    if not (fill and known.numbers):
        change.numbers = _missing(numbers, known.numbers, number_ident)
    if not (fill and known.emails):
        change.emails = _missing(emails, known.emails, email_key)


def _missing(
    told: Iterable[tuple[T, str | None]], there: Collection[str], ident: Callable[[T], str]
) -> list[tuple[T, str | None]]:
    """Each once; the first time counts, where it is the customer's own."""
    seen = set(there)
    found = []
    for one, contact in told:
        if (key := ident(one)) not in seen:
            seen.add(key)
            found.append((one, contact))
    return found


def _too_many(change: Change, known: Known) -> bool:
    return (
        max(
            len(change.numbers) + len(known.numbers),
            len(change.emails) + len(known.emails),
            len(change.contacts) + len(known.contacts),
            len(change.addresses) + len(known.addresses),
            len(change.tags) + len(known.tags) + MOST_PARTS - MOST_TAGS,
        )
        > MOST_PARTS
    )
