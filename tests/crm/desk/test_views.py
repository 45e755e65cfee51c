"""Saved views: whose they are, what they hold, counted to a limit."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from sqlalchemy import select, true

from callcenter.errors import Forbidden, InvalidInput, NotFound
from callcenter.store.database import Database
from crm.tickets import steps
from crm.tickets.desk import filters, kept, views
from crm.tickets.desk.filters import Eye, TicketFilter
from crm.tickets.desk.sharing import Owned, Sharing, Viewer, may_change, placed
from crm.tickets.desk.tables import SavedView, TicketTag
from crm.tickets.life import Priority
from crm.tickets.tables import Ticket, TicketCategory, TicketWatcher
from tests.crm.conftest import NOW, Put
from tests.crm.ticket_help import Desk
from web.auth.tables import Team

NOBODY = Eye(0, frozenset(), NOW)


async def found(database: Database, asked: TicketFilter, eye: Eye = NOBODY) -> list[int]:
    async with database.reading() as session:
        query = select(Ticket.id).where(filters.condition(asked, eye)).order_by(Ticket.id)
        listed = list(await session.scalars(query))
        counted, _ = await views.count(session, views.Asked(asked, eye, true()))
    assert counted == len(listed)
    return listed


async def test_each_question_finds_its_tickets(
    database: Database, desk: Desk, put: Put, put_user: Put
) -> None:
    ann, bob = await put_user("Ann"), await put_user("Bob")
    top = await put(TicketCategory, name="a", fields=[])
    below = await put(TicketCategory, name="b", parent_id=top, fields=[])
    plain = await desk.open(owner=None)
    mine = await desk.open(owner=ann, priority=Priority.URGENT, category=below)
    done = await desk.open(owner=bob, category=top)
    await desk.step(steps.resolve, done, by=bob)
    await put(TicketTag, ticket_id=plain, tag="VIP", tag_key="vip")
    await put(TicketWatcher, ticket_id=done, user_id=ann, since=NOW)
    eye = Eye(ann, frozenset(), NOW)

    async def holds(**asked: Any) -> list[int]:
        return await found(database, TicketFilter(**asked), eye)

    assert await holds() == [plain, mine, done]
    assert await holds(status=["open"]) == [plain, mine]
    assert await holds(status=["resolved", "new"]) == [plain, done]
    assert await holds(owner="me") == [mine]
    assert await holds(owner="nobody") == [plain]
    assert await holds(owner=bob) == [done]
    assert await holds(priority=["urgent", "low"]) == [mine]
    assert await holds(category=top) == [mine, done]
    assert await holds(category=below) == [mine]
    assert await holds(tag=" vip ") == [plain]
    assert await holds(watching=True) == [done]
    assert await holds(watching=False) == [plain, mine]
    assert await holds(customer=desk.customer, status=["open"], owner="me") == [mine]
    assert await holds(overdue=True) == []
    assert await holds(team="mine") == []


async def test_late_tickets_are_counted_apart(database: Database, desk: Desk, put: Put) -> None:
    await put(
        Ticket,
        number="T-9",
        title="x",
        status="new",
        customer_id=desk.customer,
        created_at=NOW,
        updated_at=NOW,
        next_due=NOW - 1,
    )
    await desk.open(owner=None)
    async with database.reading() as session:
        asked = views.Asked(TicketFilter(), NOBODY, true())
        assert await views.count(session, asked) == (2, 1)
    assert len(await found(database, TicketFilter(overdue=True))) == 1
    assert len(await found(database, TicketFilter(overdue=False))) == 1


async def test_nobody_waits_for_a_figure_beyond_the_limit(
    database: Database, desk: Desk, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_COUNTED", 3)
    for _ in range(5):
        await desk.open(owner=None)
    async with database.reading() as session:
        asked = views.Asked(TicketFilter(), NOBODY, true())
        assert await views.count(session, asked) == (3, 0)


@pytest.mark.parametrize(
    "sent",
    [
        {"status": ["gone"]},
        {"owner": "somebody"},
        {"owner": 0},
        {"priority": [1]},
        {"sort": "x"},
        {"tag": ""},
    ],
)
def test_what_is_no_question_is_refused(sent: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(sent, TicketFilter)


# --- whose they are ---------------------------------------------------------------------------

ME = Viewer(1, frozenset({5}))
BOSS = Viewer(2, frozenset(), configures=True)


@pytest.mark.parametrize(
    ("viewer", "owned", "may"),
    [
        (ME, Owned(Sharing.PERSONAL, 1), True),
        (ME, Owned(Sharing.PERSONAL, 3), False),
        (BOSS, Owned(Sharing.PERSONAL, 1), False),
        (ME, Owned(Sharing.TEAM, 1, 5), True),
        (ME, Owned(Sharing.TEAM, 3, 5), False),
        (ME, Owned(Sharing.TEAM, 1, 6), False),
        (BOSS, Owned(Sharing.TEAM, 3, 5), True),
        (ME, Owned(Sharing.SHARED, 1), False),
        (BOSS, Owned(Sharing.SHARED, 3), True),
    ],
)
def test_who_may_change_what(viewer: Viewer, owned: Owned, may: bool) -> None:
    assert may_change(viewer, owned) is may


def test_where_somebody_may_put_something() -> None:
    assert placed(ME, Sharing.TEAM, 5, 1) == Owned(Sharing.TEAM, 1, 5)
    assert placed(BOSS, Sharing.SHARED, None, 2) == Owned(Sharing.SHARED, 2)
    for sharing, team in ((Sharing.TEAM, 6), (Sharing.SHARED, None)):
        with pytest.raises(Forbidden):
            placed(ME, sharing, team, 1)
    for sharing, team in ((Sharing.TEAM, None), (Sharing.PERSONAL, 5)):
        with pytest.raises(InvalidInput):
            placed(ME, sharing, team, 1)


async def save(desk: Desk, viewer: Viewer, sharing: Sharing, team: int | None = None) -> SavedView:
    values = {"title": f"{sharing} {viewer.user}", "filter": {}, "sort": "-created_at", "place": 0}
    row = await desk.do(kept.create, SavedView, viewer, (sharing, team), values, now=NOW)
    assert isinstance(row, SavedView)
    return row


async def test_everybody_sees_their_own_the_teams_and_the_shared(
    desk: Desk, put: Put, put_user: Put
) -> None:
    ann, bob, cat = [await put_user(name) for name in ("Ann", "Bob", "Cat")]
    team = await put(Team, name="x", name_key="x", created_at=NOW)
    of_ann = Viewer(ann, frozenset({team}))
    of_bob, of_cat = Viewer(bob, frozenset({team})), Viewer(cat, configures=True)
    mine = await save(desk, of_ann, Sharing.PERSONAL)
    ours = await save(desk, of_ann, Sharing.TEAM, team)
    all_ = await save(desk, of_cat, Sharing.SHARED)
    async with desk.database.reading() as session:
        seen = {
            who.user: {row.id for row in await kept.listed(session, SavedView, who)}
            for who in (of_ann, of_bob, of_cat)
        }
        with pytest.raises(NotFound):
            await kept.read(session, SavedView, mine.id, of_bob)
    assert seen == {ann: {mine.id, ours.id, all_.id}, bob: {ours.id, all_.id}, cat: {all_.id}}
    change = kept.Change(1, None, None, {"title": "z"})
    with pytest.raises(Forbidden):
        await desk.do(kept.change, SavedView, all_.id, of_ann, change, now=NOW)
    with pytest.raises(Forbidden):
        await desk.do(kept.remove, SavedView, ours.id, of_bob)


async def test_a_change_of_what_somebody_changed_is_refused_with_both(
    desk: Desk, put_user: Put
) -> None:
    who = Viewer(await put_user("Ann"))
    row = await save(desk, who, Sharing.PERSONAL)
    first = kept.Change(1, None, None, {"title": "first"})
    await desk.do(kept.change, SavedView, row.id, who, first, now=NOW)
    with pytest.raises(kept.Stale) as refused:
        second = kept.Change(1, None, None, {"title": "second"})
        await desk.do(kept.change, SavedView, row.id, who, second, now=NOW)
    assert refused.value.values == {
        "sent": {"title": "second"},
        "current": {"title": "first", "version": 2},
    }


async def test_a_list_does_not_grow_without_end(
    desk: Desk, put_user: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(kept.MOST, Sharing.PERSONAL, 2)
    who = Viewer(await put_user("Ann"))
    for _ in range(2):
        await save(desk, who, Sharing.PERSONAL)
    with pytest.raises(InvalidInput, match="at most 2"):
        await save(desk, who, Sharing.PERSONAL)


async def test_a_team_that_is_not_there_is_named(desk: Desk, put_user: Put) -> None:
    boss = Viewer(await put_user("Cat"), configures=True)
    with pytest.raises(InvalidInput, match="no such team"):
        await save(desk, boss, Sharing.TEAM, 99)
