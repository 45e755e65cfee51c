"""The one box through the API: by kind, by right, and whatever is typed."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.sql import table_of
from tests.web.calls import NUMBER
from tests.web.conftest import Api, SignedIn
from web.auth.rights import Right, Scope
from web.auth.tables import RoleRight

CUSTOMER = {
    "kind": "company",
    "name": "北京云山科技有限公司",
    "account_number": "88001234",
    "numbers": [{"number": NUMBER, "contact": 0}],
    "contacts": [{"name": "单晓明", "role": "采购"}],
}
SEARCH = "/api/v1/search"


@pytest.fixture
async def agent(signed_in: SignedIn) -> Api:
    return await signed_in("agent")


async def test_each_kind_has_its_group(agent: Api) -> None:
    _, made = await agent.post("/api/v1/customers", CUSTOMER)
    ticket = {"title": "云山的发票", "customer": made["id"]}
    _, opened = await agent.post("/api/v1/tickets", ticket)
    status, found = await agent.get(SEARCH, params={"q": "云山"})
    assert status == 200
    (customer,) = found["customers"]
    assert (customer["id"], customer["why"]) == (made["id"], "name")
    assert (customer["number"], found["contacts"]) == (NUMBER, [])
    assert [(one["id"], one["why"]) for one in found["tickets"]] == [(opened["id"], "title")]
    for typed in ("sxm", "晓明"):
        _, found = await agent.get(SEARCH, params={"q": typed})
        assert [one["name"] for one in found["contacts"]] == ["单晓明"]
        assert found["contacts"][0]["customer"] == made["id"]
    for typed in ("+86 138 0013 8000", "88001234", "bjys"):
        _, found = await agent.get(SEARCH, params={"q": typed})
        assert [one["id"] for one in found["customers"]] == [made["id"]], typed
    _, found = await agent.get(SEARCH, params={"q": opened["number"], "kinds": "ticket"})
    assert [one["id"] for one in found["tickets"]] == [opened["id"]]
    assert found["customers"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=a&kinds=user", "kinds"),
        ("q=a&limit=0", "limit"),
        ("q=a&limit=51", "limit"),
        ("q=" + "a" * 201, "q"),
        ("q=a&sort=x", "sort"),
        ("q=%00", "q"),
    ],
)
async def test_a_search_that_cannot_be(query: str, field: str, agent: Api) -> None:
    status, body = await agent.get(f"{SEARCH}?{query}")
    assert (status, body["error"]["field"]) == (422, field)


async def test_of_what_one_may_not_see_nothing_is_found(
    agent: Api, signed_in: SignedIn, database: Database
) -> None:
    _, made = await agent.post("/api/v1/customers", CUSTOMER)
    await agent.post("/api/v1/tickets", {"title": "云山", "customer": made["id"]})
    executive = await signed_in("executive")
    _, found = await executive.get(SEARCH, params={"q": "云山"})
    assert found == {"customers": [], "contacts": [], "tickets": [], "more": []}
    other = await signed_in("account_manager")
    async with database.session() as session:
        own = update(RoleRight).where(
            RoleRight.role == "account_manager", RoleRight.right == Right.CUSTOMER_READ.value
        )
        await session.execute(own.values(scope=Scope.OWN.value))
        await session.commit()
    _, found = await other.get(SEARCH, params={"q": "云山"})
    assert len(found["customers"]) == 1, "nobody's customers are everybody's"
    assert agent.session is not None
    async with database.session() as session:
        mine = {"owner_id": agent.session["user"]["id"]}
        await session.execute(update(table_of(Customer)).values(mine))
        await session.commit()
    for typed in ("云山", "bjys", NUMBER, "88001234", "单晓明"):
        _, found = await other.get(SEARCH, params={"q": typed})
        assert (found["customers"], found["contacts"]) == ([], []), typed


HOSTILE = [
    *("%", "_", "\\", '"', "'", "';--", '" OR "', "name : x", "NEAR(a b)", "{a} : b", "a*"),
    *("<script>", "\u202e", "😀", "(", ")", "-", "+", "*", "^", "AND", "OR", "NOT", "T-", "#"),
]


@pytest.mark.parametrize("typed", HOSTILE)
async def test_whatever_is_typed_is_text(typed: str, agent: Api) -> None:
    await agent.post("/api/v1/customers", CUSTOMER)
    _, made = await agent.post("/api/v1/customers", {"name": f"甲{typed}乙丙"})
    _, found = await agent.get(SEARCH, params={"q": f"甲{typed}乙丙"})
    assert [one["id"] for one in found["customers"]] == [made["id"]]
    status, found = await agent.get(SEARCH, params={"q": typed})
    assert status == 200
    assert all(one["id"] == made["id"] for one in found["customers"])
