"""Who may do what is changed by one at a time, so that a check still holds when it is written."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import turns


async def take_turns(db: AsyncSession) -> None:
    """Until the transaction ends nobody else changes rights or teams."""
    await turns.take_turns(db, "rights")
