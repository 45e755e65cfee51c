"""Many at the same ticket at once: what is applied is told, what is refused leaves nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Iterator
from typing import Any

import pytest

from callcenter.errors import CallCenterError
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.tickets import links, messages, service, steps
from crm.tickets.changes import Stale
from crm.tickets.keeper import TicketKeeper
from crm.tickets.life import Priority
from crm.tickets.service import TicketPatch
from crm.tickets.tables import SlaPolicy
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants

WRITERS = 20
ROUNDS = 5


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """These are about the row locks of PostgreSQL; SQLite has one writer."""
    yield postgres_url


@pytest.fixture
async def desk(database: Database, put: Put) -> Desk:
    await put(SlaPolicy, name="x", respond_within=60, update_within=60, resolve_within=60, steps=[])
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    return Desk(database, await put(Customer, name="张三", **row))


async def test_of_twenty_who_read_the_same_version_one_wins_each_time(
    desk: Desk, put_user: Put
) -> None:
    users = [await put_user(f"u{n}") for n in range(WRITERS)]
    ticket = await desk.open(by=users[0])

    async def write(n: int) -> str | None:
        title = f"第 {n} 个"
        try:
            patch = TicketPatch(title=title)
            await desk.step(service.edit_ticket, ticket, by=users[n], patch=patch, version=2)
        except Stale as stale:
            assert stale.values["version"] == 3
            return None
        return title

    won = [title for title in await asyncio.gather(*map(write, range(WRITERS))) if title]
    assert len(won) == 1
    assert (await desk.view(ticket)).title == won[0]
    await check_invariants(desk, ticket)


async def test_twenty_who_read_again_after_a_conflict_all_get_through(
    desk: Desk, put_user: Put
) -> None:
    users = [await put_user(f"u{n}") for n in range(WRITERS)]
    ticket = await desk.open(by=users[0])

    async def write(n: int) -> int:
        tries = 0
        while True:
            tries += 1
            version = (await desk.view(ticket)).version
            patch = TicketPatch(description=f"{n}")
            try:
                await desk.step(
                    service.edit_ticket, ticket, by=users[n], patch=patch, version=version
                )
            except Stale:
                await asyncio.sleep(random.random() / 50)  # noqa: S311 - not all at once again
                continue
            return tries

    await asyncio.gather(*map(write, range(WRITERS)))
    edits = [event for event in await desk.events(ticket) if event.kind == "edited"]
    assert sorted(int((event.after or {})["description"]) for event in edits) == [*range(WRITERS)]
    assert (await desk.view(ticket)).version == 2 + WRITERS
    await check_invariants(desk, ticket)


async def test_whatever_twenty_do_to_one_ticket_at_once_nothing_is_lost(
    desk: Desk, put_user: Put
) -> None:
    users = [await put_user(f"u{n}") for n in range(WRITERS)]
    ticket = await desk.open(by=users[0])
    said: list[str] = []

    async def act(n: int) -> None:
        dice = random.Random(n)  # noqa: S311 - the same for every run
        for turn in range(ROUNDS):
            deed, options = _drawn(dice, users)
            with contextlib.suppress(CallCenterError):  # not possible in the state it was in
                await desk.step(deed, ticket, by=users[n], **options)
            await desk.step(messages.reply, ticket, by=users[n], text=f"{n}/{turn}")
            said.append(f"{n}/{turn}")

    keeper = TicketKeeper(desk.database, lambda _: None, clock=lambda: NOW + 120)
    await asyncio.gather(*map(act, range(WRITERS)), *(keeper.turn() for _ in range(3)))
    assert sorted(await desk.messages(ticket)) == sorted(said)
    assert (await desk.row(ticket)).touches == len(said)
    assert (await desk.kinds(ticket)).count("reply") == len(said)
    await check_invariants(desk, ticket)


def _drawn(dice: random.Random, users: list[int]) -> tuple[Any, dict[str, Any]]:
    """One of the things that are done to tickets."""
    patch = TicketPatch(priority=Priority(dice.randint(1, 4)))
    deeds: list[tuple[Any, dict[str, Any]]] = [
        (steps.assign, {"owner": dice.choice(users)}),
        (steps.start, {}),
        (steps.pend, {"reason": "x", "wake_at": NOW + 3600}),
        (steps.resolve, {}),
        (steps.reopen, {}),
        (links.watch, {"user": dice.choice(users)}),
        (service.edit_ticket, {"patch": patch}),
    ]
    return dice.choice(deeds)


async def test_numbers_are_unique_whoever_opens_and_merges_at_once(
    desk: Desk, put_user: Put
) -> None:
    users = [await put_user(f"u{n}") for n in range(4)]
    opened = await asyncio.gather(*(desk.open(by=users[n % 4], key=f"{n // 8}") for n in range(40)))
    numbers = {(await desk.view(one)).number for one in opened}
    assert len(set(opened)) == len(numbers) == 20, "each of four people under each of five keys"
