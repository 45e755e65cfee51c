"""What customers think: one link, one ticket, one answer; looking changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import select, update

from callcenter.errors import Conflict, InvalidInput
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.sql import table_of
from crm.tickets import steps
from crm.tickets.desk import feedback
from crm.tickets.desk.feedback import DAY, Looked, State, hashed
from crm.tickets.desk.tables import FeedbackLink
from crm.tickets.words import CUSTOMER
from tests.crm.conftest import Put
from tests.crm.ticket_help import Desk, check_invariants

UNKNOWN = "A" * 43


async def resolved(desk: Desk, put_user: Put) -> tuple[int, int]:
    ann = await put_user("Ann")
    ticket = await desk.open(by=ann)
    await desk.step(steps.resolve, ticket, by=ann)
    desk.now += 1
    return ticket, ann


async def make(desk: Desk, ticket: int, days: float = 14) -> str:
    made = await desk.do(feedback.make, ticket, language="zh", days=days, by=None, now=desk.now)
    return str(made)


async def look(desk: Desk, token: str) -> Looked:
    async with desk.database.reading() as session:
        return await feedback.look(session, token, now=desk.now)


async def answer(desk: Desk, token: str, score: int = 5, comment: str | None = None) -> Any:
    return await desk.do(feedback.answer, token, score=score, comment=comment, now=desk.now)


async def test_the_token_is_random_and_only_its_hash_is_kept(
    database: Database, desk: Desk, put_user: Put
) -> None:
    ticket, _ = await resolved(desk, put_user)
    first, second = await make(desk, ticket), await make(desk, ticket)
    assert first != second
    assert len(first) == 43  # 256 bits
    async with database.reading() as session:
        rows = list(await session.scalars(select(FeedbackLink)))
    assert {row.token_hash for row in rows} == {hashed(first), hashed(second)}
    assert all(first not in str(vars(row)) for row in rows)


async def test_looking_changes_nothing(desk: Desk, put_user: Put) -> None:
    ticket, _ = await resolved(desk, put_user)
    token = await make(desk, ticket)
    before = await desk.row(ticket)
    for _ in range(3):
        seen = await look(desk, token)
        assert (seen.state, seen.language) == (State.OPEN, "zh")
        assert (seen.number, seen.title) == (before.number, before.title)
    after = await desk.row(ticket)
    assert (after.version, after.status, after.updated_at) == (
        before.version,
        "resolved",
        before.updated_at,
    )


async def test_the_answer_is_taken_once(desk: Desk, put_user: Put) -> None:
    ticket, ann = await resolved(desk, put_user)
    token = await make(desk, ticket)
    looked, event = await answer(desk, token, 4, "  很好\n谢谢 ")
    assert looked.state is State.OPEN
    assert event.kind == "rate"
    assert (await desk.view(ticket)).status == "feedback"
    told = (await desk.events(ticket))[-1]
    assert (told.actor, told.data) == ("customer", {"score": 4, "comment": "很好\n谢谢"})
    again, nothing = await answer(desk, token, 1)
    assert (again.state, nothing) == (State.USED, None)
    async with desk.database.reading() as session:
        (given,) = await feedback.of_ticket(session, ticket)
    assert (given.score, given.comment, given.agent) == (4, "很好\n谢谢", ann)
    await check_invariants(desk, ticket)


async def test_twenty_answers_at_once_are_one(desk: Desk, put_user: Put) -> None:
    ticket, _ = await resolved(desk, put_user)
    token = await make(desk, ticket)
    given = await asyncio.gather(*(answer(desk, token, 1 + n % 5) for n in range(20)))
    assert sum(event is not None for _, event in given) == 1
    assert {looked.state for looked, event in given if event is None} == {State.USED}
    await check_invariants(desk, ticket)


@pytest.mark.parametrize("token", [UNKNOWN, "", "x", "../" * 20, "' OR 1=1 --", "A" * 5000])
async def test_a_link_nobody_gave_tells_nothing(desk: Desk, token: str) -> None:
    assert await look(desk, token) == Looked(State.UNKNOWN)
    assert await answer(desk, token) == (Looked(State.UNKNOWN), None)


async def test_a_link_ends(desk: Desk, put_user: Put) -> None:
    ticket, _ = await resolved(desk, put_user)
    token = await make(desk, ticket, days=7)
    desk.now += 7 * DAY
    seen = await look(desk, token)
    assert (seen.state, seen.number, seen.title) == (State.EXPIRED, None, None)
    assert (await answer(desk, token))[1] is None
    assert (await desk.view(ticket)).status == "resolved"


async def test_a_ticket_that_was_reopened_is_not_asked_about(desk: Desk, put_user: Put) -> None:
    ticket, ann = await resolved(desk, put_user)
    token = await make(desk, ticket)
    await desk.step(steps.reopen, ticket, by=ann)
    assert (await look(desk, token)).state is State.EXPIRED
    with pytest.raises(Conflict):
        await make(desk, ticket)
    desk.now += 10
    await desk.step(steps.resolve, ticket, by=ann)
    assert (await look(desk, token)).state is State.EXPIRED, "the new resolution asks anew"
    desk.now += 10
    assert (await look(desk, await make(desk, ticket))).state is State.OPEN


async def test_an_archived_ticket_is_not_asked_about(desk: Desk, put_user: Put) -> None:
    ticket, ann = await resolved(desk, put_user)
    token = await make(desk, ticket)
    await desk.step(steps.archive, ticket, by=ann)
    assert (await look(desk, token)).state is State.EXPIRED
    assert (await answer(desk, token))[1] is None


@pytest.mark.parametrize(
    ("score", "comment", "field"),
    [(0, None, "score"), (6, None, "score"), (3, "a\x00b", "comment"), (3, "x" * 4001, "comment")],
)
async def test_an_answer_that_is_none_changes_nothing(
    desk: Desk, put_user: Put, score: int, comment: str | None, field: str
) -> None:
    ticket, _ = await resolved(desk, put_user)
    token = await make(desk, ticket)
    with pytest.raises(InvalidInput) as refused:
        await answer(desk, token, score, comment)
    assert refused.value.field == field
    assert (await look(desk, token)).state is State.OPEN


@pytest.mark.parametrize(("language", "shown"), [("en-GB", "en"), ("zh-TW", "zh"), (None, "zh")])
async def test_the_page_speaks_the_customers_language(
    desk: Desk, put_user: Put, language: str | None, shown: str
) -> None:
    customers = table_of(Customer)
    async with desk.database.session() as session:
        change = update(customers).where(customers.c.id == desk.customer)
        await session.execute(change.values(language=language))
        await session.commit()
    ticket, _ = await resolved(desk, put_user)
    assert (await look(desk, await make(desk, ticket))).language == shown


async def test_a_reply_of_the_customer_after_feedback_reopens(desk: Desk, put_user: Put) -> None:
    ticket, _ = await resolved(desk, put_user)
    await answer(desk, await make(desk, ticket), 1)
    await desk.step(steps.reopen, ticket, by=CUSTOMER)
    assert (await desk.view(ticket)).status == "assigned"
