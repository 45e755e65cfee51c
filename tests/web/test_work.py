"""Missed calls as work that two people share, over the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import update

from callcenter import events as ev
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.customers import service
from tests.routing.stories import E164, T, answered, missed, tell
from tests.web.calls import give_phone
from tests.web.conftest import Api, SignedIn
from web import keys

WORK = "/api/v1/work"
OTHER = "13900139000"


class FakeControl:
    """Notes whom it would ring."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str, bool]] = []

    async def dial(self, agent: int, number: str, *, abroad: bool) -> None:
        self.calls.append((agent, number, abroad))


@pytest.fixture
async def two_missed(database: Database, tmp_path: Path) -> list[dict[str, Any]]:
    await tell(database, tmp_path, [*missed("1" * 32), *missed("2" * 32, T + 60, number=OTHER)])
    return []


@pytest.fixture
async def li(signed_in: SignedIn, database: Database) -> Api:
    api = await signed_in("agent", "li")
    await give_phone(database, api, "PJSIP/1001")
    return api


@pytest.fixture
async def wang(signed_in: SignedIn) -> Api:
    return await signed_in("agent", "wang")


pytestmark = pytest.mark.usefixtures("two_missed")


async def listed(api: Api, query: str = "") -> list[dict[str, Any]]:
    status, page = await api.get(f"{WORK}{query}")
    assert status == 200
    items: list[dict[str, Any]] = page["items"]
    return items


async def test_who_waits_longest_comes_first(li: Api) -> None:
    first, second = await listed(li)
    assert (first["number"], first["e164"], first["queue"]) == ("13800138000", E164, "sales")
    assert (first["kind"], first["tries"], first["state"]) == ("abandoned", 1, "open")
    assert (first["first_at"], second["number"]) == (T + 30, OTHER)
    assert (await li.get(WORK))[1]["open"] == 2


async def test_pages_and_filters(li: Api) -> None:
    status, page = await li.get(f"{WORK}?limit=1")
    assert (status, len(page["items"])) == (200, 1)
    (second,) = await listed(li, f"?limit=1&cursor={page['next']}")
    assert second["number"] == OTHER
    assert len(await listed(li, "?q=1390")) == 1
    assert await listed(li, "?q=1%259") == []  # a percent sign is a percent sign
    assert await listed(li, "?queue=nowhere") == []
    assert (await li.get(f"{WORK}?state=other"))[0] == 422
    assert (await li.get(f"{WORK}?cursor=x"))[0] == 422


async def test_the_second_to_claim_is_told_who_was_faster(li: Api, wang: Api) -> None:
    work = (await listed(li))[0]["id"]
    status, claimed = await li.post(f"{WORK}/{work}/claim", {})
    assert (status, claimed["state"], claimed["claimed_name"]) == (200, "claimed", "li")
    status, error = await wang.post(f"{WORK}/{work}/claim", {})
    assert (status, error["error"]["code"]) == (409, "claimed")
    assert error["error"]["values"]["name"] == "li"
    assert (await li.post(f"{WORK}/{work}/claim", {}))[0] == 200
    assert [one["id"] for one in await listed(li, "?state=mine")] == [work]
    assert await listed(wang, "?state=mine") == []
    for what, body in (("release", {}), ("done", {"reason": "not_needed"})):
        assert (await wang.post(f"{WORK}/{work}/{what}", body))[0] == 409


async def test_what_was_released_is_anybodys(li: Api, wang: Api, signed_in: SignedIn) -> None:
    work = (await listed(li))[0]["id"]
    await li.post(f"{WORK}/{work}/claim", {})
    status, released = await li.post(f"{WORK}/{work}/release", {})
    assert (status, released["state"]) == (200, "open")
    assert (await wang.post(f"{WORK}/{work}/claim", {}))[0] == 200
    supervisor = await signed_in("supervisor")
    assert (await supervisor.post(f"{WORK}/{work}/release", {}))[1]["state"] == "open"


async def test_done_with_a_reason(li: Api, wang: Api, published: list[ev.DomainEvent]) -> None:
    work = (await listed(li))[0]["id"]
    assert (await li.post(f"{WORK}/{work}/done", {"reason": "Not a code"}))[0] == 422
    status, done = await li.post(f"{WORK}/{work}/done", {"reason": "called_back"})
    assert (status, done["state"], done["reason"]) == (200, "done", "called_back")
    assert done["done_name"] == "li"
    status, again = await wang.post(f"{WORK}/{work}/done", {"reason": "other"})
    assert (status, again["reason"]) == (200, "called_back")
    assert (await wang.post(f"{WORK}/{work}/claim", {}))[1]["error"]["code"] == "already_done"
    assert [one["id"] for one in await listed(li, "?state=done")] == [work]
    told = [one for one in published if isinstance(one, ev.WorkChanged)]
    assert (told[0].work, told[0].state, told[0].queue) == (work, "done", "sales")


async def test_calling_back_claims_it_first(app: web.Application, li: Api, wang: Api) -> None:
    work = (await listed(li))[0]["id"]
    assert (await wang.post(f"{WORK}/{work}/call", {}))[0] == 403  # no telephone
    assert (await li.post(f"{WORK}/{work}/call", {}))[0] == 503  # no calls are made here
    control = FakeControl()
    app._state[keys.CALL_CONTROL] = control
    status, item = await li.post(f"{WORK}/{work}/call", {})
    assert (status, item["claimed_name"]) == (202, "li")
    assert [call[1:] for call in control.calls] == [(E164, False)]
    assert (await wang.post(f"{WORK}/{work}/claim", {}))[0] == 409


async def test_a_later_answered_call_closes_the_row(
    li: Api, database: Database, tmp_path: Path
) -> None:
    await tell(database, tmp_path, answered("3" * 32, T + 300))
    (done,) = await listed(li, "?state=done")
    assert (done["reason"], done["closed_by"], done["done_name"]) == ("answered", "3" * 32, None)
    assert [one["number"] for one in await listed(li)] == [OTHER]


async def test_the_customer_is_named_as_known_today(li: Api, database: Database) -> None:
    async with database.session() as db:
        new = service.NewCustomer(name="远航科技")
        made, _ = await service.create_customer(db, new, now=T)
        known = {"customer_id": made.customer.id}
        await db.execute(update(Interaction).where(Interaction.id == "1" * 32).values(known))
        await db.commit()
    first, second = await listed(li)
    assert first["customer"] == {"id": made.customer.id, "name": "远航科技"}
    assert second["customer"] is None


async def test_who_may_not_handle_work_sees_none(signed_in: SignedIn) -> None:
    boss = await signed_in("executive")
    assert (await boss.get(WORK))[0] == 403
    assert (await boss.post(f"{WORK}/1/claim", {}))[0] == 403


async def test_what_is_not_there(li: Api) -> None:
    for what in ("claim", "release", "call"):
        assert (await li.post(f"{WORK}/999/{what}", {}))[0] in {404, 503}
    assert (await li.post(f"{WORK}/999/done", {"reason": "other"}))[0] == 404
    assert (await li.post(f"{WORK}/x/claim", {}))[0] == 404
