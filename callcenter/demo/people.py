"""The people of the demo: customers who call, agents with telephones, and four who sign in."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from crm import sample, sample_tickets
from crm.customers.service import NewCustomer, NewNumber, create_customer
from crm.customers.tables import Customer, PhoneNumber
from crm.pool.rules import OTHERS, PoolRules
from crm.pool.service import write_rules
from routing.queries import Phone, create_agent
from routing.tables import AgentQueue, EntryPointRow, Queue
from web.auth import teams
from web.auth.bootstrap import make_user
from web.auth.passwords import Passwords
from web.auth.rights import Role

PBX = "demo"
CUSTOMERS = 200
QUEUES = {"support": ("客服 Support", "8000"), "sales": ("销售 Sales", "8001")}  # and its number
ZONE = "Asia/Shanghai"
WRAP_UP = 6.0  # seconds: nobody writes down what robots said
# Telephone → who answers it. The first one is the agent who signs in.
AGENTS = {"1001": "李娜 Li Na", "1002": "Emma Clark", "1003": "周强 Zhou Qiang"}
BROWSER_PHONE = "1011"  # of the agent who signs in, beside the robot on the desk
# Who calls in the recorded traces, so that these callers are known too.
TRACED = {
    "+8613800138000": ("王芳", "VIP"),
    "+8613900139000": ("Li Wei", None),
    "+8613800138001": ("Bob O'Brien", "gold"),
}
_SIGN_INS = (
    ("agent", "李娜 Li Na", Role.AGENT),
    ("supervisor", "陈静 Chen Jing", Role.SUPERVISOR),
    ("manager", "王磊 Wang Lei", Role.ACCOUNT_MANAGER),
    ("admin", "管理员 Admin", Role.ADMINISTRATOR),
)
# Days without a contact after which a customer is nobody's again.
POOL = PoolRules({"standard": 90, OTHERS: 180}, most_owned=200)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What somebody types to get in; the password is kept nowhere else."""

    role: Role
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class Known:
    """A customer by the number that will call, as the world and as the country writes it."""

    number: str
    national: str
    name: str


@dataclass(frozen=True, slots=True)
class People:
    sign_ins: tuple[SignIn, ...]
    known: tuple[Known, ...]


async def furnish(url: str, language: str) -> People:
    """Fill a new database; `language` is what those who sign in read first."""
    await upgrade(url)
    database = Database(url)
    try:
        users, sign_ins = await _sign_ins(database, language)
        await _customers(database, users)
        await _house(database, users["agent"])
        staff = sample_tickets.Staff(agent=users["agent"], supervisor=users["supervisor"])
        await sample_tickets.fill(database, staff, now=time.time(), zone=ZONE)
        return People(tuple(sign_ins), await _known(database))
    finally:
        await database.close()


async def _sign_ins(database: Database, language: str) -> tuple[dict[str, int], list[SignIn]]:
    users, shown = {}, []
    for username, name, role in _SIGN_INS:
        made = await make_user(
            database,
            Passwords(),
            username=username,
            display_name=name,
            roles=[role],
            language=language,
        )
        users[username] = made.id
        shown.append(SignIn(role, username, made.password or ""))
    return users, shown


async def _customers(database: Database, users: dict[str, int]) -> None:
    """Most are sales', some the support's, and some nobody's."""
    async with database.session() as session:
        sales = await teams.create(session, "销售 Sales", None)
        support = await teams.create(session, "客服 Support", None)
        for username, team in (("manager", sales), ("agent", support), ("supervisor", support)):
            await teams.put_into(session, users[username], team)
        await write_rules(session, POOL)
        await session.commit()
    owners = [users["manager"], users["agent"], users["manager"], None]
    shared = [sales, support, sales, None]
    await sample.fill(database, CUSTOMERS, now=time.time(), owners=owners, teams=shared)


async def _house(database: Database, agent_user: int) -> None:
    """Queues, agents with their telephones, and the callers of the traces."""
    async with database.session() as session:
        queues = await _queues(session)
        for turn, (number, name) in enumerate(AGENTS.items()):
            numbers = [number, BROWSER_PHONE] if turn == 0 else [number]
            phones = [Phone(PBX, f"PJSIP/{one}") for one in numbers]
            agent = await create_agent(
                session, name=name, user=agent_user if turn == 0 else None, phones=phones
            )
            served = [{"agent_id": agent, "queue_id": queue} for queue in queues]
            await session.execute(insert(AgentQueue), served)
        for number, (name, level) in TRACED.items():
            new = NewCustomer(name=name, level=level, numbers=[NewNumber(number, "mobile")])
            await create_customer(session, new, now=time.time())
        await session.commit()


async def _queues(session: AsyncSession) -> list[int]:
    """Queues of ours, each with the number that leads to it; returns their ids."""
    ids = []
    for name, (label, number) in QUEUES.items():
        values = {"pbx": PBX, "name": name, "label": label, "ours": True}
        made = await session.execute(
            insert(Queue).values(**values, wrap_up_seconds=WRAP_UP).returning(Queue.id)
        )
        ids.append(made.scalar_one())
        entry = {"pbx": PBX, "number": number, "name": label, "queue": name, "rules": []}
        await session.execute(insert(EntryPointRow).values(entry))
    return ids


async def _known(database: Database) -> tuple[Known, ...]:
    wanted = select(PhoneNumber.e164, PhoneNumber.raw, Customer.name).join(
        Customer, Customer.id == PhoneNumber.customer_id
    )
    async with database.reading() as session:
        rows = await session.execute(wanted)
        return tuple(Known(e164, national, name) for e164, national, name in rows if e164)
