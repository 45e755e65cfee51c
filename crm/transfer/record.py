"""One row of a file as what it says of a customer; what cannot be understood is named by cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.fields.rules import Cells, FieldSpec
from crm.numbers import DEFAULT_RULE, NumberKey, TrunkRule
from crm.transfer import values
from crm.transfer.fields import CUSTOM, Key
from crm.transfer.lists import split, split_loosely, split_numbers
from crm.transfer.problems import Problem, Refused

MOST_PARTS = 50  # numbers, e-mails, contacts, addresses of one customer: of each


@dataclass(frozen=True, slots=True)
class Words:
    """What cells are looked up in: people, teams and the dictionary, by every name they have.

    None as an id: more than one is called so.
    """

    users: Mapping[str, int | None] = field(default_factory=dict)
    teams: Mapping[str, int | None] = field(default_factory=dict)
    dictionary: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    custom: Mapping[str, FieldSpec] = field(default_factory=dict)
    rule: TrunkRule = DEFAULT_RULE


@dataclass(slots=True)
class ContactIn:
    name: str
    role: str | None = None
    numbers: list[NumberKey] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """Only what the row says: an empty cell says nothing.

    `keys` are all values by which the row could be known, the first is the one that counts.
    """

    row: int
    columns: dict[str, Any] = field(default_factory=dict)
    external_id: str | None = None
    numbers: list[NumberKey] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    contacts: list[ContactIn] = field(default_factory=list)
    addresses: list[dict[str, str]] = field(default_factory=list)
    custom: dict[FieldSpec, Cells] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


_COLUMNS: dict[str, tuple[str, Callable[[str, Words], Any]]] = {
    "name": ("name", lambda cell, _: values.one_line(cell, 200)),
    "kind": ("kind", lambda cell, _: values.kind(cell)),
    "account_number": ("account_number", lambda cell, _: values.account(cell)),
    "tax_number": ("tax_number", lambda cell, _: values.tax(cell)),
    "language": ("language", lambda cell, _: values.language(cell)),
    "birthday": ("birthday", lambda cell, _: values.birthday(cell)),
    "do_not_call": ("do_not_call", lambda cell, _: values.yes_no(cell)),
    "notes": ("notes", lambda cell, _: values.paragraphs(cell)),
    "owner": ("owner_id", lambda cell, words: values.named(cell, words.users, "unknown_user")),
    "team": ("team_id", lambda cell, words: values.named(cell, words.teams, "unknown_team")),
    "level": ("level", lambda cell, words: values.word(cell, words.dictionary["level"])),
    "type": ("type", lambda cell, words: values.word(cell, words.dictionary["type"])),
    "source": ("source", lambda cell, words: values.word(cell, words.dictionary["source"])),
}


@dataclass(slots=True)
class RowReader:
    """Reads rows as the columns are mapped: a field's code for each, None for what is left out."""

    columns: Sequence[str | None]
    key: Key
    words: Words

    def read(self, row: int, cells: Sequence[str]) -> Record:
        record = Record(row)
        lists: dict[str, tuple[int, list[str]]] = {}
        for place, (code, cell) in enumerate(zip(self.columns, cells, strict=False)):
            if code is None or not cell or not (text := cell.strip()):
                continue
            try:
                if code.startswith(("contact.", "address.")):
                    lists[code] = (place, split(values.readable(text)))
                else:
                    self._take(record, code, values.readable(text))
            except Refused as error:
                record.problems.append(Problem(place, error.code, error.values))
        self._contacts(record, lists)
        self._addresses(record, lists)
        self._key(record)
        return record

    def _take(self, record: Record, code: str, text: str) -> None:
        if code in _COLUMNS:
            name, read = _COLUMNS[code]
            record.columns[name] = read(text, self.words)
        elif code.startswith(CUSTOM):
            spec = self.words.custom[code.removeprefix(CUSTOM)]
            record.custom[spec] = values.custom(spec, text)
        elif code == "phone":
            _extend(record.numbers, [self._number(one) for one in split_numbers(text)])
        elif code == "email":
            _extend(record.emails, [values.email(one) for one in split_loosely(text)])
        elif code == "tags":
            _extend(record.tags, [values.tag(one) for one in split_loosely(text)], 30)
        elif code == "external_id":
            record.external_id = values.one_line(text, values.LONGEST_EXTERNAL_ID)

    def _number(self, text: str) -> NumberKey:
        return values.number(text, self.words.rule)

    def _contacts(self, record: Record, lists: Mapping[str, tuple[int, list[str]]]) -> None:
        """The columns of contacts are lists of one length: the first name has the first role."""
        length = max(
            (len(cells) for code, (_, cells) in lists.items() if code[0] == "c"), default=0
        )
        for n in range(length):
            told = {code: cells[n] for code, (_, cells) in lists.items() if n < len(cells)}
            if any(text for code, text in told.items() if code.startswith("contact.")):
                self._contact(record, told, {code: place for code, (place, _) in lists.items()})

    def _contact(self, record: Record, told: Mapping[str, str], places: Mapping[str, int]) -> None:
        at = "contact.name"
        try:
            contact = ContactIn(values.contact_name(told.get(at, "")))
            at = "contact.role"
            contact.role = values.one_line(told.get(at, ""), 200) or None
            at = "contact.phone"
            contact.numbers = [self._number(one) for one in split_numbers(told.get(at, ""))]
            at = "contact.email"
            contact.emails = [values.email(one) for one in split_loosely(told.get(at, ""))]
            _extend(record.contacts, [contact])
        except Refused as error:
            record.problems.append(Problem(places.get(at), error.code, error.values))

    def _addresses(self, record: Record, lists: Mapping[str, tuple[int, list[str]]]) -> None:
        length = max(
            (len(cells) for code, (_, cells) in lists.items() if code[0] == "a"), default=0
        )
        for n in range(length):
            address: dict[str, str] = {}
            for code, (place, cells) in lists.items():
                name = code.removeprefix("address.")
                if name == code or n >= len(cells) or not cells[n]:
                    continue
                try:
                    address[name] = values.address_part(name, cells[n])
                except Refused as error:
                    record.problems.append(Problem(place, error.code, error.values))
            if address.keys() & {"region", "city", "street"}:  # a country alone is no address
                record.addresses.append(address)

    def _key(self, record: Record) -> None:
        """What the row is known by; without it, nobody could tell whether it is there already."""
        record.keys = keys_of(record, self.key)
        if record.keys:
            return
        places = [n for n, code in enumerate(self.columns) if code == self.key.value]
        if any(problem.column in places for problem in record.problems):
            return  # it is there, and what is wrong with it has been said
        record.problems.append(Problem(places[0] if places else None, "key_missing"))


def keys_of(record: Record, key: Key) -> list[str]:
    if key is Key.EXTERNAL_ID:
        return [record.external_id] if record.external_id else []
    if key is Key.ACCOUNT_NUMBER:
        account = record.columns.get("account_number")
        return [account] if account else []
    if key is Key.EMAIL:
        return [values.email_key(email) for email in record.emails]
    return [number.e164 for number in record.numbers if number.e164 is not None]


def _longest(lists: Mapping[str, tuple[int, list[str]]], of: str) -> int:
    return max((len(cells) for code, (_, cells) in lists.items() if code.startswith(of)), default=0)


def _extend(there: list[Any], more: Sequence[Any], most: int = MOST_PARTS) -> None:
    """Each once."""
    for one in more:
        if one not in there:
            there.append(one)
    if len(there) > most:
        raise Refused("too_many", limit=most)
