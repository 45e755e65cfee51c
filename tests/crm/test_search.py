"""Everything is found, by whatever people type, and at once when it was written."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, text, true, update

from callcenter.store.database import Database
from crm.customers.tables import Contact, Customer, EmailAddress, PhoneNumber
from crm.numbers import DEFAULT_RULE
from crm.search.matching import customer_ids, dialect_of
from crm.search.queries import find_contacts, find_customers, find_tickets, prepared
from crm.search.query import understand
from crm.sql import table_of
from crm.tickets.tables import Ticket, TicketMessage, TicketNumber
from crm.upkeep import spell_missing
from tests.crm.conftest import NOW, Put

HOSTILE = [
    "100%",
    "a_b",
    "%_%",
    "\\",
    "O'Neil",
    'say "hi"',
    "'; DROP TABLE customers; --",
    "name : x",
    "a OR b",
    "NEAR(a b)",
    "a* ^b {name}",
    "<script>",
    "(",
    "-1",
    "云\\%山",
]


async def customers(database: Database, typed: str, limit: int = 50) -> list[int]:
    asked = understand(typed)
    assert asked is not None
    async with database.reading() as session, prepared(session):
        found, _ = await find_customers(session, asked, visible=true(), limit=limit)
    return [one.id for one in found]


async def listed(database: Database, typed: str) -> set[int]:
    """What the list of customers looks for."""
    asked = understand(typed)
    assert asked is not None
    async with database.reading() as session:
        return set(await session.scalars(customer_ids(dialect_of(session), asked)))


async def contacts(database: Database, typed: str) -> list[str]:
    asked = understand(typed)
    assert asked is not None
    async with database.reading() as session:
        found, _ = await find_contacts(session, asked, visible=true(), limit=50)
    return [one.name for one in found]


async def tickets(database: Database, typed: str) -> list[tuple[str, str]]:
    asked = understand(typed)
    assert asked is not None
    async with database.reading() as session:
        found, _ = await find_tickets(session, asked, visible=true(), limit=50)
    return [(one.number, one.why) for one in found]


@pytest.fixture
def put_customer(put: Put) -> Put:
    async def put_one(name: str, kind: str = "person", **values: object) -> int:
        id_: int = await put(
            Customer, kind=kind, name=name, created_at=NOW, updated_at=NOW, **values
        )
        return id_

    return put_one


@pytest.fixture
def put_ticket(put: Put) -> Put:
    async def put_one(customer: int, number: str, title: str, **values: object) -> int:
        id_: int = await put(
            Ticket,
            customer_id=customer,
            number=number,
            title=title,
            status="new",
            created_at=NOW,
            updated_at=NOW,
            **values,
        )
        return id_

    return put_one


@pytest.mark.parametrize(
    "typed",
    [
        "云山",
        "山科",
        "有限公司",
        "北京云山科技有限公司",
        "北",
        "bjys",
        "yunshan",
        "Bei jing yun",
        "běijīng",
    ],
)
async def test_a_company_is_found_by_any_part_of_its_name(
    typed: str, database: Database, put_customer: Put
) -> None:
    found = await put_customer("北京云山科技有限公司", "company")
    await put_customer("王芳")
    assert await customers(database, typed) == [found]
    if len(typed) > 1:
        assert await listed(database, typed) == {found}


@pytest.mark.parametrize("typed", ["张伟", "张", "zw", "zhangwei", "zhang wei", "ZHANGW"])
async def test_a_name_of_two_letters_is_found(
    typed: str, database: Database, put_customer: Put
) -> None:
    found = await put_customer("张伟")
    await put_customer("王芳")
    assert await customers(database, typed) == [found]


async def test_the_name_itself_comes_first_however_many_hold_it(
    database: Database, put_customer: Put
) -> None:
    exact = await put_customer("张伟")
    for n in range(80):
        await put_customer(f"张伟{n}")
    found = await customers(database, "张伟", limit=10)
    assert (found[0], len(found)) == (exact, 10)


@pytest.mark.parametrize("typed", ["smith", "SMITH", "mit", "sm", "John Smith", "hn sm"])
async def test_letters_are_found_without_regard_to_case(
    typed: str, database: Database, put_customer: Put
) -> None:
    found = await put_customer("John Smith")
    assert await customers(database, typed) == [found]


@pytest.mark.parametrize(
    "typed", ["13800138000", "+86 138 0013 8000", "0138-0013-8000", "8000", "00138000", "13800138"]
)
async def test_a_number_is_found_in_any_form_and_by_its_end(
    typed: str, database: Database, put_customer: Put, put_number: Put
) -> None:
    found = await put_customer("王芳")
    await put_number(found, "138 0013 8000")
    other = await put_customer("李强")
    await put_number(other, "13911112222")
    assert await customers(database, typed) == [found]


async def test_keys_and_addresses_are_found(
    database: Database, put: Put, put_customer: Put
) -> None:
    found = await put_customer("云山", account_number="88001234", tax_number="91110000MA01")
    await put(EmailAddress, customer_id=found, email="Fang@YunShan.cn", key="fang@yunshan.cn")
    for typed in ("88001234", "91110000ma01", "fang@yunshan.cn", "@yunshan", "FANG@"):
        assert await customers(database, typed) == [found], typed


async def test_a_merged_one_is_found_as_who_it_is_today(
    database: Database, put_customer: Put
) -> None:
    today = await put_customer("云山")
    await put_customer("旧云山", account_number="42424242", merged_into=today)
    assert await customers(database, "42424242") == [today]
    assert await customers(database, "旧云山") == []


async def test_a_person_at_a_customer_is_found(
    database: Database, put: Put, put_customer: Put
) -> None:
    company = await put_customer("云山", "company")
    await put(Contact, customer_id=company, name="单晓明")
    for typed in ("单晓", "晓明", "sxm", "dxm", "shanxiao"):
        assert await contacts(database, typed) == ["单晓明"], typed
        assert await listed(database, typed) == {company}, typed


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_what_means_something_to_the_database_is_text(
    hostile: str, database: Database, put: Put, put_customer: Put, put_ticket: Put
) -> None:
    found = await put_customer(f"甲{hostile}乙")
    other = await put_customer("something else")
    await put_ticket(found, "T-2026-000001", f"甲{hostile}乙")
    assert await customers(database, f"甲{hostile}乙") == [found]
    assert other not in await customers(database, hostile)
    assert other not in await listed(database, hostile)
    assert [number for number, _ in await tickets(database, f"甲{hostile}乙")] == ["T-2026-000001"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("T-2026-000123", "ticket_number"),
        ("t-2026-123", "ticket_number"),
        ("123", "ticket_number"),
        ("#123", "ticket_number"),
        ("退款", "title"),
        ("申请退款", "title"),
        ("发票", "description"),
        ("没有开发票", "description"),
        ("收到", "message"),
        ("没有收到货", "message"),
    ],
)
async def test_a_ticket_is_found_by_its_number_and_by_what_was_written(
    typed: str, why: str, database: Database, put: Put, put_ticket: Put
) -> None:
    customer = await put(Customer, kind="person", name="王芳", created_at=NOW, updated_at=NOW)
    ticket = await put_ticket(customer, "T-2026-000123", "客户申请退款", description="还没有开发票")
    await put_ticket(customer, "T-2026-000124", "别的")
    await put(TicketMessage, ticket_id=ticket, at=NOW, public=True, text="至今没有收到货")
    await put(TicketNumber, year=2026, last=124)
    assert await tickets(database, typed) == [("T-2026-000123", why)]


async def test_what_is_written_is_found_at_once_and_what_is_deleted_is_not(
    database: Database, put_customer: Put, put_number: Put
) -> None:
    table = table_of(Customer)
    found = await put_customer("北京云山")
    number = await put_number(found, "13800138000")
    async with database.session() as session:
        await session.execute(
            update(table)
            .where(table.c.id == found)
            .values(name="上海江湖", pinyin=" shjh shanghai")
        )
        await session.commit()
    assert await customers(database, "云山") == []
    assert await customers(database, "江湖") == [found]
    assert await customers(database, "shjh") == [found]
    async with database.session() as session:
        numbers = table_of(PhoneNumber)
        await session.execute(
            update(numbers).where(numbers.c.id == number).values(e164="+8613900139000")
        )
        await session.commit()
    assert await customers(database, "0138000") == []
    assert await customers(database, "0139000") == [found]
    async with database.session() as session:
        await session.execute(delete(table).where(table.c.id == found))
        await session.commit()
    for typed in ("江湖", "shjh", "9000"):
        assert await customers(database, typed) == [], typed


async def test_what_is_not_committed_is_not_found(database: Database) -> None:
    async with database.session() as session:
        values = {"kind": "person", "name": "云山", "created_at": NOW, "updated_at": NOW}
        await session.execute(table_of(Customer).insert().values(values))
        asked = understand("云山")
        assert asked is not None
        found, _ = await find_customers(session, asked, visible=true(), limit=5)
        assert len(found) == 1, "in the same transaction it is there"
        await session.rollback()
    assert await customers(database, "云山") == []


async def test_a_name_written_past_us_learns_how_it_reads(database: Database) -> None:
    """By COPY or an administrator, who know nothing of pinyin; and by a rename of the same kind."""
    moment = ":now" if database.dialect == "sqlite" else "to_timestamp(:now)"
    insert = f"INSERT INTO customers (kind, name, created_at, updated_at) VALUES ('person', '云山', {moment}, {moment})"  # noqa: S608, E501 - names of ours
    async with database.session() as session:
        await session.execute(text(insert), {"now": NOW})
        await session.commit()
    assert await customers(database, "ys") == []
    for name, reading in (("云山", "ys"), ("江湖", "jh")):
        async with database.session() as session:
            await session.execute(text("UPDATE customers SET name = :name"), {"name": name})
            await session.commit()
        if reading == "jh":
            assert await customers(database, "ys") == [], "how it read before is forgotten"
        async with database.session() as session:
            assert await spell_missing(session, Customer) == 1
            await session.commit()
        assert len(await customers(database, reading)) == 1


async def test_one_sees_what_one_may(database: Database, put_customer: Put) -> None:
    mine = await put_customer("云山一")
    await put_customer("云山二")
    asked = understand("云山")
    assert asked is not None
    async with database.reading() as session:
        found, more = await find_customers(session, asked, visible=Customer.id == mine, limit=5)
    assert ([one.id for one in found], more) == ([mine], False)


async def test_there_is_more_when_there_is(database: Database, put_customer: Put) -> None:
    for n in range(4):
        await put_customer(f"云山{n}")
    asked = understand("云山", DEFAULT_RULE)
    assert asked is not None
    async with database.reading() as session:
        found, more = await find_customers(session, asked, visible=true(), limit=3)
    assert (len(found), more) == (3, True)
