"""The few settings that all tickets share, kept in the database."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from crm.sql import table_of
from crm.tickets.tables import TicketSettings
from crm.tickets.words import Settings

_table = table_of(TicketSettings)


async def read(session: AsyncSession) -> Settings:
    """As they were saved; the defaults before that."""
    data = await session.scalar(select(_table.c.data).where(_table.c.id == 1))
    return Settings() if data is None else msgspec.convert(data, Settings)


async def save(session: AsyncSession, settings: Settings) -> None:
    await session.execute(delete(_table))
    await session.execute(insert(_table).values(id=1, data=msgspec.to_builtins(settings)))
