"""Fields that administrators define, and what customers have in them, each in its own type."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, Double, ForeignKey, Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base


class CustomField(Base):
    """`name` is what the API calls it, for ever; the labels are for people. `kind`: FieldKind."""

    __tablename__ = "custom_fields"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    label_zh: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text)
    required: Mapped[bool] = mapped_column(server_default=false())
    once: Mapped[bool] = mapped_column(server_default=false())  # no two customers have the same
    on_pop: Mapped[bool] = mapped_column(server_default=false())
    position: Mapped[int] = mapped_column(server_default=text("0"))
    retired: Mapped[bool] = mapped_column(server_default=false())
    version: Mapped[int] = mapped_column(server_default=text("1"))


class FieldChoice(Base):
    """One of the values that a field with choices can have."""

    __tablename__ = "custom_field_choices"

    field_id: Mapped[int] = mapped_column(
        ForeignKey("custom_fields.id", ondelete="CASCADE"), primary_key=True
    )
    value: Mapped[str] = mapped_column(String(40), primary_key=True)
    label_zh: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    retired: Mapped[bool] = mapped_column(server_default=false())


class FieldValue(Base):
    """What one customer has in one field; of a multiple choice one row for each.

    Exactly one of text, number and day is set. `key` is the text to find it by, without regard to
    case; `once_key` holds the value where no two customers may have the same.
    """

    __tablename__ = "custom_values"
    __table_args__ = (
        Index("ix_custom_values_field_id_key", "field_id", "key", "customer_id"),
        Index("ix_custom_values_field_id_number", "field_id", "number", "customer_id"),
        Index("ix_custom_values_field_id_day", "field_id", "day", "customer_id"),
        Index("uq_custom_values_field_id_once_key", "field_id", "once_key", unique=True),
    )

    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    field_id: Mapped[int] = mapped_column(
        ForeignKey("custom_fields.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, server_default=text("0")
    )
    text: Mapped[str | None] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(Text)
    number: Mapped[float | None] = mapped_column(Double)
    day: Mapped[date | None] = mapped_column(Date)
    once_key: Mapped[str | None] = mapped_column(Text)
