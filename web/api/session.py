"""Signing in and out, and what people may change of themselves."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from aiohttp import hdrs
from msgspec import UNSET, Meta, UnsetType, structs
from sqlalchemy import select

from routing.tables import AgentInterface
from web import keys, origins
from web.api.values import Body, SessionKey, View
from web.auth import tokens, users
from web.auth.authenticator import Authenticator, Place
from web.auth.passwords import LONGEST
from web.auth.principal import Principal
from web.auth.sessions import SessionInfo
from web.routes import Call

# Longer than any accepted password, so that the answer to a wrong one is always the same.
Secret = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Language = Literal["zh", "en"]
Theme = Literal["light", "dark", "system"]


class SignIn(Body, frozen=True):
    """`code`: of an authenticator app, or a recovery code; 401 code_required says when."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    password: Secret
    code: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class MeChange(Body, frozen=True):
    language: Language | UnsetType = UNSET
    theme: Theme | UnsetType = UNSET


class PasswordChange(Body, frozen=True):
    old: Secret
    new: Secret


class Me(View, frozen=True):
    id: int
    username: str
    display_name: str
    language: str
    theme: str
    roles: list[str]
    rights: list[str]


class MyAgent(View, frozen=True):
    id: int
    name: str
    interfaces: list[str]


class SessionView(View, frozen=True):
    """`csrf` goes into the X-CSRF-Token header of every request that changes something."""

    user: Me
    agent: MyAgent | None
    csrf: str
    gateway_url: str


class SessionItem(View, frozen=True):
    id: str
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str
    user_agent: str
    current: bool


class SessionList(View, frozen=True):
    items: list[SessionItem]


async def sign_in(call: Call, body: SignIn) -> SessionView:
    request = call.request
    authenticator = request.app[keys.AUTHENTICATOR]
    signed_in = await authenticator.sign_in(
        body.username,
        body.password,
        Place(origins.address(request), request.headers.get(hdrs.USER_AGENT, "")),
        code=body.code,
    )
    secure = request.app[keys.SETTINGS].secure
    lifetime = authenticator.policy.absolute
    call.then(
        lambda response: tokens.set_cookie(
            response, signed_in.token, secure=secure, lifetime=lifetime
        )
    )
    return await _view(call, signed_in.principal)


async def read_session(call: Call) -> SessionView:
    return await _view(call, call.principal)


async def sign_out(call: Call) -> None:
    await _authenticator(call).sign_out(call.principal, address=origins.address(call.request))
    secure = call.request.app[keys.SETTINGS].secure
    call.then(lambda response: tokens.clear_cookie(response, secure=secure))


async def change_me(call: Call, body: MeChange) -> Me:
    changes = {name: value for name, value in structs.asdict(body).items() if value is not UNSET}
    if changes:
        await users.change(call.db, call.principal.user, changes)
    return structs.replace(_me(call.principal), **changes)


async def change_password(call: Call, body: PasswordChange) -> None:
    address = origins.address(call.request)
    await _authenticator(call).change_password(call.principal, body.old, body.new, address=address)


async def list_sessions(call: Call) -> SessionList:
    who = call.principal
    return session_items(await _authenticator(call).sessions_of(who.user, current=who.session))


def session_items(found: list[SessionInfo]) -> SessionList:
    return SessionList([msgspec.convert(one, SessionItem, from_attributes=True) for one in found])


async def end_session(call: Call, id: SessionKey) -> None:
    address = origins.address(call.request)
    await _authenticator(call).revoke(call.principal, id, address=address)


def _authenticator(call: Call) -> Authenticator:
    return call.request.app[keys.AUTHENTICATOR]


async def _view(call: Call, who: Principal) -> SessionView:
    return SessionView(
        user=_me(who),
        agent=await _agent(call, who),
        csrf=who.csrf,
        gateway_url=origins.gateway_url(call.request),
    )


def _me(who: Principal) -> Me:
    return Me(
        id=who.user,
        username=who.username,
        display_name=who.display_name,
        language=who.language,
        theme=who.theme,
        roles=list(who.roles),
        rights=sorted(who.rights),
    )


async def _agent(call: Call, who: Principal) -> MyAgent | None:
    if who.agent is None:
        return None
    found = await call.db.scalars(
        select(AgentInterface.interface)
        .where(AgentInterface.agent_id == who.agent)
        .order_by(AgentInterface.interface)
    )
    return MyAgent(id=who.agent, name=who.agent_name or who.display_name, interfaces=list(found))
