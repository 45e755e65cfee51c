"""The names of colleagues, for whoever gives them something: a customer, a task, a ticket."""

from __future__ import annotations

from sqlalchemy import select

from web.api.values import View
from web.auth.tables import TeamMember, User
from web.routes import Call


class PersonView(View, frozen=True):
    """`team`: the one this person is in."""

    id: int
    name: str
    team: int | None


class PersonList(View, frozen=True):
    items: list[PersonView]


async def list_people(call: Call) -> PersonList:
    """Those who can sign in, by name."""
    people = (
        select(User.id, User.display_name, TeamMember.team_id)
        .outerjoin(TeamMember, TeamMember.user_id == User.id)
        .where(User.active)
        .order_by(User.display_name, User.id)
    )
    return PersonList([PersonView(*row) for row in await call.db.execute(people)])
