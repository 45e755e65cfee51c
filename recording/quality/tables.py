"""Score sheets, the rules by which calls are sampled, and the scores.

Recordings, calls and agents carry no foreign keys: a score stays when a recording is deleted.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

USER = "users.id"


class QualitySheet(Base):
    """A sheet as it is now; what was ever asked is in its versions. Retired, never deleted."""

    __tablename__ = "quality_sheets"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(server_default=true())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    last_key: Mapped[int] = mapped_column(server_default=text("0"))  # of a question, ever


class QualitySheetVersion(Base):
    """A sheet as it was: a score keeps the version that it was made with."""

    __tablename__ = "quality_sheet_versions"

    sheet_id: Mapped[int] = mapped_column(
        ForeignKey("quality_sheets.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)  # quality.sheets.SheetBody
    made_at: Mapped[float] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(ForeignKey(USER, ondelete="SET NULL"))


class QualityRule(Base):
    """So many calls a week of each agent, of those that fit."""

    __tablename__ = "quality_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    active: Mapped[bool] = mapped_column(server_default=true())
    version: Mapped[int] = mapped_column(server_default=text("1"))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("quality_sheets.id"), index=True)
    since: Mapped[float] = mapped_column(Instant)  # weeks that were over then are left alone
    per_week: Mapped[int]
    shortest: Mapped[float | None]  # seconds
    longest: Mapped[float | None]
    queues: Mapped[list[Any]] = mapped_column(JSON, server_default=text("'[]'"))
    directions: Mapped[list[Any]] = mapped_column(JSON, server_default=text("'[]'"))
    agents: Mapped[list[Any]] = mapped_column(JSON, server_default=text("'[]'"))
    evaluators: Mapped[list[Any]] = mapped_column(JSON, server_default=text("'[]'"))
    satisfaction_from: Mapped[int | None]
    satisfaction_to: Mapped[int | None]


class QualityScore(Base):
    """A call that is to be scored, or was; `sheet_version` is set with the first draft."""

    __tablename__ = "quality_scores"
    __table_args__ = (
        UniqueConstraint("recording_id", "sheet_id"),
        Index("ix_quality_scores_agent_id_recorded_at", "agent_id", "recorded_at"),
        Index("ix_quality_scores_evaluator_id_state", "evaluator_id", "state"),
        Index("ix_quality_scores_state_created_at", "state", "created_at"),
        Index("ix_quality_scores_rule_id_week", "rule_id", "week"),
        Index("ix_quality_scores_recorded_at", "recorded_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = mapped_column(EventId)
    interaction_id: Mapped[str | None] = mapped_column(EventId)
    agent_id: Mapped[int]
    recorded_at: Mapped[float] = mapped_column(Instant)
    seconds: Mapped[float | None]
    direction: Mapped[str | None] = mapped_column(String(16))
    sheet_id: Mapped[int] = mapped_column(ForeignKey("quality_sheets.id"))
    sheet_version: Mapped[int | None]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("quality_rules.id", ondelete="SET NULL"))
    week: Mapped[date | None] = mapped_column(Date)  # the Monday of the sample
    evaluator_id: Mapped[int | None] = mapped_column(ForeignKey(USER, ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(16))  # quality.states.ScoreState
    content: Mapped[dict[str, Any]] = mapped_column(JSON, server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    score: Mapped[float | None]  # percent; None: nothing applied, or not submitted
    passed: Mapped[bool | None]
    knocked_out: Mapped[bool | None]
    created_at: Mapped[float] = mapped_column(Instant)
    submitted_at: Mapped[float | None] = mapped_column(Instant)


class QualityAnswer(Base):
    """What each question earned in a submitted score, 0 to 1; None: it did not apply."""

    __tablename__ = "quality_answers"
    __table_args__ = (Index("ix_quality_answers_sheet_id_question", "sheet_id", "question"),)

    score_id: Mapped[int] = mapped_column(
        ForeignKey("quality_scores.id", ondelete="CASCADE"), primary_key=True
    )
    question: Mapped[str] = mapped_column(String(8), primary_key=True)
    sheet_id: Mapped[int]
    earned: Mapped[float | None]


class QualityStep(Base):
    """What happened to a score; what was submitted before a dispute changed it stays here."""

    __tablename__ = "quality_steps"
    __table_args__ = (Index("ix_quality_steps_score_id_id", "score_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("quality_scores.id", ondelete="CASCADE"))
    at: Mapped[float] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey(USER, ondelete="SET NULL"))
    step: Mapped[str] = mapped_column(String(16))  # quality.states.ScoreStep
    text: Mapped[str | None] = mapped_column(Text)  # a dispute's words, a decision's reason
    score: Mapped[float | None]
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON)
