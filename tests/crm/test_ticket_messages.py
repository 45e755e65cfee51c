"""What is said in tickets: replies and notes apart, one first response, replies that reopen."""

from __future__ import annotations

import pytest

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.tables import Interaction
from crm.tickets import categories, merging, messages, settings, steps
from crm.tickets.categories import CategoryBody
from crm.tickets.changes import ReadOnly
from crm.tickets.life import DAY
from crm.tickets.queries import list_messages
from crm.tickets.words import CLOCK, Settings
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants


@pytest.fixture
async def wang(put_user: Put) -> int:
    return int(await put_user("小王"))


async def replied(desk: Desk, ticket: int, text: str = "还是不行", **options: str) -> messages.Said:
    return await desk.do(messages.customer_reply, ticket, text, now=desk.now, **options)


async def resolved(desk: Desk, wang: int) -> int:
    ticket = await desk.open(by=wang)
    await desk.step(steps.resolve, ticket, by=wang)
    return ticket


async def test_the_first_response_is_the_first_public_word_of_a_person_and_stays(
    desk: Desk, wang: int
) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(messages.note, ticket, by=wang, text="内部")
    await desk.step(messages.reply, ticket, by=CLOCK, text="已收到", automatic=True)
    assert (await desk.view(ticket)).responded_at is None
    desk.now = NOW + 60
    await desk.step(messages.reply, ticket, by=wang, text="您好")
    desk.now = NOW + 120
    await desk.step(messages.reply, ticket, by=wang, text="再补充")
    view = await desk.view(ticket)
    assert (view.responded_at, view.touched_at) == (NOW + 60, NOW + 120)
    await desk.step(steps.resolve, ticket, by=wang)
    await replied(desk, ticket)
    assert (await desk.view(ticket)).responded_at == NOW + 60
    await check_invariants(desk, ticket)


async def test_an_answered_call_is_a_response_and_one_nobody_answered_is_not(
    desk: Desk, put: Put, wang: int
) -> None:
    ticket = await desk.open(by=wang)
    for key, answered in (("a", False), ("b", True)):
        call = await put(Interaction, id=key * 32, pbx="main", answered=answered)
        await desk.step(messages.answered_call, ticket, by=wang, interaction=call)
        assert ((await desk.view(ticket)).responded_at is not None) == answered
    with pytest.raises(NotFound):
        await desk.step(messages.answered_call, ticket, by=wang, interaction="f" * 32)


async def test_replies_and_notes_are_told_apart(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(messages.reply, ticket, by=wang, text="给客户")
    await desk.step(messages.note, ticket, by=wang, text="给同事")
    await replied(desk, ticket, "来自客户")
    async with desk.database.reading() as session:
        first = await list_messages(session, ticket, limit=2)
        rest = await list_messages(session, ticket, limit=2, cursor=first.next)
    found = [(one.text, one.public, one.incoming, one.author) for one in first.items + rest.items]
    assert found == [
        ("给客户", True, False, "小王"),
        ("给同事", False, False, "小王"),
        ("来自客户", True, True, None),
    ]
    assert (await desk.view(ticket)).version == 2, "what is said changes nothing that is edited"


async def test_a_reply_wakes_what_waits_for_it(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    await desk.step(steps.pend, ticket, by=wang, reason="等客户")
    await replied(desk, ticket)
    assert (await desk.view(ticket)).status == "in_progress"
    event = (await desk.events(ticket))[-2]
    assert (event.kind, event.actor) == ("wake", "customer")
    await check_invariants(desk, ticket)


async def test_a_reply_reopens_what_was_resolved_lately_to_the_same_owner(
    desk: Desk, wang: int
) -> None:
    ticket = await resolved(desk, wang)
    desk.now = NOW + 6.5 * DAY
    said = await replied(desk, ticket)
    view = await desk.view(ticket)
    assert (said.ticket, view.status, view.owner_id, view.reopened) == (ticket, "assigned", wang, 1)
    await check_invariants(desk, ticket)


async def test_a_late_reply_makes_a_linked_new_ticket(desk: Desk, wang: int) -> None:
    await desk.do(settings.save, Settings(reopen_days=2))
    ticket = await resolved(desk, wang)
    desk.now = NOW + 2.5 * DAY
    said = await replied(desk, ticket)
    assert said.ticket != ticket
    old, new = await desk.view(ticket), await desk.view(said.ticket)
    assert (old.status, new.status, new.customer, new.source) == (
        *("resolved", "new"),
        *(desk.customer, "reply"),
    )
    assert [(one.ticket, one.kind, one.outward) for one in new.links] == [
        (ticket, "follow_up", True)
    ]
    assert [(one.ticket, one.outward) for one in old.links] == [(new.id, False)]
    assert await desk.messages(new.id) == ["还是不行"]
    await check_invariants(desk, new.id)


async def test_a_reply_to_the_archive_makes_a_linked_new_ticket(desk: Desk, wang: int) -> None:
    ticket = await resolved(desk, wang)
    await desk.step(steps.archive, ticket, by=wang)
    said = await replied(desk, ticket)
    assert said.ticket != ticket
    assert len(said.events) == 2
    with pytest.raises(ReadOnly):
        await desk.step(messages.reply, ticket, by=wang, text="x")


async def test_the_same_message_arrives_once(desk: Desk, wang: int) -> None:
    ticket = await resolved(desk, wang)
    first = await replied(desk, ticket, key="<1@mail>")
    again = await replied(desk, ticket, key="<1@mail>")
    assert (again.message, again.ticket, again.events) == (first.message, ticket, [])
    assert (await desk.view(ticket)).reopened == 1


async def test_a_reply_opens_a_new_ticket_where_the_category_is_retired(
    desk: Desk, wang: int
) -> None:
    above = await desk.do(categories.create, CategoryBody(name="售后"))
    below = await desk.do(categories.create, CategoryBody(name="维修", parent=above.id))
    for category, left in ((below, above.id), (above, None)):
        ticket = await desk.open(by=wang, category=category.id)
        await desk.step(steps.resolve, ticket, by=wang)
        await desk.step(steps.archive, ticket, by=wang)
        retired = CategoryBody(name=category.name, parent=category.parent, active=False)
        await desk.do(categories.change, category.id, retired, version=1)
        said = await replied(desk, ticket)
        assert said.ticket != ticket
        assert (await desk.view(said.ticket)).category == left
    assert await desk.messages(said.ticket) == ["还是不行"]


async def test_replies_follow_merges_to_where_the_matter_goes_on(desk: Desk, wang: int) -> None:
    first, second, third = [await desk.open(by=wang, title=f"{n}") for n in range(3)]
    await desk.step(merging.merge, first, by=wang, target=second)
    await desk.step(merging.merge, second, by=wang, target=third)
    assert (await replied(desk, first)).ticket == third
    said = await desk.step(messages.reply, first, by=wang, text="好的")
    assert said.ticket == third
    assert await desk.messages(third) == ["还是不行", "好的"]


async def test_nothing_said_is_no_message(desk: Desk, wang: int) -> None:
    ticket = await desk.open(by=wang)
    with pytest.raises(InvalidInput) as refused:
        await desk.step(messages.reply, ticket, by=wang, text=" \n ")
    assert refused.value.field == "text"
