"""Customers from files on both databases: what they become, and that twice is as once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Update, func, select, text, update

from callcenter.store.audit import AuditRow
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.customers.tables import Contact, Customer, EmailAddress, PhoneNumber
from crm.fields.tables import CustomField
from crm.transfer import steps
from crm.transfer.fields import Existing, Key
from crm.transfer.service import ImportView
from crm.transfer.states import ImportState, Step
from crm.transfer.steps import run
from crm.transfer.tables import ExternalId, ImportJob
from tests.crm.conftest import NOW, Put
from tests.crm.transfer.conftest import House

HEADER = "外部编号,账号,客户名称,电话,邮箱,联系人,联系人电话,城市,地址,标签,生日,备注\n"
WANG = (
    'C-1,10001,王芳贸易,"13800138000; 010-62345678",info@wang.example,王芳,13911112222,'
    "北京,建国路1号,VIP、老客户,1980/2/3,常年合作\n"
)
LI = "C-2,10002,李明,+8613700137000,,,,,,,,\n"


def counts(view: ImportView) -> dict[str, int]:
    return {name: count for name, count in view.counts.items() if count}


async def test_a_file_becomes_customers(house: House) -> None:
    view = await house.bring_in(HEADER + WANG + LI)
    assert (view.state, view.failure, counts(view)) == (ImportState.DONE, None, {"created": 2})
    wang, li = await house.customers()
    assert (wang.kind, wang.name, wang.account_number) == ("company", "王芳贸易", "10001")
    assert [(one.e164, one.contact) for one in wang.numbers] == [
        ("+8613800138000", None),
        ("+861062345678", None),
        ("+8613911112222", wang.contacts[0].id),
    ]
    assert [one.email for one in wang.emails] == ["info@wang.example"]
    assert (wang.addresses[0].city, wang.addresses[0].street) == ("北京", "建国路1号")
    assert (sorted(wang.tags), str(wang.birthday)) == (["VIP", "老客户"], "1980-02-03")
    assert (li.kind, li.name, li.notes) == ("person", "李明", None)


@pytest.mark.parametrize("key", list(Key))
@pytest.mark.parametrize("existing", list(Existing))
async def test_the_same_file_twice_changes_nothing(
    house: House, key: Key, existing: Existing
) -> None:
    data = HEADER + WANG + LI.replace(",,,,,,,,", ",li@example.com,,,,,,,")
    assert counts(await house.bring_in(data, key, existing)) == {"created": 2}
    before = await house.customers()
    word = "skipped" if existing is Existing.SKIP else "unchanged"
    assert counts(await house.bring_in(data, key, existing)) == {word: 2}
    assert await house.customers() == before


async def test_who_is_there_is_updated_or_filled_or_left(house: House) -> None:
    await house.bring_in("账号,客户名称,备注,电话\n1,旧名,,13800138000\n")
    newer = "账号,客户名称,备注,电话\n1,新名,写一句,13900139000\n"
    assert counts(await house.bring_in(newer, existing=Existing.SKIP)) == {"skipped": 1}
    assert counts(await house.bring_in(newer, existing=Existing.FILL)) == {"updated": 1}
    (customer,) = await house.customers()
    assert (customer.name, customer.notes, len(customer.numbers)) == ("旧名", "写一句", 1)
    assert customer.version == 2
    assert counts(await house.bring_in(newer, existing=Existing.UPDATE)) == {"updated": 1}
    (customer,) = await house.customers()
    assert (customer.name, customer.notes, len(customer.numbers)) == ("新名", "写一句", 2)


async def test_an_empty_cell_erases_nothing(house: House) -> None:
    await house.bring_in("账号,客户名称,备注\n1,甲,记住\n")
    assert counts(await house.bring_in("账号,客户名称,备注\n1,,\n")) == {"unchanged": 1}


async def test_contacts_of_one_cell_keep_what_is_theirs(house: House) -> None:
    data = (
        "账号,客户名称,联系人,联系人职务,联系人电话,联系人邮箱\n"
        "7,某公司,张三 | 李四,经理 | ,13800138000、010-62345678 | 13900139000,z@example.com | \n"
    )
    await house.bring_in(data)
    (customer,) = await house.customers()
    zhang, li = customer.contacts
    assert (zhang.role, li.role) == ("经理", None)
    assert [one.contact for one in customer.numbers] == [zhang.id, zhang.id, li.id]
    assert customer.emails[0].contact == zhang.id
    again = data.replace("经理 | ", "总监 | 会计")
    assert counts(await house.bring_in(again)) == {"updated": 1}
    assert [one.role for one in (await house.customers())[0].contacts] == ["总监", "会计"]


async def test_what_is_wrong_is_said_by_row_and_cell(house: House) -> None:
    data = (
        "账号,客户名称,电话,生日,等级,客户经理\n"
        "1,甲,13800138000,,,\n"
        "1,乙,,,,\n"
        "abc,丙,,,,\n"
        ",丁,,,,\n"
        "5,,,,,\n"
        "6,己,电话不详,2026-02-30,最高级,没有的人\n"
    )
    view = await house.upload(data)
    await house.choose(view, Key.ACCOUNT_NUMBER, Existing.UPDATE)
    await house.step(view.id, Step.CHECK)
    await run(house.work(view.id))
    checked = await house.view(view.id)
    assert (checked.state, counts(checked)) == (ImportState.CHECKED, {"created": 1, "refused": 5})
    found = [(one.row, one.column, one.code) for one in checked.problems.examples]
    assert found == [
        (3, None, "same_as_row"),
        (4, 0, "not_digits"),
        (5, 0, "key_missing"),
        (6, None, "name_missing"),
        (7, 2, "not_a_phone"),
        (7, 3, "not_a_date"),
        (7, 4, "not_a_choice"),
        (7, 5, "unknown_user"),
    ]
    assert checked.problems.examples[4].cell == "电话不详"
    assert checked.problems.total == 8
    assert await house.customers() == []
    await house.step(view.id, Step.START)
    await run(house.work(view.id))
    assert counts(await house.view(view.id)) == {"created": 1, "refused": 5}
    refused = await house.refused(view.id)
    assert [row for row, _, _ in refused] == [3, 4, 5, 6, 7]
    assert refused[1][1] == ["abc", "丙", "", "", "", ""]


async def test_nobody_chooses_between_two_customers_with_one_number(house: House) -> None:
    await house.bring_in("账号,客户名称,电话\n1,甲,13800138000\n2,乙,13800138000\n")
    view = await house.bring_in("客户名称,电话\n丙,138 0013 8000\n", Key.PHONE)
    assert counts(view) == {"refused": 1}
    assert view.problems.examples[0].code == "several_customers"


async def test_what_one_customer_alone_may_have_is_not_given_twice(house: House) -> None:
    await house.bring_in("账号,客户名称,电话\n1,甲,13800138000\n")
    view = await house.bring_in("账号,客户名称,电话\n1,乙,13900139000\n", Key.PHONE)
    assert (counts(view), view.problems.examples[0].code) == ({"refused": 1}, "taken")
    two = await house.bring_in(
        "账号,客户名称,电话\n9,丙,13700137000\n9,丁,13600136000\n", Key.PHONE
    )
    assert counts(two) == {"created": 1, "refused": 1}


async def test_custom_fields_are_read_as_what_they_are(house: House, put: Put) -> None:
    for name, kind, label in (("score", "number", "评分"), ("signed", "date", "签约日")):
        await put(CustomField, name=name, kind=kind, label_zh=label, label_en=name, position=1)
    await put(
        *(CustomField,), name="code", kind="text", label_zh="编码", label_en="Code", once=True
    )
    data = "账号,客户名称,评分,签约日,编码\n1,甲,4.5,2026/1/2,x1\n2,乙,很好,,x2\n3,丙,,,X1\n"
    view = await house.bring_in(data)
    assert [one.code for one in view.problems.examples] == ["not_numeric", "taken"]
    (customer,) = await house.customers()
    assert customer.custom == {"score": 4.5, "signed": "2026-01-02", "code": "x1"}
    assert counts(await house.bring_in(data)) == {"unchanged": 1, "refused": 2}
    assert counts(await house.bring_in("账号,评分\n1,5\n")) == {"updated": 1}
    assert (await house.customers())[0].custom["score"] == 5


async def test_customers_beyond_ones_reach_are_left_alone(house: House, put_user: Put) -> None:
    other = await put_user("李经理")
    await house.bring_in("账号,客户名称,客户经理\n1,甲,李经理\n2,乙,\n")
    assert (await house.customers())[0].owner_id == other
    view = await house.bring_in("账号,备注\n1,一\n2,二\n", reach=[house.user])
    assert (counts(view), view.problems.examples[0].code) == (
        {"updated": 1, "refused": 1},
        "out_of_reach",
    )
    view = await house.bring_in("账号,客户名称,客户经理\n3,丙,李经理\n", reach=[house.user])
    assert counts(view) == {"refused": 1}


async def test_earlier_calls_of_a_new_customers_number_become_its_own(
    house: House, put: Put
) -> None:
    call = "a" * 32
    await put(
        Interaction,
        id=call,
        pbx="pbx",
        direction="inbound",
        started_at=NOW - 100,
        ended_at=NOW - 50,
        caller_number="13800138000",
        caller_e164="+8613800138000",
    )
    await house.bring_in("账号,客户名称,电话\n1,甲,13800138000\n")
    (customer,) = await house.customers()
    async with house.database.reading() as session:
        assert await session.scalar(select(Interaction.customer_id)) == customer.id


async def test_columns_are_remembered_for_files_like_it(house: House) -> None:
    view = await house.upload("编号,名字,电话\n1,甲,13800138000\n")
    assert view.columns == ["external_id", None, "phone"]
    columns = ["account_number", "name", "phone"]
    await house.choose(view, Key.ACCOUNT_NUMBER, Existing.FILL, columns)
    again = await house.upload("电话,编号,名字,原行号,未导入原因\n13800138000,1,甲,2,x\n")
    assert again.columns == ["phone", "account_number", "name", None, None]
    assert (again.key, again.existing) == (Key.ACCOUNT_NUMBER, Existing.FILL)


async def test_an_import_is_written_down(house: House) -> None:
    view = await house.bring_in(HEADER + LI)
    async with house.database.reading() as session:
        row = (await session.scalars(select(AuditRow))).one()
    assert (row.action, row.object, row.actor) == (
        *("customer.imported", f"import/{view.id}"),
        house.user,
    )


# --- interrupted, cancelled, at once ----------------------------------------------------------


def many(rows: int, first: int = 1) -> str:
    lines = (
        f"E{n},{n},客户{n},1{3800000000 + n},n{n}@example.com\n" for n in range(first, first + rows)
    )
    return "外部编号,账号,客户名称,电话,邮箱\n" + "".join(lines)


async def total(database: Database) -> list[int]:
    async with database.reading() as session:
        return [
            await session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Customer, PhoneNumber, EmailAddress, ExternalId, Contact)
        ]


class Killed(BaseException):
    pass


@pytest.mark.parametrize("key", [Key.ACCOUNT_NUMBER, Key.PHONE])
async def test_what_was_interrupted_goes_on_where_it_was(
    house: House, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BATCH", 10)
    view = await house.upload(many(35) + "E1,x\nE40,40,同一人,13800000001,\n")
    await house.choose(view, key, Existing.UPDATE)
    await house.step(view.id, Step.START)
    work = house.work(view.id)

    def die(version: int) -> None:
        if version > view.version + 4:
            raise Killed

    work.told = die
    with pytest.raises(Killed):
        await run(work)
    assert 0 < (await total(house.database))[0] < 35
    async with house.database.session() as session:
        await session.execute(update(ImportJob).values(state=ImportState.INTERRUPTED.value))
        await session.commit()
    await house.step(view.id, Step.START)
    await run(house.work(view.id))
    done = await house.view(view.id)
    created = 36 if key is Key.ACCOUNT_NUMBER else 35
    assert (done.state, done.done) == (ImportState.DONE, 37)
    assert counts(done) == {"created": created, "refused": 37 - created}
    assert (await total(house.database))[0] == created


async def test_a_cancelled_import_writes_no_further_batch(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BATCH", 10)
    view = await house.upload(many(50))
    await house.choose(view, Key.PHONE, Existing.SKIP)
    await house.step(view.id, Step.START)
    work, written = house.work(view.id), steps._written

    async def cancelled(*args: Any) -> Sequence[Any]:
        await house.step(view.id, Step.CANCEL)
        monkeypatch.setattr(steps, "_written", written)
        return await written(*args)

    monkeypatch.setattr(steps, "_written", cancelled)
    if house.database.dialect == "sqlite":
        await house.step(view.id, Step.CANCEL)  # one writer at a time: nobody cancels in between
    await run(work)
    assert (await house.view(view.id)).state is ImportState.CANCELLED
    assert await total(house.database) == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("key", list(Key))
async def test_an_import_twice_at_once_doubles_nothing(
    house: House, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "BATCH", 20)
    views = [await house.upload(many(100)), await house.upload(many(100))]
    for view in views:
        await house.choose(view, key, Existing.UPDATE)
        await house.step(view.id, Step.START)
    await asyncio.gather(*(run(house.work(view.id)) for view in views))
    assert await total(house.database) == [100, 100, 100, 100, 0]
    done = [counts(await house.view(view.id)) for view in views]
    assert sum(one.get("created", 0) for one in done) == 100
    assert sum(one.get("unchanged", 0) for one in done) == 100


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_somebody_creates_the_same_customer_at_this_moment(
    house: House, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer: there is no such moment."""
    view = await house.upload("账号,客户名称\n1,甲\n")
    await house.choose(view, Key.ACCOUNT_NUMBER, Existing.UPDATE)
    await house.step(view.id, Step.START)
    once: list[bool] = []
    look_up = steps.look_up  # type: ignore[attr-defined]  # of another module, replaced here

    async def slow(*args: Any, **options: Any) -> Any:
        found = await look_up(*args, **options)
        if not once:
            once.append(True)
            new = {"kind": "person", "name": "乙", "account_number": "1"}
            await put(Customer, **new, created_at=NOW, updated_at=NOW)
        return found

    monkeypatch.setattr(steps, "look_up", slow)
    await run(house.work(view.id))
    assert counts(await house.view(view.id)) == {"updated": 1}
    assert [one.name for one in await house.customers()] == ["甲"]


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_an_import_that_the_database_ends_for_a_deadlock_is_tried_again(
    house: House, put: Put
) -> None:
    for account in ("1", "2"):
        new = {"kind": "person", "name": "旧", "account_number": account}
        await put(Customer, **new, created_at=NOW, updated_at=NOW)
    view = await house.upload("账号,客户名称\n1,甲\n2,乙\n")
    await house.choose(view, Key.ACCOUNT_NUMBER, Existing.UPDATE)
    await house.step(view.id, Step.START)
    async with house.database.session() as other:
        await other.execute(_noted("2"))
        importing = asyncio.create_task(run(house.work(view.id)))
        await _somebody_waits(house.database)  # the import, which has the first, for the second
        await other.execute(_noted("1"))
        await other.commit()
    await importing
    assert counts(await house.view(view.id)) == {"updated": 2}
    assert [one.name for one in await house.customers()] == ["甲", "乙"]


def _noted(account: str) -> Update:
    return update(Customer).where(Customer.account_number == account).values(notes="x")


async def _somebody_waits(database: Database) -> None:
    async with asyncio.timeout(10), database.reading() as session:
        waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not await session.scalar(waits):  # noqa: ASYNC110  a database can only be asked
            await asyncio.sleep(0.02)


async def test_a_file_that_breaks_off_in_the_middle_says_where(house: House) -> None:
    data = (
        "账号,客户名称\n" + "".join(f"{n},甲{n}\n" for n in range(1, 30)) + '30,"' + "x\n" * 90_000
    )
    view = await house.upload(data)
    assert view.state is ImportState.FAILED
    assert view.failure is not None
    assert (view.failure.code, view.failure.values["row"]) == ("quote_not_closed", 31)
