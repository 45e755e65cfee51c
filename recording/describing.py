"""Keeps what recordings are found by up to date: copies it from the rows of their calls.

Whoever changes what a call is known by (who spoke, how it came out, what was noted) says `stale`
in the same transaction; the index describes anew what is not up to date, some hundred at a time.
The rows of other rooms are known here by the names of their tables only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Integer,
    SmallInteger,
    String,
    Text,
    bindparam,
    column,
    delete,
    func,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Instant
from callcenter.store.tables import Interaction, Segment
from recording.description import Description, Facts, Said, Stay, describe
from recording.queries import AGENT_INTERFACES, insert_once, table_of
from recording.tables import Recording, RecordingAgent, RecordingComment

AT_ONCE = 500

_recordings = table_of(Recording)
_agents = table_of(RecordingAgent)
_comments = table_of(RecordingComment)
_said = table(
    "interaction_dispositions",
    *(column("interaction_id", String), column("agent_id", Integer)),
    *(column("disposition", String), column("note", Text), column("at", Instant)),
)  # routing's
_scores = table("satisfaction", column("interaction_id", String), column("score", SmallInteger))
_activities = table(
    "activities",
    *(column("id", Integer), column("interaction_id", String), column("kind", String)),
    column("text", Text),
)  # the customers' room's


@dataclass(frozen=True, slots=True)
class Party:
    """What the other side is found by: E.164 where it can be read, and how the number ends."""

    key: str | None
    suffix: str | None


ReadNumber = Callable[[str | None, str | None], Party]  # (number, interface of the trunk)


def as_it_came(number: str | None, _interface: str | None) -> Party:
    """Where nobody can read numbers."""
    return Party(number or None, None)


async def stale(
    session: AsyncSession, *, interaction: str | None = None, recording: str | None = None
) -> None:
    """What the recordings of this call, or this one, are found by has changed."""
    whose = (
        _recordings.c.id == recording if recording else _recordings.c.interaction_id == interaction
    )
    await session.execute(
        update(_recordings).where(whose, _recordings.c.described).values(described=False)
    )


async def left(session: AsyncSession, *, limit: int = AT_ONCE) -> Sequence[str]:
    """Some that are not described and whose file was looked at."""
    found = await session.scalars(
        select(_recordings.c.id)
        .where(~_recordings.c.described, _recordings.c.status != "pending")
        .order_by(_recordings.c.id)
        .limit(limit)
    )
    return list(found)


async def describe_all(
    session: AsyncSession, recordings: Sequence[str], read: ReadNumber = as_it_came
) -> None:
    """Write down what these are found by; a repeat writes the same."""
    for start in range(0, len(recordings), AT_ONCE):
        await _describe_some(session, recordings[start : start + AT_ONCE], read)


async def _describe_some(
    session: AsyncSession, recordings: Sequence[str], read: ReadNumber
) -> None:
    rows = await _rows(session, recordings)
    told = await _told(session, {row.interaction_id for row in rows if row.interaction_id})
    comments = await _commented(session, recordings)
    described, spoke = [], []
    for row in rows:
        found = describe(_facts(row, told, comments.get(row.id, ())))
        party = read(found.number, None if row.direction == "outbound" else row.caller_interface)
        described.append(_values(row, found, party))
        if row.started_at is not None:
            spoke += [_spoke(row, agent) for agent in found.spoke]
    if described:
        await session.execute(_WRITE, described)
        await session.execute(
            delete(_agents).where(_agents.c.recording_id.in_([row.id for row in rows]))
        )
    if spoke:
        await insert_once(session, _agents, spoke)


async def _rows(session: AsyncSession, recordings: Sequence[str]) -> Sequence[Any]:
    r, i = _recordings.c, Interaction
    found = await session.execute(
        select(
            *(r.id, r.interaction_id, r.leg_id, r.started_at, r.seconds, r.agent_id),
            r.customer_id,
            *(i.direction, i.caller_number, i.caller_e164, i.caller_interface, i.dialled),
            func.coalesce(i.picked_customer_id, i.customer_id).label("of_call"),
        )
        .select_from(_recordings)
        .outerjoin(Interaction, Interaction.id == r.interaction_id)
        .where(r.id.in_(recordings))
    )
    return found.all()


@dataclass(slots=True)
class _Told:
    """Everything that rows say of some calls, by call."""

    stays: dict[str, list[Stay]] = field(default_factory=lambda: defaultdict(list))
    said: dict[str, list[Said]] = field(default_factory=lambda: defaultdict(list))
    scores: dict[str, int] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


async def _told(session: AsyncSession, calls: Iterable[str]) -> _Told:
    told, wanted = _Told(), list(calls)
    if not wanted:
        return told
    await _stays(session, wanted, told)
    said = select(_said).where(_said.c.interaction_id.in_(wanted)).order_by(_said.c.at)
    for row in await session.execute(said):
        told.said[row.interaction_id].append(Said(row.agent_id, row.disposition, row.note))
    scores = select(_scores).where(_scores.c.interaction_id.in_(wanted))
    told.scores = {row.interaction_id: row.score for row in await session.execute(scores)}
    notes = (
        select(_activities.c.interaction_id, _activities.c.text)
        .where(_activities.c.interaction_id.in_(wanted), _activities.c.kind == "note")
        .order_by(_activities.c.id)
    )
    for call, words in await session.execute(notes):
        told.notes[call].append(words or "")
    return told


async def _stays(session: AsyncSession, calls: list[str], told: _Told) -> None:
    found = (
        await session.execute(
            select(
                *(Segment.id, Segment.interaction_id, Segment.kind, Segment.queue),
                *(Segment.entry_id, Segment.leg_id, Segment.other_leg_id),
                *(Segment.interface, Segment.other_interface, Interaction.pbx),
            )
            .join(Interaction, Interaction.id == Segment.interaction_id)
            .where(Segment.interaction_id.in_(calls), Segment.kind.in_(["talk", "queue"]))
            .order_by(Segment.started_at, Segment.id)
        )
    ).all()
    whose = await _phones(session, found)
    for row in found:
        phones = ((row.pbx, row.interface), (row.pbx, row.other_interface))
        legs = frozenset(leg for leg in (row.leg_id, row.other_leg_id) if leg)
        agents = tuple(whose[phone] for phone in phones if phone in whose)
        stay = Stay(row.kind, row.queue, legs, agents, row.entry_id, row.id)
        told.stays[row.interaction_id].append(stay)


async def _phones(
    session: AsyncSession, stays: Sequence[Any]
) -> Mapping[tuple[str, str | None], int]:
    phones = {one for row in stays for one in (row.interface, row.other_interface) if one}
    if not phones:
        return {}
    found = await session.execute(
        select(AGENT_INTERFACES).where(AGENT_INTERFACES.c.interface.in_(phones))
    )
    return {(row.pbx, row.interface): row.agent_id for row in found}


async def _commented(
    session: AsyncSession, recordings: Sequence[str]
) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    comments = (
        select(_comments.c.recording_id, _comments.c.text)
        .where(_comments.c.recording_id.in_(recordings))
        .order_by(_comments.c.at)
    )
    for recording, words in await session.execute(comments):
        found[recording].append(words)
    return found


def _facts(row: Any, told: _Told, comments: Sequence[str]) -> Facts:
    call = row.interaction_id or ""
    return Facts(
        leg=row.leg_id,
        direction=row.direction,
        caller=row.caller_number,
        dialled=row.dialled,
        customer=row.of_call or row.customer_id,
        stays=told.stays.get(call, ()),
        said=told.said.get(call, ()),
        satisfaction=told.scores.get(call),
        notes=[*told.notes.get(call, ()), *comments],
    )


def _values(row: Any, found: Description, party: Party) -> dict[str, Any]:
    inbound = found.direction == "inbound"
    return {
        "one": row.id,
        "to_agent_id": found.agent if found.agent is not None else row.agent_id,
        "to_customer_id": found.customer,
        "to_direction": found.direction,
        "to_queue": found.queue,
        "to_number": found.number,
        "to_party": (row.caller_e164 if inbound else None) or party.key,
        "to_suffix": party.suffix,
        "to_disposition": found.disposition,
        "to_satisfaction": found.satisfaction,
        "to_notes": found.notes,
    }


def _spoke(row: Any, agent: int) -> dict[str, Any]:
    return {
        "agent_id": agent,
        "started_at": row.started_at,
        "recording_id": row.id,
        "seconds": row.seconds,
    }


_COPIED = (
    *("agent_id", "customer_id", "direction", "queue", "number", "party", "suffix"),
    *("disposition", "satisfaction", "notes"),
)
_WRITE = (
    update(_recordings)
    .where(_recordings.c.id == bindparam("one"))
    .values({name: bindparam(f"to_{name}") for name in _COPIED} | {"described": True})
)
