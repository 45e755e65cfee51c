"""Merged customers that can be parted again, and the indexes of the search."""
# ruff: noqa: S608 - every name in these statements is written in this file

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

from callcenter.errors import ConfigError
from callcenter.store.base import Instant
from crm.search.pinyin import spell

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NAMED = ("customers", "contacts")  # tables with a name that can be typed in letters
AT_ONCE = 5_000
OPEN = sa.text("dismissed_at IS NULL")

# SQLite: full-text table → the table it follows, and its columns as what is indexed of each.
FULL_TEXT: dict[str, tuple[str, dict[str, str]]] = {
    "search_customers": ("customers", {"name": "name", "pinyin": "pinyin"}),
    "search_contacts": ("contacts", {"name": "name", "pinyin": "pinyin"}),
    "search_emails": ("email_addresses", {"key": "key"}),
    "search_numbers": ("phone_numbers", {"e164": "e164"}),
    "search_tickets": ("tickets", {"title": "title", "description": "description"}),
    "search_messages": ("ticket_messages", {"text": "text"}),
}

# PostgreSQL: index → table and what is in it.
TRIGRAMS: dict[str, tuple[str, str]] = {
    "search_customers": (
        "customers",
        "name gin_trgm_ops, search_grams(name), pinyin gin_trgm_ops",
    ),
    "search_contacts": (
        "contacts",
        "name gin_trgm_ops, search_grams(name), pinyin gin_trgm_ops",
    ),
    "search_emails": ("email_addresses", "key gin_trgm_ops"),
    "search_numbers": ("phone_numbers", "e164 gin_trgm_ops"),
    "search_tickets": (
        "tickets",
        "number gin_trgm_ops, title gin_trgm_ops, search_grams(title), "
        "description gin_trgm_ops, search_grams(description)",
    ),
    "search_messages": ("ticket_messages", "text gin_trgm_ops, search_grams(text)"),
}

# Rows of a customer follow a merge, whoever writes them and however late: they wait for a merge
# that is going on, and then belong to what came out of it. SQLite has one writer at a time, and
# who writes has read the customer in the same transaction.
FOLLOWING: dict[str, tuple[str, ...]] = {
    "activities": ("customer_id",),
    "addresses": ("customer_id",),
    "callbacks": ("customer_id",),
    "contacts": ("customer_id",),
    "custom_values": ("customer_id",),
    "customer_tags": ("customer_id",),
    "email_addresses": ("customer_id",),
    "interactions": ("customer_id", "picked_customer_id"),
    "phone_numbers": ("customer_id",),
    "recordings": ("customer_id",),
    "tasks": ("customer_id",),
    "tickets": ("customer_id",),
}

# Letters may come twice: the index keeps each once. A loop is three times as fast as one statement.
GRAMS = """
CREATE FUNCTION search_grams(value text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    grams text[] := '{}';
    before text := NULL;
    letter text;
BEGIN
    FOREACH letter IN ARRAY string_to_array(lower(left(value, 1000)), NULL) LOOP
        grams := array_append(grams, letter);
        IF before IS NOT NULL THEN
            grams := array_append(grams, before || letter);
        END IF;
        before := letter;
    END LOOP;
    RETURN grams;
END
$$
"""
SPELLED_AGAIN = """
CREATE FUNCTION forget_pinyin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.pinyin := NULL;
    RETURN NEW;
END
$$
"""
# Only who is nobody's part yet is locked: who locks a merged one, and then the other, may wait for
# somebody who does it the other way round.
CUSTOMER_TODAY = """
CREATE FUNCTION customer_today(customer integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    today integer := customer;
    target integer;
BEGIN
    LOOP
        SELECT merged_into INTO target FROM customers WHERE id = today;
        IF target IS NULL THEN
            SELECT merged_into INTO target FROM customers WHERE id = today FOR KEY SHARE;
        END IF;
        IF target IS NULL THEN
            RETURN today;
        END IF;
        today := target;
    END LOOP;
END
$$
"""
FOLLOW = """
CREATE FUNCTION follow_merge_of_{column}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.{column} := customer_today(NEW.{column});
    RETURN NEW;
END
$$
"""


