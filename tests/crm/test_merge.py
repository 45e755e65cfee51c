"""Two customers become one with all that is theirs, and two again with what was each's."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select, text

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.migrations.models import METADATA
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.activities.queries import timeline
from crm.activities.tables import Activity
from crm.customers.queries import get_customer, resolve
from crm.customers.tables import Address, Contact, Customer, CustomerTag, EmailAddress, PhoneNumber
from crm.fields.tables import CustomField, FieldValue
from crm.merge.moves import MOVES
from crm.merge.queries import MergeView, list_merges
from crm.merge.service import UNDO_FOR, AlreadyMerged, Order, Undone, merge, undo
from crm.sql import table_of
from crm.tasks.tables import Task
from crm.tickets.tables import Ticket
from tests.crm.conftest import NOW, Put

LATER = NOW + 60.0
HANDLED = {"custom_values", "customer_merges", "duplicate_pairs", "duplicate_scan"}


@pytest.fixture
def put_customer(put: Put) -> Put:
    async def put_one(name: str, **values: Any) -> int:
        plain = {"kind": "company", "created_at": NOW, "updated_at": NOW}
        id_: int = await put(Customer, name=name, **plain, **values)
        return id_

    return put_one


@pytest.fixture
async def target(put_customer: Put) -> int:
    id_: int = await put_customer("云山科技")
    return id_


@pytest.fixture
async def source(put_customer: Put) -> int:
    id_: int = await put_customer("北京云山科技有限公司")
    return id_


async def merged(
    database: Database, target: int, source: int, at: float = LATER, **chosen: Any
) -> MergeView:
    async with database.session() as session:
        order = Order(target=target, source=source, chosen=chosen, actor=None, now=at)
        made = await merge(session, order)
        await session.commit()
    return made


async def undone(database: Database, merge_id: int, at: float = LATER + 60) -> Undone:
    async with database.session() as session:
        back = await undo(session, merge_id, actor=None, now=at)
        await session.commit()
    return back


async def row(database: Database, customer: int) -> Any:
    customers = table_of(Customer)
    async with database.reading() as session:
        found = await session.execute(select(customers).where(customers.c.id == customer))
        return found.one()


async def count(database: Database, model: Any, customer: int) -> int:
    async with database.reading() as session:
        query = select(func.count()).select_from(model).where(model.customer_id == customer)
        return int(await session.scalar(query) or 0)


async def belongings(put: Put, put_number: Put, customer: int, mark: str) -> None:
    """One row of each kind."""
    contact = await put(Contact, customer_id=customer, name=f"联系人{mark}")
    await put_number(customer, f"1380013800{mark}")
    await put_number(customer, f"1390013900{mark}", contact_id=contact)
    email = f"{mark}@example.com"
    await put(EmailAddress, customer_id=customer, contact_id=contact, email=email, key=email)
    await put(Address, customer_id=customer, city=f"城{mark}")
    await put(CustomerTag, customer_id=customer, tag=f"tag{mark}")
    call = mark * 32
    await put(Interaction, id=call, pbx="main", customer_id=customer, picked_customer_id=customer)
    activity = {"kind": "call", "source": f"interaction:{call}", "at": NOW, "summary": ""}
    await put(Activity, customer_id=customer, interaction_id=call, **activity)
    times = {"created_at": NOW, "updated_at": NOW}
    await put(Ticket, customer_id=customer, number=f"T-{mark}", title="x", status="new", **times)
    await put(Task, customer_id=customer, title="x", due_at=NOW, created_at=NOW)


MODELS = (Contact, PhoneNumber, EmailAddress, Address, CustomerTag, Ticket, Task, Interaction)


def test_every_column_that_holds_a_customer_is_known() -> None:
    """Whoever adds one says here what a merge does with it."""
    known = {(move.table.name, move.column) for move in MOVES}
    for table in METADATA.tables.values():
        for column in table.columns:
            keys = {key.target_fullname for key in column.foreign_keys}
            if "customers.id" in keys or column.name.endswith("customer_id"):
                assert table.name in HANDLED or (table.name, column.name) in known, column


async def test_every_row_of_a_customer_follows_a_merge(postgres_url: str) -> None:
    """The triggers that make whoever writes late write to the customer of today."""
    database = Database(postgres_url)
    named = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'follow_%'"
    async with database.reading() as session:
        found = {(table, name) for table, name in await session.execute(text(named))}
    await database.close()
    for move in MOVES:
        if move.column != "merged_into":
            assert (move.table.name, f"follow_merge_of_{move.column}") in found
    assert ("custom_values", "follow_merge_of_customer_id") in found


async def test_all_that_is_the_sources_becomes_the_targets(
    database: Database, put: Put, put_number: Put, target: int, source: int
) -> None:
    await belongings(put, put_number, target, "1")
    await belongings(put, put_number, source, "2")
    made = await merged(database, target, source)
    for model in MODELS:
        expected = 4 if model is PhoneNumber else 2
        assert await count(database, model, target) == expected, model
        assert await count(database, model, source) == 0, model
    assert (made.target, made.source) == (target, source)
    assert made.moved["phone_numbers"] == 2
    assert made.moved["picked"] == made.moved["interactions"] == 1
    async with database.reading() as session:
        assert await resolve(session, source) == target
        assert (await get_customer(session, source)).id == target
        kinds = [item.kind for item in (await timeline(session, target)).items]
    assert kinds == ["merge", "call", "call"]


async def test_what_both_have_is_there_once(
    database: Database, put: Put, put_number: Put, target: int, source: int
) -> None:
    for customer, raw in ((target, "13800138000"), (source, "138 0013 8000")):
        await put_number(customer, raw)
        await put(CustomerTag, customer_id=customer, tag="VIP")
        await put(EmailAddress, customer_id=customer, email="A@b.cn", key="a@b.cn")
        await put(Address, customer_id=customer, country="CN", city="北京", street="长安街1号")
    made = await merged(database, target, source)
    for model in (PhoneNumber, CustomerTag, EmailAddress, Address):
        assert await count(database, model, target) == 1, model
    assert made.moved == {}
    await undone(database, made.id)
    for model in (PhoneNumber, CustomerTag, EmailAddress, Address):
        assert await count(database, model, source) == 1, model


async def test_fields_are_chosen_one_by_one(database: Database, put_customer: Put) -> None:
    target = await put_customer("甲", level="VIP", account_number="1", language="zh")
    source = await put_customer("乙", level="gold", account_number="2", notes="记")
    made = await merged(database, target, source, name="source", account_number="source")
    now, old = await row(database, target), await row(database, source)
    assert (now.name, now.level, now.account_number, now.language) == ("乙", "VIP", "2", "zh")
    assert now.notes == "记", "what the target does not have"
    assert (old.account_number, old.merged_into) == ("1", target), "still leads to the customer"
    assert (now.version, old.version) == (2, 2)
    await undone(database, made.id)
    now, old = await row(database, target), await row(database, source)
    assert (now.name, now.account_number, now.notes) == ("甲", "1", None)
    assert (old.name, old.account_number, old.merged_into) == ("乙", "2", None)


async def test_defined_fields_are_chosen_too(
    database: Database, put: Put, target: int, source: int
) -> None:
    words = {"label_zh": "x", "label_en": "x"}
    code = await put(CustomField, name="code", kind="text", once=True, **words)
    size = await put(CustomField, name="size", kind="number", **words)
    day = await put(CustomField, name="day", kind="date", **words)
    for customer, value in ((target, "T"), (source, "S")):
        shared = {"customer_id": customer, "field_id": code, "text": value, "once_key": value}
        await put(FieldValue, place=0, key=value.lower(), **shared)
    await put(FieldValue, customer_id=source, field_id=size, place=0, number=7.5)
    from datetime import date

    await put(FieldValue, customer_id=source, field_id=day, place=0, day=date(2026, 2, 3))
    chosen: dict[str, Any] = {"field.code": "source"}
    made = await merged(database, target, source, **chosen)

    async def values(customer: int) -> list[tuple[Any, ...]]:
        async with database.reading() as session:
            rows = await session.execute(
                select(FieldValue.text, FieldValue.number, FieldValue.day)
                .where(FieldValue.customer_id == customer)
                .order_by(FieldValue.field_id)
            )
            return [tuple(one) for one in rows]

    assert await values(target) == [
        ("S", None, None),
        (None, 7.5, None),
        (None, None, date(2026, 2, 3)),
    ]
    assert await values(source) == [("T", None, None)]
    await undone(database, made.id)
    assert await values(target) == [("T", None, None)]
    assert len(await values(source)) == 3


async def test_undone_each_has_what_was_its_own(
    database: Database, put: Put, put_number: Put, target: int, source: int
) -> None:
    await belongings(put, put_number, target, "1")
    await belongings(put, put_number, source, "2")
    made = await merged(database, target, source)
    back = await undone(database, made.id)
    assert back.given_back == made.moved
    assert (back.stayed, back.fields_kept, back.added) == ({}, [], {})
    for model in MODELS:
        expected = 2 if model is PhoneNumber else 1
        assert await count(database, model, source) == expected, model
        assert await count(database, model, target) == expected, model
    async with database.reading() as session:
        assert await resolve(session, source) == source
        kinds = [(one.kind, one.result) for one in (await timeline(session, source)).items]
    assert kinds == [("merge", "undone"), ("call", None)]


async def test_what_was_added_since_stays_and_what_is_gone_is_told(
    database: Database, put: Put, put_number: Put, target: int, source: int
) -> None:
    gone = await put_number(source, "13800138002")
    await put(Task, customer_id=source, title="alt", due_at=NOW, created_at=NOW)
    made = await merged(database, target, source, name="source")
    await put(Task, customer_id=source, title="neu", due_at=NOW, created_at=LATER + 5)
    async with database.session() as session:
        await session.execute(text("DELETE FROM phone_numbers WHERE id = :id"), {"id": gone})
        await session.execute(
            text("UPDATE customers SET name = '新名' WHERE id = :id"), {"id": target}
        )
        if database.dialect == "sqlite":  # there nobody can have written to the source
            await session.execute(text("UPDATE tasks SET customer_id = :id"), {"id": target})
        await session.commit()
    back = await undone(database, made.id)
    assert back.given_back == {"tasks": 1}
    assert back.stayed == {"phone_numbers": 1}
    assert back.fields_kept == ["name"]
    assert back.added == {"tasks": 1}
    assert (await row(database, target)).name == "新名"
    assert await count(database, Task, target) == 1


async def test_chains_are_flat_and_are_undone_from_the_end(
    database: Database, target: int, source: int, put_customer: Put
) -> None:
    last = await put_customer("第三")
    first = await merged(database, target, source)
    second = await merged(database, last, target)
    assert (await row(database, source)).merged_into == last
    with pytest.raises(Conflict):
        await undone(database, first.id)
    await undone(database, second.id)
    assert (await row(database, source)).merged_into == target
    await undone(database, first.id)
    assert (await row(database, source)).merged_into is None


async def test_circles_and_seconds_are_refused(
    database: Database, target: int, source: int, put_customer: Put
) -> None:
    other = await put_customer("第三")
    with pytest.raises(InvalidInput):
        await merged(database, target, target)
    made = await merged(database, target, source)
    for into, what in ((source, target), (other, source), (source, other), (target, source)):
        with pytest.raises(AlreadyMerged) as refused:
            await merged(database, into, what)
        assert refused.value.values == {"customer": source, "today": target}
    with pytest.raises(NotFound):
        await merged(database, target, 999_999)
    await undone(database, made.id)
    with pytest.raises(Conflict):
        await undone(database, made.id)
    with pytest.raises(NotFound):
        await undone(database, 999_999)


async def test_after_thirty_days_a_merge_stays(
    database: Database, target: int, source: int
) -> None:
    made = await merged(database, target, source)
    with pytest.raises(Conflict):
        await undone(database, made.id, at=LATER + UNDO_FOR + 1)
    await undone(database, made.id, at=LATER + UNDO_FOR)


async def test_a_field_that_is_none_changes_nothing(
    database: Database, target: int, source: int
) -> None:
    with pytest.raises(InvalidInput):
        await merged(database, target, source, id="source")
    assert (await row(database, source)).merged_into is None


async def test_merges_are_listed_newest_first(
    database: Database, target: int, source: int, put_customer: Put
) -> None:
    other = await put_customer("第三")
    first = await merged(database, target, source)
    second = await merged(database, target, other, at=LATER + 1)
    async with database.reading() as session:
        page = await list_merges(session, limit=1)
        rest = await list_merges(session, limit=1, cursor=page.next)
        of_one = await list_merges(session, customer=source)
    assert [one.id for one in (*page.items, *rest.items)] == [second.id, first.id]
    assert rest.next is None
    assert [one.id for one in of_one.items] == [first.id]
