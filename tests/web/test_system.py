"""Health, metrics and the document of the API."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import msgspec
import pytest
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from callcenter.health import Health, State, Verdict
from tests.web.conftest import Api, Browser, SignedIn
from web.api.table import ROUTES
from web.openapi import document
from web.routes import PUBLIC, Call, Route
from web.settings import WebSettings


@pytest.mark.parametrize(
    ("states", "status", "state"),
    [
        ([], 200, "ok"),
        ([State.OK], 200, "ok"),
        ([State.OK, State.DEGRADED], 200, "degraded"),
        ([State.DEGRADED, State.DOWN], 503, "down"),
    ],
)
async def test_health(
    states: list[State], status: int, state: str, health: Health, api: Api
) -> None:
    for number, one in enumerate(states):
        health.register(f"check{number}", partial(Verdict, one, "why"))
    found, body = await api.get("/healthz")
    assert (found, body["state"]) == (status, state)
    assert [check["state"] for check in body["checks"].values()] == states


async def test_what_is_wrong_is_not_for_strangers(health: Health, api: Api) -> None:
    health.register("database", partial(Verdict, State.DEGRADED, "no route to 10.0.0.5", 5.0))
    _, here = await api.get("/healthz")
    assert here["checks"]["database"]["detail"] == "no route to 10.0.0.5"
    _, outside = await api.get("/healthz", headers={"X-Forwarded-For": "198.51.100.7"})
    assert outside["checks"]["database"] == {"state": "degraded", "since": 5.0}


async def test_metrics_are_for_this_machine(api: Api) -> None:
    await api.get("/api/v1/session")
    async with api.client.get("/metrics") as response:
        text = await response.text()
        assert response.status == 200
    assert 'route="/api/v1/session",status="401"' in text
    for header in ("X-Forwarded-For", "Forwarded"):
        async with api.client.get("/metrics", headers={header: "127.0.0.1"}) as response:
            assert response.status == 403


async def test_made_up_addresses_and_methods_are_no_labels(api: Api) -> None:
    await api.get("/api/v1/made-up-7")
    await api.call("MADEUP", "/api/v1/session")
    async with api.client.get("/metrics") as response:
        text = await response.text()
    assert "made-up" not in text
    assert "MADEUP" not in text


class TestWithToken:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return WebSettings(
            public_url="https://calls.test",
            gateway_port=8081,
            gateway_url="wss://calls.test/live",
            metrics_token="a long token",
            console=settings.console,
        )

    @pytest.mark.parametrize(
        ("header", "status"),
        [("Bearer a long token", 200), ("Bearer other", 403), ("", 403), ("Bearer ÿ", 403)],
    )
    async def test_metrics(self, header: str, status: int, api: Api) -> None:
        headers = {"Authorization": header}
        async with api.client.get("/metrics", headers=headers) as response:
            assert response.status == status

    async def test_behind_tls_the_cookie_is_secure(self, signed_in: SignedIn, api: Api) -> None:
        with pytest.raises(AssertionError):  # the jar keeps a secure cookie from plain http
            browser = await signed_in("agent")
            assert (await browser.get("/api/v1/session"))[0] == 200
        credentials = {"username": "agent", "password": "correct horse 电池"}
        async with api.client.post("/api/v1/session", json=credentials) as response:
            assert "secure" in response.headers["Set-Cookie"].lower()
            assert "Strict-Transport-Security" in response.headers
            assert " wss://calls.test;" in response.headers["Content-Security-Policy"]
            assert (await response.json())["gateway_url"] == "wss://calls.test/live"


class TestWithBrowserPhones:
    @pytest.fixture
    def settings(self, settings: WebSettings) -> WebSettings:
        return replace(settings, phone_socket="wss://pbx.test:8089/ws")

    async def test_the_page_may_talk_to_the_pbx_and_use_its_own_microphone(self, api: Api) -> None:
        async with api.client.get("/healthz") as response:
            policy = response.headers["Content-Security-Policy"]
            assert " wss://pbx.test:8089;" in policy
            assert "microphone=(self)" in response.headers["Permissions-Policy"]


async def test_the_document_is_valid_and_complete(api: Api) -> None:
    status, body = await api.get("/api/openapi.json")
    assert status == 200
    OpenAPIV31SpecValidator(body).validate()
    described = {(method.upper(), path) for path, item in body["paths"].items() for method in item}
    assert described == {(route.method, route.path) for route in ROUTES}


async def test_the_document_names_rights_and_bodies() -> None:
    body = msgspec.json.decode(document(ROUTES))
    operation = body["paths"]["/api/v1/users"]["post"]
    assert operation["x-right"] == "user.manage"
    assert operation["security"] == [{"session": [], "csrf": []}]
    assert "requestBody" in operation
    assert body["components"]["schemas"]["NewUser"]["additionalProperties"] is False


def test_operations_have_names_of_their_own() -> None:
    names = [route.name for route in ROUTES]
    assert len(set(names)) == len(names)


async def _nothing(call: Call) -> None:
    pass


async def _one_thing(call: Call, id: int) -> None:
    pass


def test_a_route_without_a_right_cannot_be_built() -> None:
    with pytest.raises(TypeError):
        Route("GET", "/x", _nothing, summary="")  # type: ignore[call-arg]  # what is tested
    with pytest.raises(TypeError):
        Route("GET", "/x", _nothing, None, "")  # type: ignore[arg-type]  # what is tested


def test_a_handler_takes_what_its_path_names() -> None:
    with pytest.raises(TypeError):
        Route("GET", "/x/{id}", _nothing, PUBLIC, "")
    with pytest.raises(TypeError):
        Route("GET", "/x", _one_thing, PUBLIC, "")


async def test_the_address_behind_a_proxy(
    app: web.Application, browser: Browser, signed_in: SignedIn
) -> None:
    """Nobody we do not trust can say where they come from."""
    api = await signed_in("agent")
    _, listed = await api.get("/api/v1/me/sessions", headers={"X-Forwarded-For": "6.6.6.6"})
    assert [one["address"] for one in listed["items"]] == ["127.0.0.1"]
