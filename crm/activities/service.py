"""Writes the timeline: each call once, notes, and what moves when it becomes clear who it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    Integer,
    Row,
    Select,
    String,
    column,
    delete,
    func,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.events import ActivityLogged, EndReason
from callcenter.ids import new_id
from callcenter.store.base import Instant
from callcenter.store.tables import Interaction, Segment
from crm.activities.kinds import ActivityKind
from crm.activities.tables import Activity
from crm.customers.queries import resolve
from crm.customers.tables import Customer
from crm.sql import insert_once, table_of
from crm.text import line, paragraphs

SUMMARY = 120  # characters of a note that stand for it in a list
LONGEST_SUMMARY = 300

activities = table_of(Activity)
TRIES = table(
    "missed_tries",
    column("interaction_id", String),
    column("kind", String),
    column("at", Instant),
    column("queue", String),
)  # the routing room's: a call that nobody answered, or in which a message was left
SCORES = table(
    "satisfaction",
    column("interaction_id", String),
    column("score", Integer),
    column("at", Instant),
    column("queue", String),
)  # the routing room's
OF_A_CALL = tuple(
    kind.value for kind in (ActivityKind.CALL, ActivityKind.VOICEMAIL, ActivityKind.SATISFACTION)
)


class NewNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`key` makes sending it twice harmless; without a customer it goes where its call goes."""

    text: str
    customer: int | None = None
    interaction: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """A line of the timeline. (`source`, `kind`) makes writing it twice harmless.

    Without a customer it goes where its interaction goes. `summary` is one line, `result` one word
    of the kind's own, `data` whatever the page needs beside them.
    """

    kind: ActivityKind
    source: str
    at: float
    summary: str
    customer: int | None = None
    interaction: str | None = None
    author: int | None = None  # user
    direction: str | None = None
    result: str | None = None
    text: str | None = None
    data: Mapping[str, Any] | None = None


async def log(session: AsyncSession, *entries: NewActivity) -> list[int]:
    """Write these lines into the timeline; the ids of those that were not there yet."""
    if not entries:
        return []
    rows = [_row(entry) for entry in entries]
    written = insert_once(session, Activity, rows, "source", "kind").returning(activities.c.id)
    return list(await session.scalars(written))


def _row(entry: NewActivity) -> dict[str, Any]:
    return {
        "customer_id": entry.customer,
        "interaction_id": entry.interaction,
        "kind": entry.kind.value,
        "source": entry.source,
        "at": entry.at,
        "summary": " ".join(entry.summary.split())[:LONGEST_SUMMARY],
        "direction": entry.direction,
        "result": entry.result,
        "author_id": entry.author,
        "text": entry.text,
        "data": None if entry.data is None else dict(entry.data),
    }


def call_source(interaction: str) -> str:
    return f"interaction:{interaction}"


async def log_calls(session: AsyncSession, interactions: Sequence[str]) -> list[ActivityLogged]:
    """One activity for each of these calls that is over, and whose customer is known.

    What is already there stays as it is and is not reported again.
    """
    if not interactions:
        return []
    rows = (await session.execute(_finished(interactions))).all()
    if not rows:
        return []
    made = {call_source(row.id): row for row in rows}
    calls = [_call(row) for row in rows]
    written = await session.execute(
        insert_once(session, Activity, calls, "source", "kind").returning(
            activities.c.id, activities.c.customer_id, activities.c.source
        )
    )
    events = [_logged(made[source], id_, customer) for id_, customer, source in written]
    await _log_beside(session, {row.id: row.customer for row in rows})
    await _give_notes(session, rows)
    return events


async def _log_beside(session: AsyncSession, customers: Mapping[str, int]) -> None:
    """What callers left in these calls: a message, or what they thought of it."""
    messages = await session.execute(
        select(TRIES.c.interaction_id, TRIES.c.at, TRIES.c.queue).where(
            TRIES.c.interaction_id.in_(customers), TRIES.c.kind == "voicemail"
        )
    )
    scores = await session.execute(
        select(SCORES.c.interaction_id, SCORES.c.at, SCORES.c.queue, SCORES.c.score).where(
            SCORES.c.interaction_id.in_(customers)
        )
    )
    beside = [
        _beside(ActivityKind.VOICEMAIL, customers[row.interaction_id], row) for row in messages
    ]
    beside += [
        _beside(
            ActivityKind.SATISFACTION, customers[row.interaction_id], row, result=str(row.score)
        )
        for row in scores
    ]
    await log(session, *beside)


def _beside(
    kind: ActivityKind, customer: int, row: Any, *, result: str | None = None
) -> NewActivity:
    return NewActivity(
        kind=kind,
        source=call_source(row.interaction_id),
        at=row.at,
        summary=row.queue or "",
        customer=customer,
        interaction=row.interaction_id,
        direction="inbound",
        result=result,
        data={"queue": row.queue},
    )


