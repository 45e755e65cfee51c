"""The card says who may be calling, in the shape the console reads, on both databases alike."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import msgspec
import pytest

from callcenter.store.database import Database
from crm.activities.tables import Activity
from crm.card import CardSource, CardUnavailable
from crm.customers.service import CustomerPatch, patch_customer
from crm.customers.tables import Contact, Customer
from crm.fields.rules import FieldKind
from crm.fields.service import NewChoice, NewField, create_field
from crm.sample import fill, mobile_of
from crm.tickets.tables import Ticket
from recording.tables import Recording
from screenpop.frames import Card
from screenpop.shapes import Words
from tests.bench.plain_card import card_of
from tests.crm.conftest import NOW, Put

MOBILE = "13800138000"


def _customer(name: str, **values: Any) -> dict[str, Any]:
    return {"kind": "person", "name": name, "created_at": NOW, "updated_at": NOW} | values


def _call(customer: int, n: int, at: float, **values: Any) -> dict[str, Any]:
    fixed = {"customer_id": customer, "kind": "call", "source": f"interaction:{n}", "at": at}
    return fixed | {"summary": f"call {n}", "direction": "inbound", "result": "completed"} | values


async def _read(cards: CardSource, number: str | None) -> Card:
    return msgspec.json.decode(await cards.card(number, None), type=Card)


async def test_a_known_caller_has_level_owner_tickets_contacts_and_recording(
    cards: CardSource, put: Put, put_number: Put, put_user: Put
) -> None:
    owner = await put_user("李经理")
    customer = await put(Customer, **_customer("张三", level="VIP", owner_id=owner))
    await put_number(customer, MOBILE)
    for n in range(5):
        await put(Activity, **_call(customer, n, NOW + n, interaction_id=f"{n:032d}"))
    await put(Recording, id="r" * 32, pbx="main", interaction_id=f"{4:032d}", status="ready")
    await put(Recording, id="s" * 32, pbx="main", interaction_id=f"{3:032d}", status="silent")
    for n, status in enumerate(["new", "resolved", "pending"]):
        await put(
            Ticket,
            number=f"T-2026-{n:06d}",
            title="发票",
            status=status,
            customer_id=customer,
            created_at=NOW + n,
            updated_at=NOW,
        )
    card = await _read(cards, "0086 138 0013 8000")
    assert (card.match, card.number, card.e164) == ("known", "0086 138 0013 8000", "+86" + MOBILE)
    assert card.place == "北京市"
    (one,) = card.candidates
    assert (one.customer, one.name, one.company) == (customer, "张三", None)
    assert (one.level, one.owner, one.how) == ("VIP", "李经理", "known")
    assert [(t.number, t.opened_at) for t in one.tickets] == [
        ("T-2026-000002", NOW + 2),
        ("T-2026-000000", NOW),
    ]
    assert [(c.summary, c.at) for c in one.contacts] == [
        ("call 4", NOW + 4),
        ("call 3", NOW + 3),
        ("call 2", NOW + 2),
    ]
    assert [c.recording for c in one.contacts] == ["r" * 32, None, None]


async def test_a_card_shows_words_tags_and_the_fields_for_the_pop(
    cards: CardSource, database: Database, put: Put, put_number: Put
) -> None:
    customer = await put(Customer, **_customer("张三", level="gold", do_not_call=True))
    other = await put(Customer, **_customer("李四", level="from before"))
    await put_number(customer, MOBILE)
    await put_number(other, "13900139000")
    await _fill_fields(database, customer)
    (one,) = (await _read(cards, MOBILE)).candidates
    assert (one.level_words, one.do_not_call) == (Words("金牌", "Gold"), True)
    assert one.tags == ["VIP", "月结"]
    assert [(f.name, f.label.zh, f.value.zh, f.value.en) for f in one.fields] == [
        ("products", "产品", "网关、终端", "Gateway, Terminal"),
        ("staff", "人数", "12", "12"),
        ("renewal", "续约", "2026-03-01", "2026-03-01"),
    ]
    (two,) = (await _read(cards, "13900139000")).candidates
    assert (two.level, two.level_words, two.tags, two.fields) == ("from before", None, [], [])


async def _fill_fields(database: Database, customer: int) -> None:
    products = [NewChoice("a", "终端", "Terminal"), NewChoice("b", "网关", "Gateway")]
    shown: dict[str, Any] = {"on_pop": True}
    custom: dict[str, Any] = {"products": ["b", "a"], "staff": 12, "renewal": "2026-03-01"}
    patch = CustomerPatch(version=1, custom=custom | {"hidden": "x"}, tags=["月结", "VIP"])
    async with database.session() as session:
        for new in (
            NewField("products", FieldKind.CHOICES, "产品", "Products", choices=products, **shown),
            NewField("staff", FieldKind.NUMBER, "人数", "Staff", **shown),
            NewField("renewal", FieldKind.DATE, "续约", "Renewal", **shown),
            NewField("hidden", FieldKind.TEXT, "内部", "Hidden"),
            NewField("quiet", FieldKind.TEXT, "无", "Nothing there", **shown),
        ):
            await create_field(session, new)
        await patch_customer(session, customer, patch, now=NOW)
        await session.commit()


async def test_several_known_come_before_maybe_busy_ones_first(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    quiet = await put(Customer, **_customer("安静"))
    recent = await put(Customer, **_customer("最近"))
    older = await put(Customer, **_customer("从前"))
    owed = await put(Customer, **_customer("有工单"))
    maybe = await put(Customer, **_customer("也许"))
    for customer in (quiet, recent, older, owed):
        await put_number(customer, MOBILE)
    await put_number(maybe, "00138000")
    await put(Activity, **_call(recent, 1, NOW + 10))
    await put(Activity, **_call(older, 2, NOW + 5))
    await put(Activity, **_call(maybe, 3, NOW + 50))
    ticket = {"title": "x", "status": "new", "created_at": NOW, "updated_at": NOW}
    await put(Ticket, number="T-1", customer_id=owed, **ticket)
    card = await _read(cards, MOBILE)
    assert card.match == "several"
    assert [c.customer for c in card.candidates] == [owed, recent, older, quiet, maybe]
    assert [c.how for c in card.candidates] == ["known"] * 4 + ["maybe"]
    assert (await cards.look_up(MOBILE)).customer is None


async def test_a_suffix_is_only_maybe_in_both_directions(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    local = await put(Customer, **_customer("本地"))
    await put_number(local, "62345678")
    whole = await put(Customer, **_customer("完整"))
    await put_number(whole, "075587654321")
    seven = await put(Customer, **_customer("七位"))
    await put_number(seven, "1234567")
    assert [c.name for c in (await _read(cards, "010 6234 5678")).candidates] == ["本地"]
    assert [c.name for c in (await _read(cards, "87654321")).candidates] == ["完整"]
    assert [c.name for c in (await _read(cards, "0539 1234567")).candidates] == ["七位"]
    found = await cards.look_up("87654321")
    assert (found.match, found.customer, found.e164) == ("maybe", None, None)


async def test_a_person_at_a_company_and_its_switchboard(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    company = await put(Customer, **_customer("北京华达科技有限公司", kind="company"))
    person = await put(Contact, customer_id=company, name="王芳")
    other = await put(Contact, customer_id=company, name="刘强")
    await put_number(company, MOBILE, contact_id=person)
    await put_number(company, "01062345678", contact_id=person, switchboard=True)
    await put_number(company, "13900139000", contact_id=person)
    await put_number(company, "13900139000", contact_id=other)
    (one,) = (await _read(cards, MOBILE)).candidates
    assert (one.name, one.company) == ("王芳", "北京华达科技有限公司")
    for shared in ("01062345678", "13900139000"):
        (one,) = (await _read(cards, shared)).candidates
        assert (one.name, one.company) == ("北京华达科技有限公司", None)


async def test_merged_customers_resolve_to_the_target_and_circles_to_nobody(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    target = await put(Customer, **_customer("目标"))
    middle = await put(Customer, **_customer("中间", merged_into=target))
    source = await put(Customer, **_customer("来源", merged_into=middle))
    await put_number(source, MOBILE)
    await put_number(target, MOBILE)
    assert [c.name for c in (await _read(cards, MOBILE)).candidates] == ["目标"]
    assert (await cards.look_up(MOBILE)).customer == target
    circle = await put(Customer, **_customer("圈", id=900))
    await put(Customer, **_customer("圈圈", id=901, merged_into=circle))
    await put_number(circle, "13900139000")
    await put_number(901, "13900139001")
    assert (await cards.look_up("13900139001")).customer == circle


async def test_a_note_written_in_a_call_is_the_calls_summary(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    customer = await put(Customer, **_customer("张三"))
    await put_number(customer, MOBILE)
    call = "a" * 32
    await put(Activity, **_call(customer, 1, NOW, interaction_id=call))
    note = {"kind": "note", "summary": "答应周五回电", "direction": None, "result": None}
    await put(Activity, **_call(customer, 2, NOW + 1, interaction_id=call, **note))
    await put(Activity, **_call(customer, 3, NOW + 2, **note | {"summary": "单独的备注"}))
    contacts = (await _read(cards, MOBILE)).candidates[0].contacts
    assert [(c.kind, c.summary) for c in contacts] == [
        ("note", "单独的备注"),
        ("call", "答应周五回电"),
    ]


async def test_at_most_ten_candidates_are_shown(
    cards: CardSource, put: Put, put_number: Put
) -> None:
    for n in range(13):
        await put_number(await put(Customer, **_customer(f"客户{n}")), MOBILE)
    card = await _read(cards, MOBILE)
    assert (card.match, len(card.candidates)) == ("several", 10)


@pytest.mark.parametrize(
    ("number", "match"),
    [
        (None, "withheld"),
        ("anonymous", "withheld"),
        ("1001", "unknown"),
        ("<img src=x>\x00", "unknown"),
        ("'; drop table customers; --", "unknown"),
        ("13700137000", "unknown"),
        ("9" * 300, "unknown"),
    ],
)
async def test_nobody_is_found(cards: CardSource, number: str | None, match: str) -> None:
    card = await _read(cards, number)
    assert (card.match, card.candidates) == (match, [])


async def test_hostile_names_are_text(cards: CardSource, put: Put, put_number: Put) -> None:
    name = '"}]<img src=x onerror=alert(1)>\\ \n=cmd|😀'
    await put_number(await put(Customer, **_customer(name)), MOBILE)
    assert (await _read(cards, MOBILE)).candidates[0].name == name


async def test_withheld_and_inner_numbers_ask_no_database(tmp_path: Any) -> None:
    cards = CardSource(Database(f"sqlite:////{tmp_path}/none/there.db"))
    assert (await _read(cards, "anonymous")).match == "withheld"
    assert (await _read(cards, "1001")).match == "unknown"
    with pytest.raises(CardUnavailable) as away:
        await cards.card(MOBILE)
    assert away.value.code == "store_unavailable"
    await cards.close()
    await _no_worker_left()


async def _no_worker_left() -> None:
    """aiosqlite does not wait for the thread of a connection that failed; our loop ends here."""
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)


async def test_many_lookups_at_once(cards: CardSource, database: Database) -> None:
    await fill(database, 60, now=NOW)
    await cards.start()
    found = await asyncio.gather(*(cards.look_up(mobile_of(n)) for n in range(60)))
    assert {one.match for one in found} == {"known"}
    assert len({one.customer for one in found}) == 60


async def test_the_plain_way_that_the_bench_measures_against_says_the_very_same(
    database: Database, cards: CardSource, put: Put, put_number: Put, put_user: Put
) -> None:
    await fill(database, 120, now=NOW, owners=[await put_user("王磊"), None])
    company = await put(Customer, **_customer("北京", kind="company", level="VIP"))
    person = await put(Contact, customer_id=company, name="张三")
    old = await put(Customer, **_customer("旧", merged_into=company))
    await put_number(old, MOBILE, contact_id=person)
    for n in range(4):
        await put(Activity, **_call(company, n, NOW + n, interaction_id=f"{n:032d}"))
    note = {"kind": "note", "source": "note:1", "summary": "要发票", "direction": None}
    await put(Activity, **_call(company, 9, NOW + 9, interaction_id=f"{3:032d}") | note)
    await put(Recording, id="r" * 32, pbx="main", interaction_id=f"{2:032d}", status="ready")
    numbers = [f"+86{mobile_of(n)}" for n in range(80)]
    for number in (f"+86{MOBILE}", "+8675512345678", *numbers):
        async with database.reading() as session:
            plain = msgspec.convert(await card_of(session, number), Card)
        assert _rounded(plain) == _rounded(await _read(cards, number)), number


def _rounded(value: Any) -> Any:
    """Moments to the millisecond: SQLite writes 15 digits of them."""
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return _rounded(msgspec.to_builtins(value)) if isinstance(value, msgspec.Struct) else value
