"""Roll-ups of reports in longer blocks; reports by mail at set times, and mails with a file."""
# ruff: noqa: S608 - every word of this SQL stands in this file

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NOTHING = sa.text("0")
MADE_OF = ((4, 1), (16, 4), (96, 16))  # quarters of an hour: each of the size before it
CONTACT = ("handled", "talk", "hold", "wrap_up", "transfers_out", "fcr_known", "fcr_resolved")
ATTEMPTS = ("offers", "offers_answered", "rona", "offers_rejected", "offers_failed", "ring")
SCORES = ("scores", "score_sum")
QUEUE = (
    *("offered", "answered", "abandoned", "short_abandons"),
    *("timed_out", "empty", "key_exit", "withdrawn", "callback", "overflow", "lost"),
    *("in_time", "abandoned_in_time", "entries_transferred"),
    *("wait_answered", "wait_abandoned", "longest_wait"),
    *CONTACT,
    *ATTEMPTS,
    *("callbacks", "callbacks_reached", "callbacks_failed", "callbacks_cancelled"),
    *SCORES,
)
AGENT = (
    *CONTACT,
    *("handled_inbound", "handled_outbound", "transfers_in", "consults", "consult_talk"),
    *ATTEMPTS,
    *("callback_attempts", "callbacks_spoken"),
    *SCORES,
    *("recordings_scored", "quality_known", "quality_sum"),
    *("state_ready", "state_not_ready", "state_offered", "state_busy", "state_wrap_up"),
)
DISPOSITION = (*CONTACT, *SCORES)


def upgrade() -> None:
    disposition = sa.Column("disposition", sa.String(64), primary_key=True)
    _blocks("queue", QUEUE, sa.Column("queue", sa.Text, primary_key=True))
    _blocks("agent", AGENT, _key("agent_id"))
    _blocks("disposition", DISPOSITION, _key("agent_id"), disposition)
    _schedules()
    _runs()
    op.create_table(
        "mail_files",
        _mail(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.String(128), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    for table in (
        *("mail_files", "report_mails", "report_runs", "report_schedules"),
        *("report_disposition_blocks", "report_agent_blocks", "report_queue_blocks"),
    ):
        op.drop_table(table)


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, primary_key=True, autoincrement=False)


def _blocks(what: str, sums: tuple[str, ...], *key: sa.Column[Any]) -> None:
    """A table of blocks, made from the quarter hours that there are."""
    name, quarters = f"report_{what}_blocks", f"report_{what}s"
    added = (sa.Column(one, sa.BigInteger, nullable=False, server_default=NOTHING) for one in sums)
    op.create_table(name, _key("quarters"), _key("slot"), *key, *added)
    keys = ", ".join(column.name for column in key)
    totals = ", ".join(f"{'max' if one == 'longest_wait' else 'sum'}({one})" for one in sums)
    for size, part in MADE_OF:
        source = quarters if part == 1 else f"{name} WHERE quarters = {part}"
        op.execute(
            f"INSERT INTO {name} (quarters, slot, {keys}, {', '.join(sums)}) "
            f"SELECT {size}, slot / {size} * {size}, {keys}, {totals} FROM {source} "
            f"GROUP BY slot / {size} * {size}, {keys}"
        )


def _mail() -> sa.Column[Any]:
    return sa.Column(
        "mail_id", sa.Integer, sa.ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True
    )


def _schedules() -> None:
    op.create_table(
        "report_schedules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("owner_id", sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL")),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("every", sa.String(8), nullable=False),
        sa.Column("day", sa.Integer),
        sa.Column("minute", sa.Integer, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("recipients", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("stopped", sa.String(16)),
        sa.Column("stopped_at", Instant),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("asked_at", Instant),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_index("ix_report_schedules_owner_id", "report_schedules", ["owner_id"])


def _runs() -> None:
    schedule = sa.ForeignKey("report_schedules.id", ondelete="CASCADE")
    run = sa.ForeignKey("report_runs.id", ondelete="CASCADE")
    op.create_table(
        "report_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("schedule_id", sa.Integer, schedule, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        sa.Column("first_day", sa.String(10), nullable=False),
        sa.Column("end_day", sa.String(10), nullable=False),
        sa.Column("asked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("missed", sa.Integer, nullable=False, server_default=NOTHING),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_report_runs_schedule_id_id", "report_runs", ["schedule_id", "id"])
    op.create_table("report_mails", _mail(), sa.Column("run_id", sa.Integer, run, nullable=False))
    op.create_index("ix_report_mails_run_id", "report_mails", ["run_id"])
