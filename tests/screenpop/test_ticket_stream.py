"""The stream of tickets: each person's own figures by push, coalesced; who else is looking."""

from __future__ import annotations

import asyncio

from screenpop.frames import (
    CloseCode,
    Look,
    Looker,
    Lookers,
    Reset,
    Snapshot,
    Subscribe,
    TicketRef,
    TicketsUpdated,
    ViewCount,
    Welcome,
)
from tests.screenpop.conftest import Client, House


async def follow(house: House, cookie: str) -> tuple[Client, Snapshot]:
    client = await house.connect(cookie)
    await client.next(Welcome)
    await client.send(Subscribe(stream="tickets"))
    return client, await client.next(Snapshot)


async def test_everybody_gets_their_own_figures(house: House) -> None:
    ann, first = await follow(house, "s=ann")
    bob, _ = await follow(house, "s=bob")
    assert first.tickets is not None
    assert first.tickets.views == [ViewCount(6, 0, 0)]
    house.figures.change(31)
    told = await ann.next(TicketsUpdated)
    assert told.views == [ViewCount(6, 1, 0)]
    assert told.changed == [TicketRef(31, 1, "edited")]
    assert told.seq == first.seq + 1
    assert (await bob.next(TicketsUpdated)).views == [ViewCount(7, 1, 0)]


async def test_many_changes_are_one_frame_and_one_count(house: House) -> None:
    ann, _ = await follow(house, "s=ann")
    await asyncio.sleep(0.3)  # the pause after the snapshot
    asked = house.figures.asked
    for ticket in (1, 2, 3, 2):
        house.figures.change(ticket)
    told = await ann.next(TicketsUpdated)
    assert [ref.ticket for ref in told.changed] == [1, 2, 3]
    for ticket in range(10):
        house.figures.change(ticket)
    assert (await ann.next(TicketsUpdated)).seq == told.seq + 1
    assert house.figures.asked == asked + 2


async def test_of_tickets_out_of_reach_only_that_there_are_some_is_told(
    house: House,
) -> None:
    ann, _ = await follow(house, "s=ann")
    house.figures.change(404)
    told = await ann.next(TicketsUpdated)
    assert told.changed == [TicketRef(0, 0, "elsewhere")]
    house.figures.change(405)
    house.figures.change(31)
    house.figures.hidden = {404, 405}
    told = await ann.next(TicketsUpdated)
    assert told.changed == [TicketRef(31, 3, "edited"), TicketRef(0, 0, "elsewhere")]


async def test_who_has_a_ticket_open_is_told_when_it_leaves_their_reach(house: House) -> None:
    ann, _ = await follow(house, "s=ann")
    await ann.send(Look(ticket=31))
    await ann.next(Lookers)
    house.figures.hidden.add(31)
    house.figures.change(31)
    told = await ann.next(TicketsUpdated)
    assert [ref.ticket for ref in told.changed] == [31]


async def test_frames_after_a_snapshot_equal_a_later_snapshot(house: House) -> None:
    ann, _ = await follow(house, "s=ann")
    house.figures.change(1)
    house.figures.change(2)
    told = await ann.next(TicketsUpdated)
    _, later = await follow(house, "s=ann")
    assert later.tickets is not None
    assert (later.tickets.views, later.seq) == (told.views, told.seq)


async def test_whoever_resumes_begins_anew(house: House) -> None:
    ann = await house.connect("s=ann")
    epoch = (await ann.next(Welcome)).epoch
    await ann.send(Subscribe(stream="tickets", resume_epoch=epoch, resume_seq=1))
    assert (await ann.next(Reset)).stream == "tickets"
    await ann.next(Snapshot)


async def test_a_database_that_is_away_loses_no_change(house: House) -> None:
    ann, _ = await follow(house, "s=ann")
    house.figures.away = True
    house.figures.change(5)
    assert await ann.quiet(0.6)
    house.figures.away = False
    async with asyncio.timeout(10):
        told = await ann.socket.recv()
    assert '"ticket":5' in str(told)


async def test_tickets_are_for_those_who_may_read_them(house: House) -> None:
    boss = await house.connect("s=boss")
    await boss.next(Welcome)
    await boss.send(Subscribe(stream="tickets"))
    assert await boss.closed() == CloseCode.FORBIDDEN
    other = await house.connect("s=boss")
    await other.next(Welcome)
    await other.send(Look(ticket=1))
    assert await other.closed() == CloseCode.FORBIDDEN


async def test_those_who_look_see_each_other(house: House) -> None:
    ann = await house.connect("s=ann")
    await ann.next(Welcome)
    await ann.send(Look(ticket=31))
    assert (await ann.next(Lookers)).people == [Looker(6, "person 6", False)]
    bob = await house.connect("s=bob")
    await bob.next(Welcome)
    await bob.send(Look(ticket=31, writing=True))
    both = [Looker(6, "person 6", False), Looker(7, "person 7", True)]
    assert (await ann.next(Lookers)).people == both
    assert (await bob.next(Lookers)).people == both
    await bob.socket.close()
    assert (await ann.next(Lookers)).people == both[:1]


async def test_turning_away_is_told(house: House) -> None:
    ann, bob = await house.connect("s=ann"), await house.connect("s=bob")
    for client in (ann, bob):
        await client.next(Welcome)
        await client.send(Look(ticket=31))
        await client.next(Lookers)
    await ann.next(Lookers)
    await ann.send(Look(ticket=None))
    assert (await bob.next(Lookers)).people == [Looker(7, "person 7", False)]


async def test_nobody_learns_who_looks_at_a_ticket_that_is_not_for_them(house: House) -> None:
    ann = await house.connect("s=ann")
    await ann.next(Welcome)
    await ann.send(Look(ticket=404))
    assert await ann.quiet(0.6)
