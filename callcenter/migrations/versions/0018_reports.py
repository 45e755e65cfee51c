"""Roll-ups of reports, and what says which of them are to be computed again.

Triggers mark the hours whose rows are written by others than the one writer of calls, and keep
whose a telephone was when.
"""
# ruff: noqa: S608 - every word of this SQL stands in this file

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

NOTHING = sa.text("0")
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
    op.add_column("segments", sa.Column("short_threshold", sa.Double))
    op.create_index(
        "ix_interactions_caller_e164_started_at", "interactions", ["caller_e164", "started_at"]
    )
    op.create_index("ix_callbacks_created_at", "callbacks", ["created_at"])
    op.create_index("ix_callback_attempts_at", "callback_attempts", ["at"])
    op.create_index("ix_offers_started_at", "offers", ["started_at"])
    op.create_index("ix_agent_state_log_interaction_id", "agent_state_log", ["interaction_id"])
    _contacts()
    _roll_up("report_queues", QUEUE, _slot(), sa.Column("queue", sa.Text, primary_key=True))
    _roll_up("report_agents", AGENT, _slot(), _agent())
    named = sa.Column("disposition", sa.String(64), primary_key=True)
    _roll_up("report_dispositions", DISPOSITION, _slot(), _agent(), named)
    op.create_table(
        "report_states",
        *(_slot(), _agent(), sa.Column("state", sa.String(16), primary_key=True)),
        sa.Column("reasons", sa.Text, primary_key=True),
        sa.Column("length", sa.BigInteger, nullable=False),
    )
    _keeping()
    postgresql = op.get_bind().dialect.name == "postgresql"
    begin = "to_timestamp(0)" if postgresql else "0.0"
    op.execute(
        "INSERT INTO report_phones (pbx, interface, agent_id, since) "
        f"SELECT pbx, interface, agent_id, {begin} FROM agent_interfaces"
    )
    (_postgresql if postgresql else _sqlite)()


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, table, event, _ in _triggers(_Postgresql if postgresql else _Sqlite):
        op.execute(f"DROP TRIGGER {_full(name, event)}" + (f" ON {table}" if postgresql else ""))
        if postgresql:
            op.execute(f"DROP FUNCTION {_full(name, event)}()")
    for table in (
        *("report_progress", "report_marks", "report_phones"),
        *("report_states", "report_dispositions", "report_agents", "report_queues"),
        "report_contacts",
    ):
        op.drop_table(table)
    op.drop_index("ix_agent_state_log_interaction_id", "agent_state_log")
    op.drop_index("ix_offers_started_at", "offers")
    op.drop_index("ix_callback_attempts_at", "callback_attempts")
    op.drop_index("ix_callbacks_created_at", "callbacks")
    op.drop_index("ix_interactions_caller_e164_started_at", "interactions")
    op.drop_column("segments", "short_threshold")


# --- tables -----------------------------------------------------------------------------------


def _slot() -> sa.Column[Any]:
    return sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False)


def _agent() -> sa.Column[Any]:
    return sa.Column("agent_id", sa.Integer, primary_key=True, autoincrement=False)


