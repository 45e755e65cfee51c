"""Lets one at a time do what two could spoil together, until the transaction ends."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession


async def take_turns(session: AsyncSession, what: str) -> None:
    """Waits for who does `what` now (a name of its own in all rooms); then nobody else does it.

    To be taken before one looks at what must still hold when it is written. SQLite has one writer
    anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
