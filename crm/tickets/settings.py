"""The few settings that all tickets share, kept in the database."""

from __future__ import annotations

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.sql import insert_once, table_of
from crm.tickets.tables import TicketSettings
from crm.tickets.words import Settings

_table = table_of(TicketSettings)


async def read(session: AsyncSession) -> Settings:
    """As they were saved; the defaults before that."""
    data = await session.scalar(select(_table.c.data).where(_table.c.id == 1))
    return Settings() if data is None else msgspec.convert(data, Settings)


async def version_read(session: AsyncSession) -> int:
    """Of what is read."""
    return int(await session.scalar(select(_table.c.version).where(_table.c.id == 1)) or 1)


async def version(session: AsyncSession) -> int:
    """Until the transaction ends nobody else saves them."""
    await session.execute(
        insert_once(session, TicketSettings, [{"id": 1, "data": {}, "version": 1}], "id")
    )
    found = await session.scalar(select(_table.c.version).where(_table.c.id == 1).with_for_update())
    return int(found or 1)


async def save(session: AsyncSession, settings: Settings) -> None:
    now = await version(session)
    values = {"data": msgspec.to_builtins(settings), "version": now + 1}
    await session.execute(update(_table).where(_table.c.id == 1).values(values))
