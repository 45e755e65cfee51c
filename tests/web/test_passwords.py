"""Passwords: what is accepted, how they age, and that nobody learns who exists."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from callcenter.errors import InvalidInput
from callcenter.store.database import Database
from tests.web.conftest import BOX, PASSWORD, Clock, SignedIn
from web.auth.authenticator import Authenticator, Place
from web.auth.passwords import Passwords, check_acceptable, generated
from web.auth.tables import User
from web.auth.tokens import COOKIE, new_token, token_of

STRONGER = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)


@pytest.mark.parametrize(
    "good",
    ["a" * 14 + "b", "x" * 255 + "y", "我的密码非常非常长而且没有人会猜", "correct horse battery"],
)
def test_length_is_what_counts(good: str) -> None:
    check_acceptable(good, username="li.wei")


@pytest.mark.parametrize("good", ["a" * 7 + "b", "我的密码很长很长", "correct horse"])
def test_beside_a_code_it_may_be_shorter(good: str) -> None:
    check_acceptable(good, username="li.wei", beside_code=True)
    with pytest.raises(InvalidInput, match="at least 15"):
        check_acceptable(good, username="li.wei")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("1234567", "at least 8"),
        ("x" * 256 + "y", "at most 256"),
        ("PASSWORD123", "most common"),
        ("Qwertyuiop1234567890", "most common"),
        ("Li.Wei.Li", "user name"),
        ("ａａａａａａａａ", "repeated"),
        ("passwordpassword", "repeated"),
        ("abcabcabcabcabcab", "repeated"),
    ],
)
def test_what_is_refused(bad: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        check_acceptable(bad, username="li.wei.li", beside_code=True)


def test_generated_ones_are_long_and_never_the_same() -> None:
    made = {generated() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) == 19 and not set(one) & set("il1o0") for one in made)


async def test_a_hash_with_weaker_parameters_is_made_anew(
    signed_in: SignedIn, database: Database, clock: Clock
) -> None:
    await signed_in("agent")
    authenticator = Authenticator(database, Passwords(STRONGER), BOX, clock=clock)
    await authenticator.sign_in("agent", PASSWORD, Place("a"))
    async with database.reading() as db:
        kept = await db.scalar(select(User.password_hash))
    assert kept is not None
    assert not STRONGER.check_needs_rehash(kept)
    await authenticator.sign_in("agent", PASSWORD, Place("a"))


async def test_an_unknown_user_costs_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    await passwords.verify(None, "warm up")
    checked: list[str] = []
    real = PasswordHasher.verify

    def counting(self: PasswordHasher, hash: str, password: str) -> bool:
        checked.append(hash)
        return real(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counting)
    known = hasher.hash("right password")
    assert await passwords.verify(known, "right password")
    assert not await passwords.verify(known, "wrong")
    assert not await passwords.verify(None, "wrong")
    assert not await passwords.verify("not a hash", "wrong")
    assert len(checked) == 4


@pytest.mark.parametrize(
    "around",
    ["{}", "a=b; {}", "{}; a=b", 'a="x; y"; {}', "broken;;; =; {}", "é=ü;{}", "x{};{}"],
)
def test_the_token_is_found_among_odd_cookies(around: str) -> None:
    token = new_token()
    pair = f"{COOKIE}={token}"
    assert token_of(around.format(pair, pair)) == token


@pytest.mark.parametrize(
    "header", [None, "", COOKIE, f"{COOKIE}=", f"{COOKIE}=short", f"x{COOKIE}=y"]
)
async def test_no_token_is_nobody(header: str | None, authenticator: Authenticator) -> None:
    assert await authenticator.principal_for_cookie(header) is None


async def test_secrets_are_not_in_what_is_printed(
    signed_in: SignedIn, authenticator: Authenticator
) -> None:
    await signed_in("agent")
    found = await authenticator.sign_in("agent", PASSWORD, Place("a"))
    assert found.token not in repr(found)
    assert found.principal.csrf not in repr(found)
