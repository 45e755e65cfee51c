"""What routing is told about a caller: one customer or none, and the agents who belong to them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from crm.activities.tables import Activity
from crm.customers.tables import Customer
from crm.facts import CallerFacts, FactSource
from crm.tickets.tables import Ticket
from routing.rules import Facts
from routing.tables import Agent, AgentInterface
from tests.crm.conftest import NOW, Put

NUMBER = "13800138000"
E164 = "+8613800138000"


@pytest.fixture
async def facts(database: Database) -> AsyncIterator[FactSource]:
    source = FactSource(database)
    yield source
    await source.close()


@pytest.fixture
def put_customer(put: Put) -> Put:
    async def put_one(name: str, **values: object) -> object:
        stamps = {"created_at": NOW, "updated_at": NOW}
        return await put(Customer, kind="person", name=name, **stamps, **values)

    return put_one


@pytest.fixture
def put_agent(put: Put) -> Put:
    """An agent at a telephone."""

    async def put_one(phone: str, user: int | None = None, *, active: bool = True) -> object:
        agent = await put(Agent, name=phone, user_id=user, active=active)
        await put(AgentInterface, pbx="pbx", interface=phone, agent_id=agent)
        return agent

    return put_one


@pytest.fixture
def put_call(put: Put) -> Put:
    """A conversation of a number with a telephone, in a customer's timeline if there is one."""

    async def put_one(key: str, phone: str, at: float, customer: int | None = None) -> None:
        interaction = key * 32
        row = {"id": interaction, "pbx": "pbx", "caller_e164": E164, "started_at": at}
        await put(Interaction, **row)
        talk = {"id": key * 31 + "f", "kind": "talk", "interaction_id": interaction}
        await put(Segment, **talk, interface="PJSIP/trunk", other_interface=phone, started_at=at)
        if customer is not None:
            call = {"kind": "call", "source": f"interaction:{interaction}", "summary": ""}
            await put(Activity, customer_id=customer, interaction_id=interaction, at=at, **call)

    return put_one


def test_the_source_is_what_routing_asks_for(database: Database) -> None:
    source: Facts = FactSource(database)
    assert source is not None


async def test_a_number_nobody_has_is_only_a_number(facts: FactSource) -> None:
    assert await facts.of_number(NUMBER, None) == CallerFacts(e164=E164)
    assert await facts.of_number("anonymous", None) == CallerFacts(withheld=True)
    assert await facts.of_number(None, None) == CallerFacts(withheld=True)


async def test_a_customer_is_known_with_the_people_who_look_after_them(  # noqa: PLR0917 - by name
    facts: FactSource, put: Put, put_customer: Put, put_number: Put, put_user: Put, put_agent: Put
) -> None:
    manager, owner = await put_user("经理"), await put_user("坐席")
    managing, owning = await put_agent("PJSIP/1", manager), await put_agent("PJSIP/2", owner)
    customer = await put_customer("王", level="VIP", language="en", owner_id=manager)
    await put_number(customer, NUMBER)
    ticket = {"title": "t", "customer_id": customer, "updated_at": NOW}
    await put(Ticket, number="T-1", status="pending", owner_id=owner, created_at=NOW, **ticket)
    await put(Ticket, number="T-2", status="new", created_at=NOW + 1, **ticket)
    await put(Ticket, number="T-3", status="archived", owner_id=1, created_at=NOW + 2, **ticket)
    assert await facts.of_number(NUMBER, None) == CallerFacts(
        e164=E164,
        customer=customer,
        level="VIP",
        language="en",
        account_manager=managing,
        ticket="T-1",
        ticket_owner=owning,
    )


async def test_an_agent_who_left_is_nobody_to_wait_for(
    facts: FactSource, put_customer: Put, put_number: Put, put_user: Put, put_agent: Put
) -> None:
    manager = await put_user("经理")
    await put_agent("PJSIP/1", manager, active=False)
    customer = await put_customer("王", owner_id=manager)
    await put_number(customer, NUMBER)
    assert (await facts.of_number(NUMBER, None)).account_manager is None


async def test_the_last_agent_is_the_one_of_the_last_conversation(
    facts: FactSource, put_customer: Put, put_number: Put, put_agent: Put, put_call: Put
) -> None:
    customer = await put_customer("王")
    await put_number(customer, NUMBER)
    await put_agent("PJSIP/1")
    last = await put_agent("PJSIP/2")
    gone = await put_agent("PJSIP/3", active=False)
    await put_call("1", "PJSIP/1", NOW, customer)
    await put_call("2", "PJSIP/2", NOW + 60, customer)
    await put_call("3", "PJSIP/3", NOW + 120, customer)
    found = await facts.of_number(NUMBER, None)
    assert (found.last_agent, found.last_agent_at) == (last, NOW + 60)
    assert gone != last


async def test_a_number_that_nobody_has_still_leads_to_its_last_agent(
    facts: FactSource, put_agent: Put, put_call: Put
) -> None:
    agent = await put_agent("PJSIP/1")
    await put_call("1", "PJSIP/1", NOW)
    found = await facts.of_number(NUMBER, None)
    assert (found.customer, found.last_agent) == (None, agent)


async def test_several_customers_of_a_number_are_nobody_for_sure(
    facts: FactSource, put_customer: Put, put_number: Put
) -> None:
    for name in ("王", "李"):
        await put_number(await put_customer(name, level="VIP"), NUMBER)
    found = await facts.of_number(NUMBER, None)
    assert (found.customer, found.level) == (None, None)


async def test_merges_are_followed(facts: FactSource, put_customer: Put, put_number: Put) -> None:
    target = await put_customer("王", level="VIP", account_number="1001")
    source = await put_customer("王", merged_into=target, account_number="1002")
    await put_number(source, NUMBER)
    await put_number(target, NUMBER)
    assert (await facts.of_number(NUMBER, None)).customer == target
    found = await facts.of_account("1002", None, None)
    assert found is not None and found.customer == target


async def test_an_account_number_proves_a_customer(
    facts: FactSource, put_customer: Put, put_number: Put
) -> None:
    by_number, proven = await put_customer("王"), await put_customer("李", account_number="1001")
    await put_number(by_number, NUMBER)
    found = await facts.of_account("1001", NUMBER, None)
    assert found is not None and (found.customer, found.e164) == (proven, E164)
    assert await facts.of_account("9999", NUMBER, None) is None


async def test_a_store_that_is_away_delays_no_call() -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none")
    source = FactSource(away, deadline=0.3)
    assert await source.of_number(NUMBER, None) == CallerFacts(e164=E164)
    assert await source.of_account("1001", NUMBER, None) is None
    await source.close()
    await away.close()
