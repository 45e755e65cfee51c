"""Signing in, staying in, being put out."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from callcenter.store.database import Database
from tests.web.conftest import PASSWORD, Api, Browser, Clock, SignedIn
from web.auth.authenticator import Authenticator
from web.auth.tables import SessionRow, User
from web.auth.tokens import COOKIE, csrf_of, session_id


def cookie(api: Api) -> str:
    morsels = {one.key: one.value for one in api.client.session.cookie_jar}
    return morsels[COOKIE]


async def test_sign_in_tells_who_one_is(signed_in: SignedIn) -> None:
    api = await signed_in("agent", "li.wei")
    assert api.session is not None
    assert api.session["user"]["username"] == "li.wei"
    assert api.session["user"]["roles"] == ["agent"]
    assert "recording.listen" in api.session["user"]["rights"]
    assert api.session["agent"] is None
    assert api.session["gateway_url"].endswith(":8081/")
    assert await api.get("/api/v1/session") == (200, api.session)


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    signed_in: SignedIn,
) -> None:
    api = await signed_in("agent")
    credentials = {"username": "agent", "password": PASSWORD}
    async with api.client.post("/api/v1/session", json=credentials) as response:
        header = response.headers["Set-Cookie"].lower()
    assert "httponly" in header
    assert "samesite=lax" in header
    assert "domain" not in header
    assert "path=/" in header


async def test_the_cookie_is_not_in_the_database(signed_in: SignedIn, database: Database) -> None:
    api = await signed_in("agent")
    async with database.reading() as db:
        kept = list(await db.scalars(select(SessionRow.id)))
    assert kept == [session_id(cookie(api))]
    assert cookie(api) not in kept


async def test_user_names_do_not_mind_case(signed_in: SignedIn, browser: Browser) -> None:
    await signed_in("agent", "Li.Wei")
    assert (await (await browser()).sign_in("lI.wEI"))[0] == 201


async def test_password_characters_may_be_typed_in_either_width(
    signed_in: SignedIn, browser: Browser
) -> None:
    await signed_in("agent")
    wide = PASSWORD.replace("c", "ｃ")
    assert (await (await browser()).sign_in("agent", wide))[0] == 201


@pytest.mark.parametrize("username", ["agent", "nobody", "inactive"])
async def test_a_refusal_does_not_say_what_was_wrong(
    username: str, signed_in: SignedIn, api: Api, database: Database
) -> None:
    await signed_in("agent")
    await signed_in("agent", "inactive")
    async with database.session() as db:
        await db.execute(update(User).where(User.username == "inactive").values(active=False))
        await db.commit()
    secret = PASSWORD if username == "inactive" else "wrong password"
    status, body = await api.sign_in(username, secret)
    assert status == 401
    assert body["error"]["code"] == "wrong_credentials"
    assert body["error"]["message"] == "user name or password is wrong"


async def test_nobody_is_unauthenticated(api: Api) -> None:
    status, body = await api.get("/api/v1/session")
    assert (status, body["error"]["code"]) == (401, "unauthenticated")


async def test_sign_out_ends_the_session_on_the_server(
    signed_in: SignedIn, authenticator: Authenticator
) -> None:
    api = await signed_in("agent")
    header = f"other=1; {COOKIE}={cookie(api)}"
    assert await authenticator.principal_for_cookie(header) is not None
    assert (await api.call("DELETE", "/api/v1/session"))[0] == 204
    assert await authenticator.principal_for_cookie(header) is None
    assert (await api.get("/api/v1/session"))[0] == 401


async def test_an_idle_session_ends(signed_in: SignedIn, clock: Clock) -> None:
    api = await signed_in("agent")
    clock.now += 7.9 * 3600
    assert (await api.get("/api/v1/session"))[0] == 200
    clock.now += 7.9 * 3600
    assert (await api.get("/api/v1/session"))[0] == 200, "being seen counts"
    clock.now += 0.3 * 3600
    assert (await api.get("/api/v1/session"))[0] == 401, "the absolute end"


async def test_a_session_nobody_uses_ends_overnight(signed_in: SignedIn, clock: Clock) -> None:
    api = await signed_in("agent")
    clock.now += 8 * 3600
    assert (await api.get("/api/v1/session"))[0] == 401


async def test_switching_a_user_off_works_at_once(signed_in: SignedIn, database: Database) -> None:
    api = await signed_in("agent")
    async with database.session() as db:
        await db.execute(update(User).values(active=False))
        await db.commit()
    assert (await api.get("/api/v1/session"))[0] == 401


async def test_sessions_are_listed_and_can_be_ended(
    signed_in: SignedIn, browser: Browser, authenticator: Authenticator
) -> None:
    here = await signed_in("agent")
    there = await browser()
    await there.sign_in("agent")
    gone: list[frozenset[str]] = []
    authenticator.on_revoked(gone.append)
    _, listed = await here.get("/api/v1/me/sessions")
    assert [one["current"] for one in listed["items"]].count(True) == 1
    other = next(one["id"] for one in listed["items"] if not one["current"])
    assert (await here.call("DELETE", f"/api/v1/me/sessions/{other}"))[0] == 204
    assert gone == [frozenset({other})]
    assert (await there.get("/api/v1/session"))[0] == 401
    assert (await here.get("/api/v1/session"))[0] == 200


async def test_another_persons_session_is_not_found(
    signed_in: SignedIn,
) -> None:
    mine, theirs = await signed_in("agent"), await signed_in("supervisor")
    other = session_id(cookie(theirs))
    status, body = await mine.call("DELETE", f"/api/v1/me/sessions/{other}")
    assert (status, body["error"]["code"]) == (404, "not_found")
    assert (await theirs.get("/api/v1/session"))[0] == 200


async def test_language_and_theme_are_kept(signed_in: SignedIn) -> None:
    api = await signed_in("agent")
    status, me = await api.call("PATCH", "/api/v1/me", {"language": "en", "theme": "dark"})
    assert (status, me["language"], me["theme"]) == (200, "en", "dark")
    _, session = await api.get("/api/v1/session")
    assert (session["user"]["language"], session["user"]["theme"]) == ("en", "dark")
    status, body = await api.call("PATCH", "/api/v1/me", {"language": "fr"})
    assert (status, body["error"]["field"]) == (422, "language")


async def test_a_new_password_ends_the_other_sessions(
    signed_in: SignedIn, browser: Browser
) -> None:
    here = await signed_in("agent")
    there = await browser()
    await there.sign_in("agent")
    change = {"old": PASSWORD, "new": "another quite long one"}
    assert (await here.post("/api/v1/me/password", change))[0] == 204
    assert (await there.get("/api/v1/session"))[0] == 401
    assert (await here.get("/api/v1/session"))[0] == 200
    assert (await there.sign_in("agent"))[0] == 401
    assert (await there.sign_in("agent", "another quite long one"))[0] == 201


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("not it, surely", "another quite long one", "old"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "aaaaaaaaaaaa", "new"),
        (PASSWORD, "Password123", "new"),
        (PASSWORD, "administrator", "new"),
    ],
)
async def test_a_bad_new_password_names_the_field(
    old: str, new: str, field: str, signed_in: SignedIn
) -> None:
    api = await signed_in("administrator")
    status, body = await api.post("/api/v1/me/password", {"old": old, "new": new})
    assert (status, body["error"]["field"]) == (422, field)


@pytest.mark.parametrize("token", ["", "wrong", "ÿ\udcff"])
async def test_changes_need_the_token_of_the_session(token: str, signed_in: SignedIn) -> None:
    api = await signed_in("agent")
    api.csrf = token.encode("utf-8", "surrogateescape").decode("latin-1")
    status, body = await api.call("PATCH", "/api/v1/me", {"theme": "dark"})
    assert (status, body["error"]["code"]) == (403, "csrf_failed")


async def test_another_sessions_token_does_not_do(signed_in: SignedIn) -> None:
    mine, theirs = await signed_in("agent"), await signed_in("supervisor")
    assert mine.csrf == csrf_of(cookie(mine))
    mine.csrf = theirs.csrf
    assert (await mine.call("PATCH", "/api/v1/me", {"theme": "dark"}))[0] == 403


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://callcenter.test:8080", 200),
        ("http://evil.test", 403),
        ("http://callcenter.test:8080.evil.test", 403),
        ("https://callcenter.test:8080", 403),
        ("null", 403),
    ],
)
async def test_foreign_origins_change_nothing(
    origin: str, status: int, signed_in: SignedIn
) -> None:
    api = await signed_in("agent")
    answer = await api.call("PATCH", "/api/v1/me", {"theme": "dark"}, headers={"Origin": origin})
    assert answer[0] == status


async def test_a_foreign_origin_cannot_sign_anybody_in(signed_in: SignedIn, api: Api) -> None:
    await signed_in("agent")
    credentials = {"username": "agent", "password": PASSWORD}
    headers = {"Origin": "http://evil.test"}
    status, body = await api.post("/api/v1/session", credentials, headers=headers)
    assert (status, body["error"]["code"]) == (403, "foreign_origin")


async def test_guessing_is_slowed_and_forgiven(signed_in: SignedIn, api: Api, clock: Clock) -> None:
    await signed_in("agent")
    for _ in range(5):
        assert (await api.sign_in("agent", "wrong password"))[0] == 401
    async with api.client.post(
        "/api/v1/session", json={"username": "AGENT", "password": PASSWORD}
    ) as response:
        assert response.status == 429
        assert int(response.headers["Retry-After"]) >= 1
        assert (await response.json())["error"]["code"] == "too_many_attempts"
    clock.now += 2
    assert (await api.sign_in("agent"))[0] == 201


async def test_unknown_names_are_slowed_alike(api: Api) -> None:
    statuses = [(await api.sign_in("nobody", "wrong password"))[0] for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_guesses_at_once_are_counted_each(signed_in: SignedIn, api: Api) -> None:
    await signed_in("agent")
    answers = await asyncio.gather(*(api.sign_in("agent", "wrong password") for _ in range(20)))
    assert [status for status, _ in answers].count(401) == 5
