"""Imports: the job of each file, what was chosen for files like it, and what was refused."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class ImportJob(Base):
    """One uploaded file and how far it is; `crm.transfer.states` has the states.

    `position` is the number of the last row whose batch is committed: an import that was
    interrupted goes on behind it. `reach`: whose customers it may touch, null for everybody's.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_user_id_created_at", "user_id", "created_at"),)

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[float] = mapped_column(Instant)
    changed_at: Mapped[float] = mapped_column(Instant, index=True)
    name: Mapped[str] = mapped_column(Text)  # of the file, as it was called outside
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    node: Mapped[str | None] = mapped_column(Text)  # where a process works on it
    reading: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    header: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    sample: Mapped[list[list[str]]] = mapped_column(JSON, server_default=text("'[]'"))
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    reach: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    rows: Mapped[int] = mapped_column(server_default=text("0"))
    done: Mapped[int] = mapped_column(server_default=text("0"))  # rows looked at
    position: Mapped[int] = mapped_column(server_default=text("0"))
    counts: Mapped[dict[str, int]] = mapped_column(JSON, server_default=text("'{}'"))
    problems: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    version: Mapped[int] = mapped_column(server_default=text("1"))


class ImportMapping(Base):
    """What was chosen for files with these columns, in whatever order."""

    __tablename__ = "import_mappings"

    header_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[dict[str, list[str | None]]] = mapped_column(JSON)
    key: Mapped[str] = mapped_column(String(16))
    existing: Mapped[str] = mapped_column(String(8))
    used_at: Mapped[float] = mapped_column(Instant)


class RefusedRow(Base):
    """A row that was not imported, as it stands in the file, and why."""

    __tablename__ = "import_refused"

    import_id: Mapped[str] = mapped_column(
        EventId, ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[str]] = mapped_column(JSON)
    problems: Mapped[list[Any]] = mapped_column(JSON)


class ExternalId(Base):
    """What a customer is called in another system; one may have several, after a merge."""

    __tablename__ = "external_ids"

    external_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
