"""An authenticator app beside the password: paired, asked for, never fooled twice, given up."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from callcenter.secrets import Keys
from callcenter.store.database import Database
from tests.web.conftest import BOX, PASSWORD, Api, Browser, Clock, SignedIn
from web.auth.authenticator import Authenticator
from web.auth.second_factor import step_of
from web.auth.tables import RecoveryCode, SecondFactor

SESSION = "/api/v1/session"
TOTP = "/api/v1/me/totp"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


class App:
    """A telephone with an authenticator app on it."""

    def __init__(self, clock: Clock, secret: str) -> None:
        self._clock, self.secret, self._totp = clock, secret, pyotp.TOTP(secret)

    def code(self, *, later: float = 0.0) -> str:
        return self._totp.at(int(self._clock.now + later))


async def pair(api: Api, clock: Clock) -> tuple[App, list[str]]:
    status, made = await api.post(TOTP, {"password": PASSWORD})
    assert status == 200
    assert made["uri"].startswith("otpauth://totp/Callcenter:")
    app = App(clock, made["secret"])
    status, confirmed = await api.post(f"{TOTP}/confirm", {"code": app.code()})
    assert status == 200
    clock.now += 60
    return app, confirmed["codes"]


async def sign_in(browser: Browser, username: str, **more: str) -> tuple[int, str]:
    credentials = {"username": username, "password": PASSWORD, **more}
    status, body = await (await browser()).post(SESSION, credentials)
    return status, body["error"]["code"] if status >= 400 else ""


def test_the_test_values_of_the_standard() -> None:
    """RFC 6238, appendix B (SHA-1), six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for now, code in ((59, "287082"), (1111111109, "081804"), (20000000000, "353130")):
        assert step_of(secret, code, float(now)) == now // 30
        assert step_of(secret, f"{code[:3]} {code[3:]}", float(now)) == now // 30


