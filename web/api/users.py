"""The administrator's view of the people who may sign in."""

from __future__ import annotations

from typing import Annotated

import structlog
from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import Conflict
from web import keys
from web.api.session import Language
from web.api.values import Body, Name, RowId, View
from web.auth import passwords, users
from web.auth.rights import Role
from web.auth.users import USERNAME, UserRecord
from web.routes import Call

log = structlog.get_logger(__name__)

RoleName = Annotated[str, Meta(min_length=1, max_length=64)]
RoleNames = Annotated[list[RoleName], Meta(max_length=20)]


class UserView(View, frozen=True):
    id: int
    username: str
    display_name: str
    language: str
    active: bool
    created_at: float
    roles: list[str]


class UserList(View, frozen=True):
    items: list[UserView]


class UserAnswer(View, frozen=True):
    """`password` was generated just now and is shown this once; null when none was."""

    user: UserView
    password: str | None


class NewUser(Body, frozen=True):
    username: Annotated[str, Meta(pattern=USERNAME, max_length=64)]
    display_name: Name
    roles: RoleNames
    language: Language = "zh"


class UserChange(Body, frozen=True):
    display_name: Name | UnsetType = UNSET
    roles: RoleNames | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    reset_password: bool = False


async def list_users(call: Call) -> UserList:
    return UserList([_view(one) for one in await users.listing(call.db)])


async def create_user(call: Call, body: NewUser) -> UserAnswer:
    made = await users.create_user(
        call.db,
        call.request.app[keys.AUTHENTICATOR].hasher,
        username=body.username,
        display_name=body.display_name,
        roles=body.roles,
        language=body.language,
    )
    return UserAnswer(_view(await users.get(call.db, made.id)), made.password)


async def change_user(call: Call, id: RowId, body: UserChange) -> UserAnswer:
    """Whatever takes something away from people ends what they have open."""
    authenticator = call.request.app[keys.AUTHENTICATOR]
    password = passwords.generated() if body.reset_password else None
    new_hash = await authenticator.hasher.hash(password) if password else None
    before = await users.get(call.db, id)
    await _keep_an_administrator(call, before, body)
    await _apply(call, id, body, new_hash)
    signed_out = body.active is False or password is not None
    ended = await (users.end_sessions if signed_out else users.sessions_of)(call.db, id)
    if signed_out or body.roles is not UNSET:
        call.then(lambda _: authenticator.revoked(ended))
    log.info("user_changed", user=id, by=call.principal.user, reset=password is not None)
    return UserAnswer(_view(await users.get(call.db, id)), password)


async def _apply(call: Call, id: int, body: UserChange, new_hash: str | None) -> None:
    values = {
        "display_name": body.display_name,
        "active": body.active,
        "password_hash": UNSET if new_hash is None else new_hash,
    }
    given = {name: value for name, value in values.items() if value is not UNSET}
    await users.change(call.db, id, given)
    if body.roles is not UNSET:
        await users.set_roles(call.db, id, await users.known_roles(call.db, body.roles))


async def _keep_an_administrator(call: Call, before: UserRecord, body: UserChange) -> None:
    """Nobody saws off the branch that everybody sits on."""
    was = before.active and Role.ADMINISTRATOR in before.roles
    roles = before.roles if body.roles is UNSET else body.roles
    stays = Role.ADMINISTRATOR in roles and body.active is not False
    others = await users.others_with_role(call.db, Role.ADMINISTRATOR, beside=before.id)
    if was and not stays and others == 0:
        field = "active" if body.active is False else "roles"
        raise Conflict("this is the last administrator", field=field)


def _view(record: UserRecord) -> UserView:
    return UserView(
        id=record.id,
        username=record.username,
        display_name=record.display_name,
        language=record.language,
        active=record.active,
        created_at=record.created_at,
        roles=list(record.roles),
    )
