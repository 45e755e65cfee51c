"""Customers are created, changed, found and picked; what was unknown becomes theirs."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.activities.queries import timeline
from crm.activities.service import NewNote, add_note
from crm.customers.lists import CustomerFilter, CustomerSort, list_customers
from crm.customers.queries import get_customer
from crm.customers.service import (
    CustomerPatch,
    NewAddress,
    NewContact,
    NewCustomer,
    NewEmail,
    NewNumber,
    create_customer,
    patch_customer,
    pick_customer,
)
from crm.customers.tables import Customer
from crm.dictionary import service as dictionary
from crm.dictionary.rules import DictionaryKind
from crm.dictionary.service import EntryPatch
from tests.crm.conftest import NOW, Put

MOBILE = "13800138000"


def ended_call(id_: str, **values: Any) -> dict[str, Any]:
    call: dict[str, Any] = {"id": id_ * 32, "pbx": "main", "direction": "inbound"}
    call |= {"caller_number": MOBILE}
    call |= {"caller_e164": "+86" + MOBILE, "started_at": NOW, "ended_at": NOW + 60}
    return call | {"end_reason": "completed", "answered": True} | values


async def test_a_customer_is_created_whole(database: Database, put_user: Put) -> None:
    owner = await put_user("李经理")
    new = NewCustomer(
        name="  北京华达科技有限公司 ",
        kind="company",
        level="VIP",
        owner_id=owner,
        contacts=[NewContact("王芳", role="采购经理")],
        emails=[NewEmail("W@example.com", contact=0)],
        numbers=[NewNumber("010-62345678转5", switchboard=True), NewNumber(MOBILE, contact=0)],
    )
    async with database.session() as session:
        created, events = await create_customer(session, new, now=NOW)
        await session.commit()
    assert (created.shared, created.calls, events) == ([], 0, [])
    async with database.reading() as session:
        view = await get_customer(session, created.customer.id)
    assert view == created.customer
    assert (view.name, view.owner, view.version) == ("北京华达科技有限公司", "李经理", 1)
    board, mobile = view.numbers
    assert (board.e164, board.extension, board.contact) == ("+861062345678", "5", None)
    assert (mobile.e164, mobile.contact) == ("+86" + MOBILE, view.contacts[0].id)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewCustomer(name=" "), "name"),
        (NewCustomer(name="a\x00b"), "name"),
        (NewCustomer(name="x" * 300), "name"),
        (NewCustomer(name="a", owner_id=999), "owner_id"),
        (NewCustomer(name="a", numbers=[NewNumber("<img src=x>")]), "numbers[0].number"),
        (NewCustomer(name="a", numbers=[NewNumber("anonymous")]), "numbers[0].number"),
        (NewCustomer(name="a", numbers=[NewNumber(MOBILE, contact=0)]), "numbers[0].contact"),
        (NewCustomer(name="a", contacts=[NewContact("")]), "contacts[0].name"),
        (NewCustomer(name="a", numbers=[NewNumber(MOBILE)] * 51), "numbers"),
        (NewCustomer(name="a", numbers=[NewNumber(MOBILE)] * 2), "numbers[1].number"),
        (NewCustomer(name="a", emails=[NewEmail("nobody")]), "emails[0].email"),
        (NewCustomer(name="a", emails=[NewEmail("<i>@x.y")]), "emails[0].email"),
        (NewCustomer(name="a", emails=[NewEmail("a@b.c"), NewEmail("A@B.C")]), "emails[1].email"),
        (NewCustomer(name="a", addresses=[NewAddress(label="x")]), "addresses[0].street"),
        (
            NewCustomer(name="a", addresses=[NewAddress("x", "cn", city="x")]),
            "addresses[0].country",
        ),
        (NewCustomer(name="a", tags=["a,b"]), "tags[0]"),
        (NewCustomer(name="a", tags=[f"t{n}" for n in range(31)]), "tags"),
        (NewCustomer(name="a", level="no such"), "level"),
        (NewCustomer(name="a", type="no such"), "type"),
        (NewCustomer(name="a", source="no such"), "source"),
        (NewCustomer(name="a", team_id=77), "team_id"),
        (NewCustomer(name="a", tax_number="!"), "tax_number"),
        (NewCustomer(name="a", birthday=date(1066, 1, 1)), "birthday"),
        (NewCustomer(name="a", account_number="12a"), "account_number"),
        (NewCustomer(name="a", contacts=[NewContact("x", id=3)]), "contacts[0].id"),
        (NewCustomer(name="a", custom={"no_such": "x"}), "custom.no_such"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(
    database: Database, new: NewCustomer, field: str
) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidInput) as refused:
            await create_customer(session, new, now=NOW)
    assert refused.value.field == field


async def test_a_number_may_be_shared_but_that_is_said(database: Database) -> None:
    async with database.session() as session:
        first, _ = await create_customer(
            session, NewCustomer(name="甲", numbers=[NewNumber(MOBILE)]), now=NOW
        )
        second, _ = await create_customer(
            session, NewCustomer(name="乙", numbers=[NewNumber("+86 " + MOBILE)]), now=NOW
        )
    assert [(s.number, s.customer, s.name) for s in second.shared] == [
        ("+86" + MOBILE, first.customer.id, "甲")
    ]


async def test_a_change_needs_the_version_that_was_read(database: Database) -> None:
    async with database.session() as session:
        created, _ = await create_customer(session, NewCustomer(name="甲", level="VIP"), now=NOW)
        id_ = created.customer.id
        saved, _ = await patch_customer(
            session, id_, CustomerPatch(version=1, level=None, do_not_call=True), now=NOW + 1
        )
        changed = saved.customer
        assert (changed.name, changed.level, changed.do_not_call) == ("甲", None, True)
        assert (changed.version, changed.updated_at) == (2, NOW + 1)
        with pytest.raises(Conflict) as stale:
            await patch_customer(session, id_, CustomerPatch(version=1, name="乙"), now=NOW + 2)
        assert stale.value.field == "version"
        with pytest.raises(NotFound):
            await patch_customer(session, 999, CustomerPatch(version=1), now=NOW)


async def test_a_list_is_changed_as_a_whole(database: Database) -> None:
    async with database.session() as session:
        new = NewCustomer(
            name="甲",
            contacts=[NewContact("王芳"), NewContact("李强")],
            numbers=[NewNumber(MOBILE, contact=0), NewNumber("010-62345678", switchboard=True)],
            addresses=[NewAddress(city="北京", street="建国路 1 号")],
            tags=["重点", "月结", "重点"],
        )
        made, _ = await create_customer(session, new, now=NOW)
        mine = made.customer
        assert mine.tags == sorted(["重点", "月结"])
        kept = NewNumber("13900139000", id=mine.numbers[0].id, contact=1)
        patch = CustomerPatch(
            version=1,
            contacts=[NewContact("赵敏"), NewContact("王芳芳", id=mine.contacts[0].id)],
            numbers=[kept, NewNumber("13700137000", label="家")],
            tags=[],
        )
        saved, _ = await patch_customer(session, mine.id, patch, now=NOW + 1)
    after = saved.customer
    assert [one.name for one in after.contacts] == ["王芳芳", "赵敏"]
    assert [one.e164 for one in after.numbers] == ["+8613900139000", "+8613700137000"]
    assert after.numbers[0].contact == after.contacts[0].id == mine.contacts[0].id
    assert (after.addresses, after.tags, after.version) == (mine.addresses, [], 2)


async def test_a_place_names_a_contact_that_was_read(database: Database) -> None:
    async with database.session() as session:
        new = NewCustomer(name="甲", contacts=[NewContact("王芳"), NewContact("李强")])
        made, _ = await create_customer(session, new, now=NOW)
        numbers = [NewNumber(MOBILE, contact=1)]
        patch = CustomerPatch(version=1, numbers=numbers)
        saved, _ = await patch_customer(session, made.customer.id, patch, now=NOW)
        assert saved.customer.numbers[0].contact == made.customer.contacts[1].id
        beyond = CustomerPatch(version=2, numbers=[NewNumber(MOBILE, contact=2)])
        with pytest.raises(InvalidInput):
            await patch_customer(session, made.customer.id, beyond, now=NOW)


async def test_anothers_number_is_not_moved_by_its_id(database: Database) -> None:
    async with database.session() as session:
        one, _ = await create_customer(
            session, NewCustomer(name="甲", numbers=[NewNumber(MOBILE)]), now=NOW
        )
        two, _ = await create_customer(session, NewCustomer(name="乙"), now=NOW)
        stolen = NewNumber(MOBILE, id=one.customer.numbers[0].id)
        with pytest.raises(InvalidInput) as refused:
            await patch_customer(
                session, two.customer.id, CustomerPatch(version=1, numbers=[stolen]), now=NOW
            )
    assert refused.value.field == "numbers[0].id"


async def test_a_retired_word_stays_where_it_is(database: Database) -> None:
    async with database.session() as session:
        made, _ = await create_customer(session, NewCustomer(name="甲", level="gold"), now=NOW)
        (gold,) = [
            one
            for one in await dictionary.list_entries(session, DictionaryKind.LEVEL)
            if one.value == "gold"
        ]
        await dictionary.change_entry(
            session, DictionaryKind.LEVEL, gold.id, EntryPatch(retired=True)
        )
        patch = CustomerPatch(version=1, level="gold", name="乙")
        saved, _ = await patch_customer(session, made.customer.id, patch, now=NOW)
        assert (saved.customer.level, saved.customer.name) == ("gold", "乙")
        with pytest.raises(InvalidInput):
            await create_customer(session, NewCustomer(name="丙", level="gold"), now=NOW)


async def test_an_old_id_keeps_resolving(database: Database, put: Put) -> None:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    last = await put(Customer, name="现在", **row)
    middle = await put(Customer, name="中间", merged_into=last, **row)
    first = await put(Customer, name="从前", merged_into=middle, **row)
    async with database.reading() as session:
        assert (await get_customer(session, first)).id == last
        with pytest.raises(NotFound):
            await get_customer(session, 12345)
        names = [row.name for row in (await list_customers(session)).items]
    assert names == ["现在"]


@pytest.mark.parametrize("sort", get_args(CustomerSort))
async def test_pages_hold_everybody_once(database: Database, sort: CustomerSort) -> None:
    async with database.session() as session:
        for n in range(23):
            name = f"客户{n % 7}"  # equal sort values must not confuse the pages
            new = NewCustomer(name=name, numbers=[NewNumber(f"138{n:08d}"), NewNumber(MOBILE)])
            await create_customer(session, new, now=NOW + n % 5)
        await session.commit()
        seen: list[int] = []
        cursor: str | None = None
        while True:
            page = await list_customers(session, sort=sort, cursor=cursor, limit=5)
            assert all(len(row.numbers) == 2 for row in page.items)
            seen += [row.id for row in page.items]
            cursor = page.next
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 23


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("W@EXAMPLE.com", ["北京华达公司"]),
        ("91110X12", ["北京华达公司"]),
        ("7001", ["John Smith"]),
        ("华达", ["北京华达公司"]),
        ("王芳", ["北京华达公司"]),
        ("SMITH", ["John Smith"]),
        ("+86 138 0013 8000", ["北京华达公司"]),
        (MOBILE, ["北京华达公司"]),
        ("00138000", ["北京华达公司"]),
        ("100%", ["100%_好"]),
        ("%", ["100%_好"]),
        ("_", ["100%_好"]),
        ("\\", []),
        ("' or 1=1 --", []),
        ("", ["100%_好", "John Smith", "北京华达公司"]),
    ],
)
async def test_search_by_name_or_number(database: Database, search: str, names: list[str]) -> None:
    async with database.session() as session:
        company = NewCustomer(
            name="北京华达公司",
            contacts=[NewContact("王芳")],
            numbers=[NewNumber(MOBILE)],
            emails=[NewEmail("w@example.com")],
            tax_number="91110x 12",
        )
        john = NewCustomer(name="John Smith", account_number="7001")
        for new in (company, john, NewCustomer(name="100%_好")):
            await create_customer(session, new, now=NOW)
        page = await list_customers(session, CustomerFilter(search=search))
    assert sorted(row.name for row in page.items) == sorted(names)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "é"}, "cursor"),
        ({"cursor": "WzEsMV0"}, "cursor"),  # of another order
        ({"limit": 0}, "limit"),
        ({"limit": 100_000}, "limit"),
    ],
)
async def test_bad_pages_are_refused(
    database: Database, values: dict[str, Any], field: str
) -> None:
    async with database.reading() as session:
        with pytest.raises(InvalidInput) as refused:
            await list_customers(session, **values)
    assert refused.value.field == field


async def test_a_new_customer_gets_the_earlier_calls_of_its_number(
    database: Database, put: Put
) -> None:
    for id_ in "abc":
        await put(Interaction, **ended_call(id_))
    await put(Interaction, **ended_call("d", caller_e164="+8613900139000"))
    async with database.session() as session:
        await add_note(session, NewNote("想要报价", interaction="a" * 32), author=None, now=NOW)
        new = NewCustomer(name="张三", numbers=[NewNumber(MOBILE)])
        created, events = await create_customer(session, new, now=NOW)
        await session.commit()
        page = await timeline(session, created.customer.id)
        other, _ = await create_customer(session, new, now=NOW)
    assert created.calls == len(events) == 3
    assert {event.customer for event in events} == {str(created.customer.id)}
    assert sorted(item.kind for item in page.items) == ["call", "call", "call", "note"]
    assert other.calls == 0, "two have the number now: nobody is surely meant"


async def test_the_pick_moves_the_call(database: Database, put: Put) -> None:
    await put(Interaction, **ended_call("a"))
    async with database.session() as session:
        one, _ = await create_customer(
            session, NewCustomer(name="甲", numbers=[NewNumber(MOBILE)]), now=NOW
        )
        two, _ = await create_customer(session, NewCustomer(name="乙"), now=NOW)
        (event,) = await pick_customer(session, "a" * 32, two.customer.id)
        again = await pick_customer(session, "a" * 32, two.customer.id)
        assert (event.customer, again) == (str(two.customer.id), [])
        assert (await timeline(session, one.customer.id)).items == []
        assert len((await timeline(session, two.customer.id)).items) == 1
        with pytest.raises(NotFound):
            await pick_customer(session, "f" * 32, two.customer.id)
        with pytest.raises(NotFound):
            await pick_customer(session, "a" * 32, 999)
