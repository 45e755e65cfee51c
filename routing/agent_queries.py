"""What agents do and did, as rows: read once at the start, written as it changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import AgentState
from callcenter.store.base import Base
from routing.agent_record import Agent, Contact
from routing.tables import Agent as AgentRow
from routing.tables import AgentStateLogRow, AgentStateRow

SIGN_OUT = "sign_out"


def row_of(agent: Agent) -> dict[str, Any]:
    """The agent as the database keeps them: what cannot be asked of the PBX again."""
    kept = agent.owed or agent.contact
    return {
        "agent_id": agent.id,
        "state": agent.state.value,
        "reasons": sorted(agent.reasons),
        "since": agent.since,
        "idle_since": agent.idle_since,
        "interface": agent.interface,
        "pending": SIGN_OUT if agent.leaving else agent.pending,
        "misses": agent.misses,
        "interaction_id": kept.interaction if kept else None,
        "queue": kept.queue if kept else None,
        "until": agent.until,
        "watched": agent.watched,
    }


def agent_of(row: AgentStateRow) -> Agent:
    """The agent as they were. Raises ValueError for what no version of ours has written."""
    contact = Contact(row.interaction_id, row.queue) if row.interaction_id else None
    return Agent(
        id=row.agent_id,
        state=AgentState(row.state),
        since=row.since,
        reasons=frozenset(map(str, row.reasons)),
        leaving=row.pending == SIGN_OUT,
        interface=row.interface,
        idle_since=row.idle_since,
        contact=contact,
        until=row.until,
        misses=row.misses,
        watched=row.watched,
    )


async def load_states(session: AsyncSession) -> list[AgentStateRow]:
    return list(await session.scalars(select(AgentStateRow)))


async def write_states(
    session: AsyncSession, rows: Sequence[dict[str, Any]], entries: Sequence[dict[str, Any]]
) -> None:
    """`rows` take the place of older ones. Of an agent who was deleted nothing is kept but the log.

    On PostgreSQL the check and the insert can be divided by a deletion; the caller tries again.
    """
    there = set(await session.scalars(select(AgentRow.id)))
    kept = [row for row in rows if row["agent_id"] in there]
    if kept:
        await session.execute(_upsert(session, AgentStateRow), kept)
    if entries:
        await session.execute(insert(AgentStateLogRow), entries)


def _upsert(session: AsyncSession, model: type[Base]) -> Any:
    make: Any = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = make.insert(model)
    names = [column.name for column in model.__table__.columns if column.name != "agent_id"]
    return statement.on_conflict_do_update(
        index_elements=["agent_id"], set_={name: statement.excluded[name] for name in names}
    )