def _long(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _roll_up(name: str, sums: tuple[str, ...], *key: sa.Column[Any]) -> None:
    added = (sa.Column(one, sa.BigInteger, nullable=False, server_default=NOTHING) for one in sums)
    op.create_table(name, *key, *added)


def _contacts() -> None:
    op.create_table(
        "report_contacts",
        sa.Column("interaction_id", EventId, primary_key=True),
        _agent(),
        sa.Column("entry_id", EventId, primary_key=True),
        _count("slot"),
        sa.Column("queue", sa.Text),
        sa.Column("disposition", sa.String(64)),
        sa.Column("direction", sa.String(16)),
        sa.Column("began_at", Instant, nullable=False),
        _count("handled"),
        *(_long("talk"), _long("hold"), _long("wrap_up")),
        *(_count("consults"), _long("consult_talk")),
        *(_count("transferred_in"), _count("transfers_out")),
        sa.Column("fcr", sa.Integer),
    )
    op.create_index("ix_report_contacts_slot_agent_id", "report_contacts", ["slot", "agent_id"])
    op.create_index("ix_report_contacts_agent_id_slot", "report_contacts", ["agent_id", "slot"])


def _keeping() -> None:
    op.create_table(
        "report_phones",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("interface", sa.Text, nullable=False),
        _count("agent_id"),
        sa.Column("since", Instant, nullable=False),
        sa.Column("until", Instant),
    )
    op.create_index("ix_report_phones_pbx_interface", "report_phones", ["pbx", "interface"])
    op.create_table(
        "report_marks",
        sa.Column("id", sa.Integer, primary_key=True),
        _count("hour"),
        sa.Column("onward", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_table(
        "report_progress",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *(_count("hour"), _count("checked_day")),
    )


# --- triggers ---------------------------------------------------------------------------------


class _Postgresql:
    now = "now()"
    begin = "to_timestamp(0)"
    second = "interval '1 second'"

    @staticmethod
    def hour(of: str) -> str:
        return f"floor(extract(epoch FROM {of}) / 3600)::integer"


class _Sqlite:
    now = "((julianday('now') - 2440587.5) * 86400.0)"
    begin = "0.0"
    second = "1.0"

    @staticmethod
    def hour(of: str) -> str:
        return f"CAST({of} / 3600 AS INTEGER)"


Words = type[_Postgresql] | type[_Sqlite]
# Of this interaction, or what it was merged into.
_CALLS = "SELECT coalesce(i.merged_into, i.id) FROM interactions i WHERE i.id IN ({ids})"


def _mark_call(words: Words, ids: str) -> str:
    """The hours in which something of these calls began."""
    return (
        f"INSERT INTO report_marks (hour) SELECT DISTINCT {words.hour('s.started_at')} "
        f"FROM segments s WHERE s.interaction_id IN ({_CALLS.format(ids=ids)}) "
        "AND s.started_at IS NOT NULL;"
    )


def _mark_at(words: Words, moment: str) -> str:
    return (
        f"INSERT INTO report_marks (hour) SELECT {words.hour(moment)} WHERE {moment} IS NOT NULL;"
    )


def _triggers(words: Words) -> list[tuple[str, str, str, str]]:
    """(name, table, event, body)."""
    found = [("report_state", "agent_state_log", "INSERT", _state(words))]
    for table, moment in (
        ("satisfaction", "at"),
        ("callbacks", "created_at"),
        ("callback_attempts", "at"),
        ("quality_scores", "recorded_at"),
    ):
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            body = _mark_at(words, f"{row}.{moment}")
            found.append((f"report_{table}", table, event, body))
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        said = (
            f"INSERT INTO report_marks (hour) SELECT {words.hour('f.at')} FROM satisfaction f "
            f"WHERE f.interaction_id = {row}.interaction_id;"
        )
        body = _mark_call(words, f"{row}.interaction_id") + said
        found.append(("report_dispositions", "interaction_dispositions", event, body))
    found += [
        ("report_phone", "agent_interfaces", "INSERT", _given(words)),
        ("report_phone", "agent_interfaces", "UPDATE", _taken(words) + _given(words)),
        ("report_phone", "agent_interfaces", "DELETE", _taken(words)),
    ]
    return found


def _state(words: Words) -> str:
    """It ends the state before it, which may have been the wrap-up of a call."""
    before = (
        "(SELECT l.interaction_id FROM agent_state_log l WHERE l.agent_id = NEW.agent_id "
        "AND l.at <= NEW.at AND l.id <> NEW.id ORDER BY l.at DESC, l.id DESC LIMIT 1)"
    )
    onward = (
        "INSERT INTO report_marks (hour, onward) VALUES "
        f"({words.hour('NEW.at')}, {'true' if words is _Postgresql else '1'});"
    )
    return onward + _mark_call(words, f"NEW.interaction_id, {before}")


def _same(row: str, prefix: str = "") -> str:
    return (
        f"{prefix}pbx = {row}.pbx AND {prefix}interface = {row}.interface "
        f"AND {prefix}agent_id = {row}.agent_id"
    )


def _given(words: Words) -> str:
    """One who gets back what was taken a moment ago never lost it: phones are saved anew."""
    known = "SELECT 1 FROM report_phones k WHERE k.pbx = NEW.pbx AND k.interface = NEW.interface"
    onward = "true" if words is _Postgresql else "1"
    first = words.hour("min(o.started_at)")
    return (
        f"UPDATE report_phones SET until = NULL WHERE {_same('NEW')} "
        f"AND until >= {words.now} - {words.second};"
        # The first owner of a telephone has had it always, so what it did before counts anew.
        f"INSERT INTO report_marks (hour, onward) SELECT {first}, {onward} "
        f"FROM offers o WHERE o.interface = NEW.interface AND NOT EXISTS ({known}) "
        "HAVING min(o.started_at) IS NOT NULL;"
        "INSERT INTO report_phones (pbx, interface, agent_id, since) "
        "SELECT NEW.pbx, NEW.interface, NEW.agent_id, "
        f"CASE WHEN EXISTS ({known}) THEN {words.now} ELSE {words.begin} END "
        f"WHERE NOT EXISTS (SELECT 1 FROM report_phones h WHERE {_same('NEW', 'h.')} "
        "AND h.until IS NULL);"
    )


def _taken(words: Words) -> str:
    return f"UPDATE report_phones SET until = {words.now} WHERE {_same('OLD')} AND until IS NULL;"


def _full(name: str, event: str) -> str:
    return f"{name}_{event.lower()}"


def _postgresql() -> None:
    for name, table, event, body in _triggers(_Postgresql):
        full = _full(name, event)
        op.execute(
            f"CREATE FUNCTION {full}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {full} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {full}()"
        )


def _sqlite() -> None:
    for name, table, event, body in _triggers(_Sqlite):
        op.execute(f"CREATE TRIGGER {_full(name, event)} AFTER {event} ON {table} BEGIN {body} END")
