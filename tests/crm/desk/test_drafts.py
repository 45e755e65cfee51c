"""Drafts: one for each person and ticket; another window is not overwritten."""

from __future__ import annotations

from typing import Any

import pytest

from callcenter.errors import NotFound
from crm.tickets.desk import drafts
from crm.tickets.desk.drafts import DraftView, StaleDraft
from crm.tickets.life import Priority
from crm.tickets.service import TicketPatch, edit_ticket
from tests.crm.conftest import Put
from tests.crm.ticket_help import Desk


async def write(desk: Desk, ticket: int, user: int, text: str, version: int) -> DraftView:
    values: dict[str, Any] = {"text": text, "internal": False, "ticket_version": 1}
    made = await desk.do(drafts.write, ticket, user, **values, version=version, now=desk.now)
    assert isinstance(made, DraftView)
    return made


async def test_a_draft_is_kept_for_its_writer_alone(desk: Desk, put_user: Put) -> None:
    ann, bob = await put_user("Ann"), await put_user("Bob")
    ticket = await desk.open(owner=None)
    assert (await write(desk, ticket, ann, "您好", 0)).version == 1
    assert (await write(desk, ticket, ann, "您好！", 1)).version == 2
    async with desk.database.reading() as session:
        assert (await drafts.read(session, ticket, ann)).text == "您好！"
        with pytest.raises(NotFound):
            await drafts.read(session, ticket, bob)
        assert [one.ticket for one in await drafts.of_user(session, ann, limit=5)] == [ticket]
    await desk.do(drafts.remove, ticket, ann)
    async with desk.database.reading() as session:
        assert await drafts.of_user(session, ann, limit=5) == []


@pytest.mark.parametrize("version", [0, 1, 7])
async def test_another_window_is_not_overwritten(desk: Desk, put_user: Put, version: int) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    await write(desk, ticket, ann, "one", 0)
    await write(desk, ticket, ann, "two", 1)
    with pytest.raises(StaleDraft) as refused:
        await write(desk, ticket, ann, "three", version)
    current = refused.value.values["current"]
    assert current is not None and current["text"] == "two"


async def test_a_draft_that_is_gone_is_said_so(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    with pytest.raises(StaleDraft) as refused:
        await write(desk, ticket, ann, "x", 3)
    assert refused.value.values == {"current": None}


async def test_a_draft_says_when_its_ticket_has_changed(desk: Desk, put_user: Put) -> None:
    ann = await put_user("Ann")
    ticket = await desk.open(owner=None)
    assert not (await write(desk, ticket, ann, "x", 0)).stale
    await desk.step(edit_ticket, ticket, by=ann, patch=TicketPatch(priority=Priority.HIGH))
    async with desk.database.reading() as session:
        assert (await drafts.read(session, ticket, ann)).stale