def upgrade() -> None:
    for table in NAMED:
        op.add_column(table, sa.Column("pinyin", sa.Text))
        _spell(table)
    _merges()
    _duplicates()
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_back()
    else:
        _sqlite_back()
    for table in ("duplicate_scan", "duplicate_pairs", "merge_moves", "customer_merges"):
        op.drop_table(table)
    for table in NAMED:
        op.drop_column(table, "pinyin")


def _spell(table: str) -> None:
    """How the names that are there already read."""
    rows = sa.table(table, sa.column("id"), sa.column("name"), sa.column("pinyin"))
    spelled = (
        rows.update()
        .where(rows.c.id == sa.bindparam("row"))
        .values(pinyin=sa.bindparam("spelled", type_=sa.Text))
    )
    connection, last = op.get_bind(), 0
    while True:
        page = sa.select(rows.c.id, rows.c.name).where(rows.c.id > last).order_by(rows.c.id)
        found = connection.execute(page.limit(AT_ONCE)).all()
        if not found:
            return
        connection.execute(spelled, [{"row": id_, "spelled": spell(name)} for id_, name in found])
        last = found[-1][0]


def _key(name: str, table: str, *, index: bool = False, gone: str = "CASCADE") -> sa.Column[int]:
    return sa.Column(
        name,
        sa.Integer,
        sa.ForeignKey(f"{table}.id", ondelete=gone),
        nullable=gone == "SET NULL",
        index=index,
    )


