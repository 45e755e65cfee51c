"""Roles and their rights as rows: listed, made and changed. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from web.auth.granting import together
from web.auth.rights import Right, Scope
from web.auth.tables import RoleRight, RoleRow, SessionRow, User, UserRole

_KNOWN = frozenset(Right)
# Without somebody who has these, nobody could ever give them again.
_NEEDED = (Right.ROLE_MANAGE, Right.USER_MANAGE)


@dataclass(frozen=True, slots=True)
class RoleRecord:
    name: str
    label: str
    built_in: bool
    rights: Mapping[Right, Scope]
    users: int  # how many people have it


async def listing(db: AsyncSession, *, only: str | None = None) -> list[RoleRecord]:
    """Built-in ones first."""
    having = select(UserRole.role, func.count().label("users")).group_by(UserRole.role)
    counted = {row.role: row.users for row in await db.execute(having)}
    roles = select(RoleRow.name, RoleRow.label, RoleRow.built_in)
    if only is not None:
        roles = roles.where(RoleRow.name == only)
    rows = await db.execute(roles.order_by(RoleRow.built_in.desc(), RoleRow.name))
    held = await _rights(db)
    return [
        RoleRecord(name, label, built_in, held.get(name, {}), counted.get(name, 0))
        for name, label, built_in in rows
    ]


async def get(db: AsyncSession, name: str) -> RoleRecord:
    found = await listing(db, only=name)
    if not found:
        raise NotFound("there is no such role")
    return found[0]


async def _rights(db: AsyncSession) -> dict[str, dict[Right, Scope]]:
    rows = await db.execute(select(RoleRight.role, RoleRight.right, RoleRight.scope))
    held: dict[str, dict[Right, Scope]] = {}
    for role, right, scope in rows:
        if right in _KNOWN:  # a right of another version of the code says nothing here
            held.setdefault(role, {})[Right(right)] = Scope(scope)
    return held


async def of_roles(db: AsyncSession, names: Iterable[str]) -> dict[Right, Scope]:
    """What somebody with all of these roles may do."""
    held = await _rights(db)
    return together(held.get(name, {}) for name in names)


async def of_user(db: AsyncSession, user: int) -> dict[Right, Scope]:
    names = await db.scalars(select(UserRole.role).where(UserRole.user_id == user))
    return await of_roles(db, names.all())


async def create(db: AsyncSession, name: str, label: str, rights: Mapping[Right, Scope]) -> None:
    """Conflict when there is one of that name."""
    if await db.scalar(select(RoleRow.name).where(RoleRow.name == name)) is not None:
        raise Conflict(f"there is a role {name!r} already", field="name")
    await db.execute(insert(RoleRow).values(name=name, label=label, built_in=False))
    await _insert(db, name, rights)


async def set_label(db: AsyncSession, name: str, label: str) -> None:
    await db.execute(update(RoleRow).where(RoleRow.name == name).values(label=label))


async def set_rights(db: AsyncSession, name: str, rights: Mapping[Right, Scope]) -> None:
    """Exactly these; those of another version of the code stay."""
    await db.execute(
        delete(RoleRight).where(RoleRight.role == name, RoleRight.right.in_(sorted(_KNOWN)))
    )
    await _insert(db, name, rights)


async def _insert(db: AsyncSession, name: str, rights: Mapping[Right, Scope]) -> None:
    rows = [
        {"role": name, "right": right.value, "scope": scope.value}
        for right, scope in rights.items()
    ]
    if rows:
        await db.execute(insert(RoleRight), rows)


async def remove(db: AsyncSession, role: RoleRecord) -> None:
    """Conflict for a built-in one, and while somebody has it."""
    if role.built_in:
        raise Conflict("a built-in role stays; change its rights instead", field="name")
    if role.users:
        raise Conflict(f"{role.users} people have this role", field="name")
    await db.execute(delete(RoleRow).where(RoleRow.name == role.name))


async def sessions_with(db: AsyncSession, role: str) -> frozenset[str]:
    """The sessions of everybody who has it."""
    found = await db.scalars(
        select(SessionRow.id)
        .join(UserRole, UserRole.user_id == SessionRow.user_id)
        .where(UserRole.role == role)
    )
    return frozenset(found)


async def check_somebody_manages(db: AsyncSession, *, field: str) -> None:
    """Nobody saws off the branch that everybody sits on. Asked after the change. Conflict."""
    for right in _NEEDED:
        holder = (
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .join(RoleRight, RoleRight.role == UserRole.role)
            .where(User.active, RoleRight.right == right.value)
            .limit(1)
        )
        if await db.scalar(holder) is None:
            raise Conflict(f"nobody would be left with the right {right}", field=field)