@pytest.mark.parametrize(
    ("off", "works"), [(-31, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_telephones_clock_may_be_off_by_one_step(off: int, works: bool) -> None:
    secret, now = pyotp.random_base32(), 1_780_000_000 - 1_780_000_000 % 30
    found = step_of(secret, pyotp.TOTP(secret).at(now + off), float(now))
    assert (found is not None) == works


@pytest.mark.parametrize("code", ["", "12345", "1234567", "１２３４５６", "-12345", "abcdef"])
def test_what_is_no_code(code: str) -> None:
    assert step_of(pyotp.random_base32(), code, 0.0) is None


async def test_before_it_is_confirmed_nothing_is_asked_for(
    signed_in: SignedIn, browser: Browser
) -> None:
    api = await signed_in("agent")
    assert (await api.post(TOTP, {"password": PASSWORD}))[0] == 200
    assert await sign_in(browser, "agent") == (201, "")
    assert (await api.get(TOTP))[1] == {"enabled_at": None, "recovery_codes": 0}
    status, body = await api.post(f"{TOTP}/confirm", {"code": "000000"})
    assert (status, body["error"]["field"]) == (422, "code")


async def test_then_the_password_alone_does_not_do(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    api = await signed_in("agent")
    app, codes = await pair(api, clock)
    assert len(codes) == 10
    assert await sign_in(browser, "agent") == (401, "code_required")
    assert await sign_in(browser, "agent", code="000000") == (401, "wrong_code")
    assert await sign_in(browser, "agent", code=app.code()) == (201, "")
    wrong = {"username": "agent", "password": "not the right one", "code": app.code(later=30)}
    status, body = await (await browser()).post(SESSION, wrong)
    assert (status, body["error"]["code"]) == (401, "wrong_credentials")


async def test_no_code_works_twice(signed_in: SignedIn, browser: Browser, clock: Clock) -> None:
    app, _ = await pair(await signed_in("agent"), clock)
    code = app.code()
    assert await sign_in(browser, "agent", code=code) == (201, "")
    assert await sign_in(browser, "agent", code=code) == (401, "wrong_code")
    earlier = app.code(later=-30)
    assert await sign_in(browser, "agent", code=earlier) == (401, "wrong_code"), "nor an older"
    clock.now += 30
    assert await sign_in(browser, "agent", code=app.code()) == (201, "")


async def test_the_code_of_the_pairing_does_not_open_a_session(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    app, _ = await pair(await signed_in("agent"), clock)
    clock.now -= 60
    assert await sign_in(browser, "agent", code=app.code()) == (401, "wrong_code")


async def test_a_recovery_code_works_once_however_it_is_typed(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    api = await signed_in("agent")
    _, codes = await pair(api, clock)
    typed = codes[3].upper().replace("-", " ")
    assert await sign_in(browser, "agent", code=typed) == (201, "")
    assert await sign_in(browser, "agent", code=codes[3]) == (401, "wrong_code")
    assert (await api.get(TOTP))[1]["recovery_codes"] == 9


async def test_new_recovery_codes_void_the_old_ones(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    api = await signed_in("agent")
    _, old = await pair(api, clock)
    status, body = await api.post(f"{TOTP}/recovery-codes", {"password": PASSWORD})
    assert status == 200
    assert await sign_in(browser, "agent", code=old[0]) == (401, "wrong_code")
    assert await sign_in(browser, "agent", code=body["codes"][0]) == (201, "")


async def test_recovery_codes_are_kept_as_hashes(
    signed_in: SignedIn, clock: Clock, database: Database
) -> None:
    _, codes = await pair(await signed_in("agent"), clock)
    async with database.reading() as db:
        kept = list(await db.scalars(select(RecoveryCode.hash)))
    assert len(kept) == 10
    assert not any(code.replace("-", "") in "".join(kept) for code in codes)


async def test_the_secret_is_shown_once(
    signed_in: SignedIn, clock: Clock, database: Database
) -> None:
    api = await signed_in("administrator")
    await pair(api, clock)
    async with database.reading() as db:
        secret = await db.scalar(select(SecondFactor.secret))
    assert secret is not None
    for path in (TOTP, "/api/v1/users", "/api/v1/session", "/api/v1/audit"):
        assert secret not in str(await api.get(path)), path
    status, body = await api.post(TOTP, {"password": PASSWORD})
    assert (status, body["error"]["code"]) == (409, "conflict")


async def test_guessing_codes_gets_slow(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    app, _ = await pair(await signed_in("agent"), clock)
    for _ in range(6):
        await sign_in(browser, "agent", code="000000")
    assert await sign_in(browser, "agent", code=app.code()) == (429, "too_many_attempts")
    clock.now += 30
    assert await sign_in(browser, "agent", code=app.code()) == (201, "")


async def test_pairing_ends_the_other_sessions_and_asks_for_the_password(
    signed_in: SignedIn, browser: Browser, clock: Clock, authenticator: Authenticator
) -> None:
    here, there = await signed_in("agent"), await browser()
    await there.sign_in("agent")
    gone: list[frozenset[str]] = []
    authenticator.on_revoked(gone.append)
    status, body = await here.post(TOTP, {"password": "not mine at all"})
    assert (status, body["error"]["field"]) == (422, "password")
    await pair(here, clock)
    assert [len(one) for one in gone] == [1]
    assert (await there.get(SESSION))[0] == 401
    assert (await here.get(SESSION))[0] == 200


async def test_beside_codes_a_shorter_password_does_until_they_are_switched_off(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    api = await signed_in("agent")
    short = {"old": PASSWORD, "new": "eleven char"}
    status, body = await api.post("/api/v1/me/password", short)
    assert (status, body["error"]["field"]) == (422, "new")
    await pair(api, clock)
    assert (await api.post("/api/v1/me/password", short))[0] == 204
    status, body = await api.post(f"{TOTP}/off", {"password": "eleven char"})
    assert (status, body["error"]["field"]) == (422, "password")
    long = {"old": "eleven char", "new": PASSWORD}
    assert (await api.post("/api/v1/me/password", long))[0] == 204
    assert (await api.post(f"{TOTP}/off", {"password": PASSWORD}))[0] == 204
    assert await sign_in(browser, "agent") == (201, "")
    status, body = await api.post(f"{TOTP}/off", {"password": PASSWORD})
    assert (status, body["error"]["code"]) == (409, "conflict")


async def test_an_administrator_helps_who_lost_the_app(
    signed_in: SignedIn, browser: Browser, clock: Clock
) -> None:
    admin, api = await signed_in("administrator"), await signed_in("agent")
    await pair(api, clock)
    assert api.session is not None
    path = f"/api/v1/users/{api.session['user']['id']}"
    assert (await admin.get("/api/v1/users"))[1]["items"][1]["codes"] is True
    status, body = await admin.call("PATCH", path, {"reset_codes": True})
    assert (status, body["user"]["codes"]) == (200, False)
    assert (await api.get(SESSION))[0] == 401
    assert await sign_in(browser, "agent", password=body["password"]) == (201, "")


async def test_it_is_written_down(signed_in: SignedIn, browser: Browser, clock: Clock) -> None:
    admin, api = await signed_in("administrator"), await signed_in("agent")
    _, codes = await pair(api, clock)
    await sign_in(browser, "agent", code="000000")
    await sign_in(browser, "agent", code=codes[0])
    _, found = await admin.get("/api/v1/audit", params={"object": "user/2"})
    told: list[tuple[str, Any]] = [(one["action"], one["after"]) for one in found["items"]]
    assert told[:3] == [
        ("sign_in", {"code": True}),
        ("sign_in.refused", {"why": "code"}),
        ("user.codes.on", {"sessions_ended": 0}),
    ]


async def test_what_the_app_shares_with_us_lies_sealed(
    signed_in: SignedIn, clock: Clock, database: Database
) -> None:
    api = await signed_in("agent")
    _, made = await api.post(TOTP, {"password": PASSWORD})
    async with database.reading() as db:
        kept = await db.scalar(select(SecondFactor.secret))
    assert kept is not None
    assert made["secret"] not in kept
    assert kept.startswith("v1.")


async def test_what_was_kept_before_there_was_a_key_is_sealed_when_it_is_used(
    signed_in: SignedIn, browser: Browser, clock: Clock, database: Database
) -> None:
    app, _ = await pair(await signed_in("agent"), clock)
    await _keep(database, app.secret)
    assert await sign_in(browser, "agent", code=app.code()) == (201, "")
    async with database.reading() as db:
        kept = await db.scalar(select(SecondFactor.secret))
    assert kept is not None
    assert BOX.is_current(kept)
    clock.now += 60
    assert await sign_in(browser, "agent", code=app.code()) == (201, "")


async def test_with_another_key_recovery_codes_still_let_their_owner_in(
    signed_in: SignedIn, browser: Browser, clock: Clock, database: Database
) -> None:
    app, codes = await pair(await signed_in("agent"), clock)
    await _keep(database, Keys((b"k" * 32,)).box("second factor").seal(app.secret, "user/1"))
    assert await sign_in(browser, "agent", code=app.code()) == (401, "wrong_code")
    assert await sign_in(browser, "agent", code=codes[0]) == (201, "")


async def _keep(database: Database, secret: str) -> None:
    async with database.session() as db:
        await db.execute(update(SecondFactor).values(secret=secret))
        await db.commit()
