"""What supervisors watch and do, as rows: thresholds of the board, alarms, and who listened in."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

METRIC = String(32)


class ThresholdRow(Base):
    """From when a figure is to be watched and from when it is bad; `queue` "" is every queue that
    has none of its own, and the whole floor for what is a figure of the floor."""

    __tablename__ = "thresholds"
    __table_args__ = (UniqueConstraint("queue", "metric"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(Text, server_default="")
    metric: Mapped[str] = mapped_column(METRIC)
    watch: Mapped[float | None]
    bad: Mapped[float | None]
    # Which level raises an alarm, and how many seconds it has to last; NULL raises none.
    alarm: Mapped[str | None] = mapped_column(String(8))
    lasting: Mapped[float] = mapped_column(server_default=text("0"))
    mail_to: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    version: Mapped[int] = mapped_column(server_default=text("1"))


class AlarmRow(Base):
    """A figure that passed a threshold for long enough; open until it is back."""

    __tablename__ = "alarms"
    __table_args__ = (Index("ix_alarms_raised_at_id", "raised_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    queue: Mapped[str] = mapped_column(Text, server_default="")
    metric: Mapped[str] = mapped_column(METRIC)
    level: Mapped[str] = mapped_column(String(8))
    value: Mapped[float]  # the worst there was
    threshold: Mapped[float]
    raised_at: Mapped[float] = mapped_column(Instant)
    cleared_at: Mapped[float | None] = mapped_column(Instant, index=True)
    acknowledged_at: Mapped[float | None] = mapped_column(Instant)
    acknowledged_by: Mapped[int | None]


class MonitorUseRow(Base):
    """Somebody listened to a call, whispered or barged in; one row for each stretch in one mode."""

    __tablename__ = "monitor_uses"
    __table_args__ = (Index("ix_monitor_uses_started_at_id", "started_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    monitor: Mapped[str] = mapped_column(EventId)
    user_id: Mapped[int]
    agent_id: Mapped[int] = mapped_column(index=True)
    interaction_id: Mapped[str] = mapped_column(EventId, index=True)
    mode: Mapped[str] = mapped_column(String(8))
    started_at: Mapped[float] = mapped_column(Instant)
    ended_at: Mapped[float | None] = mapped_column(Instant)
    # The end is not known, only that it was over then: the service was not there to hear it.
    estimated: Mapped[bool] = mapped_column(server_default=false())