def _finished(interactions: Sequence[str]) -> Select[Any]:
    """Those calls with their customer of today; one merge deep, since merges are flattened."""
    owner, target = aliased(Customer), aliased(Customer)
    talk = (
        select(func.sum(Segment.seconds))
        .where(Segment.interaction_id == Interaction.id, Segment.kind == "talk")
        .scalar_subquery()
    )
    queue = (
        select(func.min(Segment.queue))
        .where(Segment.interaction_id == Interaction.id, Segment.kind == "queue")
        .scalar_subquery()
    )
    return (
        select(Interaction, Interaction.id, talk.label("talk"), queue.label("queue"))
        .add_columns(func.coalesce(target.id, owner.id).label("customer"))
        .join(
            owner,
            owner.id == func.coalesce(Interaction.picked_customer_id, Interaction.customer_id),
        )
        .outerjoin(target, target.id == owner.merged_into)
        .where(Interaction.id.in_(interactions), Interaction.end_reason.is_not(None))
        .where(Interaction.merged_into.is_(None))
        .execution_options(populate_existing=True)
    )


def _call(row: Row[Any]) -> dict[str, Any]:
    call: Interaction = row.Interaction
    result = call.end_reason
    if result == EndReason.COMPLETED and not call.answered:
        result = EndReason.NO_ANSWER.value
    return {
        "customer_id": row.customer,
        "interaction_id": call.id,
        "kind": "call",
        "source": call_source(call.id),
        "at": _moment(call),
        "summary": _summary(row),
        "direction": call.direction,
        "result": result,
        "data": {"talk": row.talk, "queue": row.queue, "number": call.caller_number}
        | {"dialled": call.dialled, "estimated": call.estimated},
    }


def _moment(call: Interaction) -> float:
    """When it began, as far as the stream said; 0 sorts a call of unknown time to the bottom."""
    return call.started_at or call.answered_at or call.ended_at or 0.0


def _summary(row: Row[Any]) -> str:
    """Queue and conversation time: facts that read the same in every language."""
    talk = None if row.talk is None else f"{int(row.talk) // 60}:{int(row.talk) % 60:02d}"
    return " · ".join(part for part in (row.queue, talk) if part)


def _logged(row: Row[Any], activity: int, customer: int) -> ActivityLogged:
    call: Interaction = row.Interaction
    return ActivityLogged(
        at=call.ended_at,
        pbx=call.pbx,
        interaction=call.id,
        activity=str(activity),
        customer=str(customer),
    )


async def _give_notes(session: AsyncSession, rows: Sequence[Row[Any]]) -> None:
    """Notes written before anybody knew who called follow their call."""
    for row in rows:
        await session.execute(
            update(activities)
            .where(activities.c.interaction_id == row.id, activities.c.customer_id.is_(None))
            .values(customer_id=row.customer)
        )


async def move_call(session: AsyncSession, interaction: str, customer: int) -> list[ActivityLogged]:
    """What is logged of a call goes to another customer's timeline: an agent said who it was.

    Tickets and tasks that came of it stay with whom they were made for.
    """
    pbx = select(Interaction.pbx).where(Interaction.id == interaction).scalar_subquery()
    moved = await session.execute(
        update(activities)
        .where(activities.c.interaction_id == interaction)
        .where(activities.c.customer_id.is_distinct_from(customer))
        .where(activities.c.kind.in_([*OF_A_CALL, ActivityKind.NOTE.value]))
        .values(customer_id=customer)
        .returning(activities.c.id, activities.c.kind, activities.c.at, pbx)
    )
    return [
        ActivityLogged(
            at=at, pbx=pbx, interaction=interaction, activity=str(id_), customer=str(customer)
        )
        for id_, kind, at, pbx in moved
        if kind == "call"
    ]


async def merge_calls(session: AsyncSession, target: str, source: str) -> None:
    """Two calls were one contact: notes move, and a call logged under the old id is dropped."""
    await session.execute(
        delete(activities).where(
            activities.c.source == call_source(source), activities.c.kind.in_(OF_A_CALL)
        )
    )
    await session.execute(
        update(activities)
        .where(activities.c.interaction_id == source)
        .values(interaction_id=target)
    )


async def add_note(
    session: AsyncSession, note: NewNote, *, author: int | None, now: float
) -> tuple[int, int | None]:
    """(activity id, customer id if known). Sending the same `key` again changes nothing.

    InvalidInput for an empty text, NotFound for an unknown call or customer.
    """
    text = paragraphs(note.text, "text")
    customer = await _whose(session, note)
    source = f"note:{line(note.key, 'key', longest=64) if note.key else new_id()}"
    row = {
        "customer_id": customer,
        "interaction_id": note.interaction,
        "kind": "note",
        "source": source,
        "at": now,
        "summary": " ".join(text.split())[:SUMMARY],
        "author_id": author,
        "text": text,
    }
    await session.execute(insert_once(session, Activity, [row], "source", "kind"))
    written = select(Activity.id, Activity.customer_id).where(
        Activity.source == source, Activity.kind == "note"
    )
    id_, known = (await session.execute(written)).one()
    return id_, known


async def _whose(session: AsyncSession, note: NewNote) -> int | None:
    customer = note.customer
    if note.interaction is not None:
        call = (
            await session.execute(
                select(Interaction.picked_customer_id, Interaction.customer_id).where(
                    Interaction.id == note.interaction
                )
            )
        ).one_or_none()
        if call is None:
            raise NotFound(f"no interaction {note.interaction}")
        customer = customer or call[0] or call[1]
    return None if customer is None else await resolve(session, customer)
