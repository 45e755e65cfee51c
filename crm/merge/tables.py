"""What was merged into what, which rows moved with it, and who may be there twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant

OPEN = text("dismissed_at IS NULL")


class CustomerMerge(Base):
    """`source_id` became a part of `target_id`. `before` and `after` are what can be undone:
    the fields of both, as they were and as the merge left them."""

    __tablename__ = "customer_merges"

    id: Mapped[int] = mapped_column(primary_key=True)
    target_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    source_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    merged_at: Mapped[float] = mapped_column(Instant)
    merged_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    chosen: Mapped[dict[str, Any]] = mapped_column(JSON)  # field → source, target
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_at: Mapped[float | None] = mapped_column(Instant)
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class MergeMove(Base):
    """One row that moved: `place` is a name in `crm.merge.moves`, `key` finds the row there."""

    __tablename__ = "merge_moves"

    merge_id: Mapped[int] = mapped_column(
        ForeignKey("customer_merges.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[str] = mapped_column(String(40), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)


class DuplicatePair(Base):
    """Two customers that may be one, the lower id first. A dismissed pair is not reported again."""

    __tablename__ = "duplicate_pairs"
    __table_args__ = (
        UniqueConstraint("first_id", "second_id"),
        Index(
            "ix_duplicate_pairs_score_id", "score", "id", postgresql_where=OPEN, sqlite_where=OPEN
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    second_id: Mapped[int] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    score: Mapped[float]  # 0 to 1
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # crm.merge.scoring.Reason
    found_at: Mapped[float] = mapped_column(Instant)
    dismissed_at: Mapped[float | None] = mapped_column(Instant)
    dismissed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class DuplicateScan(Base):
    """How far the customers were looked at, in the order in which they change; one row."""

    __tablename__ = "duplicate_scan"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    updated_at: Mapped[float] = mapped_column(Instant)
    customer_id: Mapped[int]
