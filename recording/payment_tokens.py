"""Tokens by which payment pages pause recordings while a card number is spoken.

A token is a secret that is shown once and kept nowhere; here is its hash. It opens nothing else. It
ends with its time, if it was given one, and when somebody takes it back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Integer, Text, column, insert, select, table, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound, Unauthenticated
from recording.control_tables import PaymentToken
from recording.queries import table_of

SECRET_BYTES = 32
MOST = 100  # that are not revoked, at a time
SHOWN = 200  # newest first
TOUCH = 60.0  # seconds within which a use is not noted again
# The id says which row to look at, so that secrets are compared and never searched for.
_TOKEN = re.compile(r"ccpay_([1-9][0-9]{0,8})_([A-Za-z0-9_-]{43})")

USERS = table("users", column("id", Integer), column("display_name", Text))  # sign-in's
_t = table_of(PaymentToken)


class InvalidToken(Unauthenticated):
    """Unknown, revoked or expired; the message says which to whoever holds it."""

    code = "invalid_token"


class TooManyTokens(Conflict):
    code = "too_many_tokens"


class PaymentTokenView(msgspec.Struct, frozen=True):
    """`expires_at` null: until it is revoked. `last_used_at` is right to a minute."""

    id: int
    name: str
    created_by: int | None
    created_by_name: str | None
    created_at: float
    expires_at: float | None
    last_used_at: float | None
    revoked_at: float | None


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """Whoever sent a token that is good."""

    id: int
    name: str


def hash_of(token: str) -> str:
    """It is random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def _rows() -> Any:
    return select(
        *(_t.c.id, _t.c.name, _t.c.created_by, USERS.c.display_name, _t.c.created_at),
        *(_t.c.expires_at, _t.c.last_used_at, _t.c.revoked_at),
    ).outerjoin(USERS, USERS.c.id == _t.c.created_by)


async def tokens(session: AsyncSession) -> list[PaymentTokenView]:
    """Newest first, those that are over too."""
    rows = await session.execute(_rows().order_by(_t.c.id.desc()).limit(SHOWN))
    return [PaymentTokenView(*row) for row in rows]


async def token(session: AsyncSession, id: int) -> PaymentTokenView:
    """NotFound."""
    row = (await session.execute(_rows().where(_t.c.id == id))).one_or_none()
    if row is None:
        raise NotFound("there is no such token")
    return PaymentTokenView(*row)


async def make(
    session: AsyncSession, name: str, *, by: int, now: float, until: float | None
) -> tuple[PaymentTokenView, str]:
    """A token, and its secret, which nobody can be told again."""
    live = await session.scalars(select(_t.c.id).where(_t.c.revoked_at.is_(None)).limit(MOST))
    if len(live.all()) >= MOST:
        raise TooManyTokens(f"there are {MOST} tokens; revoke those that nobody uses")
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"name": name, "token_hash": hash_of(secret), "created_by": by}
    times = {"created_at": now, "expires_at": until}
    made = await session.execute(insert(_t).values(**row, **times).returning(_t.c.id))
    id = made.scalar_one()
    return await token(session, id), f"ccpay_{id}_{secret}"


async def revoke(session: AsyncSession, id: int, *, by: int, now: float) -> bool:
    """Nobody gets in by it any more; False when it was over already. NotFound."""
    await token(session, id)
    done = await session.scalar(
        update(_t)
        .where(_t.c.id == id, _t.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by)
        .returning(_t.c.id)
    )
    return done is not None


def is_one(sent: str) -> bool:
    """Whether it looks like a token, good or not."""
    return _TOKEN.fullmatch(sent) is not None


async def whose(session: AsyncSession, sent: str, *, now: float) -> tuple[PaymentPage, bool]:
    """Who sends this token, and whether this use is to be noted (`used`). InvalidToken."""
    row = await _row(session, sent)
    if row is None:
        raise InvalidToken("there is no such token")
    if row.revoked_at is not None:
        raise InvalidToken("this token was revoked")
    if row.expires_at is not None and row.expires_at <= now:
        raise InvalidToken("this token has expired")
    noted = row.last_used_at is not None and now - row.last_used_at < TOUCH
    return PaymentPage(row.id, row.name), not noted


async def _row(session: AsyncSession, sent: str) -> Any:
    """The row of this very token; None."""
    parts = _TOKEN.fullmatch(sent)
    if parts is None:
        return None
    row = await session.get(PaymentToken, int(parts[1]))
    return row if row and hmac.compare_digest(row.token_hash, hash_of(parts[2])) else None


async def used(session: AsyncSession, id: int, *, now: float) -> None:
    await session.execute(update(_t).where(_t.c.id == id).values(last_used_at=now))
