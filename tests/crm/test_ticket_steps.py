"""What people do with tickets: each step has its event, its line in the timeline, its deadlines."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.database import Database
from crm.activities.kinds import ActivityKind
from crm.activities.queries import timeline
from crm.sql import table_of
from crm.tickets import notices, service, steps
from crm.tickets.changes import ReadOnly, Stale
from crm.tickets.life import Priority, StepRefused
from crm.tickets.service import KeyReused, NewTicket, TicketPatch, open_ticket
from crm.tickets.tables import SlaPolicy
from crm.tickets.words import CUSTOMER, person
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants
from web.auth.tables import User

HOUR = 3600.0


@pytest.fixture
async def wang(put_user: Put) -> int:
    return int(await put_user("小王"))


@pytest.fixture
async def li(put_user: Put) -> int:
    return int(await put_user("小李"))


async def test_a_ticket_is_worked_from_begin_to_end(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    assert (await desk.view(ticket)).status == "assigned", "who opens it looks after it"
    await desk.step(steps.start, ticket, by=wang)
    await desk.step(steps.pend, ticket, by=wang, reason="等客户回复", wake_at=NOW + HOUR)
    desk.now += HOUR / 2
    await desk.step(steps.wake, ticket, by=wang)
    await desk.step(steps.resolve, ticket, by=wang, solution="已重开发票")
    await desk.step(steps.ask, ticket, by=wang)
    await desk.step(steps.rate, ticket, by=CUSTOMER, data={"score": 5})
    await desk.step(steps.archive, ticket, by=wang)
    assert await desk.kinds(ticket) == [
        *("created", "assign", "start", "pend", "wake", "resolve", "ask", "rate", "archive"),
    ]
    view = await desk.view(ticket)
    assert (view.status, view.solution, view.steps) == ("archived", "已重开发票", [])
    async with desk.database.reading() as session:
        items = (await timeline(session, desk.customer, kinds=[ActivityKind.SATISFACTION])).items
    assert [(item.result, item.author) for item in items] == [("5", None)]
    await check_invariants(desk, ticket)


async def test_each_step_is_a_line_of_the_timeline_with_its_actor(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.start, ticket, by=wang)
    async with desk.database.reading() as session:
        items = (await timeline(session, desk.customer)).items
    found = [(item.kind, item.result, item.author) for item in items]
    assert sorted(found) == [
        ("ticket", "new", "小王"),
        ("ticket_step", "assign", "小王"),
        ("ticket_step", "start", "小王"),
    ]


async def test_to_resolve_what_nobody_has_begun_is_to_take_and_begin_it(
    desk: Desk, wang: int
) -> None:
    ticket = await desk.open(by=wang, owner=None)
    assert (await desk.view(ticket)).status == "new"
    await desk.step(steps.resolve, ticket, by=wang)
    events = await desk.events(ticket)
    assert [event.kind for event in events] == ["created", "assign", "start", "resolve"]
    assert {event.actor_id for event in events} == {wang}
    assert [event.version for event in events] == [1, 2, 3, 4]
    await check_invariants(desk, ticket)


async def test_what_nobody_looks_after_cannot_be_begun_by_nobody(desk: Desk) -> None:
    ticket = await desk.open()
    with pytest.raises(StepRefused):
        await desk.step(steps.start, ticket, by=CUSTOMER)


async def test_it_is_given_to_others_and_they_are_told(desk: Desk, wang: int, li: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.start, ticket, by=wang)
    await desk.step(steps.assign, ticket, by=wang, owner=li)
    view = await desk.view(ticket)
    assert (view.owner, view.status) == ("小李", "assigned"), "they have not begun"
    async with desk.database.session() as session:
        page = await notices.list_notices(session, li)
        assert [(one.ticket, one.kind) for one in page.items] == [(ticket, "assigned")]
        assert (await notices.list_notices(session, wang)).items == []
        await notices.read(session, li, [], now=NOW)
        assert (await notices.list_notices(session, li, unread=True)).unread == 0
    await desk.step(steps.assign, ticket, by=li, owner=None)
    assert (await desk.view(ticket)).status == "new"
    await check_invariants(desk, ticket)


async def test_only_who_is_there_gets_a_ticket(
    desk: Desk, database: Database, wang: int, li: int
) -> None:
    async with database.session() as session:
        await session.execute(update(table_of(User)).where(User.id == li).values(active=False))
        await session.commit()
    ticket = await desk.open(by=wang)
    for owner in (li, 999):
        with pytest.raises(InvalidInput) as refused:
            await desk.step(steps.assign, ticket, by=wang, owner=owner)
        assert refused.value.field == "owner"
    with pytest.raises(InvalidInput) as refused:
        await desk.step(steps.assign, ticket, by=wang, team=99)
    assert refused.value.field == "team"


async def test_a_reopened_ticket_goes_back_to_who_had_it_if_they_are_there(
    desk: Desk, database: Database, wang: int, li: int
) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.resolve, ticket, by=wang)
    await desk.step(steps.reopen, ticket, by=li)
    view = await desk.view(ticket)
    assert (view.status, view.owner_id, view.reopened) == ("assigned", wang, 1)
    await desk.step(steps.resolve, ticket, by=wang)
    async with database.session() as session:
        await session.execute(update(table_of(User)).where(User.id == wang).values(active=False))
        await session.commit()
    await desk.step(steps.reopen, ticket, by=li)
    view = await desk.view(ticket)
    assert (view.status, view.owner_id, view.reopened) == ("new", None, 2)
    await check_invariants(desk, ticket)


async def test_what_is_put_off_says_why_and_for_no_longer_than_a_year(
    desk: Desk, wang: int
) -> None:
    ticket = await desk.open(by=wang)
    for wrong, field in (
        ({"reason": " "}, "reason"),
        ({"reason": "x", "wake_at": NOW}, "wake_at"),
        ({"reason": "x", "wake_at": NOW + 400 * 86_400}, "wake_at"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await desk.step(steps.pend, ticket, by=wang, **wrong)
        assert refused.value.field == field


async def test_nothing_is_changed_in_the_archive(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.resolve, ticket, by=wang)
    await desk.step(steps.archive, ticket, by=wang)
    before = await desk.events(ticket)
    for deed, options in (
        (steps.reopen, {}),
        (steps.assign, {"owner": wang}),
        (service.edit_ticket, {"patch": TicketPatch(title="x")}),
    ):
        with pytest.raises(ReadOnly):
            await desk.step(deed, ticket, by=wang, **options)
    assert len(await desk.events(ticket)) == len(before)
    with pytest.raises(NotFound):
        await desk.step(steps.start, 999, by=wang)


# --- changing what stands in it ---------------------------------------------------------------


async def test_a_change_is_one_event_with_before_and_after(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    patch = TicketPatch(title="  新标题 ", priority=Priority.HIGH, description="详情")
    changed = await desk.step(service.edit_ticket, ticket, by=wang, patch=patch, version=2)
    assert (changed.kind, changed.version) == ("edited", 3)
    event = (await desk.events(ticket))[-1]
    assert event.before == {"title": "发票没有收到", "priority": 2, "description": None}
    assert event.after == {"title": "新标题", "priority": 3, "description": "详情"}
    same = await desk.step(service.edit_ticket, ticket, by=wang, patch=patch, version=3)
    assert same.version == 3, "nothing was changed"
    await check_invariants(desk, ticket)


async def test_a_stale_version_is_told_what_is_there_now(desk: Desk, wang: int, li: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(service.edit_ticket, ticket, by=li, patch=TicketPatch(title="我的"), version=2)
    with pytest.raises(Stale) as stale:
        await desk.step(
            service.edit_ticket, ticket, by=wang, patch=TicketPatch(title="你的"), version=2
        )
    assert (stale.value.values["version"], stale.value.now["title"]) == (3, "我的")
    for deed, options in (
        (steps.assign, {"owner": li}),
        (steps.start, {}),
        (steps.resolve, {}),
    ):
        with pytest.raises(Stale):
            await desk.step(deed, ticket, by=wang, version=2, **options)
    assert (await desk.view(ticket)).version == 3


# --- opened once ------------------------------------------------------------------------------


async def test_the_same_request_under_the_same_key_opens_one_ticket(
    desk: Desk, wang: int, li: int
) -> None:
    new = NewTicket(title="x", customer=desk.customer, key="order-17")

    async def send(new: NewTicket, by: int) -> tuple[int, bool]:
        opened = await desk.do(open_ticket, new, by=person(by), now=NOW)
        return opened.ticket, opened.event is not None

    found = await asyncio.gather(*(send(new, wang) for _ in range(8)))
    assert len({ticket for ticket, _ in found}) == 1
    assert [made for _, made in found].count(True) == 1
    assert (await send(new, li))[1], "another person's keys are their own"
    other = NewTicket(title="y", customer=desk.customer, key="order-17")
    with pytest.raises(KeyReused):
        await send(other, wang)


async def test_numbers_have_no_gap_when_a_request_comes_twice(desk: Desk, wang: int) -> None:
    for _ in range(2):
        await desk.open(by=wang, key="a")
    assert (await desk.view(await desk.open(by=wang))).number == "T-2026-000002"


# --- deadlines --------------------------------------------------------------------------------


@pytest.fixture
async def policy(put: Put) -> Any:
    return await put(
        SlaPolicy,
        name="默认",
        respond_within=1800,
        update_within=7200,
        resolve_within=28_800,
        steps=[],
    )


@pytest.mark.usefixtures("policy")
async def test_putting_off_stops_the_resolution_clock_and_moves_its_end(
    desk: Desk, wang: int
) -> None:
    ticket = await desk.open(by=wang)
    view = await desk.view(ticket)
    assert (view.respond_due, view.resolve_due, view.due) == (
        *(NOW + 1800, NOW + 28_800, NOW + 1800),
    )
    desk.now = NOW + HOUR
    await desk.step(steps.pend, ticket, by=wang, reason="等配件")
    assert (await desk.view(ticket)).held
    desk.now = NOW + 3 * HOUR
    await desk.step(steps.wake, ticket, by=wang)
    view = await desk.view(ticket)
    assert (view.resolve_due, view.held) == (NOW + 28_800 + 2 * HOUR, False)
    desk.now = NOW + 4 * HOUR
    await desk.step(steps.resolve, ticket, by=wang)
    assert (await desk.view(ticket)).due is None, "nothing is owed"
    desk.now = NOW + 24 * HOUR
    await desk.step(steps.reopen, ticket, by=wang)
    assert (await desk.view(ticket)).resolve_due == NOW + 28_800 + 22 * HOUR
    await check_invariants(desk, ticket)


@pytest.mark.usefixtures("policy")
async def test_another_priority_is_another_promise_from_the_same_beginning(
    desk: Desk, put: Put, wang: int
) -> None:
    await put(SlaPolicy, name="加急", priority=4, position=0, resolve_within=3600, steps=[])
    async with desk.database.session() as session:
        first = update(table_of(SlaPolicy)).where(SlaPolicy.name == "默认").values(position=9)
        await session.execute(first)
        await session.commit()
    ticket = await desk.open(by=wang)
    desk.now += 600
    patch = TicketPatch(priority=Priority.URGENT)
    await desk.step(service.edit_ticket, ticket, by=wang, patch=patch)
    view = await desk.view(ticket)
    assert (view.sla, view.resolve_due, view.respond_due) == ("加急", NOW + 3600, None)
    await check_invariants(desk, ticket)
