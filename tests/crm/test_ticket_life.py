"""The life of a ticket as a table: which steps there are, where they lead, what cannot be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.tickets.life import (
    DAY,
    OPEN,
    TABLE,
    Reply,
    Step,
    StepRefused,
    TicketStatus,
    after,
    on_reply,
    path,
    possible,
)

T = TicketStatus


def test_the_straight_way_from_new_to_archived() -> None:
    steps = (Step.ASSIGN, Step.START, Step.PEND, Step.WAKE, Step.RESOLVE, Step.ASK, Step.ARCHIVE)
    status, seen = T.NEW, []
    for step in steps:
        status = after(status, step)
        seen.append(status)
    assert seen == [
        *(T.ASSIGNED, T.IN_PROGRESS, T.PENDING, T.IN_PROGRESS),
        *(T.RESOLVED, T.FEEDBACK, T.ARCHIVED),
    ]


@pytest.mark.parametrize("status", list(TicketStatus))
@pytest.mark.parametrize("step", list(Step))
def test_every_pair_leads_somewhere_or_is_refused_by_name(status: T, step: Step) -> None:
    try:
        way = path(status, step)
    except StepRefused as refused:
        assert refused.field == "status"
        assert step not in possible(status)
        return
    assert way[-1] is step
    for one in way:
        status = after(status, one)  # each is a step of the table


def test_nothing_leads_out_of_the_archive() -> None:
    assert TABLE[T.ARCHIVED] == {}
    assert possible(T.ARCHIVED) == ()


def test_everything_but_a_merge_is_resolved_before_it_is_archived() -> None:
    ways = {
        (status, step)
        for status, steps in TABLE.items()
        for step, target in steps.items()
        if target is T.ARCHIVED and step is not Step.MERGE
    }
    assert ways == {(T.RESOLVED, Step.ARCHIVE), (T.FEEDBACK, Step.ARCHIVE)}


@pytest.mark.parametrize("status", list(TicketStatus))
def test_from_everywhere_the_archive_can_be_reached(status: T) -> None:
    reached, new = {status}, {status}
    while new:
        new = {target for one in new for target in TABLE[one].values()} - reached
        reached |= new
    assert T.ARCHIVED in reached


@pytest.mark.parametrize(
    ("status", "days_ago", "does"),
    [
        (T.NEW, None, Reply.KEEP),
        (T.ASSIGNED, None, Reply.KEEP),
        (T.IN_PROGRESS, None, Reply.KEEP),
        (T.PENDING, None, Reply.WAKE),
        (T.RESOLVED, 6.9, Reply.REOPEN),
        (T.FEEDBACK, 7, Reply.REOPEN),
        (T.RESOLVED, 7.1, Reply.FOLLOW_UP),
        (T.ARCHIVED, 0.1, Reply.FOLLOW_UP),
    ],
)
def test_what_a_customers_reply_does(status: T, days_ago: float | None, does: Reply) -> None:
    resolved_at = None if days_ago is None else 100 * DAY - days_ago * DAY
    assert on_reply(status, resolved_at=resolved_at, now=100 * DAY, days=7) is does


@given(st.sampled_from(TicketStatus), st.floats(0, 400), st.integers(0, 365))
def test_a_reply_never_reopens_what_is_open_nor_the_archive(
    status: T, days_ago: float, days: int
) -> None:
    does = on_reply(status, resolved_at=400 * DAY - days_ago * DAY, now=400 * DAY, days=days)
    assert (does is Reply.REOPEN) <= (status in {T.RESOLVED, T.FEEDBACK})
    assert (does in {Reply.KEEP, Reply.WAKE}) == (status in OPEN)
