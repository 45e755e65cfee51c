"""What the routes of quality share: how far one reaches, and what is shown of a score after."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from msgspec import Meta, structs
from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Forbidden, InvalidInput
from recording.quality import queries, states
from recording.quality.names import NamedRef
from recording.quality.states import PUBLISHED
from recording.quality.tables import QualityScore
from recording.quality.views import ScoreRow, ScoreView
from web.auth.rights import Right, Scope
from web.auth.tables import RoleRight, User, UserRole
from web.routes import Call
from web.scopes import agents, reach

Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_PUBLISHED = QualityScore.state.in_(PUBLISHED)


def readable(call: Call) -> ColumnElement[bool]:
    """Results of the agents in reach, once they are submitted."""
    scope = reach(call.principal, Right.QUALITY_READ)
    return and_(_PUBLISHED, of_agents(call, scope))


def workable(call: Call) -> ColumnElement[bool]:
    """What one may score: what one was given, and calls of the agents in reach.

    What is not submitted yet of one's own calls is nobody's to see who speaks in them.
    """
    scope = reach(call.principal, Right.QUALITY_SCORE)
    given = QualityScore.evaluator_id == call.principal.user
    within = given if scope is Scope.OWN else or_(given, of_agents(call, scope))
    mine = call.principal.agent
    return within if mine is None else and_(within, or_(_PUBLISHED, QualityScore.agent_id != mine))


def seen(call: Call) -> ColumnElement[bool]:
    """What may be looked at by either right."""
    ways = [readable(call)] if Right.QUALITY_READ in call.principal.rights else []
    if Right.QUALITY_SCORE in call.principal.rights:
        ways.append(workable(call))
    return or_(*ways)


def of_agents(call: Call, scope: Scope) -> ColumnElement[bool]:
    if scope is Scope.ALL:
        return true()
    found = agents(call.principal, scope)
    if found is None:
        return false()
    column = QualityScore.agent_id
    return column.in_(found) if isinstance(found, Select) else column == found


async def to_score(call: Call, score: int) -> ScoreView:
    """NotFound out of reach; Forbidden for one's own calls."""
    found = await queries.get_score(call.db, score, workable(call))
    if found.agent.id == call.principal.agent:
        raise Forbidden("nobody scores their own calls")
    return found


async def my_result(call: Call, score: int) -> ScoreView:
    """NotFound out of reach; Forbidden for another's: agents answer for themselves."""
    found = await queries.get_score(call.db, score, readable(call))
    if found.agent.id != call.principal.agent:
        raise Forbidden("only who was scored can do this")
    return found


async def shown(call: Call, score: int) -> ScoreView:
    """As it is now, with what who asks can do next; it may have just left their reach."""
    found = await queries.get_score(call.db, score)
    mine = found.agent.id == call.principal.agent
    evaluates = Right.QUALITY_SCORE in call.principal.rights and await queries.reached(
        call.db, score, workable(call)
    )
    steps = states.possible(found.state, evaluates=evaluates, is_agent=mine)
    return structs.replace(found, possible=steps)


async def evaluators(db: AsyncSession) -> list[NamedRef]:
    """Everybody who can sign in and may score, by name."""
    query = (
        select(User.id, User.display_name)
        .join(UserRole, UserRole.user_id == User.id)
        .join(RoleRight, RoleRight.role == UserRole.role)
        .where(User.active, RoleRight.right == Right.QUALITY_SCORE.value)
        .distinct()
        .order_by(User.display_name, User.id)
    )
    return [NamedRef(*row) for row in await db.execute(query)]


async def check_evaluators(db: AsyncSession, users: Collection[int], field: str) -> None:
    """InvalidInput: a call that is given to somebody who may not score waits for ever."""
    missing = set(users) - {one.id for one in await evaluators(db)}
    if missing:
        raise InvalidInput(f"there is no evaluator {min(missing)}", field=field)


def facts(score: ScoreRow) -> dict[str, Any]:
    """What is written down for ever: no word of what was said."""
    evaluator = score.evaluator.id if score.evaluator else None
    return {
        "state": score.state.value,
        "evaluator": evaluator,
        "score": score.score,
        "passed": score.passed,
    }
