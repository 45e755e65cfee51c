"""Tickets that read like a real company's, for the demo: in every state, with promises and words.

They are made by the service, as people would have made them, with the clock set back: so numbers,
events, deadlines and the customers' timelines fit together.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calendars import Calendar, Hours, Week
from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.fields.rules import FieldKind
from crm.tickets import categories, links, messages, policies, steps
from crm.tickets.categories import CategoryBody
from crm.tickets.fields import FieldChoice, FieldRule
from crm.tickets.life import Priority
from crm.tickets.policies import PolicyBody, RuleBody
from crm.tickets.promises import CALENDARS
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.sla import EscalationStep, Target
from crm.tickets.words import CLOCK, CUSTOMER, LinkKind, person

HOUR, DAY = 3600.0, 86_400.0
CALENDAR = "office"
_OFFICE = (Hours("09:00", "12:00"), Hours("13:30", "18:00"))
_WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), _OFFICE)


@dataclass(frozen=True, slots=True)
class Staff:
    """Users who work the tickets."""

    agent: int
    supervisor: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that was done to a ticket, hours after the one before."""

    what: str
    text: str = ""
    after: float = 0.5  # hours


@dataclass(frozen=True, slots=True)
class Tale:
    """A ticket: when it was opened, in hours before now, and what came then."""

    ago: float
    language: str
    category: str
    title: str
    description: str
    acts: tuple[Act, ...] = ()
    priority: Priority = Priority.NORMAL
    fields: tuple[tuple[str, Any], ...] = ()


SOON = Act("start", after=0.2)
TALES = (
    Tale(0.3, "zh", "repair", "设备开机后红灯常亮", "按说明书重启两次，红灯仍然不灭。"),
    Tale(1.2, "en", "billing", "Invoice shows the old address", "We moved in March.", (SOON,)),
    Tale(
        *(2.0, "zh", "complaints", "师傅迟到两个小时", "约好上午九点，十一点才到，要求给个说法。"),
        (SOON, Act("note", "已联系上门师傅核实", 0.2)),
        Priority.URGENT,
    ),
    Tale(
        *(5.0, "zh", "returns", "收到的颜色与订单不符", "订的是白色，收到黑色，希望换货。"),
        (SOON, Act("reply", "您好，已为您登记换货，请保留原包装。", 0.2)),
        fields=(("order", "DD20260318-0042"),),
    ),
    Tale(
        *(26.0, "zh", "repair", "打印机卡纸", "每打印十页左右就卡一次。"),
        (
            SOON,
            Act("reply", "您好，配件已下单，到货后与您约时间。", 0.4),
            Act("pend", "等配件到货"),
        ),
        fields=(("model", "X1"), ("lamp", "red")),
    ),
    Tale(
        *(30.0, "en", "repair", "Screen flickers after the update", "It began on Monday."),
        (
            SOON,
            Act("reply", "Hello, could you tell us the version shown under Settings > About?", 0.3),
            Act("pend", "Waiting for the customer"),
            Act("customer", "It says 4.2.1.", 3.0),
            Act("note", "4.2.1 is known for this, 4.2.2 repairs it.", 0.5),
        ),
        Priority.HIGH,
        (("model", "X2"),),
    ),
    Tale(
        *(50.0, "zh", "billing", "发票抬头开错了", "应为“北京华信科技有限公司”。"),
        (
            SOON,
            Act("reply", "您好，已作废重开，电子发票稍后发到您的邮箱。"),
            Act("resolve", "作废原发票，按正确抬头重开并发送。", 2.0),
        ),
    ),
    Tale(
        *(74.0, "zh", "presales", "想了解批量采购的价格", "大约五十台，含安装。"),
        (
            SOON,
            Act("reply", "您好，报价单已发送，请查收。"),
            Act("resolve", "已发报价单，客户经理跟进。", 1.0),
            Act("customer", "能再优惠一点吗？", 20.0),
        ),
    ),
    Tale(
        *(98.0, "en", "returns", "Wrong size delivered", "Ordered M, received L."),
        (
            SOON,
            Act("reply", "Sorry about that! A courier will pick it up tomorrow."),
            Act("resolve", "Exchanged, courier on the way.", 4.0),
            Act("ask", after=0.1),
        ),
        fields=(("order", "SO-88211"),),
    ),
    Tale(
        *(170.0, "zh", "complaints", "客服电话一直占线", "上周打了三天都没人接。"),
        (
            SOON,
            Act("reply", "非常抱歉，我们已增加坐席，并给您补偿一次免费保养。", 0.3),
            Act("resolve", "道歉并赠送保养一次，客户接受。", 5.0),
            Act("ask", after=0.1),
            Act("rate", "4", 9.0),
        ),
        Priority.HIGH,
    ),
    Tale(
        *(240.0, "zh", "repair", "无法连接无线网络", "路由器更换后连不上。"),
        (
            SOON,
            Act("reply", "您好，请按住网络键五秒后重新配网。"),
            Act("resolve", "指导客户重新配网，恢复正常。", 1.0),
            Act("archive", after=60.0),
        ),
        fields=(("model", "X1"),),
    ),
    Tale(
        *(300.0, "en", "billing", "Charged twice in March", "Two payments of the same amount."),
        (
            SOON,
            Act("reply", "One of them has been refunded, it takes three to five days."),
            Act("resolve", "Refunded the second payment.", 2.0),
            Act("archive", after=90.0),
        ),
    ),
)

