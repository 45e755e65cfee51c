"""What time brings: escalations to the minute and once, waking, putting away; also when late."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from callcenter.calendars import DAYS
from callcenter.events import TicketChanged
from crm.sql import table_of
from crm.tickets import keeper, notices, policies, promises, settings, steps
from crm.tickets.keeper import TicketKeeper
from crm.tickets.life import DAY
from crm.tickets.policies import PolicyBody
from crm.tickets.sla import EscalationStep, Target
from crm.tickets.tables import TicketEscalation
from crm.tickets.words import Settings
from routing.tables import CalendarRow
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants
from web.auth.tables import Team, TeamMember, User

MINUTE = 60.0


@pytest.fixture
async def wang(put_user: Put) -> int:
    return int(await put_user("小王"))


@pytest.fixture
async def li(put_user: Put) -> int:
    return int(await put_user("小李"))


@pytest.fixture
def told() -> list[TicketChanged]:
    return []


def kept(desk: Desk, told: list[TicketChanged]) -> TicketKeeper:
    return TicketKeeper(desk.database, told.append, clock=lambda: desk.now)


async def promise(desk: Desk, *steps_: EscalationStep, **values: Any) -> None:
    body = PolicyBody(name="x", **({"resolve": 3600} | values), steps=steps_)
    await desk.do(policies.create_policy, body)


async def notices_of(desk: Desk, user: int) -> list[str]:
    async with desk.database.reading() as session:
        return [one.kind for one in (await notices.list_notices(session, user)).items]


def late(minutes: int = 0, target: Target = Target.RESOLVE, **does: Any) -> EscalationStep:
    return EscalationStep(target=target, minutes=minutes, **(does or {"notify_owner": True}))


async def test_an_escalation_is_done_at_its_minute_and_once(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late(-10), late(5, raise_priority=True))
    ticket = await desk.open(by=wang)
    clock = kept(desk, told)
    assert await clock.turn() == NOW + 50 * MINUTE, "it knows when to look again"
    desk.now = NOW + 50 * MINUTE - 1
    await clock.turn()
    assert told == []
    desk.now = NOW + 50 * MINUTE
    for _ in range(3):
        await clock.turn()
    assert [one.kind for one in told] == ["escalated"]
    assert await notices_of(desk, wang) == ["resolve"]
    desk.now = NOW + 65 * MINUTE
    await kept(desk, told).turn()  # after a restart
    view = await desk.view(ticket)
    assert (view.priority, view.resolve_due) == ("high", NOW + 3600), "the promise is what it was"
    assert (await desk.kinds(ticket)).count("escalated") == 2
    await check_invariants(desk, ticket)


async def test_what_was_missed_while_nobody_kept_is_done_in_its_order(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late(30), late(-30), late(0))
    ticket = await desk.open(by=wang)
    desk.now = NOW + 3 * DAY
    await kept(desk, told).turn()
    done = [event.data or {} for event in await desk.events(ticket) if event.kind == "escalated"]
    assert [one["minutes"] for one in done] == [-30, 0, 30]
    assert [one["due"] for one in done] == [NOW + minutes * MINUTE for minutes in (30, 60, 90)]


async def test_several_keepers_do_each_once(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late(), late(1))
    tickets = [await desk.open(by=wang) for _ in range(5)]
    desk.now = NOW + 2 * 3600
    await asyncio.gather(*(kept(desk, told).turn() for _ in range(4)))
    for ticket in tickets:
        assert (await desk.kinds(ticket)).count("escalated") == 2
    assert len(told) == 10
    assert await notices_of(desk, wang) == ["resolve"] * 10


async def test_a_ticket_is_taken_from_who_is_late_and_all_who_should_know_are_told(
    desk: Desk, put: Put, wang: int, li: int, told: list[TicketChanged]
) -> None:
    team = await put(Team, name="二线", name_key="二线", created_at=NOW)
    await put(TeamMember, user_id=li, team_id=team)
    await promise(
        desk,
        late(0, owner=li, notify_owner=True),
        late(10, team=team, notify_team=True),
    )
    ticket = await desk.open(by=wang)
    await desk.step(steps.start, ticket, by=wang)
    desk.now = NOW + 3600
    await kept(desk, told).turn()
    view = await desk.view(ticket)
    assert (view.owner_id, view.status) == (li, "assigned")
    assert (await notices_of(desk, wang), await notices_of(desk, li)) == (["resolve"], ["assigned"])
    desk.now += 10 * MINUTE
    await kept(desk, told).turn()
    view = await desk.view(ticket)
    assert (view.owner_id, view.status, view.team) == (None, "new", "二线")
    await check_invariants(desk, ticket)


async def test_who_is_gone_gets_nothing(
    desk: Desk, wang: int, li: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late(0, owner=li, notify=(li,)))
    ticket = await desk.open(by=wang)
    async with desk.database.session() as session:
        gone = update(table_of(User)).where(User.id == li).values(active=False)
        await session.execute(gone)
        await session.commit()
    desk.now = NOW + 3600
    await kept(desk, told).turn()
    assert (await desk.view(ticket)).owner_id == wang
    assert await notices_of(desk, li) == []
    assert [one.kind for one in told] == ["escalated"]


async def test_what_waits_or_is_resolved_is_not_escalated_and_later_when_it_goes_on(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late())
    waiting, over = await desk.open(by=wang), await desk.open(by=wang)
    desk.now = NOW + 30 * MINUTE
    await desk.step(steps.pend, waiting, by=wang, reason="等配件")
    await desk.step(steps.resolve, over, by=wang)
    desk.now = NOW + 5 * 3600
    await kept(desk, told).turn()
    assert told == []
    await desk.step(steps.wake, waiting, by=wang)
    assert await desk.planned(waiting) == [(desk.now + 30 * MINUTE, False)]


async def test_what_was_put_off_wakes_at_its_time(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.pend, ticket, by=wang, reason="周一再问", wake_at=NOW + 90)
    assert await kept(desk, told).turn() == NOW + 90
    desk.now = NOW + 90
    await asyncio.gather(*(kept(desk, told).turn() for _ in range(3)))
    assert [one.kind for one in told] == ["wake"]
    event = (await desk.events(ticket))[-1]
    assert (event.actor, event.after) == (
        "clock",
        {"status": "in_progress", "pending_reason": None, "wake_at": None},
    )
    assert await notices_of(desk, wang) == ["woken"]
    await check_invariants(desk, ticket)


async def test_what_was_resolved_long_ago_is_put_away(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    ticket, asked, back = [await desk.open(by=wang) for _ in range(3)]
    for one in (ticket, asked, back):
        await desk.step(steps.resolve, one, by=wang)
    await desk.step(steps.ask, asked, by=wang)
    await desk.step(steps.reopen, back, by=wang)
    desk.now = NOW + 13.9 * DAY
    await kept(desk, told).turn()
    assert told == []
    await desk.do(settings.save, Settings(archive_days=None))
    desk.now = NOW + 14 * DAY
    await kept(desk, told).turn()
    assert told == [], "by hand only"
    await desk.do(settings.save, Settings())
    await kept(desk, told).turn()
    assert sorted(one.ticket for one in told) == [ticket, asked]
    assert (await desk.view(back)).status == "assigned"
    await check_invariants(desk, ticket)


async def test_one_that_cannot_be_done_does_not_keep_the_others_waiting(
    desk: Desk, wang: int, told: list[TicketChanged]
) -> None:
    await promise(desk, late())
    broken, good = await desk.open(by=wang), await desk.open(by=wang)
    async with desk.database.session() as session:
        of_it = update(table_of(TicketEscalation)).where(TicketEscalation.ticket_id == broken)
        await session.execute(of_it.values(step={"target": "nonsense"}))
        await session.commit()
    desk.now = NOW + 3600
    clock = kept(desk, told)
    for _ in range(2):
        await clock.turn()
    assert [one.ticket for one in told] == [good]


async def test_a_holiday_that_is_added_moves_what_is_due(
    desk: Desk, put: Put, wang: int, told: list[TicketChanged]
) -> None:
    week = {day: [{"begin": "00:00", "end": "24:00"}] for day in DAYS}
    data = {"zone": "UTC", "week": week}
    await put(CalendarRow, name="always", data=data)
    await promise(desk, late(), calendar="always", resolve=7200)
    ticket, over = await desk.open(by=wang), await desk.open(by=wang)
    await desk.step(steps.resolve, over, by=wang)
    before = await desk.view(ticket)
    assert before.resolve_due == NOW + 7200
    async with desk.database.session() as session:
        closed = data | {"days": [{"date": "2026-01-01", "name": "元旦", "hours": []}]}
        await session.execute(update(table_of(CalendarRow)).values(data=closed))
        await promises.recount_calendar(session, "always")
        await session.commit()
    for _ in range(2):
        await kept(desk, told).turn()
    after = await desk.view(ticket)
    assert after.resolve_due == NOW + DAY + 7200
    assert (after.version, after.updated_at) == (before.version, before.updated_at)
    assert await desk.planned(ticket) == [(NOW + DAY + 7200, False)]
    assert [(one.ticket, one.kind) for one in told] == [(ticket, "recounted")]
    await check_invariants(desk, ticket)


async def test_it_keeps_going_and_sleeps_no_longer_than_it_may(
    desk: Desk, wang: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "LOOK_AGAIN", 0.05)
    ticket = await desk.open(by=wang)
    heard = asyncio.Event()
    clock = TicketKeeper(desk.database, lambda _: heard.set(), clock=lambda: desk.now)
    task = asyncio.create_task(clock.run())
    try:
        await asyncio.sleep(0.1)
        await desk.step(steps.pend, ticket, by=wang, reason="x", wake_at=NOW + 5)
        desk.now = NOW + 6
        async with asyncio.timeout(20):
            await heard.wait()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert (await desk.kinds(ticket))[-1] == "wake"
