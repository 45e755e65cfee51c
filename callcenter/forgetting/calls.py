"""A person's calls: which they are, and what their rows say of who it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.forgetting.person import Person
from callcenter.forgetting.wipe import AT_ONCE
from callcenter.store.tables import Interaction, Leg, Segment

_CALLER: dict[str, None] = dict.fromkeys(("caller_number", "caller_name", "caller_e164"))


class Calls:
    """The room `callcenter.store`."""

    name = "calls"

    async def known(self, session: AsyncSession, person: Person) -> Person:
        """Calls with one of their numbers on either side, or matched with them."""
        found: dict[str, None] = {}
        for column, values in (
            (Interaction.customer_id, person.customers),
            (Interaction.picked_customer_id, person.customers),
            (Interaction.caller_e164, [number.e164 for number in person.numbers]),
            (Interaction.caller_number, person.forms),
            (Interaction.dialled, person.forms),
        ):
            for some in _parts(values):
                rows = await session.scalars(select(Interaction.id).where(column.in_(some)))
                found |= dict.fromkeys(rows)
        for some in _parts(person.forms):
            legs = select(Leg.interaction_id).where(Leg.number.in_(some))
            found |= dict.fromkeys(await session.scalars(legs))
        merged = [
            id_
            for some in _parts(list(found))
            for id_ in await session.scalars(
                select(Interaction.id).where(Interaction.merged_into.in_(some))
            )
        ]
        return Person(calls=[*dict.fromkeys([*found, *merged])])

    async def held(self, session: AsyncSession, person: Person) -> list[str]:
        return []

    async def count(self, session: AsyncSession, person: Person) -> dict[str, int]:
        return {"interactions": len(person.calls)} if person.calls else {}

    async def erase(self, session: AsyncSession, person: Person, now: float) -> dict[str, int]:
        """That there were calls, when and how they went stays; who it was does not."""
        for calls in _parts(person.calls):
            inbound = or_(Interaction.direction.is_(None), Interaction.direction == "inbound")
            await _set(session, Interaction, [Interaction.id.in_(calls), inbound], _CALLER)
            for some in _parts(person.forms):
                theirs = [Interaction.id.in_(calls), Interaction.dialled.in_(some)]
                await _set(session, Interaction, theirs, {"dialled": None})
                legs = [Leg.interaction_id.in_(calls), Leg.number.in_(some)]
                await _set(session, Leg, legs, {"number": None, "name": None})
                for column in (Segment.number, Segment.other_number):
                    stays = [Segment.interaction_id.in_(calls), column.in_(some)]
                    await _set(session, Segment, stays, {column.key: None})
        return {"interactions": len(person.calls)} if person.calls else {}

    async def left(self, session: AsyncSession, person: Person) -> int:
        return 0


async def _set(
    session: AsyncSession, model: Any, where: Sequence[ColumnElement[bool]], values: dict[str, None]
) -> None:
    change = update(model).where(*where).values(values)
    await session.execute(change.execution_options(synchronize_session=False))


def _parts(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
