"""Reports that go out by mail at set times, and what became of each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant


class ReportSchedule(Base):
    """`report` is a `request.Wanted` without its period; `day` that of the week (1 is Monday) or of
    the month; `minute` that of the day in `timezone`.

    It is computed as its owner may see it: whoever saved it last. `stopped`: why it goes out no
    more. `asked_at`: somebody wants it now.
    """

    __tablename__ = "report_schedules"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    name: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    report: Mapped[dict[str, Any]] = mapped_column(JSON)
    every: Mapped[str] = mapped_column(String(8))
    day: Mapped[int | None]
    minute: Mapped[int]
    timezone: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(8))
    recipients: Mapped[list[Any]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(server_default=true())
    stopped: Mapped[str | None] = mapped_column(String(16))
    stopped_at: Mapped[float | None] = mapped_column(Instant)
    next_at: Mapped[float] = mapped_column(Instant)
    asked_at: Mapped[float | None] = mapped_column(Instant)
    changed_at: Mapped[float] = mapped_column(Instant)


class ReportRun(Base):
    """A report of a schedule that was made, or could not be (`error`). `missed`: how many due ones
    before it were not sent, because nothing ran then."""

    __tablename__ = "report_runs"
    __table_args__ = (Index("ix_report_runs_schedule_id_id", "schedule_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("report_schedules.id", ondelete="CASCADE"))
    due_at: Mapped[float] = mapped_column(Instant)
    made_at: Mapped[float] = mapped_column(Instant)
    first_day: Mapped[str] = mapped_column(String(10))  # ISO, of the zone
    end_day: Mapped[str] = mapped_column(String(10))  # the first that is not in it
    asked: Mapped[bool] = mapped_column(server_default=false())
    late: Mapped[bool] = mapped_column(server_default=false())
    missed: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)


class ReportMail(Base):
    """Which mail of the outbox carries which report; gone when the outbox forgets it."""

    __tablename__ = "report_mails"

    mail_id: Mapped[int] = mapped_column(
        ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True
    )
    run_id: Mapped[int] = mapped_column(
        ForeignKey("report_runs.id", ondelete="CASCADE"), index=True
    )
