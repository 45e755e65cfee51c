"""What can be said of a customer, and the checks that need no database."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from callcenter.errors import InvalidInput
from crm.fields.rules import Sent, folded
from crm.numbers import NumberKey, TrunkRule, read_number
from crm.text import line, optional_line, optional_paragraphs

MOST_PARTS = 50  # numbers, contacts, e-mails, addresses of one customer: of each
MOST_TAGS = 30
LONGEST_TAG = 40
LONGEST_NOTES = 5_000
YEARS = range(1850, 2201)
_ACCOUNT = re.compile(r"[0-9]{1,20}")
_TAX = re.compile(r"[0-9A-Z][0-9A-Z-]{3,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_EMAIL = re.compile(
    r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\".]+(?:\.[^\s@<>()\[\],;:\\\".]+)+"
)

Kind = Literal["company", "person"]


class NewContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`id`: the one it was, in a change."""

    name: str
    role: str | None = None
    id: int | None = None


class NewNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`contact`: whose it is, as a place from 0 in the contacts sent with it, else as read."""

    number: str
    label: str | None = None
    switchboard: bool = False
    contact: int | None = None
    id: int | None = None


class NewEmail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`contact` as of a number."""

    email: str
    label: str | None = None
    contact: int | None = None
    id: int | None = None


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At least a street, city or region. `country`: two letters (ISO 3166-1)."""

    label: str | None = None
    country: str | None = None
    region: str | None = None
    city: str | None = None
    street: str | None = None
    postcode: str | None = None
    id: int | None = None


class NewCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: Kind = "person"
    level: str | None = None
    type: str | None = None
    source: str | None = None
    owner_id: int | None = None
    team_id: int | None = None
    language: str | None = None
    birthday: date | None = None
    notes: str | None = None
    do_not_call: bool = False
    account_number: str | None = None  # digits, as callers can type them
    tax_number: str | None = None
    contacts: list[NewContact] = []
    numbers: list[NewNumber] = []
    emails: list[NewEmail] = []
    addresses: list[NewAddress] = []
    tags: list[str] = []
    custom: dict[str, Sent] = {}


class CustomerPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `version` is the one that was read.

    A list is the whole list: what has an `id` is changed, what has none is new, what is left out is
    gone. Of `custom` only the fields that are named change; null clears one.
    """

    version: int
    name: str | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    level: str | UnsetType | None = UNSET
    type: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    owner_id: int | UnsetType | None = UNSET
    team_id: int | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    birthday: date | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    do_not_call: bool | UnsetType = UNSET
    account_number: str | UnsetType | None = UNSET
    tax_number: str | UnsetType | None = UNSET
    contacts: list[NewContact] | UnsetType = UNSET
    numbers: list[NewNumber] | UnsetType = UNSET
    emails: list[NewEmail] | UnsetType = UNSET
    addresses: list[NewAddress] | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    custom: dict[str, Sent] | UnsetType = UNSET


COLUMNS = (
    *("name", "kind", "level", "type", "source", "owner_id", "team_id", "language", "birthday"),
    *("notes", "do_not_call", "account_number", "tax_number"),
)
PARTS = ("contacts", "numbers", "emails", "addresses", "tags", "custom")


def given(sent: NewCustomer | CustomerPatch, names: tuple[str, ...]) -> dict[str, Any]:
    """Of these what was sent."""
    return {name: value for name in names if (value := getattr(sent, name)) is not UNSET}


def checked_columns(values: dict[str, Any]) -> dict[str, Any]:
    """The plain values as they are kept. InvalidInput names the field."""
    return {
        name: _CHECKS[name](value) if name in _CHECKS else value for name, value in values.items()
    }


def _birthday(value: date | None) -> date | None:
    if value is not None and value.year not in YEARS:
        raise InvalidInput("a year between 1850 and 2200", field="birthday")
    return value


def _account(value: str | None) -> str | None:
    if value is not None and _ACCOUNT.fullmatch(value) is None:
        raise InvalidInput("1 to 20 digits, as callers can type them", field="account_number")
    return value


def _tax(value: str | None) -> str | None:
    """Without blanks and in capitals, so that the same number is the same text."""
    text = "".join((value or "").upper().split())
    if text and _TAX.fullmatch(text) is None:
        raise InvalidInput("4 to 32 letters and digits", field="tax_number")
    return text or None


_CHECKS: dict[str, Any] = {
    "name": lambda value: line(value, "name"),
    "language": lambda value: optional_line(value, "language", longest=16),
    "notes": lambda value: optional_paragraphs(value, "notes", longest=LONGEST_NOTES),
    "birthday": _birthday,
    "account_number": _account,
    "tax_number": _tax,
}


def check_count(items: list[Any], field: str, most: int = MOST_PARTS) -> None:
    if len(items) > most:
        raise InvalidInput(f"at most {most} {field}", field=field)


def contact_row(new: NewContact, at: str) -> dict[str, Any]:
    return {"name": line(new.name, f"{at}.name"), "role": optional_line(new.role, f"{at}.role")}


def number_key(new: NewNumber, at: str, rule: TrunkRule) -> NumberKey:
    """The number as it is found by. InvalidInput for what is none."""
    key = read_number(line(new.number, f"{at}.number", longest=80), rule)
    if key.e164 is None and key.suffix is None and key.extension is None:
        raise InvalidInput("not a telephone number", field=f"{at}.number")
    return key


def number_row(new: NewNumber, key: NumberKey, at: str) -> dict[str, Any]:
    return {
        "raw": key.raw,
        "e164": key.e164,
        "extension": key.extension,
        "suffix": key.suffix,
        "label": optional_line(new.label, f"{at}.label", longest=40),
        "switchboard": new.switchboard,
    }


def email_row(new: NewEmail, at: str) -> dict[str, Any]:
    email = line(new.email, f"{at}.email", longest=254)
    if _EMAIL.fullmatch(email) is None:
        raise InvalidInput("not an e-mail address", field=f"{at}.email")
    label = optional_line(new.label, f"{at}.label", longest=40)
    return {"email": email, "key": email_key(email), "label": label}


def email_key(email: str) -> str:
    """What an address is found by."""
    return folded(email)


def address_row(new: NewAddress, at: str) -> dict[str, Any]:
    row = {
        "label": optional_line(new.label, f"{at}.label", longest=40),
        "country": optional_line(new.country, f"{at}.country", longest=2),
        "region": optional_line(new.region, f"{at}.region", longest=80),
        "city": optional_line(new.city, f"{at}.city", longest=80),
        "street": optional_line(new.street, f"{at}.street", longest=300),
        "postcode": optional_line(new.postcode, f"{at}.postcode", longest=16),
    }
    if row["country"] is not None and _COUNTRY.fullmatch(row["country"]) is None:
        raise InvalidInput("two capital letters, such as CN", field=f"{at}.country")
    if not (row["region"] or row["city"] or row["street"]):
        raise InvalidInput("say at least a street, city or region", field=f"{at}.street")
    return row


def checked_tags(tags: list[str]) -> list[str]:
    """Each once, in the order given."""
    check_count(tags, "tags", MOST_TAGS)
    clean = [line(tag, f"tags[{n}]", longest=LONGEST_TAG) for n, tag in enumerate(tags)]
    for n, tag in enumerate(clean):
        if "," in tag:
            raise InvalidInput("no commas, they part tags in filters", field=f"tags[{n}]")
    return list(dict.fromkeys(clean))
