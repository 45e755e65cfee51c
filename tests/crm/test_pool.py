"""Customers come and go between people and the pool: by rule, and one claimer at a time."""

from __future__ import annotations

import asyncio
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from crm.activities.tables import Activity
from crm.customers.queries import get_customer
from crm.customers.tables import Customer
from crm.pool.keeper import PoolKeeper
from crm.pool.rules import (
    DAY,
    OTHERS,
    PoolLimitReached,
    PoolRules,
    check_claim,
    check_rules,
    is_due,
)
from crm.pool.service import assign, claim, due_customers, read_rules, write_rules
from tests.crm.conftest import NOW, Put

RULES = PoolRules({"gold": 30, OTHERS: 90})
# Kind, result and days ago: somebody was spoken to, nobody was reached, something was written.
CONTACTS = (None, ("call", "completed", 20), ("call", "no_answer", 1), ("note", None, 70))


def customer(name: str, **values: Any) -> dict[str, Any]:
    row = {"kind": "company", "name": name, "created_at": NOW - 400 * DAY}
    return row | {"updated_at": NOW} | values


async def write(database: Database, rules: PoolRules) -> None:
    async with database.session() as session:
        await write_rules(session, rules)
        await session.commit()


# --- the rules, without a database -----------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "owned", "contacted", "due"),
    [
        ("gold", 31, None, True),
        ("gold", 29, None, False),
        ("gold", 31, 29, False),
        ("gold", 29, 300, False),
        ("silver", 91, None, True),
        ("silver", 89, None, False),
        (None, 91, 100, True),
    ],
)
def test_days_without_a_contact(
    level: str | None, owned: float, contacted: float | None, due: bool
) -> None:
    at = None if contacted is None else NOW - contacted * DAY
    owned_at = NOW - owned * DAY
    assert is_due(RULES, level, owned_at=owned_at, contacted_at=at, now=NOW) is due


@given(
    level=st.sampled_from(["gold", "silver", None]),
    owned=st.floats(0, 400),
    contacted=st.none() | st.floats(0, 400),
    later=st.floats(0, 100),
)
def test_a_contact_never_hastens_and_time_never_undoes(
    level: str | None, owned: float, contacted: float | None, later: float
) -> None:
    at = None if contacted is None else NOW - contacted * DAY
    now = is_due(RULES, level, owned_at=NOW - owned * DAY, contacted_at=at, now=NOW)
    after = NOW + later * DAY
    if now:
        assert is_due(RULES, level, owned_at=NOW - owned * DAY, contacted_at=at, now=after)
        assert is_due(RULES, level, owned_at=NOW - owned * DAY, contacted_at=None, now=NOW)
    days = RULES.days.get(level or OTHERS, RULES.days[OTHERS])
    silent = min(owned, owned if contacted is None else contacted)
    if abs(silent - days) > 1e-6:
        assert now is (silent > days)


def test_without_a_rule_nobody_is_due() -> None:
    rules = PoolRules({"gold": 1})
    assert not is_due(rules, "silver", owned_at=0, contacted_at=None, now=NOW)
    assert not is_due(PoolRules(), "gold", owned_at=0, contacted_at=None, now=NOW)


def test_the_limit_counts_what_one_has_and_what_one_wants() -> None:
    rules = PoolRules(most_owned=5)
    check_claim(rules, owned=3, wanted=2)
    with pytest.raises(PoolLimitReached) as refused:
        check_claim(rules, owned=3, wanted=3)
    assert refused.value.values == {"owned": 3, "most": 5}
    check_claim(PoolRules(), owned=10_000, wanted=100)
    for wanted in (0, 101):
        with pytest.raises(InvalidInput):
            check_claim(PoolRules(), owned=0, wanted=wanted)


@pytest.mark.parametrize(
    "rules",
    [PoolRules({"no such": 5}), PoolRules({OTHERS: 0}), PoolRules({OTHERS: 4000})],
)
def test_rules_that_cannot_be(rules: PoolRules) -> None:
    with pytest.raises(InvalidInput):
        check_rules(rules, {"gold"})


# --- with a database --------------------------------------------------------------------------


async def test_rules_are_kept(database: Database) -> None:
    rules = PoolRules({"gold": 30, OTHERS: 90}, most_owned=200)
    await write(database, PoolRules({"silver": 1}))
    await write(database, rules)
    async with database.reading() as session:
        assert await read_rules(session) == rules


