"""The life of a ticket as one table: state × step → state, and what a customer's reply does to it.

    new → assigned → in_progress ⇄ pending → resolved → feedback → archived

A new ticket has nobody who looks after it; an assigned one, one in progress and a pending one have.
Some steps lead through others: to resolve what nobody has begun is to take it, begin and resolve
it, and each of these is a step of its own, with its actor and time.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum

from callcenter.errors import Conflict

DAY = 86_400.0  # seconds


class TicketStatus(StrEnum):
    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    FEEDBACK = "feedback"  # the customer was asked what they think
    ARCHIVED = "archived"  # read-only


class Step(StrEnum):
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    START = "start"
    PEND = "pend"
    WAKE = "wake"
    RESOLVE = "resolve"
    ASK = "ask"  # for feedback
    RATE = "rate"  # the customer's feedback
    REOPEN = "reopen"  # to the same owner
    REOPEN_UNASSIGNED = "reopen_unassigned"  # who looked after it does not any more
    ARCHIVE = "archive"
    MERGE = "merge"  # into another, which goes on


class Priority(IntEnum):
    """Stored as its number, so that the database can put them in order."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4


class Reply(StrEnum):
    """What a customer's reply does."""

    KEEP = "keep"
    WAKE = "wake"
    REOPEN = "reopen"
    FOLLOW_UP = "follow_up"  # a new ticket, linked


class StepRefused(Conflict):
    """This step is none of the ticket's state."""

    code = "step_refused"


OPEN = (
    TicketStatus.NEW,
    TicketStatus.ASSIGNED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.PENDING,
)  # somebody still owes the customer something
OWNED = frozenset({TicketStatus.ASSIGNED, TicketStatus.IN_PROGRESS, TicketStatus.PENDING})

_REOPENING = {
    Step.REOPEN: TicketStatus.ASSIGNED,
    Step.REOPEN_UNASSIGNED: TicketStatus.NEW,
    Step.ARCHIVE: TicketStatus.ARCHIVED,
    Step.MERGE: TicketStatus.ARCHIVED,
}
TABLE: dict[TicketStatus, dict[Step, TicketStatus]] = {
    TicketStatus.NEW: {
        Step.ASSIGN: TicketStatus.ASSIGNED,
        Step.MERGE: TicketStatus.ARCHIVED,
    },
    TicketStatus.ASSIGNED: {
        Step.ASSIGN: TicketStatus.ASSIGNED,
        Step.UNASSIGN: TicketStatus.NEW,
        Step.START: TicketStatus.IN_PROGRESS,
        Step.MERGE: TicketStatus.ARCHIVED,
    },
    TicketStatus.IN_PROGRESS: {
        Step.ASSIGN: TicketStatus.ASSIGNED,
        Step.UNASSIGN: TicketStatus.NEW,
        Step.PEND: TicketStatus.PENDING,
        Step.RESOLVE: TicketStatus.RESOLVED,
        Step.MERGE: TicketStatus.ARCHIVED,
    },
    TicketStatus.PENDING: {
        Step.ASSIGN: TicketStatus.PENDING,  # it waits on, for somebody else
        Step.PEND: TicketStatus.PENDING,  # another reason, another time to wake
        Step.WAKE: TicketStatus.IN_PROGRESS,
        Step.MERGE: TicketStatus.ARCHIVED,
    },
    TicketStatus.RESOLVED: {Step.ASK: TicketStatus.FEEDBACK, **_REOPENING},
    TicketStatus.FEEDBACK: {Step.RATE: TicketStatus.FEEDBACK, **_REOPENING},
    TicketStatus.ARCHIVED: {},
}

_THROUGH: dict[TicketStatus, dict[Step, tuple[Step, ...]]] = {
    TicketStatus.NEW: {
        Step.START: (Step.ASSIGN, Step.START),
        Step.PEND: (Step.ASSIGN, Step.START, Step.PEND),
        Step.RESOLVE: (Step.ASSIGN, Step.START, Step.RESOLVE),
    },
    TicketStatus.ASSIGNED: {
        Step.PEND: (Step.START, Step.PEND),
        Step.RESOLVE: (Step.START, Step.RESOLVE),
    },
    TicketStatus.PENDING: {
        Step.UNASSIGN: (Step.WAKE, Step.UNASSIGN),
        Step.RESOLVE: (Step.WAKE, Step.RESOLVE),
    },
}


def after(status: TicketStatus, step: Step) -> TicketStatus:
    """The state that this one step leads to. StepRefused."""
    try:
        return TABLE[status][step]
    except KeyError:
        raise StepRefused(f"a ticket that is {status} cannot {step}", field="status") from None


def path(status: TicketStatus, step: Step) -> tuple[Step, ...]:
    """The steps that lead there, one or several. StepRefused."""
    through = _THROUGH.get(status, {}).get(step)
    if through is not None:
        return through
    after(status, step)
    return (step,)


def possible(status: TicketStatus) -> tuple[Step, ...]:
    """What can be done with a ticket in this state, for the buttons of a page."""
    return tuple(step for step in Step if step in TABLE[status] or step in _THROUGH.get(status, {}))


def on_reply(status: TicketStatus, *, resolved_at: float | None, now: float, days: float) -> Reply:
    """What a customer's reply does, when resolved tickets come back for so many days."""
    if status is TicketStatus.PENDING:
        return Reply.WAKE
    if status in OPEN:
        return Reply.KEEP
    if status is TicketStatus.ARCHIVED or resolved_at is None:
        return Reply.FOLLOW_UP
    return Reply.REOPEN if now - resolved_at <= days * DAY else Reply.FOLLOW_UP
