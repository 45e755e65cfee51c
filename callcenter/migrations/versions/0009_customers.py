"""Customers in full: own fields, dictionary, tags, addresses, the public pool, tasks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OWNED = sa.text("owner_id IS NOT NULL")
OPEN = sa.text("done_at IS NULL")
DICTIONARY = {
    "level": (
        ("VIP", "VIP", "VIP"),
        ("gold", "金牌", "Gold"),
        ("silver", "银牌", "Silver"),
        ("standard", "普通", "Standard"),
    ),
    "type": (
        ("prospect", "潜在客户", "Prospect"),
        ("customer", "成交客户", "Customer"),
        ("partner", "合作伙伴", "Partner"),
        ("supplier", "供应商", "Supplier"),
        ("former", "流失客户", "Former customer"),
    ),
    "source": (
        ("call", "来电", "Incoming call"),
        ("website", "网站", "Website"),
        ("referral", "转介绍", "Referral"),
        ("exhibition", "展会", "Trade fair"),
        ("campaign", "市场活动", "Campaign"),
        ("import", "导入", "Import"),
        ("other", "其他", "Other"),
    ),
    "pending_reason": (
        ("waiting_customer", "等待客户回复", "Waiting for the customer"),
        ("waiting_colleague", "等待其他部门", "Waiting for a colleague"),
        ("waiting_supplier", "等待供应商", "Waiting for a supplier"),
        ("scheduled", "约定时间处理", "Agreed for later"),
    ),
    "close_reason": (
        ("solved", "已解决", "Solved"),
        ("duplicate", "重复", "Duplicate"),
        ("no_answer", "客户无回应", "No answer from the customer"),
        ("not_ours", "非本公司业务", "Not our business"),
    ),
}


def upgrade() -> None:
    _customers()
    _emails()
    _addresses()
    _tags()
    _dictionary()
    _fields()
    _pool()
    _tasks()
    op.create_index(
        "ix_activities_customer_id_kind_at_id", "activities", ["customer_id", "kind", "at", "id"]
    )


def downgrade() -> None:
    op.drop_index("ix_activities_customer_id_kind_at_id", "activities")
    for table in ("tasks", "pool_limit", "pool_rules", "custom_values"):
        op.drop_table(table)
    for table in ("custom_field_choices", "custom_fields", "dictionary", "customer_tags"):
        op.drop_table(table)
    op.drop_table("addresses")
    _emails_back()
    for index in ("level_owned_at", "team_id", "tax_number"):
        op.drop_index(f"ix_customers_{index}", "customers")
    for column in ("notes", "birthday", "team_id", "owned_at", "tax_number", "source", "type"):
        op.drop_column("customers", column)


def _customers() -> None:
    op.add_column("customers", sa.Column("type", sa.Text))
    op.add_column("customers", sa.Column("source", sa.Text))
    op.add_column("customers", sa.Column("tax_number", sa.String(64)))
    op.add_column("customers", sa.Column("owned_at", Instant))
    # Without a foreign key: SQLite could only add one by writing the table anew.
    op.add_column("customers", sa.Column("team_id", sa.Integer))
    op.add_column("customers", sa.Column("birthday", sa.Date))
    op.add_column("customers", sa.Column("notes", sa.Text))
    op.execute("UPDATE customers SET owned_at = updated_at WHERE owner_id IS NOT NULL")
    op.create_index("ix_customers_tax_number", "customers", ["tax_number"])
    op.create_index("ix_customers_team_id", "customers", ["team_id"])
    op.create_index(
        "ix_customers_level_owned_at",
        "customers",
        ["level", "owned_at", "id"],
        postgresql_where=OWNED,
        sqlite_where=OWNED,
    )


def _of_customer() -> sa.Column[int]:
    return sa.Column("customer_id", sa.Integer, _customer_key(), nullable=False, index=True)


def _customer_key() -> sa.ForeignKey:
    return sa.ForeignKey("customers.id", ondelete="CASCADE")


def _emails() -> None:
    contact = sa.ForeignKey("contacts.id", ondelete="SET NULL")
    op.create_table(
        "email_addresses",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_customer(),
        sa.Column("contact_id", sa.Integer, contact, index=True),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False, index=True),
        sa.Column("label", sa.Text),
    )
    op.execute(
        "INSERT INTO email_addresses (customer_id, contact_id, email, key) "
        "SELECT customer_id, id, email, lower(email) FROM contacts WHERE email IS NOT NULL"
    )
    op.drop_column("contacts", "email")


def _emails_back() -> None:
    op.add_column("contacts", sa.Column("email", sa.Text))
    op.execute(
        "UPDATE contacts SET email = (SELECT min(e.email) FROM email_addresses e "
        "WHERE e.contact_id = contacts.id)"
    )
    op.drop_table("email_addresses")


def _addresses() -> None:
    op.create_table(
        "addresses",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_customer(),
        sa.Column("label", sa.Text),
        sa.Column("country", sa.String(2)),
        sa.Column("region", sa.Text),
        sa.Column("city", sa.Text),
        sa.Column("street", sa.Text),
        sa.Column("postcode", sa.String(16)),
    )


def _tags() -> None:
    op.create_table(
        "customer_tags",
        sa.Column("customer_id", sa.Integer, _customer_key(), primary_key=True),
        sa.Column("tag", sa.String(40), primary_key=True),
    )
    op.create_index("ix_customer_tags_tag_customer_id", "customer_tags", ["tag", "customer_id"])


def _words() -> tuple[sa.Column[str], sa.Column[str], sa.Column[int], sa.Column[bool]]:
    return (
        sa.Column("label_zh", sa.Text, nullable=False),
        sa.Column("label_en", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("retired", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _dictionary() -> None:
    entries = op.create_table(
        "dictionary",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("value", sa.String(40), nullable=False),
        *_words(),
    )
    op.create_index("uq_dictionary_kind_value", "dictionary", ["kind", "value"], unique=True)
    op.bulk_insert(
        entries,
        [
            {"kind": kind, "value": value, "label_zh": zh, "label_en": en, "position": place}
            for kind, values in DICTIONARY.items()
            for place, (value, zh, en) in enumerate(values)
        ],
    )
    # What customers have today was free text, and stays valid.
    op.execute(
        "INSERT INTO dictionary (kind, value, label_zh, label_en, position) "
        "SELECT DISTINCT 'level', level, level, level, 100 FROM customers "
        "WHERE level IS NOT NULL AND level NOT IN "
        "(SELECT value FROM dictionary WHERE kind = 'level')"
    )


def _fields() -> None:
    op.create_table(
        "custom_fields",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, unique=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("required", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("once", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("on_pop", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        *_words(),
    )
    op.create_table(
        "custom_field_choices",
        sa.Column("field_id", sa.Integer, _field_key(), primary_key=True),
        sa.Column("value", sa.String(40), primary_key=True),
        *_words(),
    )
    op.create_table(
        "custom_values",
        sa.Column("customer_id", sa.Integer, _customer_key(), primary_key=True),
        sa.Column("field_id", sa.Integer, _field_key(), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True, server_default=sa.text("0")),
        sa.Column("text", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("number", sa.Double),
        sa.Column("day", sa.Date),
        sa.Column("once_key", sa.Text),
    )
    for column in ("key", "number", "day"):
        name = f"ix_custom_values_field_id_{column}"
        op.create_index(name, "custom_values", ["field_id", column, "customer_id"])
    once = ["field_id", "once_key"]
    op.create_index("uq_custom_values_field_id_once_key", "custom_values", once, unique=True)


def _field_key() -> sa.ForeignKey:
    return sa.ForeignKey("custom_fields.id", ondelete="CASCADE")


def _pool() -> None:
    op.create_table(
        "pool_rules",
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("days", sa.Integer, nullable=False),
    )
    op.create_table(
        "pool_limit",
        sa.Column(
            "id",
            sa.Integer,
            primary_key=True,
            autoincrement=False,
            server_default=sa.text("1"),
        ),
        sa.Column("most_owned", sa.Integer),
    )


def _tasks() -> None:
    def user(name: str) -> sa.Column[int]:
        return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"))

    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("customer_id", sa.Integer, _customer_key(), nullable=False),
        sa.Column("interaction_id", EventId),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("notes", sa.Text),
        sa.Column("due_at", Instant, nullable=False),
        user("assignee_id"),
        user("created_by"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("done_at", Instant),
        user("done_by"),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    for column in ("customer_id", "assignee_id"):
        op.create_index(f"ix_tasks_{column}_due_at_id", "tasks", [column, "due_at", "id"])
    op.create_index(
        "ix_tasks_due_at_id",
        "tasks",
        ["due_at", "id"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
