"""Macros and bulk changes: all steps or none, each an event; each ticket by itself."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.errors import InvalidInput
from callcenter.store.database import Database
from crm.customers.tables import EmailAddress
from crm.mail.tables import Mail
from crm.tickets.changes import Stale
from crm.tickets.desk import bulk, tags
from crm.tickets.desk import macros as m
from crm.tickets.desk.apply import Applied, apply
from crm.tickets.desk.letters import Letters
from crm.tickets.life import StepRefused
from crm.tickets.words import person
from tests.crm.conftest import NOW, Put
from tests.crm.ticket_help import Desk, check_invariants

LETTERS = Letters(on=True, language="zh", zone=UTC)


async def macro(desk: Desk, ticket: int, steps: list[m.Step], by: int, **options: Any) -> Applied:
    return await desk.do(
        apply, ticket, steps, by=person(by), now=desk.now, letters=LETTERS, **options
    )


async def mails(database: Database) -> list[Mail]:
    async with database.reading() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.id)))


async def tags_of(desk: Desk, ticket: int) -> list[str]:
    async with desk.database.reading() as session:
        return await tags.of_ticket(session, ticket)


@pytest.fixture
async def with_mail(desk: Desk, put: Put) -> None:
    row = {"customer_id": desk.customer, "email": "Li@example.org", "key": "li@example.org"}
    await put(EmailAddress, **row)


async def test_each_step_is_an_event_of_its_own(
    database: Database, desk: Desk, put_user: Put, with_mail: None
) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    steps: list[m.Step] = [
        m.AssignStep("me"),
        m.PriorityStep("urgent"),
        m.TagsStep(["发票"]),
        m.ReplyStep("您好，{{customer.name}}：{{ticket.number}}。{{agent.name}}"),
        m.NoteStep("done by macro"),
        m.ResolveStep("重开"),
    ]
    made = await macro(desk, ticket, steps, ann)
    seen = await desk.view(ticket)
    assert (seen.status, seen.owner_id, seen.solution) == ("resolved", ann, "重开")
    assert made.version == seen.version
    kinds = ["created", "assign", "edited", "edited", "reply", "note", "start", "resolve"]
    assert await desk.kinds(ticket) == kinds
    assert await tags_of(desk, ticket) == ["发票"]
    assert (await desk.messages(ticket))[0] == f"您好，张三：{seen.number}。Ann"
    await check_invariants(desk, ticket)
    reply, feedback = await mails(database)
    assert (reply.kind, reply.recipient) == ("reply", "Li@example.org")
    assert f"您好，张三：{seen.number}。Ann" in reply.body
    assert feedback.kind == "feedback"
    assert "/feedback/" not in feedback.body  # the link is made when it is sent


async def test_a_step_that_is_refused_undoes_those_before_it(
    database: Database, desk: Desk, put_user: Put, with_mail: None
) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    steps: list[m.Step] = [m.ReplyStep("hello"), m.TagsStep(["x"]), m.ReopenStep()]
    with pytest.raises(StepRefused):
        await macro(desk, ticket, steps, ann)
    assert await desk.kinds(ticket) == ["created"]
    assert await tags_of(desk, ticket) == []
    assert await mails(database) == []


async def test_the_step_that_was_wrong_is_named(desk: Desk, put_user: Put) -> None:
    ticket = await desk.open(owner=None)
    with pytest.raises(InvalidInput) as refused:
        await macro(desk, ticket, [m.NoteStep("x"), m.AssignStep(999)], await put_user("Ann"))
    assert refused.value.field == "steps[1].owner"


async def test_a_macro_on_a_ticket_that_has_changed_is_refused(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    await macro(desk, ticket, [m.PriorityStep("high")], ann, version=1)
    with pytest.raises(Stale):
        await macro(desk, ticket, [m.PriorityStep("low")], ann, version=1)


async def test_nobody_without_an_address_is_written_to(
    database: Database, desk: Desk, put_user: Put
) -> None:
    ticket = await desk.open(owner=None)
    await macro(desk, ticket, [m.ReplyStep("hello"), m.ResolveStep()], await put_user("Ann"))
    assert await mails(database) == []


async def test_tags_are_told_with_what_was_before(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    await macro(desk, ticket, [m.TagsStep(["VIP", "发票"])], ann)
    await macro(desk, ticket, [m.TagsStep(["vip"], ["发票", "none"])], ann)
    assert await tags_of(desk, ticket) == ["VIP"]
    last = (await desk.events(ticket))[-1]
    assert last.data == {"tags": {"before": ["VIP", "发票"], "after": ["VIP"]}}
    made = await macro(desk, ticket, [m.TagsStep(["VIP"])], ann)
    assert made.events == []


async def test_of_many_tickets_each_says_how_it_went(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    good, over, other = [await desk.open(owner=None) for _ in range(3)]
    await macro(desk, over, [m.ResolveStep()], ann)
    await macro(desk, over, [m.ArchiveStep()], ann)
    rows, events = await desk.do(
        bulk.change_all,
        [other, over, good, 4242, good],
        [m.TagsStep(["x"]), m.AssignStep(ann)],
        by=person(ann),
        now=desk.now,
        letters=LETTERS,
    )
    assert [(row.ticket, row.result, row.error) for row in rows] == [
        (other, "done", None),
        (over, "failed", "read_only"),
        (good, "done", None),
        (4242, "failed", "not_found"),
    ]
    assert {event.ticket for event in events} == {good, other}
    assert await tags_of(desk, over) == []
    for ticket in (good, other):
        assert (await desk.view(ticket)).owner_id == ann
        await check_invariants(desk, ticket)


async def test_a_ticket_fails_whole(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    rows, events = await desk.do(
        bulk.change_all,
        [ticket],
        [m.TagsStep(["x"]), m.ReopenStep()],
        by=person(ann),
        now=NOW,
        letters=LETTERS,
    )
    assert rows[0].error == "step_refused"
    assert events == []
    assert await tags_of(desk, ticket) == []
    assert await desk.kinds(ticket) == ["created"]


async def test_twenty_at_once_lose_nothing(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)

    async def one(number: int) -> None:
        steps: list[m.Step] = [m.TagsStep([f"tag {number:02}"]), m.NoteStep(f"note {number}")]
        await macro(desk, ticket, steps, ann)

    await asyncio.gather(*(one(number) for number in range(20)))
    assert await tags_of(desk, ticket) == [f"tag {number:02}" for number in range(20)]
    assert sorted(await desk.messages(ticket)) == sorted(f"note {n}" for n in range(20))
    await check_invariants(desk, ticket)


async def test_two_bulk_changes_of_the_same_tickets_do_not_wait_for_each_other_for_ever(
    desk: Desk, put_user: Put
) -> None:
    ann = await put_user("Ann")
    tickets = [await desk.open(owner=None) for _ in range(6)]

    async def change(order: list[int], tag: str) -> list[bulk.RowResult]:
        rows, _ = await desk.do(
            bulk.change_all,
            order,
            [m.TagsStep([tag])],
            by=person(ann),
            now=desk.now,
            letters=LETTERS,
        )
        return rows

    async with asyncio.timeout(60):
        both = await asyncio.gather(change(tickets, "a"), change(tickets[::-1], "b"))
    assert {row.result for rows in both for row in rows} == {"done"}
    assert [await tags_of(desk, ticket) for ticket in tickets] == [["a", "b"]] * 6
