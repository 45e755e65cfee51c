"""Teams as a tree, and who is in whose reach by it. The caller owns the transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, Select, literal, select, union
from sqlalchemy.orm import aliased

from web.auth.tables import Team, TeamMember


def colleagues(user: int) -> Select[Any]:
    """The ids of the people in this person's team and the teams below it; the person too."""
    below = _below(select(TeamMember.team_id).where(TeamMember.user_id == user))
    members = select(TeamMember.user_id).where(TeamMember.team_id.in_(select(below.c.id)))
    return select(union(select(literal(user)), members).subquery().c[0])


def _below(roots: Select[Any]) -> CTE:
    """These teams and all that are parts of them. UNION ends circles, should there be one."""
    tree = select(Team.id).where(Team.id.in_(roots)).cte("tree", recursive=True)
    part = aliased(Team)
    return tree.union(select(part.id).join(tree, part.parent_id == tree.c.id))
