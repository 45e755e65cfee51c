"""The second proof at sign-in: people pair an authenticator app, or take it away again."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from web import keys, origins
from web.api.session import Secret
from web.api.values import Body, View
from web.auth import passwords, second_factor, sessions
from web.auth.authenticator import Authenticator
from web.routes import Call

Code = Annotated[str, Meta(min_length=1, max_length=64)]


class Proof(Body, frozen=True):
    """Who sits at a computer left open cannot change how its owner signs in."""

    password: Secret


class Confirmation(Body, frozen=True):
    code: Code


class CodesView(View, frozen=True):
    """`enabled_at` null: no codes are asked for."""

    enabled_at: float | None
    recovery_codes: int


class Pairing(View, frozen=True):
    """Shown this once: `uri` as a QR code for the app, or `secret` to be typed into it."""

    secret: str
    uri: str


class RecoveryCodes(View, frozen=True):
    """Shown this once; each lets its owner in once, without the app."""

    codes: list[str]


async def read_codes(call: Call) -> CodesView:
    found = await second_factor.standing(call.db, call.principal.user)
    return CodesView(found.enabled_at, found.recovery_codes)


async def begin_codes(call: Call, body: Proof) -> Pairing:
    await _prove(call, body)
    who = call.principal
    made = await second_factor.begin(
        call.db, _authenticator(call).box, who.user, who.username, _now(call)
    )
    return Pairing(made.secret, made.uri)


async def confirm_codes(call: Call, body: Confirmation) -> RecoveryCodes:
    """From now on codes are asked for; every other session ends."""
    who = call.principal
    authenticator = _authenticator(call)
    codes = await second_factor.confirm(call.db, authenticator.box, who.user, body.code, _now(call))
    ended = await sessions.end_all(call.db, who.user, keep=who.session)
    call.then(lambda _: authenticator.revoked(ended))
    await call.audit("user.codes.on", f"user/{who.user}", after={"sessions_ended": len(ended)})
    return RecoveryCodes(codes)


async def renew_recovery_codes(call: Call, body: Proof) -> RecoveryCodes:
    await _prove(call, body)
    who = call.principal
    await second_factor.require(call.db, who.user)
    codes = await second_factor.new_recovery_codes(call.db, who.user)
    await call.audit("user.recovery_codes", f"user/{who.user}", after={"codes": len(codes)})
    return RecoveryCodes(codes)


async def end_codes(call: Call, body: Proof) -> None:
    """The password alone has to do then: it must be long enough for that."""
    await _prove(call, body)
    who = call.principal
    passwords.check_acceptable(body.password, username=who.username)
    await second_factor.require(call.db, who.user)
    await second_factor.switch_off(call.db, who.user)
    await call.audit("user.codes.off", f"user/{who.user}")


async def _prove(call: Call, body: Proof) -> None:
    """Before this request's own transaction begins."""
    address = origins.address(call.request)
    await _authenticator(call).prove(call.principal, body.password, address=address)


def _authenticator(call: Call) -> Authenticator:
    return call.request.app[keys.AUTHENTICATOR]


def _now(call: Call) -> float:
    return _authenticator(call).clock()
