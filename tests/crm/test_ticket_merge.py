"""Merging, splitting, linking and watching: numbers stay, pointers lead on, no circles."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from callcenter.errors import CallCenterError, InvalidInput, NotFound
from callcenter.store.database import Database
from crm.sql import table_of
from crm.tickets import links, merging, messages, steps
from crm.tickets.changes import ReadOnly, Stale, target_of
from crm.tickets.merging import MergesIntoItself
from crm.tickets.queries import list_messages
from crm.tickets.tables import SlaPolicy, Ticket
from crm.tickets.words import LinkKind, person
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants


@pytest.fixture
async def wang(put_user: Put) -> int:
    return int(await put_user("小王"))


async def test_the_target_keeps_its_number_and_the_source_points_on(
    desk: Desk, put: Put, wang: int
) -> None:
    await put(SlaPolicy, name="x", resolve_within=3600, steps=[])
    source, target = await desk.open(by=wang), await desk.open(by=wang)
    await desk.step(messages.note, source, by=wang, text="旧的内容")
    await desk.step(links.watch, source, by=wang, user=wang)
    number = (await desk.view(target)).number
    events = await desk.step(merging.merge, source, by=wang, target=target)
    assert [(one.ticket, one.kind) for one in events] == [
        (source, "merge"),
        (target, "merged_here"),
    ]
    old, new = await desk.view(source), await desk.view(target)
    assert (new.number, old.merged_into, old.merged_number) == (number, target, number)
    assert (old.status, old.due, old.steps) == ("archived", None, [])
    assert [one.user for one in new.watchers] == [wang]
    async with desk.database.reading() as session:
        (told,) = (await list_messages(session, target)).items
    assert (told.text, told.number) == ("旧的内容", old.number)
    with pytest.raises(ReadOnly) as refused:
        await desk.step(steps.start, source, by=wang)
    assert refused.value.values == {"merged_into": target}
    for one in (source, target):
        await check_invariants(desk, one)


async def test_no_circle_can_be_made(desk: Desk, wang: int) -> None:
    a, b, c = [await desk.open(by=wang) for _ in range(3)]
    await desk.step(merging.merge, a, by=wang, target=b)
    await desk.step(merging.merge, b, by=wang, target=c)
    for target in (a, b, c):
        with pytest.raises(MergesIntoItself):
            await desk.step(merging.merge, c, by=wang, target=target)
    async with desk.database.reading() as session:
        assert [await target_of(session, one) for one in (a, b, c)] == [c, c, c]
    assert (await desk.row(a)).merged_into == c, "pointers lead there in one step"


async def test_a_circle_that_is_there_all_the_same_ends(
    desk: Desk, database: Database, wang: int
) -> None:
    a, b = await desk.open(by=wang), await desk.open(by=wang)
    async with database.session() as session:
        for one, other in ((a, b), (b, a)):
            pointed = update(table_of(Ticket)).where(Ticket.id == one).values(merged_into=other)
            await session.execute(pointed)
        await session.commit()
    with pytest.raises(NotFound):
        await desk.do(messages.customer_reply, a, "x", now=NOW)


async def test_all_merge_into_each_other_at_once_and_one_is_left(desk: Desk, wang: int) -> None:
    tickets = [await desk.open(by=wang) for _ in range(6)]

    async def into(source: int, target: int) -> str:
        try:
            await desk.step(merging.merge, source, by=wang, target=target)
        except CallCenterError as refused:
            return refused.code
        return "merged"

    pairs = [(tickets[n], tickets[(n + 1) % 6]) for n in range(6)]
    results = await asyncio.gather(*(into(*pair) for pair in pairs))
    assert results.count("merged") == 5
    async with desk.database.reading() as session:
        assert len({await target_of(session, one) for one in tickets}) == 1
    for one in tickets:
        await check_invariants(desk, one)


async def test_what_is_archived_or_changed_meanwhile_is_not_merged(desk: Desk, wang: int) -> None:
    a, b = await desk.open(by=wang), await desk.open(by=wang)
    with pytest.raises(Stale):
        await desk.step(merging.merge, a, by=wang, target=b, version=1)
    await desk.step(steps.resolve, b, by=wang)
    await desk.step(steps.archive, b, by=wang)
    with pytest.raises(ReadOnly):
        await desk.step(merging.merge, a, by=wang, target=b)
    assert (await desk.view(a)).status == "assigned"


async def test_part_of_a_ticket_becomes_one_of_its_own(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    kept = await desk.step(messages.reply, ticket, by=wang, text="留下")
    moved = await desk.step(messages.reply, ticket, by=wang, text="带走")
    new, events = await desk.step(
        merging.split, ticket, by=wang, title="另一件事", messages=[moved.message]
    )
    assert await desk.messages(ticket) == ["留下"]
    assert await desk.messages(new) == ["带走"]
    assert [one.ticket for one in events] == [new, ticket]
    view = await desk.view(new)
    assert (view.title, view.owner_id, view.source) == ("另一件事", wang, "split")
    assert [(one.ticket, one.kind) for one in view.links] == [(ticket, "split")]
    with pytest.raises(InvalidInput) as refused:
        await desk.step(merging.split, ticket, by=wang, title="x", messages=[moved.message])
    assert refused.value.field == "messages"
    assert kept.message
    for one in (ticket, new):
        await check_invariants(desk, one)


async def test_links_are_made_once_and_seen_from_both_sides(desk: Desk, wang: int) -> None:
    a, b = await desk.open(by=wang, title="甲"), await desk.open(by=wang, title="乙")
    for one, other in ((a, b), (b, a), (a, b)):
        await desk.step(links.link, one, by=wang, other=other, kind=LinkKind.RELATED)
    for one, title in ((a, "乙"), (b, "甲")):
        assert [link.title for link in (await desk.view(one)).links] == [title]
    assert (await desk.kinds(a)).count("linked") == 1
    await desk.step(links.unlink, b, by=wang, other=a, kind=LinkKind.RELATED)
    assert (await desk.view(a)).links == []
    with pytest.raises(NotFound):
        await desk.step(links.unlink, a, by=wang, other=b, kind=LinkKind.RELATED)
    for other in (a, 999):
        with pytest.raises(InvalidInput):
            await desk.step(links.link, a, by=wang, other=other, kind=LinkKind.DUPLICATE)


async def test_people_follow_a_ticket_and_stop(desk: Desk, wang: int) -> None:
    ticket = await desk.open()
    for _ in range(2):
        await desk.step(links.watch, ticket, by=wang, user=wang)
    assert [one.name for one in (await desk.view(ticket)).watchers] == ["小王"]
    await desk.step(links.unwatch, ticket, by=wang, user=wang)
    await desk.step(links.unwatch, ticket, by=wang, user=wang)
    assert await desk.kinds(ticket) == ["created", "watched", "unwatched"]
    with pytest.raises(InvalidInput):
        await desk.do(links.watch, ticket, 99, by=person(wang), now=NOW)
