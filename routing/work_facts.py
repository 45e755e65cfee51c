"""What the rows tell about the calls of one batch, asked with a few questions for all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.events import Direction, QueueExit
from callcenter.store.tables import Interaction, Segment
from routing.callbacks import ACTIVE
from routing.tables import Queue
from routing.work import BLOCKED, KnownCall, QueueStay
from routing.work_tables import Callback, DecisionRow, MissedWork


async def known_calls(
    connection: AsyncConnection, *, all_of: Collection[str], unanswered: Collection[str]
) -> dict[str, KnownCall]:
    """interaction → what is known of it; of the unanswered also how they waited."""
    if not all_of:
        return {}
    call = Interaction
    rows = await connection.execute(
        select(
            *(call.id, call.pbx, call.direction, call.caller_number, call.caller_name),
            *(call.caller_interface, call.dialled, call.started_at, call.answered),
            call.merged_into,
        ).where(call.id.in_(all_of))
    )
    found = {
        row.id: KnownCall(
            interaction=row.id,
            pbx=row.pbx,
            direction=None if row.direction is None else Direction(row.direction),
            number=row.caller_number,
            name=row.caller_name,
            interface=row.caller_interface,
            dialled=row.dialled,
            started_at=row.started_at,
            answered=row.answered,
            merged=row.merged_into is not None,
        )
        for row in rows
    }
    return found | await _with_waits(connection, [found[id_] for id_ in unanswered if id_ in found])


async def _with_waits(
    connection: AsyncConnection, calls: Collection[KnownCall]
) -> dict[str, KnownCall]:
    if not calls:
        return {}
    ids = [call.interaction for call in calls]
    stays = await _stays(connection, ids)
    refused = await _refused(connection, ids)
    promised = await _promised(connection, ids)
    return {
        call.interaction: replace(
            call,
            stays=tuple(stays.get(call.interaction, ())),
            refused=call.interaction in refused,
            promised=call.interaction in promised,
        )
        for call in calls
    }


async def _stays(
    connection: AsyncConnection, interactions: Collection[str]
) -> dict[str, list[QueueStay]]:
    """The waits in queues of each, in order."""
    rows = await connection.execute(
        select(Segment.interaction_id, Segment.queue, Segment.exit, Segment.seconds)
        .where(Segment.interaction_id.in_(interactions), Segment.kind == "queue")
        .order_by(Segment.started_at, Segment.id)
    )
    found: dict[str, list[QueueStay]] = {}
    for id_, queue, exit_, seconds in rows:
        stay = QueueStay(queue, None if exit_ is None else QueueExit(exit_), seconds)
        found.setdefault(id_, []).append(stay)
    return found


async def _refused(connection: AsyncConnection, interactions: Collection[str]) -> set[str]:
    """Those that the block list did not let in."""
    step, let_in = BLOCKED
    rows = await connection.execute(
        select(DecisionRow.interaction_id).where(
            DecisionRow.interaction_id.in_(interactions),
            DecisionRow.step == step,
            DecisionRow.outcome.not_in(let_in),
        )
    )
    return set(rows.scalars())


async def _promised(connection: AsyncConnection, interactions: Collection[str]) -> set[str]:
    """Those in which a callback was promised."""
    rows = await connection.execute(
        select(Callback.interaction_id).where(Callback.interaction_id.in_(interactions))
    )
    return {id_ for id_ in rows.scalars() if id_ is not None}


async def owed(connection: AsyncConnection, contacts: Iterable[str]) -> set[str]:
    """Those of them who wait for a call of ours."""
    asked = set(contacts)
    if not asked:
        return set()
    missed = await connection.execute(
        select(MissedWork.contact).where(
            MissedWork.contact.in_(asked), MissedWork.done_at.is_(None)
        )
    )
    promised = await connection.execute(
        select(Callback.contact).where(
            Callback.contact.in_(asked), Callback.state.in_([state.value for state in ACTIVE])
        )
    )
    return {contact for contact in (*missed.scalars(), *promised.scalars()) if contact is not None}


async def short_abandons(
    connection: AsyncConnection, calls: Iterable[KnownCall]
) -> dict[tuple[str, str], float]:
    """(pbx, queue) → seconds up to which an abandon is short, of the queues of these calls."""
    names = {stay.queue for call in calls for stay in call.stays if stay.queue is not None}
    if not names:
        return {}
    rows = await connection.execute(
        select(Queue.pbx, Queue.name, Queue.short_abandon).where(Queue.name.in_(names))
    )
    return {(pbx, name): seconds for pbx, name, seconds in rows}
