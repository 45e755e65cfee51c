"""What is still owed to a person, and what was noted of their calls; and how it is forgotten."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.forgetting.person import MARK, Person
from callcenter.forgetting.wipe import Wipe, count, wipe
from routing.work_tables import (
    Callback,
    DecisionRow,
    InteractionDisposition,
    MissedTry,
    MissedWork,
)

WIPES = (
    Wipe(InteractionDisposition, "interaction_id", "calls", ("note",)),
    Wipe(DecisionRow, "interaction_id", "calls", ("facts",)),
    Wipe(MissedTry, "interaction_id", "calls", ("dialled",)),
)


class Work:
    """The room `routing`."""

    name = "work"

    async def known(self, session: AsyncSession, person: Person) -> Person:
        """Calls that are known by what is owed for them only."""
        found: dict[str, None] = {}
        for column, call in (
            (Callback.number, Callback.interaction_id),
            (MissedWork.contact, MissedWork.interaction_id),
            (MissedWork.number, MissedWork.interaction_id),
        ):
            query = select(call).where(column.in_(person.forms), call.is_not(None))
            found |= dict.fromkeys(id_ for id_ in await session.scalars(query) if id_ is not None)
        return Person(calls=list(found))

    async def held(self, session: AsyncSession, person: Person) -> list[str]:
        return []

    async def count(self, session: AsyncSession, person: Person) -> dict[str, int]:
        return await count(session, WIPES, person)

    async def erase(self, session: AsyncSession, person: Person, now: float) -> dict[str, int]:
        """Nothing is owed to them any more: what was open is over."""
        forms = person.forms
        theirs = or_(
            Callback.contact.in_(forms),
            Callback.number.in_(forms),
            Callback.customer_id.in_(person.customers),
        )
        active = Callback.state.in_(["waiting", "offered", "dialling"])
        over = update(Callback).where(theirs, active).values(state="cancelled", done_at=now)
        blank = {"contact": MARK, "number": MARK, "note": None}
        for change in (
            over,
            update(Callback).where(theirs).values(blank),
            update(MissedWork)
            .where(_missed(person), MissedWork.done_at.is_(None))
            .values(done_at=now),
            update(MissedWork).where(_missed(person)).values(contact=None, number=None, name=None),
        ):
            await session.execute(change.execution_options(synchronize_session=False))
        return await wipe(session, WIPES, person)

    async def left(self, session: AsyncSession, person: Person) -> int:
        return 0


def _missed(person: Person) -> ColumnElement[bool]:
    return or_(MissedWork.contact.in_(person.forms), MissedWork.number.in_(person.forms))
