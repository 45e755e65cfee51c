"""The rules of the public pool."""

from __future__ import annotations

from sqlalchemy import Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base


class PoolRule(Base):
    """Customers of this level go back to the pool after so many days without a contact.

    `level` is empty for all that have no rule of their own.
    """

    __tablename__ = "pool_rules"

    level: Mapped[str] = mapped_column(Text, primary_key=True)
    days: Mapped[int]


class PoolLimit(Base):
    """The one row: how many customers somebody may own to still take one; None: any number."""

    __tablename__ = "pool_limit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, server_default=text("1"))
    most_owned: Mapped[int | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))  # of all rules together