async def test_the_question_to_the_database_is_the_rule(
    database: Database, put: Put, put_user: Put
) -> None:
    owner = await put_user("小李")
    expected: set[int] = set()
    for level, days, contact in product(("gold", "silver", None), (10, 60, 200), CONTACTS):
        owned_at = NOW - days * DAY
        row = customer("x", level=level, owner_id=owner, owned_at=owned_at)
        id_ = await put(Customer, **row)
        reached = None
        if contact is not None:
            kind, result, ago = contact
            fixed = {"kind": kind, "result": result, "source": f"s:{id_}", "summary": ""}
            await put(Activity, customer_id=id_, at=NOW - ago * DAY, **fixed)
            reached = None if result == "no_answer" else NOW - ago * DAY
        if is_due(RULES, level, owned_at=owned_at, contacted_at=reached, now=NOW):
            expected.add(id_)
    await put(Customer, **customer("in the pool", level="gold"))
    async with database.reading() as session:
        rows = await session.execute(due_customers(RULES, NOW))
        assert {row.id for row in rows} == expected
    assert 5 < len(expected) < 30


async def test_the_keeper_takes_back_and_writes_it_down(
    database: Database, put: Put, put_user: Put
) -> None:
    owner = await put_user("小李")
    await write(database, RULES)
    long_ago = {"owner_id": owner, "owned_at": NOW - 200 * DAY}
    back = [await put(Customer, **customer(f"c{n}", **long_ago)) for n in range(3)]
    kept = await put(Customer, **customer("kept", owner_id=owner, owned_at=NOW - DAY))
    keepers = [PoolKeeper(database, clock=lambda: NOW) for _ in range(2)]
    assert sum(await asyncio.gather(*(keeper.recall() for keeper in keepers))) == 3
    assert await keepers[0].recall() == 0
    async with database.reading() as session:
        for id_ in back:
            view = await get_customer(session, id_)
            assert (view.owner_id, view.owned_at, view.version) == (None, None, 2)
        assert (await get_customer(session, kept)).owner_id == owner
        rows = (await session.scalars(select(AuditRow))).all()
    assert sorted(row.object for row in rows) == [f"customer/{id_}" for id_ in back]
    assert {(row.action, row.actor, row.before) for row in rows} == {
        ("customer.recall", None, f'{{"owner_id":{owner}}}')
    }


async def test_customers_are_given_and_given_back(
    database: Database, put: Put, put_user: Put
) -> None:
    owner = await put_user("小李")
    id_ = await put(Customer, **customer("c"))
    async with database.session() as session:
        given_to = await assign(session, id_, owner, now=NOW)
        assert (given_to.before, given_to.after) == (None, owner)
        view = await get_customer(session, id_)
        assert (view.owner, view.owned_at, view.version) == ("小李", NOW, 2)
        await assign(session, id_, owner, now=NOW + 5)
        assert (await get_customer(session, id_)).owned_at == NOW, "nothing has changed"
        await assign(session, id_, None, now=NOW + 9)
        view = await get_customer(session, id_)
        assert (view.owner_id, view.owned_at, view.version) == (None, None, 3)
        with pytest.raises(InvalidInput):
            await assign(session, id_, 999, now=NOW)
        with pytest.raises(NotFound):
            await assign(session, 999, owner, now=NOW)


async def test_of_many_who_claim_the_same_each_customer_has_one_owner(
    database: Database, put: Put, put_user: Put
) -> None:
    people = [await put_user(f"p{n}") for n in range(6)]
    pool = [await put(Customer, **customer(f"c{n}")) for n in range(20)]

    async def take(user: int) -> list[int]:
        async with database.session() as session:
            wanted = pool if user % 2 else list(reversed(pool))
            taken = await claim(session, wanted, user, now=NOW)
            await session.commit()
        return taken

    taken = await asyncio.gather(*(take(user) for user in people))
    assert sorted(id_ for some in taken for id_ in some) == pool
    async with database.reading() as session:
        rows = await session.execute(select(Customer.id, Customer.owner_id, Customer.version))
        owners = {row.id: row.owner_id for row in rows if row.version == 2}
    assert owners == {id_: user for user, some in zip(people, taken, strict=True) for id_ in some}


async def test_the_limit_holds_for_one_who_claims_many_times_at_once(
    database: Database, put: Put, put_user: Put
) -> None:
    user = await put_user("小李")
    await write(database, PoolRules(most_owned=3))
    pool = [await put(Customer, **customer(f"c{n}")) for n in range(10)]

    async def take(id_: int) -> int:
        async with database.session() as session:
            try:
                taken = await claim(session, [id_], user, now=NOW)
            except PoolLimitReached:
                return 0
            await session.commit()
            return len(taken)

    assert sum(await asyncio.gather(*(take(id_) for id_ in pool))) == 3
    async with database.session() as session:
        await session.execute(update(Customer).values(owner_id=None))
        assert await claim(session, [pool[0], 999, pool[0]], user, now=NOW) == [pool[0]]
