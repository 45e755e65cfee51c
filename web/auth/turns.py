"""Who may do what is changed by one at a time, so that a check still holds when it is written."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

_TURN = 0x72676874  # of an advisory lock: any number that nobody else uses


async def take_turns(db: AsyncSession) -> None:
    """Until the transaction ends nobody else changes rights or teams. SQLite has one writer."""
    if db.get_bind().dialect.name == "postgresql":
        await db.execute(select(func.pg_advisory_xact_lock(_TURN)))
