"""Links by which anybody of the house hears one recording for a while.

The link is a secret that is shown once and kept nowhere; here is its hash. It ends by itself, when
somebody takes it back, when who made it is switched off, and with the recording.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Integer,
    Text,
    and_,
    column,
    insert,
    literal,
    select,
    table,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.base import Instant
from recording.queries import table_of
from recording.tables import Recording, RecordingShare

TOKEN_BYTES = 32
MOST_SHOWN = 100

USERS = table(
    "users",
    *(column("id", Integer), column("display_name", Text), column("active", Boolean)),
)  # sign-in's
_s = table_of(RecordingShare)


class LinkOver(NotFound):
    """There was such a link: it expired, or was taken back."""

    code = "link_over"


class ShareView(msgspec.Struct, frozen=True):
    """`opened`: how often; a link is `live` until `expires_at` unless it was `revoked_at`."""

    id: int
    note: str | None
    created_by: int | None
    created_by_name: str | None
    created_at: float
    expires_at: float
    revoked_at: float | None
    opened: int
    opened_at: float | None


class Shared(msgspec.Struct, frozen=True):
    """What a link leads to."""

    share: int
    recording: str
    note: str | None
    by: str | None
    expires_at: float


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _shares() -> Any:
    return select(
        *(_s.c.id, _s.c.note, _s.c.created_by, USERS.c.display_name, _s.c.created_at),
        *(_s.c.expires_at, _s.c.revoked_at, _s.c.opened, _s.c.opened_at),
    ).outerjoin(USERS, USERS.c.id == _s.c.created_by)


async def share(
    session: AsyncSession, recording: str, *, by: int, now: float, until: float, note: str | None
) -> tuple[ShareView, str]:
    """The link, and its secret, which nobody can be told again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row: dict[str, Any] = {"recording_id": recording, "token_hash": _hash(token), "note": note}
    row |= {"created_by": by, "created_at": now, "expires_at": until}
    made = await session.execute(insert(_s).values(**row).returning(_s.c.id))
    return await get_share(session, recording, made.scalar_one()), token


async def shares_of(session: AsyncSession, recording: str) -> list[ShareView]:
    """Newest first, those that are over too."""
    mine = _shares().where(_s.c.recording_id == recording)
    rows = await session.execute(mine.order_by(_s.c.id.desc()).limit(MOST_SHOWN))
    return [ShareView(*row) for row in rows]


async def get_share(session: AsyncSession, recording: str, share: int) -> ShareView:
    """NotFound."""
    found = _shares().where(_s.c.id == share, _s.c.recording_id == recording)
    row = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("there is no such link")
    return ShareView(*row)


async def revoke(session: AsyncSession, share: ShareView, *, by: int, now: float) -> bool:
    """Nobody gets in by it any more; False when it was over already."""
    done = await session.scalar(
        update(_s)
        .where(_s.c.id == share.id, _s.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by=by)
        .returning(_s.c.id)
    )
    return done is not None


async def look(session: AsyncSession, token: str, *, now: float) -> Shared:
    """What the link leads to. LinkOver, or NotFound for what never was one."""
    live = and_(
        _s.c.revoked_at.is_(None),
        _s.c.expires_at > literal(now, Instant()),
        USERS.c.active,
        Recording.status == "ready",
    )
    found = await session.execute(
        select(_s.c.id, _s.c.recording_id, _s.c.note, USERS.c.display_name, _s.c.expires_at)
        .add_columns(live.label("live"))
        .join(Recording, Recording.id == _s.c.recording_id)
        .outerjoin(USERS, USERS.c.id == _s.c.created_by)
        .where(_s.c.token_hash == _hash(token))
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("there is no such link")
    if not row.live:
        raise LinkOver("this link has expired or was taken back")
    return Shared(*row[:5])


async def opened(session: AsyncSession, share: int, *, now: float) -> None:
    changed = update(_s).where(_s.c.id == share)
    await session.execute(changed.values(opened=_s.c.opened + 1, opened_at=now))
