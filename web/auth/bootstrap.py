"""The first people of an installation: no default passwords, generated ones are shown once."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database
from web.auth import users
from web.auth.passwords import Passwords
from web.auth.rights import Role
from web.auth.users import NewUser

__all__ = ["NewUser", "first_administrator", "make_user"]

FIRST = "admin"


async def first_administrator(
    database: Database, hasher: Passwords, *, language: str = "zh"
) -> NewUser | None:
    """On an empty installation, its administrator with a generated password; else None."""
    async with database.session() as db:
        if await users.exists_any(db):
            return None
        made = await users.create_user(
            db,
            hasher,
            username=FIRST,
            display_name="管理员" if language == "zh" else "Administrator",
            roles=[Role.ADMINISTRATOR],
            language=language,
        )
        await _record(db, made, [Role.ADMINISTRATOR])
        await db.commit()
    return made


async def make_user(
    database: Database,
    hasher: Passwords,
    *,
    username: str,
    display_name: str,
    roles: list[str],
    password: str | None = None,
    language: str = "zh",
) -> NewUser:
    """`users.create_user` in a transaction of its own, for the command line and the demo."""
    async with database.session() as db:
        made = await users.create_user(
            db,
            hasher,
            username=username,
            display_name=display_name,
            roles=roles,
            password=password,
            language=language,
        )
        await _record(db, made, roles)
        await db.commit()
    return made


async def _record(db: AsyncSession, made: NewUser, roles: Sequence[str]) -> None:
    """By nobody who is signed in: whoever may run commands on this machine."""
    after = {"username": made.username, "roles": list(roles)}
    await audit.record(
        db, Audited(time.time(), None, "user.create", f"user/{made.id}", None, after)
    )
