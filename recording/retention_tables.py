"""How long recordings stay, and which ones must stay whatever the policies say."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ForeignKey, Index, String, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant

HeldKind = Literal["recording", "interaction", "customer"]


def _user() -> Mapped[int | None]:
    return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class RetentionPolicy(Base):
    """The first active one that fits a recording counts; without any it stays for ever."""

    __tablename__ = "retention_policies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())
    queue: Mapped[str | None] = mapped_column(Text)  # the call waited in it; None: any call
    level: Mapped[str | None] = mapped_column(Text)  # of the customer; None: any
    days: Mapped[int | None]  # None: for ever
    version: Mapped[int] = mapped_column(server_default=text("1"))


class LegalHold(Base):
    """Nothing of this recording, call or customer is deleted until it is released."""

    __tablename__ = "legal_holds"
    __table_args__ = (Index("ix_legal_holds_kind_object", "kind", "object"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[HeldKind] = mapped_column(String(16))
    object: Mapped[str] = mapped_column(String(32))  # its id
    reason: Mapped[str] = mapped_column(Text)
    placed_by: Mapped[int | None] = _user()
    placed_at: Mapped[float] = mapped_column(Instant)
    released_by: Mapped[int | None] = _user()
    released_at: Mapped[float | None] = mapped_column(Instant)