# What tales call it, what people do, what it is below, and whether it wants a solution.
_TREE: tuple[tuple[str, str, str | None, bool], ...] = (
    ("presales", "售前咨询 Pre-sales", None, False),
    ("aftersales", "售后服务 After-sales", None, False),
    ("repair", "报修 Repair", "aftersales", True),
    ("returns", "退换货 Returns", "aftersales", False),
    ("billing", "发票与账务 Billing", None, False),
    ("complaints", "投诉 Complaints", None, True),
)
_LAMPS = (
    FieldChoice("green", "绿灯", "Green"),
    FieldChoice("red", "红灯", "Red"),
    FieldChoice("off", "不亮", "Off"),
)
_FIELDS = {
    "repair": (
        FieldRule(name="model", kind=FieldKind.TEXT, label_zh="型号", label_en="Model"),
        FieldRule(
            name="lamp",
            kind=FieldKind.CHOICE,
            label_zh="指示灯",
            label_en="Lamp",
            choices=_LAMPS,
        ),
    ),
    "returns": (
        FieldRule(name="order", kind=FieldKind.TEXT, label_zh="订单号", label_en="Order number"),
    ),
}


async def fill(database: Database, staff: Staff, *, now: float, zone: str) -> None:
    """Categories, promises, a rule and tickets, in a database that has customers and none of
    these."""
    async with database.session() as session:
        tree = await _categories(session)
        await _promises(session, tree, staff, zone)
        customers = await _customers(session)
        turns = dict.fromkeys(customers, 0)
        tickets = []
        for tale in TALES:
            of_language = customers[tale.language]
            customer = of_language[turns[tale.language] % len(of_language)]
            turns[tale.language] += 1
            category = tree[tale.category]
            opened = await _open(session, tale, customer, category, by=staff.agent, now=now)
            await _tell(session, tale, opened, staff, now)
            tickets.append(opened)
        related: dict[str, Any] = {"by": person(staff.supervisor), "now": now}
        await links.link(session, tickets[0], tickets[4], LinkKind.RELATED, **related)
        await links.watch(session, tickets[2], staff.supervisor, **related)
        await session.commit()


async def _categories(session: AsyncSession) -> dict[str, int]:
    made: dict[str, int] = {}
    for place, (key, name, parent, solution) in enumerate(_TREE):
        body = CategoryBody(
            name=name,
            parent=None if parent is None else made[parent],
            position=place,
            solution_required=solution,
            fields=_FIELDS.get(key, ()),
        )
        made[key] = (await categories.create(session, body)).id
    return made


