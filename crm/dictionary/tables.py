"""The data dictionary: values with their words in two languages."""

from __future__ import annotations

from sqlalchemy import Index, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base


class DictionaryEntry(Base):
    """One value of one kind (crm.dictionary.rules). Other tables hold `value`; so it never changes
    and is retired instead of deleted."""

    __tablename__ = "dictionary"
    __table_args__ = (Index("uq_dictionary_kind_value", "kind", "value", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    value: Mapped[str] = mapped_column(String(40))
    label_zh: Mapped[str] = mapped_column(Text)
    label_en: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    retired: Mapped[bool] = mapped_column(server_default=false())
