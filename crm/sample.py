"""Fills a database with customers that look real: some for the demo, a million for measurements.

The n-th customer is always the same, so callers can be given numbers that are known:
`mobile_of(n)` is the number of the n-th (from 0), whatever the total.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from callcenter.ids import stable_id
from callcenter.store.base import Base, Instant
from callcenter.store.database import Database
from crm.activities.tables import Activity
from crm.customers.tables import Contact, Customer, PhoneNumber
from crm.sql import table_of
from crm.tickets.tables import Ticket

CHUNK = 10_000  # customers generated and written together
DAY = 86_400.0

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = ("伟", "芳", "娜", "秀英", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛")
GIVEN_MORE = ("欣怡", "子涵", "浩然", "宇轩", "雨桐", "思远", "嘉豪", "志强", "建国", "晓明")
FIRST = ("Olivia", "James", "Emma", "Noah", "Sophia", "Liam", "Ava", "Lucas", "Mia", "Henry")
LAST = ("Smith", "Johnson", "Brown", "Taylor", "Wilson", "Davies", "Clark", "Walker", "Young")
CITIES = ("北京", "上海", "广州", "深圳", "杭州", "成都", "南京", "武汉", "西安", "苏州")
TRADES = ("科技", "贸易", "物流", "医疗器械", "电子", "食品", "建材", "教育咨询", "汽车服务")
ENGLISH_TRADES = ("Logistics", "Trading", "Medical", "Electronics", "Foods", "Consulting")
ROLES = ("采购经理", "财务", "技术负责人", "前台", "总经理")
LEVELS = ("VIP", "金牌", "银牌", None, None, None)
MATTERS = (
    "咨询发票开具进度",
    "报修：设备无法启动",
    "查询订单物流",
    "投诉送货延迟",
    "续费与合同变更",
)
RESULTS = ("completed", "completed", "completed", "no_answer")
STATUSES = ("new", "assigned", "in_progress", "pending", "resolved", "archived")
HEADS = ("130", "135", "138", "139", "150", "158", "186", "188", "199")
_SPACE = len(HEADS) * 10**8
_STRIDE = 2_654_435_761  # shares no factor with the space: numbers never repeat, last digits do


def mobile_of(n: int) -> str:
    """The national number of the n-th customer; known until n reaches 900 million."""
    place = (n * _STRIDE + 12_345_678) % _SPACE
    return f"{HEADS[place // 10**8]}{place % 10**8:08d}"


@dataclass(slots=True)
class _Rows:
    """Rows of one chunk; each list is written to its table as it is."""

    customers: list[tuple[Any, ...]]
    contacts: list[tuple[Any, ...]]
    numbers: list[tuple[Any, ...]]
    activities: list[tuple[Any, ...]]
    tickets: list[tuple[Any, ...]]


_COLUMNS: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "customers": (
        Customer,
        ("id", "kind", "name", "level", "owner_id", "language", "created_at", "updated_at"),
    ),
    "contacts": (Contact, ("id", "customer_id", "name", "role", "email")),
    "numbers": (
        PhoneNumber,
        ("customer_id", "contact_id", "raw", "e164", "suffix", "label", "switchboard"),
    ),
    "activities": (
        Activity,
        (
            *("customer_id", "interaction_id", "kind", "source", "at", "summary"),
            *("direction", "result"),
        ),
    ),
    "tickets": (
        Ticket,
        ("id", "number", "title", "status", "customer_id", "created_at", "updated_at"),
    ),
}


async def fill(
    database: Database, count: int, *, now: float, owners: Sequence[int] = (), seed: int = 1
) -> None:
    """Add `count` customers with contacts, numbers, past calls and tickets.

    `owners` are user ids to share the customers among. Meant for an empty database: a second call
    adds the same people again. 1,000,000 take about two minutes on PostgreSQL.
    """
    async with database.engine.begin() as connection:
        ids = [await _next_id(connection, model) for model in (Customer, Contact, Ticket)]
        maker = _Maker(now, owners, seed, *ids)
        write = _WRITERS[database.dialect]
        for rows in maker.chunks(count):
            for name, (model, columns) in _COLUMNS.items():
                await write(connection, table_of(model), columns, getattr(rows, name))
        if database.dialect == "postgresql":
            await _move_sequences(connection)
    if database.dialect == "postgresql":
        await _analyze(database)


async def _next_id(connection: AsyncConnection, model: type[Base]) -> int:
    highest = await connection.scalar(select(func.max(table_of(model).c.id)))
    return (highest or 0) + 1


# --- making ---------------------------------------------------------------------------------


@dataclass(slots=True)
class _Maker:
    """Makes the rows; `customer`, `contact` and `ticket` are the next free ids."""

    now: float
    owners: Sequence[int]
    seed: int
    customer: int
    contact: int
    ticket: int

    def chunks(self, count: int) -> Iterator[_Rows]:
        for start in range(0, count, CHUNK):
            rows = _Rows([], [], [], [], [])
            for n in range(start, min(start + CHUNK, count)):
                self._add(rows, n)
            yield rows

    def _add(self, rows: _Rows, n: int) -> None:
        dice = random.Random(self.seed * 1_000_003 + n)  # noqa: S311 - looks real, hides nothing
        chinese, company = dice.random() < 0.7, dice.random() < 0.4
        name = (_company_name if company else _person_name)(dice, chinese)
        created = self.now - dice.uniform(1, 900) * DAY
        owner = self.owners[n % len(self.owners)] if self.owners else None
        rows.customers.append(
            (
                *(self.customer, "company" if company else "person", name, dice.choice(LEVELS)),
                *(owner, "zh" if chinese else "en", created, created),
            )
        )
        contact = self._add_contact(rows, dice, chinese) if company else None
        rows.numbers.append(_number(self.customer, contact, mobile_of(n), "+86", 0))
        self._add_calls(rows, dice)
        if dice.random() < 0.1:
            self._add_ticket(rows, dice)
        self.customer += 1

    def _add_contact(self, rows: _Rows, dice: random.Random, chinese: bool) -> int:
        """A person at the company, and the company's switchboard."""
        contact, self.contact = self.contact, self.contact + 1
        name, email = _person_name(dice, chinese), f"c{contact}@example.com"
        rows.contacts.append((contact, self.customer, name, dice.choice(ROLES), email))
        line = f"010{dice.randrange(60_000_000, 89_999_999)}"
        rows.numbers.append(_number(self.customer, None, line, "+86", 1))
        return contact

    def _add_calls(self, rows: _Rows, dice: random.Random) -> None:
        for turn in range(dice.choice((0, 0, 1, 2, 4))):
            interaction = stable_id("sample", str(self.customer), str(turn))
            direction = dice.choice(("inbound", "inbound", "outbound"))
            at = self.now - dice.uniform(0.1, 300) * DAY
            rows.activities.append(
                (
                    *(self.customer, interaction, "call", f"interaction:{interaction}", at),
                    *(dice.choice(MATTERS), direction, dice.choice(RESULTS)),
                )
            )

    def _add_ticket(self, rows: _Rows, dice: random.Random) -> None:
        at = self.now - dice.uniform(0.1, 60) * DAY
        number = f"S-{self.ticket:07d}"  # a series of its own: the counter's numbers stay free
        title, status = dice.choice(MATTERS), dice.choice(STATUSES)
        rows.tickets.append((self.ticket, number, title, status, self.customer, at, at))
        self.ticket += 1


