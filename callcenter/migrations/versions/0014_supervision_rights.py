"""Rights for recordings, supervision, quality, reports and webhooks, for the built-in roles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SUPERVISES = dict.fromkeys(
    (
        *("recording.control", "recording.download", "recording.share"),
        *("quality.read", "quality.score", "quality.configure"),
        *("call.listen", "call.whisper", "call.barge", "queue.steer", "alarm.manage"),
        *("report.read", "report.schedule"),
    ),
    "all",
)
MANAGES = dict.fromkeys(
    ("recording.delete", "recording.configure", "person.erase", "webhook.manage"), "all"
)
OWN = dict.fromkeys(("recording.control", "quality.read", "report.read"), "own")
RIGHTS = {
    "administrator": SUPERVISES | MANAGES,
    "supervisor": SUPERVISES,
    "agent": OWN,
    "online_support": OWN,
    "executive": {"report.read": "all"},
}
ROLE_RIGHTS = sa.table("role_rights", sa.column("role"), sa.column("right"), sa.column("scope"))


def upgrade() -> None:
    op.bulk_insert(
        ROLE_RIGHTS,
        [
            {"role": role, "right": right, "scope": scope}
            for role, held in RIGHTS.items()
            for right, scope in held.items()
        ],
    )


def downgrade() -> None:
    names = sorted({right for held in RIGHTS.values() for right in held})
    op.execute(ROLE_RIGHTS.delete().where(ROLE_RIGHTS.c.right.in_(names)))
