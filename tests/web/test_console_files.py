"""The built page: cached as far as is safe, and nothing but the page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conftest import Api
from web.settings import WebSettings

PAGE = "<!doctype html><title>Callcenter</title>"


@pytest.fixture
def built(settings: WebSettings) -> Path:
    (settings.console / "assets").mkdir(parents=True)
    (settings.console / "index.html").write_text(PAGE)
    (settings.console / "assets" / "app-3f2a.js").write_text("export {}")
    (settings.console / "boot.js").write_text("1")
    (settings.console.parent / "secret.txt").write_text("secret")
    (settings.console / "leak").symlink_to(settings.console.parent / "secret.txt")
    return settings.console


HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize("path", ["/", "/index.html", "/board", "/customers/7", "/a/b/c?x=1"])
async def test_every_view_is_the_page(path: str, built: Path, api: Api) -> None:
    async with api.client.get(path, headers=HTML) as response:
        assert response.status == 200
        assert response.content_type == "text/html"
        assert response.headers["Cache-Control"] == "no-cache"
        assert await response.text() == PAGE


async def test_assets_are_kept_for_ever(built: Path, api: Api) -> None:
    async with api.client.get("/assets/app-3f2a.js") as response:
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        assert response.content_type in {"text/javascript", "application/javascript"}
    async with api.client.get("/boot.js") as response:
        assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/gone-1234.js",
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/leak",
        "/assets/%00",
        "/" + "a" * 5000 + ".js",
        "/api/v1/unknown",
        "/api",
    ],
)
async def test_the_rest_is_not_there(path: str, built: Path, api: Api) -> None:
    async with api.client.get(path) as response:
        assert response.status == 404
        assert response.content_type == "application/json"
        assert "secret" not in await response.text()


async def test_only_navigation_gets_the_page(built: Path, api: Api) -> None:
    assert (await api.get("/board", headers={"Accept": "application/json"}))[0] == 404
    assert (await api.post("/board", {}))[0] == 404


async def test_a_page_that_is_not_built_says_how_to(api: Api) -> None:
    async with api.client.get("/", headers=HTML) as response:
        assert response.status == 503
        assert "make console" in await response.text()
