"""Customers, the people at them, and the numbers that lead to both.

Users live in the sign-in room and are known here by the name of their table only.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant


class Customer(Base):
    """A company or a person. A merged one stays, so that its old id keeps resolving."""

    __tablename__ = "customers"
    __table_args__ = (
        Index("ix_customers_name_id", "name", "id"),  # the sort keys of the list
        Index("ix_customers_created_at_id", "created_at", "id"),
        Index("ix_customers_updated_at_id", "updated_at", "id"),
        Index("ix_customers_account_number", "account_number", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # company, person
    name: Mapped[str] = mapped_column(Text)
    level: Mapped[str | None] = mapped_column(Text)
    account_number: Mapped[str | None] = mapped_column(String(64))  # what callers can type in
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )  # the account manager
    language: Mapped[str | None] = mapped_column(String(16))
    do_not_call: Mapped[bool] = mapped_column(server_default=false())
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("customers.id"), index=True)
    created_at: Mapped[float] = mapped_column(Instant)
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Contact(Base):
    """A person at a customer."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(Text, index=True)
    role: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)


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
