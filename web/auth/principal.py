"""Who is asking: the person, their phone and their rights, as one immutable value."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.tables import Agent
from web.auth.rights import Right, Scope, wider
from web.auth.tables import RoleRight, SessionRow, User, UserRole


@dataclass(frozen=True, slots=True)
class Principal:
    user: int
    username: str
    display_name: str
    language: str
    theme: str
    agent: int | None
    agent_name: str | None
    roles: tuple[str, ...]
    rights: Mapping[Right, Scope]
    session: str
    last_seen_at: float
    expires_at: float  # the session's absolute end
    csrf: str = field(repr=False)

    def may(self, right: Right) -> bool:
        return right in self.rights

    def csrf_matches(self, given: str | None) -> bool:
        if given is None:
            return False
        return hmac.compare_digest(self.csrf.encode(), given.encode("utf-8", "surrogateescape"))


_PERSON = (
    User.id.label("user"),
    User.username,
    User.display_name,
    User.language,
    User.theme,
    Agent.id.label("agent"),
    Agent.name.label("agent_name"),
    UserRole.role,
    RoleRight.right,
    RoleRight.scope,
)


def _with_rights(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Of `User`: a row for each right of each role."""
    return (
        query.outerjoin(Agent, and_(Agent.user_id == User.id, Agent.active))
        .outerjoin(UserRole, UserRole.user_id == User.id)
        .outerjoin(RoleRight, RoleRight.role == UserRole.role)
        .where(User.active)
    )


_OF_SESSION = _with_rights(
    select(
        SessionRow.id.label("session"),
        SessionRow.last_seen_at,
        SessionRow.expires_at,
        *_PERSON,
    ).join(User, User.id == SessionRow.user_id)
)
_KNOWN_RIGHTS = frozenset(Right)


async def load(
    db: AsyncSession, session: str, *, csrf: str, now: float, idle: float
) -> Principal | None:
    """One query; None when the session is unknown, over or idle too long, or the user inactive."""
    found = await db.execute(
        _OF_SESSION.where(
            SessionRow.id == session,
            SessionRow.expires_at > now,
            SessionRow.last_seen_at > now - idle,
        )
    )
    rows = found.all()
    if not rows:
        return None
    session_, last_seen_at, expires_at = rows[0][:3]
    return _principal(
        rows, session=session_, last_seen_at=last_seen_at, expires_at=expires_at, csrf=csrf
    )


async def of_user(db: AsyncSession, user: int) -> Principal | None:
    """Somebody for whom things are done while they are away; None when the user is inactive."""
    found = await db.execute(_with_rights(select(*_PERSON)).where(User.id == user))
    rows = found.all()
    return _principal(rows, session="", last_seen_at=0.0, expires_at=0.0, csrf="") if rows else None


def _principal(rows: Sequence[Any], **session: Any) -> Principal:
    first = rows[0]
    return Principal(
        user=first.user,
        username=first.username,
        display_name=first.display_name,
        language=first.language,
        theme=first.theme,
        agent=first.agent,
        agent_name=first.agent_name,
        roles=tuple(sorted({row.role for row in rows if row.role is not None})),
        rights=_rights((row.right, row.scope) for row in rows),
        **session,
    )


def _rights(rows: Iterable[tuple[str | None, str | None]]) -> dict[Right, Scope]:
    """The widest scope of all roles wins. Rights of another version of the code are left out."""
    rights: dict[Right, Scope] = {}
    for name, reach in rows:
        if name not in _KNOWN_RIGHTS or reach is None:
            continue
        right, scope = Right(name), Scope(reach)
        rights[right] = wider(rights.get(right, scope), scope)
    return rights
