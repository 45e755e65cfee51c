"""The figures of saved views, for everybody at once: by what each may see, each question once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, insert

from callcenter.events import TicketChanged
from callcenter.store.database import Database
from crm.tickets.desk.tables import SavedView
from screenpop.frames import TicketRef, ViewCount
from tests.crm.conftest import NOW, Put, desk, put, put_user  # noqa: F401 - fixtures
from tests.crm.ticket_help import Desk
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.ticket_feed import KNOWN_FOR, TicketFeed


def person(user: int, scope: Scope) -> Principal:
    return Principal(
        user=user,
        username="",
        display_name="",
        language="zh",
        theme="light",
        agent=None,
        agent_name=None,
        roles=(),
        rights={Right.TICKET_READ: scope},
        session="",
        last_seen_at=0.0,
        expires_at=0.0,
        csrf="",
    )


async def save(database: Database, title: str, **filter_: Any) -> None:
    async with database.session() as session:
        row = {"title": title, "sharing": "shared", "filter": filter_, "sort": "-created_at"}
        await session.execute(insert(SavedView).values(**row, updated_at=NOW))
        await session.commit()


@pytest.fixture
async def people(desk: Desk, put_user: Put) -> list[int]:  # noqa: F811 - fixtures
    """Three, of whom the first has two tickets, the second one; one is nobody's."""
    users = [await put_user(name) for name in ("Ann", "Bob", "Cat")]
    for owner in (users[0], users[0], users[1], None):
        await desk.open(owner=owner)
    return users


async def test_each_sees_figures_of_what_they_may_see(
    database: Database, people: list[int]
) -> None:
    await save(database, "all")
    await save(database, "mine", owner="me")
    feed = TicketFeed(database, clock=lambda: NOW)
    who = [person(user, Scope.OWN) for user in people[:2]] + [person(people[2], Scope.ALL)]
    counts = await feed.counts(who)
    found = {user: [one.count for one in ones] for user, ones in counts.items()}
    assert found == {people[0]: [2, 2], people[1]: [1, 1], people[2]: [4, 0]}


async def test_each_is_told_of_what_they_may_see(database: Database, people: list[int]) -> None:
    feed = TicketFeed(database, clock=lambda: NOW)
    who = [person(user, Scope.OWN) for user in people[:2]] + [person(people[2], Scope.ALL)]
    found = await feed.reached(who, [1, 2, 3, 4])
    assert {user: sorted(ids) for user, ids in found.items()} == {
        people[0]: [1, 2],
        people[1]: [3],
        people[2]: [1, 2, 3, 4],
    }


async def test_what_means_the_same_to_many_is_counted_once(
    database: Database, people: list[int]
) -> None:
    await save(database, "all")
    feed = TicketFeed(database, clock=lambda: NOW)
    counted: list[str] = []

    def executed(_c: Any, _cu: Any, statement: str, *_: Any) -> None:
        if "count(" in statement.lower() and "tickets" in statement:
            counted.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", executed)
    try:
        counts = await feed.counts([person(user, Scope.ALL) for user in people])
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", executed)
    assert len(counted) == 1
    assert {tuple(ones) for ones in counts.values()} == {(ViewCount(1, 4, 0),)}


async def test_who_may_look_at_a_ticket(database: Database, people: list[int]) -> None:
    feed = TicketFeed(database)
    assert await feed.visible(person(people[0], Scope.OWN), 1)
    assert not await feed.visible(person(people[1], Scope.OWN), 1)
    assert await feed.visible(person(people[1], Scope.ALL), 1)
    assert not await feed.visible(person(people[1], Scope.ALL), 999)


async def test_each_change_is_handed_on(database: Database) -> None:
    class Batch:
        missed = 0
        events = ((1, TicketChanged(at=NOW, ticket=5, number="T-5", version=3, kind="assign")),)

    async def batches() -> Any:
        yield Batch()

    feed = TicketFeed(database)
    told: list[Any] = []
    feed.on_change.append(told.append)
    await feed.run(batches())
    assert told == [TicketRef(5, 3, "assign")]


async def test_a_view_that_is_saved_is_counted_at_once(
    database: Database, people: list[int]
) -> None:
    await save(database, "all")
    feed = TicketFeed(database, clock=lambda: NOW)
    told: list[Any] = []
    feed.on_change.append(told.append)
    who = person(people[0], Scope.ALL)
    assert len((await feed.counts([who]))[who.user]) == 1
    await save(database, "mine", owner="me")
    feed.views_changed()
    assert told
    assert [one.count for one in (await feed.counts([who]))[who.user]] == [4, 2]


async def test_views_saved_elsewhere_are_seen_after_a_while(
    database: Database, people: list[int]
) -> None:
    now = [NOW]
    feed = TicketFeed(database, clock=lambda: now[0])
    who = person(people[0], Scope.ALL)
    assert await feed.counts([who]) == {who.user: []}
    await save(database, "all")
    assert await feed.counts([who]) == {who.user: []}
    now[0] += KNOWN_FOR
    assert [one.count for one in (await feed.counts([who]))[who.user]] == [4]