async def _promises(
    session: AsyncSession, tree: Mapping[str, int], staff: Staff, zone: str
) -> None:
    """Hours of the office, what is promised within them, and who gets complaints."""
    calendar = Calendar(zone=zone, week=Week(**_WEEK))
    data = msgspec.to_builtins(calendar)
    await session.execute(insert(CALENDARS).values(name=CALENDAR, data=data))
    tell = EscalationStep(target=Target.RESPOND, minutes=-10, notify_owner=True)
    late = EscalationStep(
        target=Target.RESOLVE, raise_priority=True, notify=(staff.supervisor,), notify_owner=True
    )
    promised = (
        PolicyBody(
            name="投诉 Complaints",
            category=tree["complaints"],
            respond=900,
            update=7200,
            resolve=28_800,
            steps=(tell, late),
        ),
        PolicyBody(name="VIP", level="VIP", respond=1800, resolve=28_800, calendar=CALENDAR),
        PolicyBody(
            name="标准 Standard",
            calendar=CALENDAR,
            respond=7200,
            update=86_400,
            resolve=3 * 28_800,
            steps=(late,),
        ),
    )
    for place, body in enumerate(promised):
        await policies.create_policy(session, msgspec.structs.replace(body, position=place))
    rule = RuleBody(name="投诉 Complaints", category=tree["complaints"], owners=(staff.supervisor,))
    await policies.create_rule(session, rule)


async def _customers(session: AsyncSession) -> dict[str, list[int]]:
    """Some of each language."""
    found: dict[str, list[int]] = {}
    for language in ("zh", "en"):
        query = select(Customer.id).where(Customer.language == language, ~Customer.do_not_call)
        query = query.where(Customer.merged_into.is_(None)).order_by(Customer.id).limit(20)
        found[language] = list(await session.scalars(query))
    return found


# --- telling it -------------------------------------------------------------------------------


async def _open(
    session: AsyncSession, tale: Tale, customer: int, category: int, *, by: int, now: float
) -> int:
    new = NewTicket(
        title=tale.title,
        customer=customer,
        description=tale.description,
        priority=tale.priority,
        category=category,
        fields=dict(tale.fields),
        owner=UNSET if tale.acts else None,  # nobody has looked at it yet
    )
    opened = await open_ticket(session, new, by=person(by), now=now - tale.ago * HOUR)
    return opened.ticket


async def _tell(session: AsyncSession, tale: Tale, ticket: int, staff: Staff, now: float) -> None:
    at = now - tale.ago * HOUR
    for act in tale.acts:
        at += act.after * HOUR
        await _ACTS[act.what](session, ticket, act, staff, at)


async def _start(session: AsyncSession, ticket: int, act: Act, staff: Staff, at: float) -> None:
    await steps.start(session, ticket, by=person(staff.agent), now=at)


async def _note(session: AsyncSession, ticket: int, act: Act, staff: Staff, at: float) -> None:
    await messages.note(session, ticket, act.text, by=person(staff.supervisor), now=at)


async def _reply(session: AsyncSession, ticket: int, act: Act, staff: Staff, at: float) -> None:
    await messages.reply(session, ticket, act.text, by=person(staff.agent), now=at)


async def _customer(session: AsyncSession, ticket: int, act: Act, _: Staff, at: float) -> None:
    await messages.customer_reply(session, ticket, act.text, now=at)


async def _pend(session: AsyncSession, ticket: int, act: Act, staff: Staff, at: float) -> None:
    wake_at = at + 3 * DAY
    by = person(staff.agent)
    await steps.pend(session, ticket, reason=act.text, wake_at=wake_at, by=by, now=at)


async def _resolve(session: AsyncSession, ticket: int, act: Act, staff: Staff, at: float) -> None:
    await steps.resolve(session, ticket, solution=act.text, by=person(staff.agent), now=at)


async def _ask(session: AsyncSession, ticket: int, _: Act, __: Staff, at: float) -> None:
    await steps.ask(session, ticket, by=CLOCK, now=at)


async def _rate(session: AsyncSession, ticket: int, act: Act, _: Staff, at: float) -> None:
    await steps.rate(session, ticket, data={"score": int(act.text)}, by=CUSTOMER, now=at)


async def _archive(session: AsyncSession, ticket: int, _: Act, __: Staff, at: float) -> None:
    await steps.archive(session, ticket, by=CLOCK, now=at)


_ACTS: dict[str, Callable[[AsyncSession, int, Act, Staff, float], Awaitable[None]]] = {
    "start": _start,
    "note": _note,
    "reply": _reply,
    "customer": _customer,
    "pend": _pend,
    "resolve": _resolve,
    "ask": _ask,
    "rate": _rate,
    "archive": _archive,
}
