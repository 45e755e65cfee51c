"""Each route that is about somebody's things, with each scope: what is another's is not found.

Made from the table of routes: a new route is tried without anybody writing a test for it.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from callcenter.store.database import Database
from tests.web.belongings import HIDDEN, PEOPLE, House, furnish
from tests.web.conftest import Api, Browser
from tests.web.samples import sample
from web.api.table import ROUTES
from web.auth.passwords import Passwords
from web.auth.rights import SCOPED, Right, Scope
from web.decode import Upload
from web.routes import SIGNED_IN, Route

REACHED = {
    Scope.OWN: {"me"},
    Scope.TEAM: {"me", "below"},
    Scope.ALL: {"me", "below", "stranger"},
}
# What the id behind these is of; the name of the parameter says it too, as in {ticket}.
KINDS = {
    "customers": "customer",
    "tickets": "ticket",
    "interactions": "interaction",
    "recordings": "recording",
    "tasks": "task",
    "attachments": "attachment",
    "scores": "score",
}
# Their own tests say whose these are: a live call, a live agent, a pair, what one wrote oneself.
ELSEWHERE = (
    "/api/v1/calls",
    "/api/v1/me/",
    "/api/v1/agents/",
    "/api/v1/duplicates/",
    "/api/v1/merges/",
    "/api/v1/macros/",
    "/api/v1/ticket-views/",
    "/api/v1/canned-responses/{id}",
)
# Within reach these are not found all the same: they are about a second thing, which is not there.
SECOND_THING = {
    "merge_customers",
    "merge_ticket",
    "link_ticket",
    "unlink_ticket",
    "apply_macro",
    "add_call",
    "pick_customer",
    "read_draft",
    "read_attachment",
    "play_recording",
    "download_recording",
    "change_comment",
    "remove_comment",
    "revoke_share",
}
# One's own, whatever the ticket: to throw away what one wrote tells nothing of it.
OWN_DRAFT = {"delete_draft"}
# Only who put it there takes it away; nobody scores their own calls, who was scored answers.
FORBIDDEN_TOO = {
    *("remove_attachment", "acknowledge_score", "dispute_score"),
    *("save_score_draft", "submit_score", "assign_score", "drop_score", "decide_score"),
}
# Where the smallest body is refused before anything is looked up.
BODIES: dict[str, dict[str, Any]] = {"assign_ticket": {"owner": 1}}
# To get as far as the thing itself.
READING = (Right.CUSTOMER_READ, Right.TICKET_READ, Right.INTERACTION_READ)
BESIDE = dict.fromkeys((*READING, Right.INTERACTION_WRITE), Scope.ALL)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Which rows a condition lets through is tried on both databases elsewhere."""
    return sqlite_url


@pytest.fixture
async def three(database: Database, hasher: Passwords) -> House:
    return await furnish(database, hasher)


def kind_of(route: Route) -> str | None:
    """Of the first parameter in its address."""
    before, name = re.findall(r"/([\w-]+)/\{(\w+)\}", route.path)[0]
    return name if name in KINDS.values() else KINDS.get(before)


ONE = [
    route
    for route in ROUTES
    if route.right in SCOPED and "{" in route.path and not route.path.startswith(ELSEWHERE)
]
MANY = [
    route
    for route in ROUTES
    if (route.right in SCOPED or route.right is SIGNED_IN)
    and route.method == "GET"
    and "{" not in route.path
]


def test_every_such_route_says_what_its_id_is_of() -> None:
    unknown = [f"{route.method} {route.path}" for route in ONE if kind_of(route) is None]
    assert unknown == []


@pytest.mark.parametrize("scope", list(Scope))
async def test_another_ones_things_are_not_found(
    scope: Scope, three: House, browser: Browser
) -> None:
    api = await browser()
    assert (await api.sign_in("me"))[0] == 201
    wrong, changed = [], True
    for route in ONE:
        assert isinstance(route.right, Right)
        await three.give({**BESIDE, route.right: scope})
        if changed:
            await three.renew()
        changed = route.method != "GET"
        for whose in PEOPLE:
            answer = await _tried(api, route, three, whose)
            if not _right(route, answer, within=whose in REACHED[scope]):
                wrong.append(f"{route.method} {route.path} of {whose}: {answer}")
    assert not wrong, "\n".join(wrong)


