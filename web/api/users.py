"""The administrator's view of the people who may sign in."""

from __future__ import annotations

from typing import Annotated

import structlog
from msgspec import UNSET, Meta, UnsetType, structs

from callcenter.errors import NotFound
from web import keys
from web.api.session import Language, SessionList, session_items
from web.api.values import Body, Name, RowId, SessionKey, View
from web.auth import granting, passwords, roles, second_factor, sessions, teams, users
from web.auth.turns import take_turns
from web.auth.users import USERNAME, UserRecord
from web.routes import Call

log = structlog.get_logger(__name__)

RoleName = Annotated[str, Meta(min_length=1, max_length=64)]
RoleNames = Annotated[list[RoleName], Meta(max_length=20)]


class UserView(View, frozen=True):
    """`team`: the one this person is in; `codes`: an authenticator app is asked for."""

    id: int
    username: str
    display_name: str
    language: str
    active: bool
    created_at: float
    roles: list[str]
    team: int | None
    codes: bool


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
    team: RowId | None = None


class UserChange(Body, frozen=True):
    """`reset_codes` is for who lost the app: it asks for codes no more, and makes a password."""

    display_name: Name | UnsetType = UNSET
    roles: RoleNames | UnsetType = UNSET
    team: RowId | UnsetType | None = UNSET
    active: bool | UnsetType = UNSET
    reset_password: bool = False
    reset_codes: bool = False


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
    gift = await roles.of_roles(call.db, body.roles)
    granting.check_gift(call.principal.rights, gift, field="roles")
    await _check_reach(call, gift, body.team)
    await teams.put_into(call.db, made.id, body.team)
    view = _view(await users.get(call.db, made.id))
    await call.audit("user.create", f"user/{made.id}", after=view)
    return UserAnswer(view, made.password)


async def change_user(call: Call, id: RowId, body: UserChange) -> UserAnswer:
    """Whatever takes something away from people ends what they have open."""
    authenticator = call.request.app[keys.AUTHENTICATOR]
    anew = body.reset_password or body.reset_codes
    password = passwords.generated() if anew else None
    new_hash = await authenticator.hasher.hash(password) if password else None
    await take_turns(call.db)
    before = await users.get(call.db, id)
    await _check_reach(call, await roles.of_user(call.db, id), before.team)
    if body.team is not UNSET:  # as the teams are before the change: who changes may be in one
        names = before.roles if body.roles is UNSET else body.roles
        await _check_reach(call, await roles.of_roles(call.db, names), body.team)
    await _apply(call, before, body, new_hash)
    await roles.check_somebody_manages(call.db, field="active" if body.active is False else "roles")
    signed_out = body.active is False or password is not None
    ended = await (sessions.end_all if signed_out else sessions.of)(call.db, id)
    if signed_out or body.roles is not UNSET or body.team is not UNSET:
        call.then(lambda _: authenticator.revoked(ended))
    log.info("user_changed", user=id, by=call.principal.user, reset=password is not None)
    view = _view(await users.get(call.db, id))
    await call.audit("user.change", f"user/{id}", before=_view(before), after=view)
    if password is not None:
        await call.audit("user.password", f"user/{id}", after={"reset": True})
    return UserAnswer(view, password)


async def _apply(call: Call, before: UserRecord, body: UserChange, new_hash: str | None) -> None:
    values = {
        "display_name": body.display_name,
        "active": body.active,
        "password_hash": UNSET if new_hash is None else new_hash,
    }
    given = {name: value for name, value in values.items() if value is not UNSET}
    await users.change(call.db, before.id, given)
    if body.roles is not UNSET:
        await _set_roles(call, before, body.roles)
    if body.team is not UNSET:
        await teams.put_into(call.db, before.id, body.team)
    if body.reset_codes:
        await second_factor.switch_off(call.db, before.id)


async def _set_roles(call: Call, before: UserRecord, names: list[str]) -> None:
    known = await users.known_roles(call.db, names)
    added = [name for name in known if name not in before.roles]
    gift = await roles.of_roles(call.db, added)
    granting.check_gift(call.principal.rights, gift, field="roles")
    await users.set_roles(call.db, before.id, known)


async def list_user_sessions(call: Call, id: RowId) -> SessionList:
    """Where somebody is signed in."""
    await users.get(call.db, id)
    authenticator = call.request.app[keys.AUTHENTICATOR]
    found = await sessions.living(
        call.db,
        id,
        current=call.principal.session,
        now=authenticator.clock(),
        policy=authenticator.policy,
    )
    return session_items(found)


async def end_user_sessions(call: Call, id: RowId) -> None:
    """Signs somebody out everywhere."""
    await _reach(call, id)
    ended = await sessions.end_all(call.db, id)
    await _ended(call, id, ended)


async def end_user_session(call: Call, id: RowId, session: SessionKey) -> None:
    await _reach(call, id)
    if not await sessions.end(call.db, id, session):
        raise NotFound("there is no such session")
    await _ended(call, id, frozenset({session}))


async def _reach(call: Call, user: int) -> None:
    record = await users.get(call.db, user)
    await _check_reach(call, await roles.of_user(call.db, user), record.team)


async def _check_reach(call: Call, rights: granting.Rights, team: int | None) -> None:
    """Forbidden for somebody with these rights in this team, if that is more than one has."""
    within = await teams.is_below(call.db, team, call.principal.user)
    granting.check_equal(call.principal.rights, rights, team=within)


async def _ended(call: Call, user: int, ended: frozenset[str]) -> None:
    authenticator = call.request.app[keys.AUTHENTICATOR]
    call.then(lambda _: authenticator.revoked(ended))
    await call.audit("session.end", f"user/{user}", after={"sessions_ended": len(ended)})


_SAME = tuple(field.name for field in structs.fields(UserView) if field.name != "roles")


def _view(record: UserRecord) -> UserView:
    return UserView(**{name: getattr(record, name) for name in _SAME}, roles=list(record.roles))
