"""Custom fields are defined, filled, searched and retired; what is stored keeps its type."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from crm.customers.lists import CustomerFilter, list_customers
from crm.customers.queries import get_customer
from crm.customers.service import CustomerPatch, NewCustomer, create_customer, patch_customer
from crm.fields.rules import FieldKind
from crm.fields.service import (
    FieldPatch,
    FieldView,
    NewChoice,
    NewField,
    change_field,
    create_field,
    list_fields,
)
from crm.fields.tables import FieldValue
from tests.crm.conftest import NOW

INDUSTRIES = [NewChoice("it", "科技", "IT"), NewChoice("food", "食品", "Food")]


async def define(database: Database, *fields: NewField) -> list[FieldView]:
    async with database.session() as session:
        made = [await create_field(session, field) for field in fields]
        await session.commit()
    return made


async def create(database: Database, name: str, **custom: Any) -> int:
    async with database.session() as session:
        saved, _ = await create_customer(session, NewCustomer(name=name, custom=custom), now=NOW)
        await session.commit()
    return saved.customer.id


async def names(database: Database, **fields: str) -> list[str]:
    async with database.reading() as session:
        page = await list_customers(session, CustomerFilter(fields=fields))
    return [row.name for row in page.items]


def text(name: str, **values: Any) -> NewField:
    return NewField(name, FieldKind.TEXT, "字段", "Field", **values)


@pytest.fixture
async def house(database: Database) -> Database:
    """Five fields, and three customers."""
    industry = NewField("industry", FieldKind.CHOICE, "行业", "Industry", choices=INDUSTRIES)
    await define(
        database,
        text("contract", unique=True),
        NewField("staff", FieldKind.NUMBER, "人数", "Staff"),
        NewField("renewal", FieldKind.DATE, "续约", "Renewal"),
        industry,
        NewField("uses", FieldKind.CHOICES, "使用", "Uses", choices=INDUSTRIES),
    )
    full = {"contract": "HT-1", "staff": 12, "renewal": "2026-03-01", "industry": "it"}
    await create(database, "甲", **full, uses=["food", "it"])
    await create(database, "乙", contract="ht-2", staff=300, renewal="2026-09-01", uses=["it"])
    await create(database, "丙")
    return database


async def test_values_are_kept_in_their_type(house: Database) -> None:
    async with house.reading() as session:
        page = await list_customers(session, CustomerFilter(search="甲"))
        view = await get_customer(session, page.items[0].id)
        rows = (await session.execute(select(FieldValue.number, FieldValue.day))).all()
    assert view.custom == page.items[0].custom
    assert view.custom == {
        "contract": "HT-1",
        "staff": 12.0,
        "renewal": "2026-03-01",
        "industry": "it",
        "uses": ["food", "it"],
    }
    assert {row.number for row in rows} == {None, 12.0, 300.0}
    assert {str(row.day) for row in rows} == {"None", "2026-03-01", "2026-09-01"}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"contract": "hT-1"}, ["甲"]),
        ({"staff": "12"}, ["甲"]),
        ({"staff": "13.."}, ["乙"]),
        ({"staff": "10..300"}, ["甲", "乙"]),
        ({"renewal": "..2026-06-30"}, ["甲"]),
        ({"industry": "it,food"}, ["甲"]),
        ({"uses": "it"}, ["甲", "乙"]),
        ({"uses": "it", "staff": "..20"}, ["甲"]),
        ({"industry": "-"}, ["丙", "乙"]),
        ({"contract": "%"}, []),
    ],
)
async def test_customers_are_found_by_their_fields(
    house: Database, wanted: dict[str, str], found: list[str]
) -> None:
    assert sorted(await names(house, **wanted)) == sorted(found)


async def test_a_filter_by_no_field_is_refused(house: Database) -> None:
    with pytest.raises(InvalidInput) as refused:
        await names(house, nothing="x")
    assert refused.value.field == "field.nothing"


async def test_what_is_unique_is_said_to_be_somebody_elses(house: Database) -> None:
    for taken in ("HT-1", " ht-1", "ＨＴ-1"):
        with pytest.raises(InvalidInput) as refused:
            await create(house, "丁", contract=taken)
        assert refused.value.field == "custom.contract"
    async with house.session() as session:
        page = await list_customers(session, CustomerFilter(search="甲"))
        patch = CustomerPatch(version=1, custom={"contract": "HT-1", "staff": None})
        saved, _ = await patch_customer(session, page.items[0].id, patch, now=NOW)
    assert saved.customer.custom["contract"] == "HT-1", "one's own is not somebody else's"
    assert "staff" not in saved.customer.custom


async def test_uniqueness_can_come_later_if_it_holds(database: Database) -> None:
    (field,) = await define(database, text("code"))
    await create(database, "甲", code="a")
    second = await create(database, "乙", code="A")
    async with database.session() as session:
        with pytest.raises(InvalidInput) as refused:
            await change_field(session, field.id, FieldPatch(version=1, unique=True))
        assert refused.value.field == "unique"
    async with database.session() as session:
        await patch_customer(
            session, second, CustomerPatch(version=1, custom={"code": "b"}), now=NOW
        )
        await change_field(session, field.id, FieldPatch(version=1, unique=True))
        await session.commit()
    with pytest.raises(InvalidInput):
        await create(database, "丙", code="B")
    async with database.session() as session:
        await change_field(session, field.id, FieldPatch(version=2, unique=False))
        await session.commit()
    await create(database, "丙", code="B")


async def test_a_retired_field_is_out_of_sight_and_keeps_what_it_held(house: Database) -> None:
    async with house.session() as session:
        (contract, *_) = await list_fields(session)
        retired = await change_field(session, contract.id, FieldPatch(version=1, retired=True))
        await session.commit()
    with pytest.raises(InvalidInput):
        await create(house, "丁", contract="HT-9")
    with pytest.raises(InvalidInput):
        await names(house, contract="HT-1")
    async with house.session() as session:
        page = await list_customers(session, CustomerFilter(search="甲"))
        assert "contract" not in page.items[0].custom
        back = FieldPatch(version=retired.version, retired=False)
        await change_field(session, contract.id, back)
        page = await list_customers(session, CustomerFilter(search="甲"))
        assert page.items[0].custom["contract"] == "HT-1"


async def test_choices_that_are_left_out_are_retired(house: Database) -> None:
    async with house.session() as session:
        field = next(one for one in await list_fields(session) if one.name == "industry")
        patch = FieldPatch(version=1, choices=[NewChoice("toys", "玩具", "Toys")])
        changed = await change_field(session, field.id, patch)
        await session.commit()
    assert [(one.value, one.retired) for one in changed.choices] == [
        ("toys", False),
        ("it", True),
        ("food", True),
    ]
    with pytest.raises(InvalidInput):
        await create(house, "丁", industry="it")
    async with house.session() as session:
        page = await list_customers(session, CustomerFilter(search="甲"))
        patch_ = CustomerPatch(version=1, custom={"industry": "it", "staff": 5})
        saved, _ = await patch_customer(session, page.items[0].id, patch_, now=NOW)
    assert saved.customer.custom["industry"] == "it", "what was chosen before may stay"


async def test_definitions_that_cannot_be(database: Database) -> None:
    twice = INDUSTRIES * 2
    await define(database, text("code"))
    async with database.session() as session:
        with pytest.raises(Conflict):
            await create_field(session, text("code"))
        for new, field in (
            (text("Code"), "name"),
            (text("ok", choices=INDUSTRIES), "choices"),
            (
                NewField("ok", FieldKind.CHOICE, "a", "a", choices=twice),
                "choices[2].value",
            ),
            (NewField("ok", FieldKind.TEXT, " ", "a"), "label_zh"),
            (NewField("ok", FieldKind.TEXT, "a", "x" * 81), "label_en"),
        ):
            with pytest.raises(InvalidInput) as refused:
                await create_field(session, new)
            assert refused.value.field == field
        with pytest.raises(Conflict):
            await change_field(session, 1, FieldPatch(version=7, required=True))
        with pytest.raises(NotFound):
            await change_field(session, 77, FieldPatch(version=1))
