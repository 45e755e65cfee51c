"""What the tests of tickets over the API share: a customer with an address, and their tickets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select

from callcenter.store.database import Database
from crm.customers.tables import Customer, EmailAddress
from crm.mail.tables import Mail
from tests.web.conftest import START, Api

V1 = "/api/v1"


async def put_customer(database: Database, *, email: str | None = "li@example.org") -> int:
    async with database.session() as session:
        row = {"name": "李雷", "kind": "person", "created_at": START, "updated_at": START}
        made = await session.execute(insert(Customer).values(row).returning(Customer.id))
        customer = int(made.scalar_one())
        if email is not None:
            mail = {"customer_id": customer, "email": email, "key": email}
            await session.execute(insert(EmailAddress).values(mail))
        await session.commit()
        return customer


async def open_ticket(api: Api, customer: int, **values: Any) -> int:
    sent = {"title": "发票没有收到", "customer": customer, **values}
    status, body = await api.post(f"{V1}/tickets", sent)
    assert status == 201, body
    return int(body["id"])


async def mails(database: Database) -> list[Mail]:
    async with database.reading() as session:
        return list(await session.scalars(select(Mail).order_by(Mail.id)))