def _number(
    customer: int, contact: int | None, raw: str, country: str, zeros: int
) -> tuple[Any, ...]:
    """The row that `crm.numbers` would lead to, a hundred times faster; a test compares them."""
    switchboard = zeros > 0
    label = "switchboard" if switchboard else "mobile"
    return (customer, contact, raw, country + raw[zeros:], raw[-8:], label, switchboard)


def _person_name(dice: random.Random, chinese: bool) -> str:
    if chinese:
        return dice.choice(SURNAMES) + dice.choice(dice.choice((GIVEN, GIVEN_MORE)))
    return f"{dice.choice(FIRST)} {dice.choice(LAST)}"


def _company_name(dice: random.Random, chinese: bool) -> str:
    if chinese:
        middle = dice.choice(SURNAMES) + dice.choice("华达信通源盛泰和")
        return f"{dice.choice(CITIES)}{middle}{dice.choice(TRADES)}有限公司"
    return f"{dice.choice(LAST)} {dice.choice(ENGLISH_TRADES)} Ltd"


# --- writing --------------------------------------------------------------------------------


async def _copy(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None  # noqa: S101 - an open connection has one; for the type checker
    convert = _moments(table, columns)
    await raw.copy_records_to_table(
        table.name, columns=columns, records=[convert(row) for row in rows]
    )


def _moments(
    table: Table, columns: tuple[str, ...]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """COPY passes by our types, so moments become what the driver wants here."""
    places = {n for n, name in enumerate(columns) if isinstance(table.c[name].type, Instant)}
    if not places:
        return lambda row: row
    return lambda row: tuple(
        datetime.fromtimestamp(value, UTC) if n in places else value for n, value in enumerate(row)
    )


async def _insert(
    connection: AsyncConnection,
    table: Table,
    columns: tuple[str, ...],
    rows: list[tuple[Any, ...]],
) -> None:
    if rows:
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        await connection.execute(insert(table), values)


_WRITERS = {"postgresql": _copy, "sqlite": _insert}


async def _move_sequences(connection: AsyncConnection) -> None:
    """Rows with ids of ours leave the sequences behind."""
    for model in (Customer, Contact, Ticket):
        table = table_of(model)
        highest = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        await connection.execute(select(func.setval(sequence, func.coalesce(highest, 1))))


async def _analyze(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("customers", "contacts", "phone_numbers", "activities", "tickets"):
            await connection.execute(text(f"VACUUM ANALYZE {table}"))
