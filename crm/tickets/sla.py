"""What is promised to a customer, and when it is due: agreement and clock in, moments out.

First response and resolution run from the opening, the next update from the last time the customer
heard of us. All are business time. While a ticket is pending or resolved the resolution clock
stands still (a hold), and its due moment moves by the business time held; the other two run on
while it is pending. The first response is never reset.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from callcenter.calendars import Calendar
from crm.tickets import clock

LONGEST = 366 * 86_400  # business seconds that can be promised
Seconds = Annotated[int, Meta(ge=60, le=LONGEST)]
Hold = tuple[float, float | None]  # from, to; None: still


class Target(StrEnum):
    RESPOND = "respond"
    UPDATE = "update"
    RESOLVE = "resolve"


class EscalationStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens `minutes` of business time after the target is due; before it when negative.

    `notify`: these users and, with `notify_owner`, who looks after the ticket, are told.
    `raise_priority`: one up. `team` and `owner`: it is given to them.
    """

    target: Target
    minutes: Annotated[int, Meta(ge=-44_640, le=44_640)] = 0
    notify_owner: bool = False
    notify_team: bool = False
    notify: Annotated[tuple[int, ...], Meta(max_length=50)] = ()
    raise_priority: bool = False
    team: int | None = None
    owner: int | None = None


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A policy as it was when the promise was made. Times are business seconds."""

    policy: int
    name: str
    calendar: str | None = None  # None: day and night
    respond: Seconds | None = None
    update: Seconds | None = None
    resolve: Seconds | None = None
    steps: tuple[EscalationStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What the clock is made of. `ended`: resolved or archived, nothing is owed now."""

    started_at: float
    responded_at: float | None = None
    touched_at: float | None = None  # when the customer last heard of us
    touches: int = 0
    holds: tuple[Hold, ...] = ()  # in order, apart
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Dues:
    """When what is due; None: not promised, or (update) not running."""

    respond: float | None = None
    update: float | None = None
    resolve: float | None = None


@dataclass(frozen=True, slots=True)
class Escalation:
    key: str  # the same for the same step of the same promise, whenever it is asked for
    step: EscalationStep
    at: float


def dues(agreement: Agreement, calendar: Calendar | None, run: Run) -> Dues:
    """The due moments of a promise, from the beginning."""
    respond = _after(calendar, run.started_at, agreement.respond)
    touched = None if run.ended or run.responded_at is None else run.touched_at
    update = None if touched is None else _after(calendar, touched, agreement.update)
    return Dues(respond, update, _resolve_due(agreement, calendar, run))


def _resolve_due(agreement: Agreement, calendar: Calendar | None, run: Run) -> float | None:
    due = _after(calendar, run.started_at, agreement.resolve)
    for begin, end in run.holds:
        if due is None or end is None:
            break
        due = clock.add(calendar, due, clock.between(calendar, begin, end))
    return due


def _after(calendar: Calendar | None, at: float, seconds: int | None) -> float | None:
    return None if seconds is None else clock.add(calendar, at, seconds)


def running(due: Dues, run: Run) -> dict[Target, float]:
    """The due moments that still count: not met, and not standing still."""
    if run.ended:
        return {}
    found: dict[Target, float] = {}
    if due.respond is not None and run.responded_at is None:
        found[Target.RESPOND] = due.respond
    if due.update is not None:
        found[Target.UPDATE] = due.update
    held = next((begin for begin, end in run.holds if end is None), None)
    if due.resolve is not None and (held is None or due.resolve <= held):
        found[Target.RESOLVE] = due.resolve  # late already: waiting makes it no less late
    return found


def escalations(agreement: Agreement, calendar: Calendar | None, run: Run) -> Iterator[Escalation]:
    """Every escalation of the promise that still counts, with its moment."""
    counts = running(dues(agreement, calendar, run), run)
    for number, step in enumerate(agreement.steps):
        due = counts.get(step.target)
        at = None if due is None else _moment(calendar, due, step.minutes * 60, run.started_at)
        if at is not None:
            turn = run.touches if step.target is Target.UPDATE else 0
            yield Escalation(f"{agreement.policy}:{number}:{step.target}:{turn}", step, at)


def _moment(calendar: Calendar | None, due: float, seconds: float, earliest: float) -> float | None:
    if seconds >= 0:
        return clock.add(calendar, due, seconds)
    before = clock.back(calendar, due, -seconds)
    return earliest if before is None else max(earliest, before)


# --- which promise --------------------------------------------------------------------------


class Fitting(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a policy or a rule is for; what is None fits everything."""

    category: int | None = None  # and everything below it
    level: str | None = None  # of the customer
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is chosen by. `categories`: the ticket's own and those above it."""

    categories: frozenset[int]
    level: str | None
    priority: int


def fits(fitting: Fitting, facts: Facts) -> bool:
    return (
        (fitting.category is None or fitting.category in facts.categories)
        and (fitting.level is None or fitting.level == facts.level)
        and (fitting.priority is None or fitting.priority == facts.priority)
    )


def first_fitting(candidates: Sequence[tuple[Fitting, int]], facts: Facts) -> int | None:
    """The id of the first that fits, in the order given."""
    return next((id_ for fitting, id_ in candidates if fits(fitting, facts)), None)


def next_in_turn(people: Sequence[int], last: int | None, available: frozenset[int]) -> int | None:
    """Who of them comes after the last one and is there; None when nobody is."""
    start = people.index(last) + 1 if last in people else 0
    turn = [*people[start:], *people[:start]]
    return next((one for one in turn if one in available), None)
