"""Whose figures somebody may see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select

from callcenter.errors import Forbidden
from routing.tables import Agent, AgentQueue, Queue
from web import scopes
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.auth.teams import colleagues
from web.reports.metrics import Subject
from web.reports.queries import Reach
from web.reports.request import Wanted


def reach_for(who: Principal, scope: Scope, wanted: Wanted) -> Reach:
    """A queue belongs to nobody: a team's are those that somebody of it serves. Forbidden for who
    reaches their own things only."""
    tickets = scopes.tickets_of(who, Right.REPORT_READ)
    if scope is Scope.ALL:
        return Reach(None, tickets)
    if wanted.subject is Subject.QUEUES and scope is Scope.OWN:
        raise Forbidden("reports of queues are for those who may see a team's figures or all")
    found = scopes.agents(who, scope)
    agents: Any = ([] if found is None else [found]) if _is_one(found) else found
    return Reach(agents, tickets, queues_of_team(who) if scope is Scope.TEAM else None)


def _is_one(found: object) -> bool:
    return found is None or isinstance(found, int)


def queues_of_team(who: Principal) -> Select[Any]:
    """The names of the queues that somebody of this person's team, or of those below it, serves."""
    return (
        select(Queue.name)
        .join(AgentQueue, AgentQueue.queue_id == Queue.id)
        .join(Agent, Agent.id == AgentQueue.agent_id)
        .where(Agent.user_id.in_(colleagues(who.user)))
    )
