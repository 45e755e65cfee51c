"""Whose turn it is: every agent of the demo is signed in on the own robot telephone and kept ready.

People who sign in to the console may do with their agent what they like; the robots' own agents,
at whom nobody looks, come back from what a missed call does to them.
"""

from __future__ import annotations

import asyncio

from callcenter.demo.people import AGENTS
from callcenter.distribution import Distribution
from callcenter.errors import CallCenterError
from callcenter.events import AgentState

LOOK = 2.0  # seconds
ROBOTS = frozenset(f"PJSIP/{number}" for number in AGENTS)


async def shift(parts: Distribution) -> None:
    """Until cancelled."""
    watched: set[int] = set()
    while True:
        for agent in parts.setup.current.agents.values():
            ours = agent.user is None or agent.id not in watched
            robot = next(one for one in agent.interfaces if one in ROBOTS)
            if ours and await _at_work(parts, agent.id, robot):
                watched.add(agent.id)
        await asyncio.sleep(LOOK)


async def _at_work(parts: Distribution, agent: int, telephone: str) -> bool:
    """Signed in and ready, unless the telephone is not there yet; says whether it is so."""
    status = parts.staff.status(agent)
    if status is None or status.state not in {AgentState.OFFLINE, AgentState.NOT_READY}:
        return status is not None
    try:
        if status.state is AgentState.OFFLINE:
            await parts.staff.sign_in(agent, telephone)
        await parts.staff.ready(agent)
    except CallCenterError:
        return False
    return True
