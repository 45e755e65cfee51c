"""What is merged leads on, and who watches sees: neither is a way round one's rights."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.web.conftest import Api, SignedIn
from tests.web.test_tickets import TICKETS, me, opened, step


@pytest.fixture
async def admin(signed_in: SignedIn) -> Api:
    return await signed_in("administrator", "root")


@pytest.fixture
async def customer(admin: Api) -> int:
    status, made = await admin.post("/api/v1/customers", {"name": "北京华信科技"})
    assert status == 201
    return int(made["id"])


async def person(admin: Api, signed_in: SignedIn, name: str, rights: Mapping[str, str]) -> Api:
    """Somebody with exactly these rights."""
    role = {"name": f"role_{name}", "label": name, "rights": rights}
    assert (await admin.post("/api/v1/roles", role))[0] == 201
    return await signed_in(f"role_{name}", name)


OWN = {
    "customer.read": "all",
    "ticket.read": "own",
    "ticket.write": "own",
    "ticket.merge": "own",
    "ticket.assign": "own",
}


@pytest.mark.parametrize("said", ["reply", "note"])
async def test_a_merged_ticket_leads_nobody_to_what_they_do_not_reach(
    admin: Api, signed_in: SignedIn, customer: int, said: str
) -> None:
    li = await person(admin, signed_in, "li", OWN)
    mine = (await opened(li, customer))["id"]
    theirs = (await opened(admin, customer, title="别人的"))["id"]
    assert (await step(admin, mine, "merge", target=theirs))[0] == 200
    status, body = await step(li, mine, said, text="您好")
    assert (status, body["error"]["code"]) == (404, "not_found")
    _, page = await admin.get(f"{TICKETS}/{theirs}/messages")
    assert page["items"] == []


async def test_a_merge_does_not_lead_on_to_what_one_does_not_reach(
    admin: Api, signed_in: SignedIn, customer: int
) -> None:
    li = await person(admin, signed_in, "li", OWN)
    first, second = (await opened(li, customer))["id"], (await opened(li, customer))["id"]
    theirs = (await opened(admin, customer, title="别人的"))["id"]
    assert (await step(admin, second, "merge", target=theirs))[0] == 200
    assert (await step(li, first, "merge", target=second))[0] == 404
    assert (await li.get(f"{TICKETS}/{first}"))[1]["merged_into"] is None


async def test_only_who_could_give_a_ticket_away_shows_it_to_others(
    admin: Api, signed_in: SignedIn, customer: int
) -> None:
    li = await person(admin, signed_in, "li", OWN)
    wu = await person(admin, signed_in, "wu", {"ticket.read": "own"})
    theirs = (await opened(admin, customer, title="别人的"))["id"]
    assert (await step(admin, theirs, "watch", user=me(li)))[0] == 200
    assert (await step(li, theirs, "watch", user=me(wu)))[0] == 404
    assert (await wu.get(f"{TICKETS}/{theirs}"))[0] == 404
    mine = (await opened(li, customer))["id"]
    assert (await step(li, mine, "watch", user=me(wu)))[0] == 200
    assert (await wu.get(f"{TICKETS}/{mine}"))[0] == 200


async def test_to_open_a_ticket_for_somebody_else_is_to_give_it_to_them(
    admin: Api, signed_in: SignedIn, customer: int
) -> None:
    rights = {name: scope for name, scope in OWN.items() if name != "ticket.assign"}
    li = await person(admin, signed_in, "li", rights)
    sent = {"title": "x", "customer": customer}
    assert (await li.post(TICKETS, sent | {"owner": me(admin)}))[0] == 403
    assert (await li.post(TICKETS, sent | {"owner": me(li)}))[0] == 201
    assert (await li.post(TICKETS, sent | {"owner": None}))[0] == 201


async def test_what_somebody_left_behind_can_be_split(
    admin: Api, signed_in: SignedIn, customer: int
) -> None:
    li = await person(admin, signed_in, "li", OWN)
    mine = (await opened(li, customer))["id"]
    gone = {"active": False}
    assert (await admin.call("PATCH", f"/api/v1/users/{me(li)}", gone))[0] == 200
    status, made = await step(admin, mine, "split", title="其余")
    assert (status, made["status"], made["owner_id"]) == (201, "new", None)


async def test_tickets_out_of_reach_are_named_nowhere(
    admin: Api, signed_in: SignedIn, customer: int
) -> None:
    li = await person(admin, signed_in, "li", OWN)
    mine, own = (await opened(li, customer))["id"], (await opened(li, customer))["id"]
    theirs = await opened(admin, customer, title="别人的秘密")
    for other in (theirs["id"], own):
        assert (await step(admin, mine, "link", ticket=other))[0] == 200
    _, seen = await li.get(f"{TICKETS}/{mine}")
    assert [one["ticket"] for one in seen["links"]] == [own]
    body = {"version": seen["version"], "title": "新标题"}
    _, changed = await li.call("PATCH", f"{TICKETS}/{mine}", body)
    assert [one["ticket"] for one in changed["links"]] == [own]
    assert len((await admin.get(f"{TICKETS}/{mine}"))[1]["links"]) == 2
    assert (await step(admin, mine, "merge", target=theirs["id"]))[0] == 200
    _, seen = await li.get(f"{TICKETS}/{mine}")
    assert (seen["merged_into"], seen["merged_number"]) == (theirs["id"], None)
    _, history = await li.get(f"{TICKETS}/{mine}/events")
    assert theirs["number"] not in str(history)
    _, history = await admin.get(f"{TICKETS}/{mine}/events")
    assert theirs["number"] in str(history)


@pytest.mark.parametrize("reads", [True, False])
async def test_the_timeline_names_only_tickets_that_one_may_read(
    admin: Api, signed_in: SignedIn, customer: int, reads: bool
) -> None:
    rights = {"customer.read": "all"} | (
        {"ticket.read": "own", "ticket.write": "own"} if reads else {}
    )
    li = await person(admin, signed_in, "li", rights)
    theirs = await opened(admin, customer, title="别人的秘密", text="密码是多少")
    assert (await step(admin, theirs["id"], "start"))[0] == 200
    if reads:
        await opened(li, customer, title="我自己的")
    _, timeline = await li.get(f"/api/v1/customers/{customer}/timeline")
    assert {one["kind"] for one in timeline["items"]} == {"ticket", "ticket_step"}
    said = str(timeline)
    assert not any(text in said for text in ("秘密", "密码", theirs["number"]))
    assert ("我自己的" in said) == reads
    _, timeline = await admin.get(f"/api/v1/customers/{customer}/timeline")
    assert "秘密" in str(timeline)
