"""Score sheets, samples, scores and disputes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FIRST, EMPTY, NOTHING = sa.text("1"), sa.text("'[]'"), sa.text("'{}'")


def upgrade() -> None:
    _sheets()
    _rules()
    _scores()
    _parts()


def downgrade() -> None:
    for name in ("steps", "answers", "scores", "rules", "sheet_versions", "sheets"):
        op.drop_table(f"quality_{name}")


def _sheets() -> None:
    op.create_table(
        "quality_sheets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("version", sa.Integer, nullable=False, server_default=FIRST),
        sa.Column("last_key", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "quality_sheet_versions",
        sa.Column(
            "sheet_id",
            sa.Integer,
            sa.ForeignKey("quality_sheets.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("made_by", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
    )


def _rules() -> None:
    op.create_table(
        "quality_rules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("version", sa.Integer, nullable=False, server_default=FIRST),
        sa.Column(
            "sheet_id",
            sa.Integer,
            sa.ForeignKey("quality_sheets.id"),
            nullable=False,
            index=True,
        ),
        sa.Column("since", Instant, nullable=False),
        sa.Column("per_week", sa.Integer, nullable=False),
        sa.Column("shortest", sa.Double),
        sa.Column("longest", sa.Double),
        *(
            sa.Column(name, sa.JSON, nullable=False, server_default=EMPTY)
            for name in ("queues", "directions", "agents", "evaluators")
        ),
        sa.Column("satisfaction_from", sa.Integer),
        sa.Column("satisfaction_to", sa.Integer),
    )


def _scores() -> None:
    op.create_table(
        "quality_scores",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("recording_id", EventId, nullable=False),
        sa.Column("interaction_id", EventId),
        sa.Column("agent_id", sa.Integer, nullable=False),
        sa.Column("recorded_at", Instant, nullable=False),
        sa.Column("seconds", sa.Double),
        sa.Column("direction", sa.String(16)),
        sa.Column("sheet_id", sa.Integer, sa.ForeignKey("quality_sheets.id"), nullable=False),
        sa.Column("sheet_version", sa.Integer),
        sa.Column("rule_id", sa.Integer, sa.ForeignKey("quality_rules.id", ondelete="SET NULL")),
        sa.Column("week", sa.Date),
        sa.Column("evaluator_id", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("content", sa.JSON, nullable=False, server_default=NOTHING),
        sa.Column("version", sa.Integer, nullable=False, server_default=FIRST),
        sa.Column("score", sa.Double),
        sa.Column("passed", sa.Boolean),
        sa.Column("knocked_out", sa.Boolean),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("submitted_at", Instant),
        sa.UniqueConstraint("recording_id", "sheet_id"),
    )
    for columns in (
        ["agent_id", "recorded_at"],
        ["evaluator_id", "state"],
        ["state", "created_at"],
        ["rule_id", "week"],
        ["recorded_at"],
    ):
        op.create_index(f"ix_quality_scores_{'_'.join(columns)}", "quality_scores", columns)


def _parts() -> None:
    op.create_table(
        "quality_answers",
        sa.Column(
            "score_id",
            sa.Integer,
            sa.ForeignKey("quality_scores.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("question", sa.String(8), primary_key=True),
        sa.Column("sheet_id", sa.Integer, nullable=False),
        sa.Column("earned", sa.Double),
    )
    op.create_index(
        "ix_quality_answers_sheet_id_question", "quality_answers", ["sheet_id", "question"]
    )
    op.create_table(
        "quality_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "score_id",
            sa.Integer,
            sa.ForeignKey("quality_scores.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor_id", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("score", sa.Double),
        sa.Column("content", sa.JSON),
    )
    op.create_index("ix_quality_steps_score_id_id", "quality_steps", ["score_id", "id"])
