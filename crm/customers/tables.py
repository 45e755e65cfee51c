"""Customers, the people at them, and the numbers and addresses that lead to both.

Users and teams live in the sign-in room and are known here by the names of their tables only.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant
from crm.search.pinyin import column_of

OWNED = text("owner_id IS NOT NULL")


class Customer(Base):
    """A company or a person. A merged one stays, so that its old id keeps resolving.

    `level`, `type` and `source` are values of the dictionary. Without an owner it is in the pool.
    """

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_name_id", "name", "id"),  # the sort keys of the list
        Index("ix_customers_created_at_id", "created_at", "id"),
        Index("ix_customers_updated_at_id", "updated_at", "id"),
        Index("ix_customers_account_number", "account_number", unique=True),
        Index(
            "ix_customers_level_owned_at",
            *("level", "owned_at", "id"),
            postgresql_where=OWNED,
            sqlite_where=OWNED,
        ),  # who may have to go back to the pool
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # company, person
    name: Mapped[str] = mapped_column(Text)
    # What the name is found by when it is typed in letters; NULL: nobody looked yet.
    pinyin: Mapped[str | None] = mapped_column(Text, default=column_of)
    level: Mapped[str | None] = mapped_column(Text)
    type: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    account_number: Mapped[str | None] = mapped_column(String(64))  # what callers can type in
    tax_number: Mapped[str | None] = mapped_column(String(64), index=True)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )  # the account manager
    owned_at: Mapped[float | None] = mapped_column(Instant)  # since when it is that one's
    team_id: Mapped[int | None] = mapped_column(index=True)  # one that is gone is nobody's
    language: Mapped[str | None] = mapped_column(String(16))
    birthday: Mapped[date | None] = mapped_column(Date)
    notes: Mapped[str | None] = mapped_column(Text)
    do_not_call: Mapped[bool] = mapped_column(server_default=false())
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[float] = mapped_column(Instant)
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Contact(Base):
    """A person at a customer; their numbers and e-mails name them."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(Text, index=True)
    pinyin: Mapped[str | None] = mapped_column(Text, default=column_of)  # as the customer's
    role: Mapped[str | None] = mapped_column(Text)


class PhoneNumber(Base):
    """A number of a customer; of a person there when `contact_id` is set.

    `switchboard`: whoever calls from it, it is the company that is known, not the person.
    """

    __tablename__ = "phone_numbers"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id", ondelete="SET NULL"), index=True
    )
    raw: Mapped[str] = mapped_column(Text)  # as it was written
    e164: Mapped[str | None] = mapped_column(Text, index=True)
    extension: Mapped[str | None] = mapped_column(Text)
    suffix: Mapped[str | None] = mapped_column(String(8), index=True)  # crm.numbers
    label: Mapped[str | None] = mapped_column(Text)
    switchboard: Mapped[bool] = mapped_column(server_default=false())


class EmailAddress(Base):
    """An e-mail address of a customer; of a person there when `contact_id` is set."""

    __tablename__ = "email_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    contact_id: Mapped[int | None] = mapped_column(
        ForeignKey("contacts.id", ondelete="SET NULL"), index=True
    )
    email: Mapped[str] = mapped_column(Text)  # as it was written
    key: Mapped[str] = mapped_column(Text, index=True)  # to find it by: without regard to case
    label: Mapped[str | None] = mapped_column(Text)


class Address(Base):
    """A postal address of a customer."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(String(2))  # ISO 3166-1
    region: Mapped[str | None] = mapped_column(Text)  # province, state
    city: Mapped[str | None] = mapped_column(Text)
    street: Mapped[str | None] = mapped_column(Text)
    postcode: Mapped[str | None] = mapped_column(String(16))


class CustomerTag(Base):
    __tablename__ = "customer_tags"
    __table_args__ = (Index("ix_customer_tags_tag_customer_id", "tag", "customer_id"),)

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
