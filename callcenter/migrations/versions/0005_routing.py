"""Our own distribution: queues, skills, calendars, entry points, menus; and the rights for it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = sa.String(64)
TAKES_CALLS = {"agent.state": "own", "call.control": "own", "work.handle": "all"}
SUPERVISES = dict.fromkeys(
    ("agent.state", "call.control", "call.dial_abroad", "queue.simulate", "work.handle"), "all"
)
RIGHTS = {
    "administrator": {**SUPERVISES, "queue.manage": "all"},
    "supervisor": SUPERVISES,
    "agent": TAKES_CALLS,
    "online_support": TAKES_CALLS,
}
PAUSE_REASONS = (
    ("break", "休息", "Break"),
    ("meal", "用餐", "Meal"),
    ("meeting", "会议", "Meeting"),
    ("training", "培训", "Training"),
    ("coaching", "辅导", "Coaching"),
    ("paperwork", "文书处理", "Paperwork"),
    ("system", "系统故障", "System trouble"),
    ("personal", "个人事务", "Personal"),
)
DISPOSITIONS = (
    ("resolved", "已解决", "Resolved"),
    ("follow_up", "需跟进", "Follow up"),
    ("callback", "需回电", "Call back"),
    ("complaint", "投诉", "Complaint"),
    ("sale", "成交", "Sale"),
    ("not_interested", "无意向", "Not interested"),
    ("wrong_number", "打错电话", "Wrong number"),
    ("nuisance", "骚扰电话", "Nuisance call"),
)


def upgrade() -> None:
    for column in _queue_columns():
        op.add_column("queues", column)
    op.add_column(
        "agents", sa.Column("rank", sa.Integer, nullable=False, server_default=sa.text("0"))
    )
    _of_agents()
    _of_callers()
    _words()
    _of_customers()
    _rights()


def downgrade() -> None:
    rights = sa.table("role_rights", sa.column("right", sa.String))
    names = sorted({right for held in RIGHTS.values() for right in held})
    op.execute(rights.delete().where(rights.c.right.in_(names)))
    op.drop_column("tickets", "owner_id")
    op.drop_index("ix_customers_account_number", "customers")
    op.drop_column("customers", "account_number")
    for table in ("dispositions", "pause_reasons", "prompts", "menus", "entry_points"):
        op.drop_table(table)
    for table in ("calendars", "agent_queues", "agent_skills", "skills"):
        op.drop_table(table)
    op.drop_column("agents", "rank")
    for column in reversed(_queue_columns()):
        op.drop_column("queues", column.name)


def _queue_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("ours", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("weight", sa.Double, nullable=False, server_default=sa.text("1.0")),
        sa.Column("priority", sa.Double, nullable=False, server_default=sa.text("0.0")),
        sa.Column("strategy", sa.String(16), nullable=False, server_default="longest_idle"),
        sa.Column("ring_seconds", sa.Double, nullable=False, server_default=sa.text("20.0")),
        sa.Column("wrap_up_seconds", sa.Double, nullable=False, server_default=sa.text("30.0")),
        sa.Column("wrap_up_extend", sa.Double, nullable=False, server_default=sa.text("120.0")),
        sa.Column("rona_limit", sa.Integer, nullable=False, server_default=sa.text("2")),
        sa.Column("required", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("preferred", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("calendar", NAME),
        sa.Column("max_waiting", sa.Integer),
        sa.Column("max_wait", sa.Double),
        sa.Column("music", NAME, nullable=False, server_default="default"),
        sa.Column("announce_every", sa.Double, server_default=sa.text("60.0")),
        sa.Column("announce_position", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("announce_wait", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("exit_key", sa.String(1)),
        sa.Column("callback_key", sa.String(1)),
        sa.Column("next_steps", sa.JSON, nullable=False, server_default="{}"),
        sa.Column("dispositions", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("disposition_required", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("ask_satisfaction", sa.Boolean, nullable=False, server_default=sa.false()),
    ]


def _agent() -> sa.Column[int]:
    return sa.Column(
        "agent_id", sa.Integer, sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )


def _label() -> sa.Column[str]:
    return sa.Column("label", sa.Text, nullable=False, server_default="")


def _of_agents() -> None:
    op.create_table("skills", sa.Column("name", NAME, primary_key=True), _label())
    skill = sa.ForeignKey("skills.name", ondelete="CASCADE")
    op.create_table(
        "agent_skills",
        _agent(),
        sa.Column("skill", NAME, skill, primary_key=True, index=True),
        sa.Column("level", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    queue = sa.ForeignKey("queues.id", ondelete="CASCADE")
    op.create_table(
        "agent_queues",
        _agent(),
        sa.Column("queue_id", sa.Integer, queue, primary_key=True, index=True),
    )


def _of_callers() -> None:
    op.create_table(
        "calendars",
        sa.Column("name", NAME, primary_key=True),
        _label(),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "entry_points",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("number", NAME, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("menu", NAME),
        sa.Column("queue", sa.Text, nullable=False),
        sa.UniqueConstraint("pbx", "number"),
    )
    op.create_table(
        "menus",
        sa.Column("name", NAME, primary_key=True),
        _label(),
        sa.Column("data", sa.JSON, nullable=False),
    )
    op.create_table(
        "prompts",
        sa.Column("name", NAME, primary_key=True),
        _label(),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("uploaded_at", Instant, nullable=False),
    )


def _words() -> None:
    """What agents choose from, with words in both languages."""
    for name, rows in (("pause_reasons", PAUSE_REASONS), ("dispositions", DISPOSITIONS)):
        table = op.create_table(
            name,
            sa.Column("name", NAME, primary_key=True),
            sa.Column("zh", sa.Text, nullable=False),
            sa.Column("en", sa.Text, nullable=False),
            sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0")),
            sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        )
        op.bulk_insert(
            table,
            [
                {"name": key, "zh": zh, "en": en, "position": place, "active": True}
                for place, (key, zh, en) in enumerate(rows)
            ],
        )


def _of_customers() -> None:
    """What entry rules ask: the account number typed in, and who looks after an open ticket."""
    op.add_column("customers", sa.Column("account_number", NAME))
    op.create_index("ix_customers_account_number", "customers", ["account_number"], unique=True)
    # No foreign key: SQLite could only add one by writing the table anew; people are switched off,
    # not deleted.
    op.add_column("tickets", sa.Column("owner_id", sa.Integer))
    tickets = sa.table("tickets", sa.column("owner_id"), sa.column("created_by"))
    op.execute(tickets.update().values(owner_id=tickets.c.created_by))


def _rights() -> None:
    table = sa.table("role_rights", sa.column("role"), sa.column("right"), sa.column("scope"))
    rows = [
        {"role": role, "right": right, "scope": scope}
        for role, held in RIGHTS.items()
        for right, scope in held.items()
    ]
    op.bulk_insert(table, rows)
