"""Signing in, staying signed in, being signed out; also what tells the gateway who somebody is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import delete, insert, or_, select, update

from callcenter.errors import InvalidInput, NotFound, Unauthenticated
from callcenter.store.database import Database
from web.auth import passwords, principal, tokens, users
from web.auth.passwords import Passwords
from web.auth.principal import Principal
from web.auth.tables import SessionRow, User
from web.auth.throttle import SignInThrottle

log = structlog.get_logger(__name__)

USER_AGENT_LIMIT = 256  # characters kept


@dataclass(frozen=True, slots=True)
class Policy:
    """Seconds. A shift fits into the absolute end, a night does not fit into the idle one."""

    idle: float = 8 * 3600.0
    absolute: float = 16 * 3600.0
    touch: float = 60.0  # how often being seen is written down


@dataclass(frozen=True, slots=True)
class SignedIn:
    token: str = field(repr=False)
    principal: Principal


@dataclass(frozen=True, slots=True)
class SessionInfo:
    id: str
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str
    user_agent: str
    current: bool


class WrongCredentials(Unauthenticated):
    """Says nothing about which of the two was wrong, or whether there is such a user."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("user name or password is wrong")


Revoked = Callable[[frozenset[str]], None]


class Authenticator:
    """The sessions of all browsers. Every method has its own short transactions."""

    def __init__(
        self,
        database: Database,
        hasher: Passwords,
        *,
        policy: Policy | None = None,
        throttle: SignInThrottle | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.policy = policy or Policy()
        self.hasher = hasher
        self._database = database
        self._throttle = throttle or SignInThrottle(time.monotonic)
        self._clock = clock
        self._hooks: list[Revoked] = []

    def on_revoked(self, hook: Revoked) -> None:
        """`hook(session ids)` when sessions end or their rights change: close what they opened."""
        self._hooks.append(hook)

    def revoked(self, sessions: frozenset[str]) -> None:
        """Tell everybody who asked, once it is committed."""
        if sessions:
            for hook in self._hooks:
                hook(sessions)

    async def principal_for_cookie(self, cookie_header: str | None) -> Principal | None:
        """Who sent this Cookie header; None when nobody who is signed in."""
        token = tokens.token_of(cookie_header)
        return await self._principal(token) if token else None

    async def _principal(self, token: str) -> Principal | None:
        now = self._clock()
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
        self, username: str, password: str, *, address: str, user_agent: str
    ) -> SignedIn:
        """Raises TooManyAttempts or WrongCredentials."""
        account = username.lower()
        self._throttle.attempt(account, address)
        user = await self._checked(account, password)
        if user is None:
            log.info("sign_in_refused", address=address)
            raise WrongCredentials
        self._throttle.succeeded(account, address)
        token = await self._open(user, address, user_agent)
        found = await self._principal(token)
        if found is None:  # switched off in this very moment
            raise WrongCredentials
        log.info("signed_in", user=user, address=address)
        return SignedIn(token, found)

    async def _checked(self, account: str, password: str) -> int | None:
        """The id of the active user with this password; the same work for all others."""
        async with self._database.reading() as db:
            row = (
                await db.execute(
                    select(User.id, User.password_hash, User.active).where(
                        User.username_key == account
                    )
                )
            ).one_or_none()
        same = await self.hasher.verify(row.password_hash if row else None, password)
        if row is None or not same or not row.active:
            return None
        if self.hasher.outdated(row.password_hash):
            await self._store_password(row.id, password)
        return int(row.id)

    async def _store_password(self, user: int, password: str) -> None:
        password_hash = await self.hasher.hash(password)
        async with self._database.session() as db:
            await users.change(db, user, {"password_hash": password_hash})
            await db.commit()

    async def _open(self, user: int, address: str, user_agent: str) -> str:
        token, now = tokens.new_token(), self._clock()
        async with self._database.session() as db:
            await db.execute(
                delete(SessionRow).where(
                    or_(
                        SessionRow.expires_at <= now,
                        SessionRow.last_seen_at <= now - self.policy.idle,
                    )
                )
            )
            await db.execute(
                insert(SessionRow).values(
                    id=tokens.session_id(token),
                    user_id=user,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + self.policy.absolute,
                    address=address,
                    user_agent=user_agent[:USER_AGENT_LIMIT],
                )
            )
            await db.commit()
        return token

    async def change_password(self, who: Principal, old: str, new: str, *, address: str) -> None:
        """Ends every other session of this user. Guessing the old one is throttled too."""
        account = who.username.lower()
        self._throttle.attempt(account, address)
        if await self._checked(account, old) is None:
            raise InvalidInput("this is not the present password", field="old")
        self._throttle.succeeded(account, address)
        passwords.check_acceptable(new, username=who.username, field="new")
        password_hash = await self.hasher.hash(new)
        async with self._database.session() as db:
            await users.change(db, who.user, {"password_hash": password_hash})
            gone = await users.end_sessions(db, who.user, keep=who.session)
            await db.commit()
        log.info("password_changed", user=who.user, sessions_ended=len(gone))
        self.revoked(gone)

    async def sessions_of(self, who: Principal) -> list[SessionInfo]:
        """The living sessions of this person, the last seen first."""
        now = self._clock()
        async with self._database.reading() as db:
            rows = await db.scalars(
                select(SessionRow)
                .where(
                    SessionRow.user_id == who.user,
                    SessionRow.expires_at > now,
                    SessionRow.last_seen_at > now - self.policy.idle,
                )
                .order_by(SessionRow.last_seen_at.desc())
            )
            return [_info(row, who.session) for row in rows]

    async def revoke(self, who: Principal, session: str) -> None:
        """End one session of this person; another's is not found."""
        async with self._database.session() as db:
            ended = await db.scalar(
                delete(SessionRow)
                .where(SessionRow.id == session, SessionRow.user_id == who.user)
                .returning(SessionRow.id)
            )
            await db.commit()
        if ended is None:
            raise NotFound("there is no such session")
        log.info("session_ended", user=who.user)
        self.revoked(frozenset({session}))


def _info(row: SessionRow, current: str) -> SessionInfo:
    return SessionInfo(
        id=row.id,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        address=row.address,
        user_agent=row.user_agent,
        current=row.id == current,
    )
