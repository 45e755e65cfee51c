"""What the library knows a recording by, out of the rows of its call; pure.

The other side of an inbound call is who called, of any other who was dialled. Agents are those who
spoke in the call; the recording's own is the first who spoke on the leg that was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_NOTES = 4_000  # letters of all notes together that are searched
INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Stay:
    """A conversation or a stay in a queue. `agents`: whose telephones took part."""

    kind: str  # talk, queue
    queue: str | None
    legs: frozenset[str]
    agents: tuple[int, ...]
    entry: str | None = None  # the stay in a queue that led to this conversation
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """How an agent says that the call came out."""

    agent: int
    disposition: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One recording and its call: stays, dispositions and notes in the order of their time."""

    leg: str | None
    direction: str | None = None
    caller: str | None = None
    dialled: str | None = None
    customer: int | None = None
    stays: Sequence[Stay] = ()
    said: Sequence[Said] = ()
    satisfaction: int | None = None
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """`spoke`: all agents of the call; `number`: of the other side, as it came."""

    agent: int | None
    spoke: tuple[int, ...]
    customer: int | None
    direction: str | None
    queue: str | None
    number: str | None
    disposition: str | None
    satisfaction: int | None
    notes: str | None


def describe(facts: Facts) -> Description:
    talks = [stay for stay in facts.stays if stay.kind == "talk"]
    own = [stay for stay in talks if facts.leg in stay.legs]
    agent = next((one for stay in own for one in stay.agents), None)
    return Description(
        agent=agent,
        spoke=tuple(dict.fromkeys(one for stay in talks for one in stay.agents)),
        customer=facts.customer,
        direction=facts.direction,
        queue=_queue(facts.stays, own),
        number=(facts.caller if facts.direction == INBOUND else facts.dialled) or None,
        disposition=_disposition(facts.said, agent),
        satisfaction=facts.satisfaction,
        notes=_notes(facts),
    )


def _queue(stays: Sequence[Stay], own: Sequence[Stay]) -> str | None:
    """The queue that led to what was recorded, else the last one that the call was in."""
    waits = {stay.id: stay.queue for stay in stays if stay.kind == "queue"}
    for stay in own:
        found = stay.queue or waits.get(stay.entry if stay.entry else "")
        if found:
            return found
    return next((queue for queue in reversed(list(waits.values())) if queue), None)


def _disposition(said: Sequence[Said], agent: int | None) -> str | None:
    """What the recording's own agent said, else what was said last."""
    mine = [one.disposition for one in said if one.agent == agent]
    every = mine or [one.disposition for one in said]
    return every[-1] if every else None


def _notes(facts: Facts) -> str | None:
    every = [*(one.note or "" for one in facts.said), *facts.notes]
    whole = "\n".join(note.strip() for note in every if note.strip())
    return whole[:LONGEST_NOTES] or None