def _right(route: Route, answer: tuple[int, str], *, within: bool) -> bool:
    status, code = answer
    if route.name in OWN_DRAFT:
        return status == 204
    if not within:
        return answer == (404, "not_found")
    if route.name in SECOND_THING and status == 404:
        return True
    return status < 500 and (
        status not in {403, 404} or (code == "forbidden" and route.name in FORBIDDEN_TOO)
    )


async def _tried(api: Api, route: Route, three: House, whose: str) -> tuple[int, str]:
    kind, shape = kind_of(route), route.shape
    path = re.sub(r"\{\w+\}", str(three.things[str(kind), whose]), route.path, count=1)
    path = re.sub(r"\{\w+\}", "1", path)
    options: dict[str, Any] = {}
    if shape.query is not None:
        options["params"] = sample(shape.query)
    if shape.body is not None and not _is_file(shape.body):
        options["json"] = sample(shape.body) | BODIES.get(route.name, {})
    elif shape.body is not None:
        options["data"] = b"plain text"
    async with api.client.request(
        route.method, path, headers={"X-CSRF-Token": api.csrf}, **options
    ) as response:
        json = response.content_type == "application/json" and response.status >= 400
        code = (await response.json())["error"]["code"] if json else ""
        return response.status, code


def _is_file(kind: Any) -> bool:
    return kind is Upload or not hasattr(kind, "__struct_fields__")


@pytest.mark.parametrize("scope", [Scope.OWN, Scope.TEAM])
async def test_lists_show_what_is_in_reach(scope: Scope, three: House, browser: Browser) -> None:
    await three.renew()
    await three.give(dict.fromkeys(SCOPED, scope))
    api = await browser()
    assert (await api.sign_in("me"))[0] == 201
    shown = set()
    for route in MANY:
        params = {} if route.shape.query is None else sample(route.shape.query)
        async with api.client.get(route.path, params=_asking(route, params)) as response:
            text = await response.text()
            assert response.status < 500, route.path
        assert HIDDEN not in text, route.path
        shown |= {(route.path, name) for name in REACHED[scope] if f"viewed {name}" in text}
    for path in ("/api/v1/customers", "/api/v1/tickets"):
        assert {name for where, name in shown if where == path} == REACHED[scope]


def _asking(route: Route, params: dict[str, Any]) -> dict[str, Any]:
    """A search asks for what everything here is called by."""
    fields = getattr(route.shape.query, "__struct_fields__", ())
    return params | ({"q": "view"} if "q" in fields else {})


async def test_what_is_in_the_pool_is_everybodys(
    three: House, browser: Browser, database: Database
) -> None:
    from sqlalchemy import update

    from crm.customers.tables import Customer

    await three.renew()
    await three.give({Right.CUSTOMER_READ: Scope.OWN})
    async with database.session() as db:
        await db.execute(update(Customer).values(owner_id=None))
        await db.commit()
    api = await browser()
    await api.sign_in("me")
    theirs = three.things["customer", "stranger"]
    assert (await api.get(f"/api/v1/customers/{theirs}"))[0] == 200


async def test_watching_and_opening_make_a_ticket_ones_own(
    three: House, browser: Browser, database: Database
) -> None:
    from sqlalchemy import insert, update

    from crm.tickets.tables import Ticket, TicketWatcher
    from tests.web.conftest import START

    await three.renew()
    await three.give({Right.TICKET_READ: Scope.OWN})
    api = await browser()
    await api.sign_in("me")
    path = f"/api/v1/tickets/{three.things['ticket', 'stranger']}"
    assert (await api.get(path))[0] == 404
    async with database.session() as db:
        watch = {"ticket_id": three.things["ticket", "stranger"], "user_id": three.users["me"]}
        await db.execute(insert(TicketWatcher).values(**watch, since=START))
        await db.execute(
            update(Ticket)
            .where(Ticket.id == three.things["ticket", "below"])
            .values(created_by=three.users["me"])
        )
        await db.commit()
    assert (await api.get(path))[0] == 200
    assert (await api.get(f"/api/v1/tickets/{three.things['ticket', 'below']}"))[0] == 200
