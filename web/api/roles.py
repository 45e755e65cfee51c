"""Roles: what each may do, and how far. Built-in ones can be changed, but they stay."""

from __future__ import annotations

import secrets
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import Conflict
from web import keys
from web.api.values import Body, View
from web.auth import granting, roles
from web.auth.rights import SCOPED, Right, Role, Scope
from web.auth.roles import RoleRecord
from web.auth.turns import take_turns
from web.routes import Call

NewRoleName = Annotated[str, Meta(max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*(?!\n)$")]
RoleInPath = Annotated[str, Meta(min_length=1, max_length=64)]
RoleLabel = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
RightsSent = dict[Right, Scope]


class NewRole(Body, frozen=True):
    """`name` stays for ever; without one it is made up. `label` is what people read."""

    label: RoleLabel
    rights: RightsSent
    name: NewRoleName | None = None


class RoleChange(Body, frozen=True):
    """`rights` as a whole: what is not in it is taken away."""

    label: RoleLabel | UnsetType = UNSET
    rights: RightsSent | UnsetType = UNSET


class RoleView(View, frozen=True):
    """`label` is empty for built-in roles, whose names everybody's language has."""

    name: str
    label: str
    built_in: bool
    rights: dict[str, Scope]
    users: int


class RightView(View, frozen=True):
    """`scopes`: how far it can be given."""

    right: str
    scopes: list[Scope]


class RoleList(View, frozen=True):
    """`rights`: all that there are."""

    items: list[RoleView]
    rights: list[RightView]


async def list_roles(call: Call) -> RoleList:
    return RoleList([_view(one) for one in await roles.listing(call.db)], _KNOWN)


async def create_role(call: Call, body: NewRole) -> RoleView:
    await take_turns(call.db)
    granting.check_scopes(body.rights)
    granting.check_gift(call.principal.rights, body.rights, field="rights")
    name = body.name or f"role_{secrets.token_hex(4)}"
    await roles.create(call.db, name, body.label.strip(), body.rights)
    view = _view(await roles.get(call.db, name))
    await call.audit("role.create", f"role/{name}", after=view)
    return view


async def change_role(call: Call, name: RoleInPath, body: RoleChange) -> RoleView:
    """Works at once; who has this role is asked to connect again."""
    await take_turns(call.db)
    before = await roles.get(call.db, name)
    if body.label is not UNSET:
        await roles.set_label(call.db, name, body.label.strip())
    if body.rights is not UNSET:
        _check_change(call, before, body.rights)
        await roles.set_rights(call.db, name, body.rights)
        await roles.check_somebody_manages(call.db, field="rights")
        await _reconnect(call, name)
    view = _view(await roles.get(call.db, name))
    await call.audit("role.change", f"role/{name}", before=_view(before), after=view)
    return view


def _check_change(call: Call, before: RoleRecord, rights: RightsSent) -> None:
    """Nobody gives or takes more than they have. Administrators keep all: what nobody has any more
    nobody could give again."""
    granting.check_scopes(rights)
    mine, field = call.principal.rights, "rights"
    granting.check_gift(mine, granting.widened(before.rights, rights), field=field)
    taken = granting.widened(rights, before.rights)
    granting.check_taking(mine, taken, field=field)
    if taken and before.name == Role.ADMINISTRATOR:
        names = ", ".join(sorted(taken))
        raise Conflict(f"administrators keep every right: {names}", field=field)


async def delete_role(call: Call, name: RoleInPath) -> None:
    await take_turns(call.db)
    before = await roles.get(call.db, name)
    await roles.remove(call.db, before)
    await call.audit("role.delete", f"role/{name}", before=_view(before))


async def _reconnect(call: Call, role: str) -> None:
    authenticator = call.request.app[keys.AUTHENTICATOR]
    sessions = await roles.sessions_with(call.db, role)
    call.then(lambda _: authenticator.revoked(sessions))


def _view(record: RoleRecord) -> RoleView:
    rights = {str(right): record.rights[right] for right in sorted(record.rights)}
    return RoleView(record.name, record.label, record.built_in, rights, record.users)


_KNOWN = [RightView(str(right), list(Scope) if right in SCOPED else [Scope.ALL]) for right in Right]