def _merges() -> None:
    op.create_table(
        "customer_merges",
        sa.Column("id", sa.Integer, primary_key=True),
        _key("target_id", "customers", index=True),
        _key("source_id", "customers", index=True),
        sa.Column("merged_at", Instant, nullable=False),
        _key("merged_by", "users", gone="SET NULL"),
        sa.Column("chosen", sa.JSON, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("undone_at", Instant),
        _key("undone_by", "users", gone="SET NULL"),
    )
    op.create_table(
        "merge_moves",
        sa.Column(
            "merge_id",
            sa.Integer,
            sa.ForeignKey("customer_merges.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("place", sa.String(40), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
    )


def _duplicates() -> None:
    op.create_table(
        "duplicate_pairs",
        sa.Column("id", sa.Integer, primary_key=True),
        _key("first_id", "customers"),
        _key("second_id", "customers", index=True),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("found_at", Instant, nullable=False),
        sa.Column("dismissed_at", Instant),
        _key("dismissed_by", "users", gone="SET NULL"),
        sa.UniqueConstraint("first_id", "second_id"),
    )
    op.create_index(
        "ix_duplicate_pairs_score_id",
        "duplicate_pairs",
        ["score", "id"],
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_table(
        "duplicate_scan",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("updated_at", Instant, nullable=False),
        sa.Column("customer_id", sa.Integer, nullable=False),
    )


# --- PostgreSQL -----------------------------------------------------------------------------


def _postgresql() -> None:
    _extension()
    for function in (GRAMS, SPELLED_AGAIN, CUSTOMER_TODAY):
        op.execute(function)
    for name, (table, columns) in TRIGRAMS.items():
        # What was written a moment ago waits in a list that every search reads: kept short.
        op.execute(
            f"CREATE INDEX {name} ON {table} USING gin ({columns}) "
            "WITH (gin_pending_list_limit = 512)"
        )
    for table in NAMED:
        op.execute(f'CREATE INDEX search_{table}_begins ON {table} ((lower(name) COLLATE "C"))')
        op.execute(
            f"CREATE TRIGGER search_{table}_renamed BEFORE UPDATE OF name ON {table} FOR EACH ROW "
            "WHEN (NEW.name IS DISTINCT FROM OLD.name AND NEW.pinyin = OLD.pinyin) "
            "EXECUTE FUNCTION forget_pinyin()"
        )
    for followed in ("customer_id", "picked_customer_id"):
        op.execute(FOLLOW.format(column=followed))
    for table, following in FOLLOWING.items():
        for column in following:
            op.execute(
                f"CREATE TRIGGER follow_merge_of_{column} BEFORE INSERT OR UPDATE OF {column} "
                f"ON {table} FOR EACH ROW WHEN (NEW.{column} IS NOT NULL) "
                f"EXECUTE FUNCTION follow_merge_of_{column}()"
            )


def _extension() -> None:
    """Whoever owns a database may add pg_trgm to it; others are told whom to ask for what."""
    connection = op.get_bind()
    there = sa.text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")
    if connection.scalar(there) is not None:
        return
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION pg_trgm"))
    except DBAPIError as error:
        database = connection.scalar(sa.text("SELECT current_database()"))
        missing = getattr(error.orig, "sqlstate", "") in {"58P01", "0A000"}
        first = "install PostgreSQL's contrib package on its server, then " if missing else ""
        raise ConfigError(
            "the search needs PostgreSQL's extension pg_trgm, which could not be created with "
            f"this user's rights. Let an administrator of the database server {first}run: "
            f"psql -d {database} -c 'CREATE EXTENSION pg_trgm'; then start again",
            field="database.url",
        ) from error


def _postgresql_back() -> None:
    """The extension stays: others may use it."""
    for table, columns in FOLLOWING.items():
        for column in columns:
            op.execute(f"DROP TRIGGER follow_merge_of_{column} ON {table}")
    for column in ("customer_id", "picked_customer_id"):
        op.execute(f"DROP FUNCTION follow_merge_of_{column}()")
    for table in NAMED:
        op.execute(f"DROP TRIGGER search_{table}_renamed ON {table}")
    for name in (*TRIGRAMS, *(f"search_{table}_begins" for table in NAMED)):
        op.execute(f"DROP INDEX {name}")
    for function in ("customer_today(integer)", "forget_pinyin()", "search_grams(text)"):
        op.execute(f"DROP FUNCTION {function}")


# --- SQLite ---------------------------------------------------------------------------------


def _sqlite() -> None:
    for name, (table, columns) in FULL_TEXT.items():
        listed = ", ".join(columns)
        op.execute(
            f"CREATE VIRTUAL TABLE {name} USING fts5({listed}, content='', tokenize='trigram')"
        )
        op.execute(f"CREATE VIRTUAL TABLE {name}_terms USING fts5vocab({name}, 'row')")
        padded = _padded(table, columns)
        op.execute(f"INSERT INTO {name} (rowid, {listed}) SELECT id, {padded} FROM {table}")
        _follow(name, table, columns)


def _padded(row: str, columns: dict[str, str]) -> str:
    """Two blanks behind each text: its last letters begin a trigram too."""
    return ", ".join(f"coalesce({row}.{column}, '') || '  '" for column in columns.values())


def _follow(name: str, table: str, columns: dict[str, str]) -> None:
    listed = ", ".join(columns)
    add = f"INSERT INTO {name} (rowid, {listed}) VALUES (new.id, {_padded('new', columns)});"
    drop = (
        f"INSERT INTO {name} ({name}, rowid, {listed}) "
        f"VALUES ('delete', old.id, {_padded('old', columns)});"
    )
    again = ""
    if "pinyin" in columns:  # written by somebody who does not know how the new name reads
        again = (
            f"UPDATE {table} SET pinyin = NULL WHERE id = new.id "
            "AND new.name <> old.name AND new.pinyin = old.pinyin;"
        )
        add_now = _padded(table, columns)
        changed = (
            f"{drop} {again} INSERT INTO {name} (rowid, {listed}) "
            f"SELECT id, {add_now} FROM {table} WHERE id = new.id;"
        )
    else:
        changed = f"{drop} {add}"
    watched = ", ".join(columns.values())
    for event, body in (
        ("INSERT", add),
        ("DELETE", drop),
        (f"UPDATE OF {watched}", changed),
    ):
        op.execute(
            f"CREATE TRIGGER {name}_{event.split()[0].lower()} AFTER {event} ON {table} "
            f"BEGIN {body} END"
        )


def _sqlite_back() -> None:
    for name in FULL_TEXT:
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER {name}_{event}")
        op.execute(f"DROP TABLE {name}_terms")
        op.execute(f"DROP TABLE {name}")
