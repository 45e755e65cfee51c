"""What people send about customers, each value with its limits."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from callcenter.errors import Conflict
from crm.customers.lists import CustomerFilter, CustomerSort
from crm.customers.matching import SharedNumber
from crm.customers.queries import CustomerView
from web.api.values import Body, Cursor, EventKey, Label, Limit, Name, RowId, Search

Kind = Literal["company", "person"]
Word = Annotated[str, Meta(min_length=1, max_length=40)]  # of the dictionary
Words = Annotated[str, Meta(max_length=400)]  # several, with commas between
Language = Annotated[str, Meta(max_length=16)]
Account = Annotated[str, Meta(pattern=r"^[0-9]{1,20}(?!\n)$")]  # what callers can type
Number = Annotated[str, Meta(min_length=1, max_length=80)]
Notes = Annotated[str, Meta(max_length=5_000)]
Tax = Annotated[str, Meta(max_length=40)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Place = Annotated[int, Meta(ge=0, le=50)]
Tag = Annotated[str, Meta(min_length=1, max_length=40)]
FieldName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,39}(?!\n)$")]
FieldSent = str | float | list[str] | None  # a date as 2026-03-01
Custom = Annotated[dict[FieldName, FieldSent], Meta(max_length=100)]
Line = Annotated[str, Meta(max_length=300)]


class ContactSent(Body, frozen=True):
    """`id`: the one it was, in a change."""

    name: Name
    role: Label | None = None
    id: RowId | None = None


class NumberSent(Body, frozen=True):
    """`contact`: whose it is, as a place from 0 in the contacts sent with it, else as read."""

    number: Number
    label: Label | None = None
    switchboard: bool = False
    contact: Place | None = None
    id: RowId | None = None


class EmailSent(Body, frozen=True):
    """`contact` as of a number."""

    email: Annotated[str, Meta(min_length=3, max_length=254)]
    label: Label | None = None
    contact: Place | None = None
    id: RowId | None = None


class AddressSent(Body, frozen=True):
    """At least a street, city or region. `country`: two letters (ISO 3166-1)."""

    label: Label | None = None
    country: Annotated[str, Meta(max_length=2)] | None = None
    region: Line | None = None
    city: Line | None = None
    street: Line | None = None
    postcode: Annotated[str, Meta(max_length=16)] | None = None
    id: RowId | None = None


Contacts = Annotated[list[ContactSent], Meta(max_length=50)]
Numbers = Annotated[list[NumberSent], Meta(max_length=50)]
Emails = Annotated[list[EmailSent], Meta(max_length=50)]
Addresses = Annotated[list[AddressSent], Meta(max_length=50)]
Tags = Annotated[list[Tag], Meta(max_length=30)]


class CustomerSent(Body, frozen=True):
    """`interaction`: the call in which this customer was met; it becomes theirs.

    Without `owner_id` it is yours if you see your own customers only, else the pool's.
    """

    name: Name
    kind: Kind = "person"
    level: Word | None = None
    type: Word | None = None
    source: Word | None = None
    owner_id: RowId | UnsetType | None = UNSET
    team_id: RowId | None = None
    language: Language | None = None
    birthday: date | None = None
    notes: Notes | None = None
    do_not_call: bool = False
    account_number: Account | None = None
    tax_number: Tax | None = None
    contacts: Contacts = msgspec.field(default_factory=list)
    numbers: Numbers = msgspec.field(default_factory=list)
    emails: Emails = msgspec.field(default_factory=list)
    addresses: Addresses = msgspec.field(default_factory=list)
    tags: Tags = msgspec.field(default_factory=list)
    custom: Custom = msgspec.field(default_factory=dict)
    interaction: EventKey | None = None


class CustomerChange(Body, frozen=True):
    """What is absent stays. `version` is the one that was read.

    A list is the whole list: what has an `id` is changed, what has none is new, what is left out is
    gone. Of `custom` only the fields that are named change; null clears one.
    """

    version: Version
    name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    level: Word | UnsetType | None = UNSET
    type: Word | UnsetType | None = UNSET
    source: Word | UnsetType | None = UNSET
    owner_id: RowId | UnsetType | None = UNSET
    team_id: RowId | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    birthday: date | UnsetType | None = UNSET
    notes: Notes | UnsetType | None = UNSET
    do_not_call: bool | UnsetType = UNSET
    account_number: Account | UnsetType | None = UNSET
    tax_number: Tax | UnsetType | None = UNSET
    contacts: Contacts | UnsetType = UNSET
    numbers: Numbers | UnsetType = UNSET
    emails: Emails | UnsetType = UNSET
    addresses: Addresses | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    custom: Custom | UnsetType = UNSET


class SavedCustomer(CustomerView, frozen=True):
    """`shared`: its numbers that others have too; `calls`: earlier calls that are now its own."""

    shared: list[SharedNumber] = msgspec.field(default_factory=list)
    calls: int = 0


class CustomerFilters(Body, frozen=True):
    """`level`, `type`, `source` and `tag` may name several, with commas between; any of them.
    `pool`: with nobody's, or without them. `field.<name>` filters by a custom field: `a,b` any of
    these, `10..20` from and to, `10..`, `..20`, and `-` for nothing there."""

    q: Search = ""
    kind: Kind | None = None
    level: Words = ""
    type: Words = ""
    source: Words = ""
    owner: RowId | None = None
    team: RowId | None = None
    tag: Words = ""
    pool: bool | None = None
    do_not_call: bool | None = None
    field: Annotated[dict[str, Annotated[str, Meta(max_length=400)]], Meta(max_length=10)] = (
        msgspec.field(default_factory=dict)
    )


class CustomerQuery(CustomerFilters, frozen=True):
    """`sort`: with a minus from the last to the first."""

    sort: CustomerSort = "name"
    cursor: Cursor | None = None
    limit: Limit = 50


def filter_of(query: CustomerFilters) -> CustomerFilter:
    """As the room of the customers wants it."""
    return CustomerFilter(
        search=query.q,
        kind=query.kind,
        levels=parted(query.level),
        types=parted(query.type),
        sources=parted(query.source),
        owner=query.owner,
        team=query.team,
        tags=parted(query.tag),
        pool=query.pool,
        do_not_call=query.do_not_call,
        fields=query.field,
    )


def parted(words: str) -> list[str]:
    """What stands between commas."""
    return [word.strip() for word in words.split(",") if word.strip()]


class StaleVersion(Conflict):
    """Somebody else was faster: `values` holds both sides of what was to be changed."""

    def __init__(self, change: CustomerChange, now: CustomerView) -> None:
        super().__init__("somebody else changed this customer meanwhile", field="version")
        self.values = {
            "version": now.version,
            "fields": {
                name: {"yours": value, "theirs": _theirs(name, value, now)}
                for name, value in given(change).items()
            },
        }


def _theirs(name: str, yours: Any, now: CustomerView) -> Any:
    if name == "custom":
        return {field: now.custom.get(field) for field in yours}
    return getattr(now, name)


def given(change: CustomerChange) -> dict[str, Any]:
    """What was sent, without the version."""
    sent = structs.asdict(change)
    return {name: sent[name] for name in sent if sent[name] is not UNSET and name != "version"}
