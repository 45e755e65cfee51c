"""What several of these tests stand on."""

from __future__ import annotations

import pytest

from callcenter.store.database import Database
from routing.tables import Agent, AgentInterface, AgentQueue, AgentSkill, Queue, Skill
from tests.routing.simulate.house import put


@pytest.fixture
async def house(database: Database) -> Database:
    """Two queues and three agents, of whom Li has a phone and english."""
    await put(
        database, Queue,
        {"id": 1, "pbx": "pbx", "name": "support", "ours": True, "weight": 2.0, "max_wait": 300.0,
         "required": [{"skill": "english", "level": 2, "after": 30.0}], "wrap_up_seconds": 15.0,
         "next_steps": {"timed_out": {"kind": "queue", "target": "sales"},
                        "full": {"kind": "queue", "target": "gone"}}},
        {"id": 2, "pbx": "pbx", "name": "sales", "ours": True, "service_level": 15.0},
        {"id": 3, "pbx": "other", "name": "elsewhere", "ours": True},
    )  # fmt: skip
    await put(
        database, Agent, *({"id": n, "name": name} for n, name in enumerate(("Li", "Wu", "Li"), 1))
    )
    await put(database, AgentInterface, {"pbx": "pbx", "interface": "PJSIP/1001", "agent_id": 1})
    await put(database, Skill, {"name": "english"})
    await put(database, AgentSkill, {"agent_id": 1, "skill": "english", "level": 2})
    await put(database, AgentQueue, *({"agent_id": n, "queue_id": 1} for n in (1, 2, 3)))
    return database
