"""Makes, changes and lists the people who may sign in. The caller owns the transaction."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from web.auth import passwords
from web.auth.passwords import Passwords
from web.auth.tables import RoleRow, SecondFactor, TeamMember, User, UserRole

log = structlog.get_logger(__name__)

USERNAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$"
LANGUAGES = ("zh", "en")
THEMES = ("light", "dark", "system")
_USERNAME = re.compile(USERNAME)


@dataclass(frozen=True, slots=True)
class NewUser:
    """`password` is there to be shown once, when it was generated here."""

    id: int
    username: str
    password: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class UserRecord:
    id: int
    username: str
    display_name: str
    language: str
    theme: str
    active: bool
    created_at: float
    roles: tuple[str, ...]
    team: int | None
    codes: bool  # an authenticator app's codes are asked for


async def create_user(
    db: AsyncSession,
    hasher: Passwords,
    *,
    username: str,
    display_name: str,
    roles: Iterable[str],
    password: str | None = None,
    language: str = "zh",
    theme: str = "system",
) -> NewUser:
    """A user with these roles; without `password` one is generated.

    Raises InvalidInput naming the field, and Conflict when the name is taken in whatever case.
    """
    if not _USERNAME.fullmatch(username):
        raise InvalidInput("2 to 64 letters, digits and . _ @ -", field="username")
    if password is not None:
        passwords.check_acceptable(password, username=username)
    secret = password or passwords.generated()
    password_hash = await hasher.hash(secret)  # slow, so before the transaction begins
    names = await known_roles(db, roles)
    await _refuse_taken(db, username)
    values = {
        "username": username,
        "username_key": username.lower(),
        "display_name": display_name.strip() or username,
        "password_hash": password_hash,
        "language": one_of(language, LANGUAGES, "language"),
        "theme": one_of(theme, THEMES, "theme"),
        "active": True,
        "created_at": time.time(),
    }
    user = await _insert(db, values)
    await set_roles(db, user, names)
    log.info("user_created", user=user, username=username, roles=list(names))
    return NewUser(user, username, secret if password is None else None)


async def _insert(db: AsyncSession, values: dict[str, object]) -> int:
    try:
        made = await db.execute(insert(User).values(values).returning(User.id))
    except IntegrityError:  # two made the same name at the same moment
        raise Conflict("this user name is taken", field="username") from None
    return int(made.scalar_one())


async def _refuse_taken(db: AsyncSession, username: str) -> None:
    taken = select(User.id).where(User.username_key == username.lower())
    if await db.scalar(taken) is not None:
        raise Conflict("this user name is taken", field="username")


def one_of(value: str, allowed: tuple[str, ...], name: str) -> str:
    if value not in allowed:
        raise InvalidInput(f"must be one of {', '.join(allowed)}", field=name)
    return value


async def known_roles(db: AsyncSession, roles: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(roles))
    known = set(await db.scalars(select(RoleRow.name)))
    for role in wanted:
        if role not in known:
            raise InvalidInput(f"there is no role {role!r}", field="roles")
    return wanted


async def set_roles(db: AsyncSession, user: int, roles: Iterable[str]) -> None:
    await db.execute(delete(UserRole).where(UserRole.user_id == user))
    rows = [{"user_id": user, "role": role} for role in roles]
    if rows:
        await db.execute(insert(UserRole), rows)


async def change(db: AsyncSession, user: int, values: Mapping[str, object]) -> None:
    """Columns of the user to their new values."""
    if values:
        await db.execute(update(User).where(User.id == user).values(**values))


async def get(db: AsyncSession, user: int) -> UserRecord:
    found = await _records(db, only=user)
    if not found:
        raise NotFound("there is no such user")
    return found[0]


async def listing(db: AsyncSession) -> list[UserRecord]:
    """All of them, by name: a call centre has hundreds, not millions."""
    return await _records(db)


async def _records(db: AsyncSession, *, only: int | None = None) -> list[UserRecord]:
    users = (
        select(User, TeamMember.team_id, SecondFactor.confirmed_at)
        .outerjoin(TeamMember, TeamMember.user_id == User.id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .order_by(User.username_key)
        .execution_options(populate_existing=True)  # the caller may just have changed them
    )
    if only is not None:
        users = users.where(User.id == only)
    of_user = await _roles(db, only)
    return [
        UserRecord(
            id=row.id,
            username=row.username,
            display_name=row.display_name,
            language=row.language,
            theme=row.theme,
            active=row.active,
            created_at=row.created_at,
            roles=tuple(of_user.get(row.id, ())),
            team=team,
            codes=confirmed_at is not None,
        )
        for row, team, confirmed_at in await db.execute(users)
    ]


async def _roles(db: AsyncSession, only: int | None) -> dict[int, list[str]]:
    roles = select(UserRole.user_id, UserRole.role).order_by(UserRole.role)
    if only is not None:
        roles = roles.where(UserRole.user_id == only)
    of_user: dict[int, list[str]] = {}
    for user, role in await db.execute(roles):
        of_user.setdefault(user, []).append(role)
    return of_user


async def exists_any(db: AsyncSession) -> bool:
    return await db.scalar(select(User.id).limit(1)) is not None
