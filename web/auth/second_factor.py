"""Codes of an authenticator app (TOTP, RFC 6238), and the recovery codes for when it is lost.

What the app shares with us lies sealed in the database. The caller owns the transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field

import pyotp
import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput
from callcenter.secrets import Box, Unreadable
from web.auth.passwords import generated
from web.auth.tables import RecoveryCode, SecondFactor

ISSUER = "Callcenter"
STEP = 30  # seconds that a code is shown
DRIFT = 1  # steps that a telephone's clock may be off, either way
RECOVERY_CODES = 10
_DIGITS = re.compile(r"[0-9]{6}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the app needs, once: `uri` is for its camera, `secret` for its keyboard."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Standing:
    enabled_at: float | None
    recovery_codes: int  # left


def step_of(secret: str, code: str, now: float) -> int | None:
    """The step in which the app shows this code; None when it does not these minutes."""
    digits = code.replace(" ", "")
    if not _DIGITS.fullmatch(digits):
        return None
    totp, current = pyotp.TOTP(secret, interval=STEP), int(now // STEP)
    steps = range(current - DRIFT, current + DRIFT + 1)
    # All are compared, whichever fits: the time taken tells nothing.
    fitting = [n for n in steps if hmac.compare_digest(totp.generate_otp(n), digits)]
    return fitting[-1] if fitting else None


async def standing(db: AsyncSession, user: int) -> Standing:
    enabled = await db.scalar(select(SecondFactor.confirmed_at).where(SecondFactor.user_id == user))
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user)
    return Standing(enabled, await db.scalar(left) or 0)


async def is_on(db: AsyncSession, user: int) -> bool:
    return (await standing(db, user)).enabled_at is not None


async def require(db: AsyncSession, user: int) -> None:
    """Conflict unless codes are asked for."""
    if not await is_on(db, user):
        raise Conflict("no codes are asked for")


async def begin(db: AsyncSession, box: Box, user: int, username: str, now: float) -> Setup:
    """A new secret, which counts once it is confirmed. Conflict when there is one that counts."""
    if await is_on(db, user):
        raise Conflict("codes of an app are asked for already; switch that off first")
    secret = pyotp.random_base32()
    await db.execute(delete(SecondFactor).where(SecondFactor.user_id == user))
    sealed = box.seal(secret, _about(user))
    await db.execute(
        insert(SecondFactor).values(user_id=user, secret=sealed, created_at=now, last_step=0)
    )
    uri = pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=username, issuer_name=ISSUER)
    return Setup(secret, uri)


async def confirm(db: AsyncSession, box: Box, user: int, code: str, now: float) -> list[str]:
    """The app shows the right code: from now on it is asked for. Gives the recovery codes."""
    row = (
        await db.execute(
            select(SecondFactor.secret, SecondFactor.confirmed_at).where(
                SecondFactor.user_id == user
            )
        )
    ).one_or_none()
    if row is None or row.confirmed_at is not None:
        raise Conflict("begin first: nothing waits to be confirmed")
    if not await _spend(db, user, _opened(box, user, row.secret), code, now):
        raise InvalidInput("this is not the code that the app shows now", field="code")
    await db.execute(
        update(SecondFactor).where(SecondFactor.user_id == user).values(confirmed_at=now)
    )
    return await new_recovery_codes(db, user)


async def accepts(db: AsyncSession, box: Box, user: int, code: str, now: float) -> bool:
    """A code of the app or a recovery code; neither works a second time."""
    kept = await db.scalar(
        select(SecondFactor.secret).where(
            SecondFactor.user_id == user, SecondFactor.confirmed_at.is_not(None)
        )
    )
    if kept is None:
        return False
    secret = _opened(box, user, kept)
    if await _spend(db, user, secret, code, now):
        await _sealed_anew(db, box, user, kept, secret)
        return True
    return await _recover(db, user, code)


def _about(user: int) -> str:
    return f"user/{user}"


def _opened(box: Box, user: int, kept: str) -> str | None:
    """None when the key is gone: recovery codes still let their owner in. What was kept before
    there was a key is as it is."""
    if not box.is_sealed(kept):
        return kept
    try:
        return box.open(kept, _about(user))
    except Unreadable as error:
        log.error("second_factor_unreadable", user=user, reason=str(error))
        return None


async def _sealed_anew(
    db: AsyncSession, box: Box, user: int, kept: str, secret: str | None
) -> None:
    """Under the key in use, when it is not: those from before keys, or before the keys changed."""
    if secret is None or box.is_current(kept):
        return
    await db.execute(
        update(SecondFactor)
        .where(SecondFactor.user_id == user, SecondFactor.secret == kept)
        .values(secret=box.seal(secret, _about(user)))
    )


async def _spend(db: AsyncSession, user: int, secret: str | None, code: str, now: float) -> bool:
    """One statement decides, so two who send the same code at once are not both let in."""
    step = None if secret is None else step_of(secret, code, now)
    if step is None:
        return False
    spent = await db.scalar(
        update(SecondFactor)
        .where(SecondFactor.user_id == user, SecondFactor.last_step < step)
        .values(last_step=step)
        .returning(SecondFactor.user_id)
    )
    return spent is not None


async def _recover(db: AsyncSession, user: int, code: str) -> bool:
    used = await db.scalar(
        delete(RecoveryCode)
        .where(RecoveryCode.user_id == user, RecoveryCode.hash == _hash(code))
        .returning(RecoveryCode.user_id)
    )
    return used is not None


async def new_recovery_codes(db: AsyncSession, user: int) -> list[str]:
    """They take the place of all earlier ones, and are shown this once."""
    codes = [generated() for _ in range(RECOVERY_CODES)]
    await db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user))
    rows = [{"user_id": user, "hash": _hash(code)} for code in codes]
    await db.execute(insert(RecoveryCode), rows)
    return codes


async def switch_off(db: AsyncSession, user: int) -> bool:
    """Whether there was one."""
    await db.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user))
    gone = await db.scalar(
        delete(SecondFactor).where(SecondFactor.user_id == user).returning(SecondFactor.user_id)
    )
    return gone is not None


def _hash(code: str) -> str:
    """Blanks, dashes and case are as people type them."""
    plain = re.sub(r"[\s-]", "", code).lower()
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()
