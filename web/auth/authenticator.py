"""Signing in, staying signed in, being signed out; also what tells the gateway who somebody is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound, Unauthenticated
from callcenter.secrets import Box
from callcenter.store import audit
from callcenter.store.audit import Audited
from callcenter.store.database import Database
from web.auth import passwords, principal, second_factor, sessions, tokens, users
from web.auth.passwords import Passwords
from web.auth.principal import Principal
from web.auth.sessions import Policy, SessionInfo
from web.auth.tables import SessionRow, User
from web.auth.throttle import SignInThrottle

SECOND_FACTOR = "second factor"  # the purpose of the box

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str = field(repr=False)
    principal: Principal


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from."""

    address: str
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class _Checked:
    """`user`: whose account it is, when there is one; `why` the sign-in is refused."""

    user: int | None
    why: str | None = None


class WrongCredentials(Unauthenticated):
    """Says nothing about which of the two was wrong, or whether there is such a user."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("user name or password is wrong")


class CodeRequired(Unauthenticated):
    """The password was right; this account asks for the code of its app too."""

    code = "code_required"

    def __init__(self) -> None:
        super().__init__("enter the code that your authenticator app shows", field="code")


class WrongCode(Unauthenticated):
    code = "wrong_code"

    def __init__(self) -> None:
        super().__init__("this code is wrong, or was used already", field="code")


Revoked = Callable[[frozenset[str]], None]


class Authenticator:
    """The sessions of all browsers. Every method has its own short transactions. In `box`, of the
    purpose SECOND_FACTOR, lies what authenticator apps share with us."""

    def __init__(
        self,
        database: Database,
        hasher: Passwords,
        box: Box,
        *,
        policy: Policy | None = None,
        throttle: SignInThrottle | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.policy = policy or Policy()
        self.hasher = hasher
        self.box = box
        self.clock = clock
        self._database = database
        self._throttle = throttle or SignInThrottle(time.monotonic)
        self._hooks: list[Revoked] = []

    def on_revoked(self, hook: Revoked) -> None:
        """`hook(session ids)` when sessions end or their rights change: close what they opened."""
        self._hooks.append(hook)

    def revoked(self, ended: frozenset[str]) -> None:
        """Tell everybody who asked, once it is committed."""
        if ended:
            for hook in self._hooks:
                hook(ended)

    async def principal_for_cookie(self, cookie_header: str | None) -> Principal | None:
        """Who sent this Cookie header; None when nobody who is signed in."""
        token = tokens.token_of(cookie_header)
        return await self._principal(token) if token else None

    async def _principal(self, token: str) -> Principal | None:
        now = self.clock()
        async with self._database.reading() as db:
            found = await principal.load(
                db,
                tokens.session_id(token),
                csrf=tokens.csrf_of(token),
                now=now,
                idle=self.policy.idle,
            )
        if found is not None and now - found.last_seen_at >= self.policy.touch:
            await self._touch(found.session, now)
        return found

    async def _touch(self, session: str, now: float) -> None:
        async with self._database.session() as db:
            await db.execute(
                update(SessionRow).where(SessionRow.id == session).values(last_seen_at=now)
            )
            await db.commit()

    async def sign_in(
        self, username: str, password: str, place: Place, *, code: str | None = None
    ) -> SignedIn:
        """Raises TooManyAttempts, WrongCredentials, CodeRequired or WrongCode."""
        account = username.lower()
        self._throttle.attempt(account, place.address)
        checked = await self._checked(account, password)
        if checked.user is None or checked.why is not None:
            await self._refused(checked, place)
            raise WrongCredentials
        self._throttle.succeeded(account, place.address)
        token = await self._open(checked.user, account, place, code)
        found = await self._principal(token)
        if found is None:  # switched off in this very moment
            raise WrongCredentials
        log.info("signed_in", user=checked.user, address=place.address)
        return SignedIn(token, found)

    async def _refused(self, checked: _Checked, place: Place) -> None:
        """Whoever tried; names of nobody are not kept: people type passwords there."""
        log.info("sign_in_refused", address=place.address)
        whose = "user" if checked.user is None else f"user/{checked.user}"
        async with self._database.session() as db:
            await self._record(db, "sign_in.refused", whose, place.address, why=checked.why)
            await db.commit()

    async def _checked(self, account: str, password: str) -> _Checked:
        """Whether this is an active user's password; the same work for all others."""
        async with self._database.reading() as db:
            row = (
                await db.execute(
                    select(User.id, User.password_hash, User.active).where(
                        User.username_key == account
                    )
                )
            ).one_or_none()
        same = await self.hasher.verify(row.password_hash if row else None, password)
        if row is None:
            return _Checked(None, "unknown")
        if not same or not row.active:
            return _Checked(row.id, "inactive" if same else "password")
        if self.hasher.outdated(row.password_hash):
            await self._store_password(row.id, password)
        return _Checked(row.id)

    async def _store_password(self, user: int, password: str) -> None:
        password_hash = await self.hasher.hash(password)
        async with self._database.session() as db:
            await users.change(db, user, {"password_hash": password_hash})
            await db.commit()

    async def _open(self, user: int, account: str, place: Place, code: str | None) -> str:
        """The token of a new session, once the code is right where one is asked for."""
        now = self.clock()
        async with self._database.session() as db:
            asked = await second_factor.is_on(db, user)
            if asked:
                await self._check_code(db, user, account, code, place)
            token = await sessions.begin(
                db,
                user,
                address=place.address,
                user_agent=place.user_agent,
                now=now,
                policy=self.policy,
            )
            with_code = {"code": asked}
            entry = Audited(now, user, "sign_in", f"user/{user}", None, with_code, place.address)
            await audit.record(db, entry)
            await db.commit()
        return token

    async def _check_code(
        self, db: AsyncSession, user: int, account: str, code: str | None, place: Place
    ) -> None:
        if code is None:
            raise CodeRequired
        self._throttle.attempt_code(account)
        if not await second_factor.accepts(db, self.box, user, code, self.clock()):
            await self._record(db, "sign_in.refused", f"user/{user}", place.address, why="code")
            await db.commit()
            raise WrongCode
        self._throttle.code_succeeded(account)

    async def _record(
        self, db: AsyncSession, action: str, whose: str, address: str, **after: Any
    ) -> None:
        entry = Audited(self.clock(), None, action, whose, after=after, address=address)
        await audit.record(db, entry)

    async def prove(
        self, who: Principal, password: str, *, address: str, field: str = "password"
    ) -> None:
        """InvalidInput unless it is this person's password. Guessing it is throttled too."""
        account = who.username.lower()
        self._throttle.attempt(account, address)
        if (await self._checked(account, password)).why is not None:
            raise InvalidInput("this is not the present password", field=field)
        self._throttle.succeeded(account, address)

    async def change_password(self, who: Principal, old: str, new: str, *, address: str) -> None:
        """Ends every other session of this user."""
        await self.prove(who, old, address=address, field="old")
        async with self._database.reading() as db:
            beside_code = await second_factor.is_on(db, who.user)
        passwords.check_acceptable(new, username=who.username, field="new", beside_code=beside_code)
        password_hash = await self.hasher.hash(new)
        async with self._database.session() as db:
            await users.change(db, who.user, {"password_hash": password_hash})
            gone = await sessions.end_all(db, who.user, keep=who.session)
            await self._by(db, who, "user.password", {"sessions_ended": len(gone)}, address)
            await db.commit()
        log.info("password_changed", user=who.user, sessions_ended=len(gone))
        self.revoked(gone)

    async def _by(
        self,
        db: AsyncSession,
        who: Principal,
        action: str,
        after: Mapping[str, Any] | None,
        address: str,
    ) -> None:
        """What people do with their own account."""
        whose = f"user/{who.user}"
        entry = Audited(self.clock(), who.user, action, whose, after=after, address=address)
        await audit.record(db, entry)

    async def sessions_of(self, user: int, *, current: str = "") -> list[SessionInfo]:
        """The living sessions of a person, the last seen first."""
        async with self._database.reading() as db:
            return await sessions.living(
                db, user, current=current, now=self.clock(), policy=self.policy
            )

    async def sign_out(self, who: Principal, *, address: str) -> None:
        await self.revoke(who, who.session, address=address, action="sign_out")

    async def revoke(
        self, who: Principal, session: str, *, address: str, action: str = "session.end"
    ) -> None:
        """End one session of this person; another's is not found."""
        async with self._database.session() as db:
            if not await sessions.end(db, who.user, session):
                raise NotFound("there is no such session")
            await self._by(db, who, action, None, address)
            await db.commit()
        log.info("session_ended", user=who.user)
        self.revoked(frozenset({session}))
