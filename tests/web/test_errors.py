"""Whatever goes wrong is told in one shape, with a stable code."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from callcenter.errors import InvalidInput
from tests.web.conftest import Api, Browser, SignedIn
from web.decode import BODY_LIMIT, DEPTH_LIMIT, decode
from web.errors import problem_of


def error_of(body: dict[str, dict[str, str]]) -> tuple[str, str | None]:
    assert set(body) == {"error"}
    assert set(body["error"]) <= {"code", "message", "field", "values", "request_id"}
    assert len(body["error"]["request_id"]) == 32
    return body["error"]["code"], body["error"].get("field")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("POST", "/nothing", 404, "not_found"),
        ("PUT", "/api/v1/session", 405, "method_not_allowed"),
        ("GET", "/api/v1/../../etc/passwd", 404, "not_found"),
    ],
)
async def test_aiohttps_own_errors(
    method: str, path: str, status: int, code: str, api: Api
) -> None:
    found, body = await api.call(method, path)
    assert (found, error_of(body)[0]) == (status, code)


async def test_what_is_allowed_is_said(api: Api) -> None:
    async with api.client.put("/api/v1/session") as response:
        assert "POST" in response.headers["Allow"]


async def test_too_large_a_body(api: Api) -> None:
    big = {"username": "a" * (BODY_LIMIT + 1), "password": "x"}
    status, body = await api.post("/api/v1/session", big)
    assert (status, error_of(body)[0]) == (413, "too_large")


@pytest.mark.parametrize("packing", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says(packing: str, api: Api) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": packing}
    status, body = await api.call("POST", "/api/v1/session", data=b"no pack", headers=headers)
    assert (status, error_of(body)[0]) == (400, "bad_request")


async def test_a_body_that_never_ends_is_not_waited_for(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.decode.BODY_SECONDS", 0.05)

    async def drips() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    headers = {"Content-Type": "application/json"}
    status, body = await api.call("POST", "/api/v1/session", data=drips(), headers=headers)
    assert (status, error_of(body)[0]) == (408, "timeout")


async def test_a_store_that_hangs_is_unavailable(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(*_: object, **__: object) -> None:
        await asyncio.sleep(60)

    api = await signed_in("agent")
    monkeypatch.setattr("web.routes.STORE_SECONDS", 0.1)
    monkeypatch.setattr("web.api.customers.lists.list_customers", hangs)
    status, body = await api.get("/api/v1/customers")
    assert (status, error_of(body)[0]) == (503, "store_unavailable")


async def test_nobody_is_told_what_runs_here(api: Api) -> None:
    async with api.client.get("/healthz") as response:
        assert response.headers["Server"] == "callcenter"


async def test_a_body_that_is_no_json(api: Api) -> None:
    async with api.client.post("/api/v1/session", data={"username": "a"}) as response:
        assert response.status == 415
        assert error_of(await response.json())[0] == "unsupported_media_type"


DEEP = b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1)


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'{"username": "a"}', "password"),
        (b'{"username": 7, "password": "x"}', "username"),
        (b'{"username": "", "password": "x"}', "username"),
        (b'{"username": "a", "password": "x", "admin": true}', "admin"),
        (b'{"username": "a\\u0000b", "password": "x"}', "username"),
        (b'{"username": "a\\ud800b", "password": "x"}', "username"),
        (b'{"username": "a\\udc00", "password": "x"}', "username"),
        (b'{"user\\u0000name": "a"}', "body"),
        (b'{"username": "a\x00b", "password": "x"}', "body"),
        (b'{"username": "\xff", "password": "x"}', "body"),
        (b'{"username": "\xed\xa0\x80", "password": "x"}', "body"),
        (b'{"username": ' + DEEP + b', "password": "x"}', "body"),
        (b'{"username": ' + b"[" * 100_000, "body"),
        (b'{"username": "' + b"[" * 100 + b'", "password": "x"}', "username"),
        (b'{"username": ' + b"9" * 5000 + b"}", "username"),
    ],
)
async def test_a_wrong_body_names_the_field(raw: bytes, field: str, api: Api) -> None:
    headers = {"Content-Type": "application/json"}
    status, body = await api.call("POST", "/api/v1/session", data=raw, headers=headers)
    assert status == 422
    assert error_of(body) == ("invalid_input", field)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * (DEPTH_LIMIT + 1) + b'"' + b'\\"' * (BODY_LIMIT // 2),  # a string that never ends
        b"[" * (DEPTH_LIMIT + 1) + b'"\\' * (BODY_LIMIT // 2),
        b"{" * BODY_LIMIT,
        b'"' * BODY_LIMIT,
    ],
)
def test_no_body_is_read_again_from_each_of_its_bytes(raw: bytes) -> None:
    began = time.process_time()
    with pytest.raises(InvalidInput):
        decode(raw, dict)
    assert time.process_time() - began < 2.0


@pytest.mark.parametrize("bad", ["\x00", "\ud800"])
async def test_the_forbidden_character_is_named(bad: str, api: Api) -> None:
    raw = json.dumps({"username": f"a{bad}", "password": "x"})
    headers = {"Content-Type": "application/json"}
    _, body = await api.call("POST", "/api/v1/session", data=raw, headers=headers)
    name = {"\x00": "NUL", "\ud800": "surrogate"}[bad]
    assert name in body["error"]["message"]


async def test_a_pair_of_surrogates_is_a_character(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    raw = b'{"username": "smile", "display_name": "\\ud83d\\ude00", "roles": ["agent"]}'
    headers = {"Content-Type": "application/json"}
    status, body = await api.call("POST", "/api/v1/users", data=raw, headers=headers)
    assert (status, body["user"]["display_name"]) == (201, "😀")


async def test_a_nested_field_has_its_path(signed_in: SignedIn) -> None:
    api = await signed_in("administrator")
    agent = {"name": "Li", "interfaces": [{"pbx": "a", "interface": "PJSIP/1"}, {"pbx": "a"}]}
    status, body = await api.post("/api/v1/agents", agent)
    assert (status, error_of(body)[1]) == (422, "interfaces[1].interface")


async def test_an_unforeseen_error_says_nothing_about_itself(
    app: web.Application, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web.origins.same", broken)
    api = await browser()
    status, body = await api.post("/api/v1/session", {"username": "a", "password": "b"})
    assert (status, error_of(body)[0]) == (500, "internal")
    assert "secret" not in json.dumps(body)


def test_a_database_that_is_away_is_unavailable() -> None:
    problem = problem_of(ConnectionRefusedError())
    assert (problem.status, problem.code) == (503, "store_unavailable")
    assert "Retry-After" in problem.headers


async def test_every_answer_has_the_headers(api: Api) -> None:
    for path in ("/", "/api/v1/session", "/api/openapi.json", "/healthz"):
        async with api.client.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert "script-src 'self';" in policy
            assert f"connect-src 'self' ws://{response.url.host}:8081;" in policy
            assert "unsafe-eval" not in policy
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Cache-Control"] == "no-store"
            assert len(response.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize("host", ["evil.test; script-src *", "[::1", "a b", "", "é.test"])
async def test_a_hostile_host_header_changes_no_policy(host: str, api: Api) -> None:
    async with api.client.get("/healthz", headers={"Host": host}) as response:
        if response.status != 400:  # aiohttp refuses some by itself
            assert "ws://callcenter.test:8081;" in response.headers["Content-Security-Policy"]
