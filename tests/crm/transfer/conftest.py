"""Imports on a real database, without the web around them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.store.database import Database
from crm.customers.queries import CustomerView, get_customer
from crm.customers.tables import Customer
from crm.numbers import DEFAULT_RULE
from crm.transfer import service
from crm.transfer.fields import Existing, Key
from crm.transfer.service import Chosen, ImportView
from crm.transfer.states import Step
from crm.transfer.steps import Work, run
from tests.crm.conftest import NOW, Put

Csv = str | bytes


@dataclass
class House:
    """A call center with one person who imports."""

    database: Database
    folder: Path
    user: int

    def work(self, id_: str) -> Work:
        return Work(self.database, id_, self.folder / id_, DEFAULT_RULE, clock=lambda: NOW)

    async def upload(self, data: Csv) -> ImportView:
        """A file that has arrived and was looked into."""
        id_ = secrets.token_hex(16)
        raw = data.encode() if isinstance(data, str) else data
        (self.folder / id_).write_bytes(raw)
        async with self.database.session() as session:
            await service.create_import(
                session, id_, user=self.user, node="n", name="a.csv", size=len(raw), now=NOW
            )
            await session.commit()
        await run(self.work(id_))
        return await self.view(id_)

    async def view(self, id_: str) -> ImportView:
        async with self.database.reading() as session:
            return await service.get_import(session, id_, user=self.user)

    async def choose(
        self, view: ImportView, key: Key, existing: Existing, columns: Sequence[str | None] = ()
    ) -> None:
        chosen = Chosen(list(columns or view.columns), key, existing)
        async with self.database.session() as session:
            await service.choose(session, view.id, chosen, user=self.user, now=NOW)
            await session.commit()

    async def step(self, id_: str, step: Step, **values: Any) -> None:
        async with self.database.session() as session:
            await service.take_step(session, id_, step, user=self.user, now=NOW, **values)
            await session.commit()

    async def bring_in(
        self,
        data: Csv,
        key: Key = Key.ACCOUNT_NUMBER,
        existing: Existing = Existing.UPDATE,
        **values: Any,
    ) -> ImportView:
        """Upload, map as proposed and import."""
        view = await self.upload(data)
        await self.choose(view, key, existing)
        await self.step(view.id, Step.START, **values)
        await run(self.work(view.id))
        return await self.view(view.id)

    async def customers(self) -> list[CustomerView]:
        async with self.database.reading() as session:
            ids = await session.scalars(select(Customer.id).order_by(Customer.id))
            return [await get_customer(session, id_) for id_ in ids.all()]

    async def refused(self, id_: str) -> list[tuple[int, list[str], list[Any]]]:
        async with self.database.reading() as session:
            return await service.refused_rows(session, id_, behind=0, limit=1000)


@pytest.fixture
async def house(database: Database, tmp_path: Path, put_user: Put) -> House:
    folder = tmp_path / "imports"
    folder.mkdir()
    return House(database, folder, await put_user("importer"))
