"""Whose a canned response, a macro or a view is, who sees it, and who may change it.

Pure but for `visible`, which is a condition on the tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, or_

from callcenter.errors import Forbidden, InvalidInput
from crm.tickets.desk.tables import Kept


class Sharing(StrEnum):
    PERSONAL = "personal"
    TEAM = "team"  # of the team and the teams below it
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks. `teams`: their team and those it is a part of; `configures`: may change what
    everybody uses."""

    user: int
    teams: frozenset[int] = frozenset()
    configures: bool = False


@dataclass(frozen=True, slots=True)
class Owned:
    """Whose it is, or is to be."""

    sharing: Sharing
    owner: int | None
    team: int | None = None


def visible(kept: type[Kept], viewer: Viewer) -> ColumnElement[bool]:
    mine = and_(kept.sharing == Sharing.PERSONAL.value, kept.owner_id == viewer.user)
    ours = and_(kept.sharing == Sharing.TEAM.value, kept.team_id.in_(sorted(viewer.teams)))
    return or_(mine, ours, kept.sharing == Sharing.SHARED.value)


def may_change(viewer: Viewer, owned: Owned) -> bool:
    """Everybody their own; what others use whoever made it in the team, or configures."""
    if owned.sharing is Sharing.PERSONAL:
        return owned.owner == viewer.user
    if viewer.configures:
        return True
    made = owned.owner == viewer.user
    return owned.sharing is Sharing.TEAM and made and owned.team in viewer.teams


def placed(viewer: Viewer, sharing: Sharing, team: int | None, owner: int | None) -> Owned:
    """Where somebody wants to put it. InvalidInput and Forbidden name the field."""
    if sharing is not Sharing.TEAM and team is not None:
        raise InvalidInput("only for what is shared in a team", field="team")
    if sharing is Sharing.TEAM and team is None:
        raise InvalidInput("say in which team", field="team")
    if sharing is Sharing.TEAM and team not in viewer.teams and not viewer.configures:
        raise Forbidden("this is not your team", field="team")
    if sharing is Sharing.SHARED and not viewer.configures:
        raise Forbidden("sharing with everybody needs the right ticket.configure", field="sharing")
    return Owned(sharing, owner, team)
