"""The sessions of browsers as rows: opened, listed, ended. The caller owns the transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from web.auth import tokens
from web.auth.tables import SessionRow

USER_AGENT_LIMIT = 256  # characters kept


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds. A shift fits into the absolute end, a night does not fit into the idle one."""

    idle: float = 8 * 3600.0
    absolute: float = 16 * 3600.0
    touch: float = 60.0  # how often being seen is written down


@dataclass(frozen=True, slots=True)
class SessionInfo:
    id: str
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str
    user_agent: str
    current: bool


async def begin(
    db: AsyncSession, user: int, *, address: str, user_agent: str, now: float, policy: Policy
) -> str:
    """Its token; sessions that are over are cleared away."""
    token = tokens.new_token()
    over = or_(SessionRow.expires_at <= now, SessionRow.last_seen_at <= now - policy.idle)
    await db.execute(delete(SessionRow).where(over))
    await db.execute(
        insert(SessionRow).values(
            id=tokens.session_id(token),
            user_id=user,
            created_at=now,
            last_seen_at=now,
            expires_at=now + policy.absolute,
            address=address,
            user_agent=user_agent[:USER_AGENT_LIMIT],
        )
    )
    return token


async def living(
    db: AsyncSession, user: int, *, current: str, now: float, policy: Policy
) -> list[SessionInfo]:
    """The sessions of this person that are not over, the last seen first."""
    rows = await db.scalars(
        select(SessionRow)
        .where(
            SessionRow.user_id == user,
            SessionRow.expires_at > now,
            SessionRow.last_seen_at > now - policy.idle,
        )
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
    )
    return [_info(row, current) for row in rows]


async def of(db: AsyncSession, user: int) -> frozenset[str]:
    return frozenset(await db.scalars(select(SessionRow.id).where(SessionRow.user_id == user)))


async def end_all(db: AsyncSession, user: int, *, keep: str = "") -> frozenset[str]:
    """Signs this person out everywhere, except in the session to keep."""
    ended = await db.scalars(
        delete(SessionRow)
        .where(SessionRow.user_id == user, SessionRow.id != keep)
        .returning(SessionRow.id)
    )
    return frozenset(ended)


async def end(db: AsyncSession, user: int, session: str) -> bool:
    """Whether this person had it."""
    ended = await db.scalar(
        delete(SessionRow)
        .where(SessionRow.id == session, SessionRow.user_id == user)
        .returning(SessionRow.id)
    )
    return ended is not None


def _info(row: SessionRow, current: str) -> SessionInfo:
    return SessionInfo(
        id=row.id,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        address=row.address,
        user_agent=row.user_agent,
        current=row.id == current,
    )
